"""A sheet as text, and the table found in it: where the headings are and which row is which."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from evaluation.errors import SourceError

HEADING_SEARCH_ROWS = 30
LISTED_HEADINGS = 40


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet as rows of text, before its heading row is known; `formulas` are (row, column) from 0."""

    sheet: str
    rows: list[list[str]]
    formulas: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about a table that cleaning must list; `row` is None when it is the whole sheet's."""

    row: int | None
    column: str
    rule: str
    severity: Literal["row", "cell", "note"]
    reason: str


@dataclass(frozen=True)
class RawTable:
    """One sheet of a raw file: every cell text, nothing interpreted.

    Attributes
    ----------
    source, file, sheet : str
        Which source it is, the file as shown to people, the sheet ("" for a CSV file).
    sha256 : str
        Hash of the whole file's bytes.
    header_row : int
        Row number of the headings; 0 when the sheet holds none of the source's columns.
    cells : DataFrame
        One column a heading, whitespace collapsed; "" for an empty cell; rows wholly empty are left out.
        The index, "row", is the number a spreadsheet shows beside the row: for a CSV file the number of the
        record, so that a cell with a line break inside it counts once.
    faults : tuple of Fault
        What reading found: ragged rows, formulas, a sheet passed over.
    """

    source: str
    file: str
    sheet: str
    sha256: str
    header_row: int
    cells: pd.DataFrame
    faults: tuple[Fault, ...] = field(default=())


def collapse(text: str) -> str:
    """Text with its whitespace, line breaks and non-breaking spaces included, collapsed to single spaces."""
    return " ".join(text.split())


def place(shown: str, sheet: str) -> str:
    """A file and its sheet, as a message names them."""
    return f"{shown}, sheet {sheet!r}" if sheet else shown


def find_headings(grid: Grid, headings: Sequence[str]) -> int | None:
    """Position of the first row, of the first 30, that holds every heading; None when there is none."""
    wanted = set(headings)
    for position, row in enumerate(grid.rows[:HEADING_SEARCH_ROWS]):
        if wanted <= {collapse(cell) for cell in row}:
            return position
    return None


def headings_found(grid: Grid, headings: Sequence[str]) -> tuple[int, list[str]]:
    """The row, of the first 30, that holds most of the headings: its position and its cells."""
    rows = [[collapse(cell) for cell in row] for row in grid.rows[:HEADING_SEARCH_ROWS]]
    best = max(range(len(rows)), key=lambda at: (len(set(headings) & set(rows[at])), -at), default=0)
    return best, rows[best] if rows else []


def missing_headings(shown: str, grid: Grid, headings: Sequence[str]) -> SourceError:
    """The error for a sheet that lacks a heading: what is missing, the nearest, and what is there."""
    at, present = headings_found(grid, headings)
    missing = [item for item in headings if item not in present]
    lacks = f"{place(shown, grid.sheet)}: no column is headed {', '.join(repr(item) for item in missing)}."
    if len(missing) == len(headings):
        # Not one heading agrees, so these cells may be a pupil's: only near misses of a heading are repeated.
        near = {item for row in grid.rows[:HEADING_SEARCH_ROWS] for item in _near_misses(headings, row)}
        hint = f" The nearest to be found: {', '.join(repr(item) for item in sorted(near))}." if near else ""
        return SourceError(
            f"{lacks}{hint} The heading row is missing, lies below row {HEADING_SEARCH_ROWS}, or its names differ from "
            "the study file's columns."
        )
    named = [item for item in present if item]
    near = _near_misses(missing, named)
    hint = f" Did you mean {', '.join(repr(item) for item in sorted(near))}?" if near else ""
    more = ", ..." if len(named) > LISTED_HEADINGS else ""
    return SourceError(f"{lacks}{hint} Headings in row {at + 1}: {', '.join(named[:LISTED_HEADINGS])}{more}.")


def _near_misses(headings: Sequence[str], cells: Sequence[str]) -> set[str]:
    known = {collapse(cell).casefold(): collapse(cell) for cell in cells if cell.strip()}
    return {
        known[match]
        for heading in headings
        for match in difflib.get_close_matches(heading.casefold(), list(known), n=1, cutoff=0.7)
    }


def make_table(
    grid: Grid, at: int, headings: Sequence[str], *, source: str, shown: str, sha256: str
) -> RawTable:
    """The table below the heading row at position `at`.

    Raises
    ------
    SourceError
        When a mapped heading stands above two columns, or nothing stands below the headings.
    """
    names = [collapse(cell) for cell in grid.rows[at]]
    twice = [item for item in headings if names.count(item) > 1]
    if twice:
        raise SourceError(
            f"{place(shown, grid.sheet)}: row {at + 1} has two columns headed {twice[0]!r}. Rename one, so that it is clear which is meant."
        )
    numbered = [
        (number, row)
        for number, row in enumerate(grid.rows[at + 1 :], start=at + 2)
        if any(cell.strip() for cell in row)
    ]
    cells = pd.DataFrame(
        [_fitted(row, len(names)) for _, row in numbered],
        columns=names,
        index=pd.Index([number for number, _ in numbered], name="row", dtype="int64"),
        dtype="str",
    )
    ragged = [fault for number, row in numbered if (fault := _ragged(number, row, len(names)))]
    faults = (*ragged, *_formulas(grid, at, names, headings))
    return RawTable(source, shown, grid.sheet, sha256, at + 1, cells, faults)


def _fitted(row: list[str], width: int) -> list[str]:
    return [*row[:width], *[""] * (width - len(row))]


def _ragged(number: int, row: list[str], width: int) -> Fault | None:
    if len(row) < width or any(cell.strip() for cell in row[width:]):
        reason = f"The row has {len(row)} cells where the heading row has {width}: a separator is missing, or stands unquoted inside a cell."
        return Fault(number, "", "ragged", "row", reason)
    return None


def _formulas(grid: Grid, at: int, names: list[str], headings: Sequence[str]) -> list[Fault]:
    """Formulas in mapped columns: with a saved value noted once a column, without one listed by cell."""
    faults = []
    for heading in headings:
        column = names.index(heading)
        rows = sorted(row for row, place in grid.formulas if place == column and row > at)
        saved = [row for row in rows if grid.rows[row][column].strip()]
        faults += [
            Fault(
                row + 1,
                heading,
                "formula",
                "cell",
                "The cell holds a formula with no value saved, or an error. Paste its value.",
            )
            for row in rows
            if row not in set(saved)
        ]
        if saved:
            reason = f"{len(saved)} cells of this column hold formulas (the first in row {saved[0] + 1}); the values last saved were used."
            faults.append(Fault(None, heading, "formula", "note", reason))
    return faults

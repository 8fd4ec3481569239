"""A sheet as text, the table it becomes, and where its headings are."""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from evaluation.errors import SourceError
from evaluation.ingest.merged import Range, heading_row

HEADING_SEARCH_ROWS = 30
LISTED_HEADINGS = 40
FIGURES = 6  # a pupil number or a date has as many, a heading such as 2023/24 as well: it is then not shown
# Characters that no one sees: cells that hold nothing else are empty.
INVISIBLE = str.maketrans(
    "",
    "",
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about a table that cleaning must list; `row` is None when it is the whole sheet's."""

    row: int | None
    column: str
    rule: str
    severity: Literal["row", "cell", "note"]
    reason: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet as rows of text, before its heading row is known.

    Attributes
    ----------
    formulas : (row, column) from 0 of each formula.
    merged : the merged cells.
    faults : what was found before the table was.
    """

    sheet: str
    rows: list[list[str]]
    formulas: frozenset[tuple[int, int]] = frozenset()
    merged: tuple[Range, ...] = ()
    faults: tuple[Fault, ...] = ()

    def headings_at(self, at: int, wanted: Collection[str] = ()) -> list[str]:
        """Row `at` as headings, whitespace collapsed, merged cells and the row above seen as a person sees them."""
        return heading_row(self.rows, self.merged, at, wanted)


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
    under : str
        Of one of several columns side by side, its heading; its sheet then ends with it, in brackets.
    """

    source: str
    file: str
    sheet: str
    sha256: str
    header_row: int
    cells: pd.DataFrame
    faults: tuple[Fault, ...] = field(default=())
    under: str = ""


def collapse(text: str) -> str:
    """Text with its whitespace, line breaks and non-breaking spaces included, collapsed to single spaces."""
    return " ".join(text.split())


def place(shown: str, sheet: str) -> str:
    """A file and its sheet, as a message names them."""
    return f"{shown}, sheet {sheet!r}" if sheet else shown


def find_headings(grid: Grid, headings: Sequence[str]) -> int | None:
    """Position of the first row, of the first 30, that holds every heading; None when there is none."""
    wanted = set(headings)
    for position in range(min(HEADING_SEARCH_ROWS, len(grid.rows))):
        if wanted <= set(grid.headings_at(position, wanted)):
            return position
    return None


def headings_found(grid: Grid, headings: Sequence[str]) -> tuple[int, list[str]]:
    """The row, of the first 30, that holds most of the headings, the fullest of several: its position, its cells."""
    rows = [grid.headings_at(at, headings) for at in range(min(HEADING_SEARCH_ROWS, len(grid.rows)))]

    def fitness(at: int) -> tuple[int, int, int]:
        return len(set(headings) & set(rows[at])), len(set(rows[at])), -at

    best = max(range(len(rows)), key=fitness, default=0)
    return best, rows[best] if rows else []


def missing_headings(shown: str, grid: Grid, headings: Sequence[str]) -> SourceError:
    """The error for a sheet that lacks a heading: what is missing, the nearest, and what is there.

    A row is repeated only when enough of it agrees with the headings, or nearly: else it may be a pupil's.
    """
    at, present = headings_found(grid, headings)
    missing = [item for item in headings if item not in present]
    lacks = f"{place(shown, grid.sheet)}: no column is headed {', '.join(repr(item) for item in missing)}."
    if 3 * (len(headings) - len(missing)) < len(headings):
        rows = [grid.headings_at(at, headings) for at in range(min(HEADING_SEARCH_ROWS, len(grid.rows)))]
        near = next(
            (found for row in rows if 2 * len(found := _near_misses(headings, row)) >= len(headings)), set()
        )
        hint = f" The nearest to be found: {', '.join(repr(item) for item in sorted(near))}." if near else ""
        return SourceError(
            f"{lacks}{hint} The heading row is missing, lies below row {HEADING_SEARCH_ROWS}, or its names differ from "
            "the study file's columns."
        )
    named = [item for item in present if item]
    if any(_may_be_a_pupils(item) for item in named if item not in headings):
        return SourceError(
            f"{lacks} What else stands in row {at + 1} is not shown, because some of it looks like a pupil's: is a line break "
            "missing there, or the file cut?"
        )
    near = _near_misses(missing, named)
    hint = f" Did you mean {', '.join(repr(item) for item in sorted(near))}?" if near else ""
    more = ", ..." if len(named) > LISTED_HEADINGS else ""
    return SourceError(f"{lacks}{hint} Headings in row {at + 1}: {', '.join(named[:LISTED_HEADINGS])}{more}.")


def is_blank(cell: str) -> bool:
    """Whether a cell holds nothing that can be seen."""
    return not cell.translate(INVISIBLE).strip()


def _may_be_a_pupils(cell: str) -> bool:
    """Whether a cell among headings looks like a number, a date or a mark, as a row run into them would hold."""
    return cell.isdigit() or len(cell) == 1 or sum(map(str.isdigit, cell)) >= FIGURES


def _near_misses(headings: Sequence[str], cells: Sequence[str]) -> set[str]:
    known = {collapse(cell).casefold(): collapse(cell) for cell in cells if cell.strip()}
    return {
        known[match]
        for heading in headings
        for match in difflib.get_close_matches(heading.casefold(), list(known), n=1, cutoff=0.7)
    }

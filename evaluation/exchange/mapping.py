"""Propose a column map for a layout nobody has described yet, for a person to confirm."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from evaluation.errors import SourceError, StudyError, nearest
from evaluation.exchange.assignment import SURE, Placed, assign
from evaluation.exchange.evidence import Cells
from evaluation.exchange.synonyms import heading_agreement, heading_hits
from evaluation.ingest import collapse
from evaluation.ingest.read import preview
from evaluation.ingest.table import HEADING_SEARCH_ROWS, Grid, place
from evaluation.study.fields import IDENTIFYING, mapped

Kind = Literal["pupils", "scores", "schools"]
MOST_ROWS = 5000
_DATA = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|[A-Z]\d{11}[\dA-Z]|\S+@\S+|\d{5,}")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A column map proposed for a file, what is left open, and what the file lacks."""

    file: str
    sheet: str
    kind: Kind
    kind_given: bool
    heading_row: int
    rows: int
    alike: tuple[str, ...]
    placed: tuple[Placed, ...]
    unplaced: tuple[Placed, ...]
    absent: tuple[str, ...]
    repeated: tuple[str, ...]


def propose_map(path: Path, this_year: int, kind: Kind | None = None, sheet: str | None = None) -> Proposal:
    """A column map for the file, for a person to confirm.

    Parameters
    ----------
    this_year : int
        The calendar year: what counts as a plausible date of birth depends on it.
    kind : {"pupils", "scores", "schools"}, optional
        What the file holds; taken from its headings when None, and said.
    sheet : str, optional
        Of a workbook; the one with most headings known when None.

    Raises
    ------
    SourceError
        When the file cannot be read, or has no heading row.
    """
    grids = preview(path, path.name, sheet)
    grid, at = max(((item, _heading_row(item)) for item in grids), key=lambda found: _hits(*found))
    headings = _headings(grid, at)
    _refuse_data(path.name, grid, at, headings)
    below = [row for row in grid.rows[at + 1 :] if any(cell.strip() for cell in row)]
    columns = [
        [collapse(row[column]) for row in below[:MOST_ROWS] if column < len(row) and row[column].strip()]
        for column in range(len(headings))
    ]
    chosen = kind or _kind(headings)
    table = [Cells(texts, this_year) for texts in columns]
    placed, unplaced = assign(headings, table, [field.name for field in mapped(chosen)])
    found = {item.field for item in placed}
    return Proposal(
        path.name,
        grid.sheet,
        chosen,
        kind is not None,
        at + 1,
        len(below),
        tuple(
            item.sheet
            for item in grids
            if item is not grid and _headings(item, _heading_row(item)) == headings
        ),
        placed,
        unplaced,
        tuple(field.name for field in mapped(chosen) if field.name not in found | _given_otherwise(found)),
        tuple(sorted({name for name in headings if name and headings.count(name) > 1})),
    )


def _given_otherwise(found: set[str]) -> set[str]:
    """Fields that a file with those found does not need: both names in one column, or one in each."""
    apart = {"surname", "forename"}
    return apart if "name" in found else {"name"} if found & apart else set()


def known_kind(name: str | None) -> Kind | None:
    """The kind of file of this name; None for none given.

    Raises
    ------
    StudyError
        When there is no such kind; the nearest is named.
    """
    if name is None:
        return None
    for kind in get_args(Kind):
        if name == kind:
            return kind
    raise StudyError(
        f"No kind of file is called {name!r}.{nearest(name, get_args(Kind))} Kinds: {', '.join(get_args(Kind))}."
    )


def _hits(grid: Grid, at: int) -> int:
    return heading_hits(_headings(grid, at))


def _headings(grid: Grid, at: int) -> list[str]:
    return grid.headings_at(at) if grid.rows else []


def _heading_row(grid: Grid) -> int:
    """The row with most headings known, of several the fullest; where none has two, the first that fills most cells."""
    top = [grid.headings_at(at) for at in range(min(HEADING_SEARCH_ROWS, len(grid.rows)))]
    hits = [heading_hits(row) for row in top]
    if max(hits, default=0) >= 2:
        fullest = [(hit, len(set(row))) for hit, row in zip(hits, top, strict=True)]
        return fullest.index(max(fullest))
    filled = [sum(bool(cell) for cell in row) for row in top]
    return filled.index(max(filled, default=0)) if filled else 0


def _refuse_data(shown: str, grid: Grid, at: int, headings: Sequence[str]) -> None:
    """A row of data is no heading row, and must not be shown as one: its cells come again below, or look like data."""
    filled = [item for item in headings if item]
    below = [[collapse(cell) for cell in row] for row in grid.rows[at + 1 : at + MOST_ROWS]]
    again = [
        any(column < len(row) and row[column] == item for row in below if row != list(headings))
        for column, item in enumerate(headings)
        if item
    ]
    if len(filled) < 2 or any(again) or any(_DATA.fullmatch(item) for item in filled):
        raise SourceError(
            f"{place(shown, grid.sheet)}: no row of headings was found in the first {HEADING_SEARCH_ROWS} rows. "
            "Add one above the data, or name the sheet that has it (--sheet)."
        )


def _kind(headings: Sequence[str]) -> Kind:
    """What a file of these headings holds."""

    def named(fields: Collection[str]) -> int:
        return sum(max(heading_agreement(item, fields).values(), default=0.0) >= SURE for item in headings)

    if not named(IDENTIFYING) and named(["urn", "name", "phase", "easting"]) >= 2:
        return "schools"
    return "scores" if named(["score", "test_date"]) else "pupils"

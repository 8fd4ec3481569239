"""Read a raw file into tables of text."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from evaluation.errors import SourceError
from evaluation.ingest.contents import TEXT_SUFFIXES, WORKBOOK_SUFFIXES, check_kind, read_bytes
from evaluation.ingest.delimited import read_delimited
from evaluation.ingest.table import (
    Fault,
    Grid,
    RawTable,
    collapse,
    find_headings,
    headings_found,
    make_table,
    missing_headings,
    place,
)
from evaluation.ingest.workbook import read_workbook


def read_tables(
    path: Path, shown: str, source: str, headings: Sequence[str], sheet: str | None = None
) -> list[RawTable]:
    """The tables of a CSV or XLSX file, one a sheet.

    Parameters
    ----------
    path : Path
        The file.
    shown : str
        The file as messages and issue lists name it.
    source : str
        Name of the source, carried into the tables.
    headings : sequence of str
        The headings the study file maps; each must stand in the heading row.
    sheet : str, optional
        The sheet to read; every sheet that holds the headings when None.

    Returns
    -------
    list of RawTable
        In the workbook's order. A sheet without the headings comes as a table with no rows and a note.

    Raises
    ------
    SourceError
        When the file is missing, unreadable, empty or not what its name says, or lacks a heading.
    """
    content = read_bytes(path, shown)
    suffix = path.suffix.lower()
    check_kind(content, suffix, shown)
    wanted = list(dict.fromkeys(collapse(item) for item in headings))
    if suffix in WORKBOOK_SUFFIXES:
        grids = read_workbook(content, shown, sheet)
    else:
        grids = [read_delimited(content, shown, wanted)]
    if not grids:
        raise SourceError(f"{shown}: the {'sheet' if sheet else 'workbook'} is empty. Export it again.")
    return _tables(grids, wanted, source, shown, hashlib.sha256(content).hexdigest())


def _tables(grids: list[Grid], headings: list[str], source: str, shown: str, sha256: str) -> list[RawTable]:
    found = [find_headings(grid, headings) for grid in grids]
    if all(at is None for at in found):
        nearest = max(grids, key=lambda grid: len(set(headings) & set(headings_found(grid, headings)[1])))
        raise missing_headings(shown, nearest, headings)
    tables = [
        _passed_over(grid, source, shown, sha256)
        if at is None
        else make_table(grid, at, headings, source=source, shown=shown, sha256=sha256)
        for grid, at in zip(grids, found, strict=True)
    ]
    if not any(len(table.cells) for table in tables):
        where = place(shown, next(table.sheet for table in tables if table.header_row))
        raise SourceError(f"{where}: there are headings, but no rows below them. Export it again.")
    return tables


def _passed_over(grid: Grid, source: str, shown: str, sha256: str) -> RawTable:
    reason = "The sheet was passed over: it does not have the headings the study file names."
    note = Fault(None, "", "sheet_passed_over", "note", reason)
    return RawTable(source, shown, grid.sheet, sha256, 0, pd.DataFrame(), (note,))


def preview(path: Path, shown: str, sheet: str | None = None) -> list[Grid]:
    """Every sheet of a file, or the one named, as rows of text, whatever its headings are.

    Raises
    ------
    SourceError
        When the file is missing, unreadable, empty, not what its name says, or of a fixed layout.
    """
    content = read_bytes(path, shown)
    suffix = path.suffix.lower()
    check_kind(content, suffix, shown)
    if suffix in TEXT_SUFFIXES:
        return [read_delimited(content, shown, [])]
    if suffix not in WORKBOOK_SUFFIXES:
        raise SourceError(f"{shown}: files ending in {suffix!r} have a layout of their own and need no map.")
    grids = read_workbook(content, shown, sheet)
    if not grids:
        raise SourceError(f"{shown}: the {'sheet' if sheet else 'workbook'} is empty. Export it again.")
    return grids

"""Read a raw file into tables of text."""

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

import pandas as pd

from evaluation.errors import SourceError
from evaluation.ingest.across import taken_apart
from evaluation.ingest.contents import TEXT_SUFFIXES, WORKBOOK_SUFFIXES, XML_SUFFIXES, check_kind, read_bytes
from evaluation.ingest.ctf import read_ctf
from evaluation.ingest.delimited import read_delimited
from evaluation.ingest.rows import make_table
from evaluation.ingest.table import (
    Fault,
    Grid,
    RawTable,
    collapse,
    find_headings,
    headings_found,
    missing_headings,
    place,
)
from evaluation.ingest.workbook import read_workbook
from evaluation.study import Source, Study
from evaluation.study.layouts import SHEET


def read_source(folder: Path, study: Study, source: Source) -> list[RawTable]:
    """The tables of one source of a study, as the study file maps it; `folder` holds the study's raw files.

    Raises
    ------
    SourceError
        As `read_tables` does.
    """
    tables = read_tables(
        folder / source.path,
        source.path,
        source.name,
        study.headings(source),
        source.sheet,
        kind=source.kind,
        assessment=source.assessment,
        may_be_absent=study.may_be_absent(source),
    )
    return taken_apart(tables, source)


def read_tables(
    path: Path,
    shown: str,
    source: str,
    headings: Sequence[str],
    sheet: str | None = None,
    *,
    kind: str = "pupils",
    assessment: str | None = None,
    may_be_absent: Collection[str] = (),
) -> list[RawTable]:
    """The tables of a CSV file, a workbook (XLSX, XLS, ODS), one a sheet, or a common transfer file (XML).

    Parameters
    ----------
    path, shown : the file, and how messages and issue lists name it.
    source : name of the source, carried into the tables.
    headings : those the study file maps; each must stand in the heading row. SHEET is a column of the sheet's name.
    sheet : the sheet to read; every sheet that holds the headings when None.
    kind : in a common transfer file: "pupils", "spells" (of free meals) or "scores".
    assessment : in a common transfer file, which results are the scores: stage/subject/method/component.
    may_be_absent : headings the file may do without.

    Returns
    -------
    In the workbook's order. A sheet without the headings comes as a table with no rows and a note.

    Raises
    ------
    SourceError
        When the file is missing, unreadable, empty or not what its name says, or lacks a heading.
    """
    content = read_bytes(path, shown)
    suffix = path.suffix.lower()
    check_kind(content, suffix, shown)
    sha256 = hashlib.sha256(content).hexdigest()
    wanted = list(dict.fromkeys(collapse(item) for item in headings))
    if suffix in XML_SUFFIXES:
        return [read_ctf(content, shown, source, sha256, kind, assessment, wanted)]
    needed = [item for item in wanted if item != SHEET and item not in may_be_absent]
    if suffix in WORKBOOK_SUFFIXES:
        grids = read_workbook(content, shown, sheet)
    elif SHEET in wanted:
        raise SourceError(f"{shown}: {SHEET} stands for a sheet's name; a CSV file has none. Name a column.")
    else:
        grids = [read_delimited(content, shown, needed)]
    if not grids:
        raise SourceError(f"{shown}: the {'sheet' if sheet else 'workbook'} is empty. Export it again.")
    return _tables(grids, wanted, needed, source, shown, sha256)


def _tables(
    grids: list[Grid], headings: list[str], needed: list[str], source: str, shown: str, sha256: str
) -> list[RawTable]:
    found = [find_headings(grid, needed) for grid in grids]
    if all(at is None for at in found):
        nearest = max(grids, key=lambda grid: len(set(needed) & set(headings_found(grid, needed)[1])))
        raise missing_headings(shown, nearest, needed)
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

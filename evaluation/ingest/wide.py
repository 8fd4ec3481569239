"""Read a published file: its heading row found by the names of a layout, its rows held in little memory."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from evaluation.errors import SourceError
from evaluation.ingest.cells import ABSENT, Cells, comma_kind, encode, parse_number
from evaluation.ingest.contents import WORKBOOK_SUFFIXES, check_kind, read_bytes
from evaluation.ingest.delimited import delimited_rows
from evaluation.ingest.layouts import Layout, heading
from evaluation.ingest.table import HEADING_SEARCH_ROWS, Fault, Grid, missing_headings
from evaluation.ingest.workbook import read_workbook

SHOWN = 8


@dataclass(frozen=True)
class Wide:
    """A published file's table.

    Attributes
    ----------
    sha256 : str
        Hash of the file's bytes.
    fields : dict of str to str
        The layout's fields that the file has, and the heading of each.
    measures : tuple of str
        The headings of measures, in upper case, in the file's order.
    cells : Cells
        The fields and the measures, of every row but those listed in `faults`.
    faults : tuple of Fault
        Rows not read, and notes on the file.
    rows_in : int
        Rows below the headings that hold anything.
    """

    sha256: str
    fields: dict[str, str]
    measures: tuple[str, ...]
    cells: Cells
    faults: tuple[Fault, ...]
    rows_in: int


def read_wide(path: Path, shown: str, layout: Layout) -> Wide:
    """The table of a published file, CSV or workbook.

    Raises
    ------
    SourceError
        When the file is missing, unreadable or empty, has no heading row of this layout, or two columns of one name that
        differ.
    """
    content = read_bytes(path, shown)
    check_kind(content, path.suffix.lower(), shown)
    workbook = path.suffix.lower() in WORKBOOK_SUFFIXES
    rows = _sheet(content, shown, layout) if workbook else delimited_rows(content, shown, layout.wanted)
    at, headings, body = _below_headings(rows, shown, layout)
    fields = layout.found(headings)
    measures = [name for name in headings if layout.is_measure(name)]
    columns = [at for at, name in enumerate(headings) if name in fields.values() or name in measures]
    faults: list[Fault] = []
    fitting = _fitting(body, at + 2, len(headings), faults)
    cells = _single(encode(fitting, [headings[column] for column in columns], columns), shown)
    if not len(cells.rows) + len(faults):
        raise SourceError(f"{shown}: there are headings, but no rows below them. Download it again.")
    rows_in = len(cells.rows) + len(faults)
    measures = list(dict.fromkeys(measures))
    if workbook:
        cells, remarks = _percentages(cells, [name for name in measures if name.startswith("PT")])
        faults += remarks
    faults += _short_rows(cells)
    faults += _commas(cells.part(cells.rows, measures))
    sha256 = hashlib.sha256(content).hexdigest()
    return Wide(sha256, fields, tuple(measures), cells, tuple(faults), rows_in)


def _sheet(content: bytes, shown: str, layout: Layout) -> Iterator[list[str]]:
    """The rows of the one sheet that has the headings; of the first when none has."""
    grids = read_workbook(content, shown, None)
    headed = [grid for grid in grids if any(map(layout.is_heading_row, grid.rows[:HEADING_SEARCH_ROWS]))]
    if len(headed) > 1:
        sheets = " and ".join(repr(grid.sheet) for grid in headed)
        raise SourceError(
            f"{shown}: sheets {sheets} all hold such a table. Save the one that is meant as CSV."
        )
    if not grids:
        raise SourceError(f"{shown}: the workbook is empty. Download it again.")
    return iter((headed or grids)[0].rows)


def _below_headings(
    rows: Iterator[list[str]], shown: str, layout: Layout
) -> tuple[int, list[str], Iterator[list[str]]]:
    """The position of the heading row, its headings, and the rows below it."""
    top = list(islice(rows, HEADING_SEARCH_ROWS))
    for at, row in enumerate(top):
        if layout.is_heading_row(row):
            return at, [heading(cell) for cell in row], chain(top[at + 1 :], rows)
    raise missing_headings(shown, Grid("", top), layout.wanted)


def _fitting(
    body: Iterator[list[str]], first: int, width: int, faults: list[Fault]
) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold anything, numbered from `first`; a row longer than the heading row is listed instead.

    A shorter row is kept: the department ends the rows of schools without results, and of areas, early.
    """
    for number, row in enumerate(body, start=first):
        if not any(cell and not cell.isspace() for cell in row):
            continue
        if any(cell.strip() for cell in row[width:]):
            reason = f"The row has {len(row)} cells, the heading row {width}: a separator stands unquoted inside a cell."
            faults.append(Fault(number, "", "ragged", "row", reason))
        else:
            yield number, row


def _single(cells: Cells, shown: str) -> Cells:
    """The table with the second of two columns of one name left out, where they agree.

    Raises
    ------
    SourceError
        When they do not: there is no telling which is meant.
    """
    first = {name: cells.names.index(name) for name in cells.names}
    for position, name in enumerate(cells.names):
        if not np.array_equal(cells.at[:, position], cells.at[:, first[name]]):
            raise SourceError(
                f"{shown}: two columns headed {name!r} differ. Rename one, so that it is clear which is meant."
            )
    return Cells(cells.rows, tuple(first), cells.at[:, list(first.values())], cells.texts)


def _short_rows(cells: Cells) -> list[Fault]:
    positions = cells.texts.tolist()
    if ABSENT not in positions:
        return []
    short = cells.rows[(cells.at == positions.index(ABSENT)).any(axis=1)].tolist()
    reason = f"{len(short)} rows end before the last column (rows {_listed(short)}): the cells they lack are kept as 'absent'."
    return [Fault(None, "", "short_rows", "note", reason)]


def _listed(numbers: Sequence[int]) -> str:
    more = ", ..." if len(numbers) > SHOWN else ""
    return ", ".join(str(number) for number in numbers[:SHOWN]) + more


def _commas(measures: Cells) -> list[Fault]:
    """Notes on how numbers with commas were read."""
    counts = np.bincount(measures.at.ravel(), minlength=len(measures.texts))
    kinds = {"thousands": 0, "decimals": 0}
    for text, count in zip(measures.texts, counts, strict=True):
        if count and (kind := comma_kind(text)):
            kinds[kind] += int(count)
    return [
        Fault(None, "", "commas", "note", f"In {count} cells a comma was read as parting {kind}.")
        for kind, count in kinds.items()
        if count
    ]


def _percentages(cells: Cells, names: Sequence[str]) -> tuple[Cells, list[Fault]]:
    """Percentages of a workbook, which stores 44% as 0.44, as percentages again.

    Only where no cell of these columns has a percent sign and every number lies between 0 and 1, some of them inside.
    """
    columns = [cells.names.index(name) for name in names]
    used = np.unique(cells.at[:, columns])
    numbers = {at: value for at in used if not np.isnan(value := parse_number(cells.texts[at])[0])}
    signed = any("%" in cells.texts[at] for at in numbers)
    inside = any(0 < value < 1 for value in numbers.values())
    if signed or not inside or not all(0 <= value <= 1 for value in numbers.values()):
        return cells, []
    moved = np.arange(len(cells.texts), dtype=np.int32)
    moved[list(numbers)] = len(cells.texts) + np.arange(len(numbers), dtype=np.int32)
    at = cells.at.copy()
    at[:, columns] = moved[at[:, columns]]
    texts = np.array([*cells.texts, *(f"{100 * value:.10g}%" for value in numbers.values())], dtype=object)
    reason = f"The {len(names)} columns headed PT... hold fractions, as a workbook stores percentages: 0.44 was read as 44%."
    return Cells(cells.rows, cells.names, at, texts), [Fault(None, "", "fractions", "note", reason)]

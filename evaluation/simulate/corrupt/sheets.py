"""The demo study's files as sheets of rows that can be changed, moved and added, and written back."""

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from openpyxl import load_workbook

from evaluation.simulate.exports import LABEL
from evaluation.simulate.files import csv_bytes, xlsx_bytes
from evaluation.study import Source, Study

_TEXT = ("utf-8-sig", "utf-8", "cp1252")
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y")


@dataclass(slots=True, eq=False)
class Row:
    """One row: its cells, the number it had in the clean file (None for a row added), whether a fault is in it."""

    cells: list[Any]
    origin: int | None
    touched: bool = False


@dataclass(slots=True, eq=False)
class Sheet:
    """One sheet of a file with the place of each column the study maps; `start` is the first row below the headings."""

    source: Source
    name: str
    rows: list[Row]
    start: int
    columns: dict[str, int]

    @property
    def data(self) -> list[Row]:
        """Rows below the headings that have a pupil number: nobody's rows and totals are left alone."""
        if not self.columns:
            return []
        at = self.columns["upn"]
        return [
            row for row in self.rows[self.start :] if len(row.cells) > at and len(str(row.cells[at])) == 13
        ]

    def get(self, row: Row, name: str) -> str:
        """A cell as text."""
        return str(row.cells[self.columns[name]])

    def set(self, row: Row, name: str, value: object) -> None:
        """Change a cell, and mark its row."""
        row.cells[self.columns[name]] = value
        row.touched = True

    def date(self, row: Row, name: str) -> dt.date | None:
        """A cell as the date it stands for in the clean file; None when it is empty."""
        cell = row.cells[self.columns[name]]
        if isinstance(cell, dt.datetime):
            return cell.date()
        month_first = self.source.name == "summer_results"
        for form in _DATES[::2] if month_first else _DATES[:2]:
            try:
                return dt.datetime.strptime(str(cell), form).date()
            except ValueError:
                continue
        return None


@dataclass(slots=True)
class Files:
    """All mapped files of a study, opened; `others` are the files nothing is planted in."""

    study: Study
    sheets: list[Sheet]
    others: dict[str, bytes]
    styles: dict[str, tuple[str, str]] = field(default_factory=dict)

    def of(self, kind: str) -> list[Sheet]:
        """The sheets of pupil lists or of results; of both for ""."""
        return [sheet for sheet in self.sheets if kind in ("", sheet.source.kind)]

    def pick(self, rng: np.random.Generator, kind: str, *names: str) -> Iterator[tuple[Sheet, Row]]:
        """Untouched rows of sheets that have these columns, in random order; a row is passed over once touched."""
        able = [sheet for sheet in self.of(kind) if all(name in sheet.columns for name in names)]
        rows = [(sheet, row) for sheet in able for row in sheet.data]
        for at in rng.permutation(len(rows)):
            if not rows[at][1].touched:
                yield rows[at]

    def written(self) -> dict[str, bytes]:
        """Every file's bytes."""
        paths: dict[str, list[Sheet]] = {}
        for sheet in self.sheets:
            paths.setdefault(sheet.source.path, []).append(sheet)
        return self.others | {path: self._bytes(path, sheets) for path, sheets in paths.items()}

    def _bytes(self, path: str, sheets: list[Sheet]) -> bytes:
        if path.endswith(".xlsx"):
            return xlsx_bytes({sheet.name: [row.cells for row in sheet.rows] for sheet in sheets}, LABEL)
        delimiter, encoding = self.styles[path]
        return csv_bytes([row.cells for row in sheets[0].rows], delimiter, encoding)


def open_files(study: Study, files: Mapping[str, bytes]) -> Files:
    """The files with pupil numbers by path inside the study's folder, opened with the study's column maps.

    A common transfer file has no rows to move, and is left as it is.
    """
    opened = Files(study, [], dict(files))
    for source in study.sources:
        listed = source.kind in ("pupils", "scores") and "upn" in study.columns(source)
        if source.path.endswith(".xml") or not listed:
            continue
        content = opened.others.pop(source.path)
        headings = study.columns(source)
        for name, grid in _grids(opened, source.path, content).items():
            rows = [
                Row(["" if cell is None else cell for cell in cells], at) for at, cells in enumerate(grid, 1)
            ]
            start = next(
                (at for at, row in enumerate(rows) if set(headings.values()) <= set(row.cells)), None
            )
            places = (
                {}
                if start is None
                else {key: rows[start].cells.index(item) for key, item in headings.items()}
            )
            opened.sheets.append(Sheet(source, name, rows, len(rows) if start is None else start + 1, places))
    return opened


def _grids(opened: Files, path: str, content: bytes) -> dict[str, list[list[Any]]]:
    if path.endswith(".xlsx"):
        book = load_workbook(io.BytesIO(content))
        return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}
    for encoding in _TEXT:
        if encoding == "utf-8-sig" and not content.startswith(b"\xef\xbb\xbf"):
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        delimiter = ";" if text.count(";") > text.count(",") else ","
        opened.styles[path] = (delimiter, encoding)
        return {"": list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))}
    raise ValueError(path)

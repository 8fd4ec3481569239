"""A kind of fault: how it is planted, and the rules that may tell of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from evaluation.simulate.corrupt.sheets import Files, Row, Sheet


@dataclass(frozen=True, slots=True)
class Planted:
    """One fault planted.

    Attributes
    ----------
    kind, source, file, sheet, column : what it is and where; `column` by the library's name, "" for a whole row.
    rows : the numbers of its rows in the file as corrupted; of a fault of many rows, all of them.
    origins : the numbers they had in the clean file; those added have none.
    whole : whether it is a fault of the file, or of a part of it, and not of a row.
    upn : the pupil number of its row in the clean file, "" for a fault of more than one row.
    right : what stood there.
    """

    kind: str
    source: str
    file: str
    sheet: str
    column: str
    rows: tuple[int, ...]
    origins: tuple[int, ...]
    whole: bool
    upn: str
    right: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as it is planted, before the rows have their last numbers."""

    sheet: Sheet
    column: str
    rows: tuple[Row, ...]
    upn: str = ""
    right: str = ""
    whole: bool = False


Plant = Callable[[Files, np.random.Generator, int], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault.

    Attributes
    ----------
    plant : changes the files and yields up to so many faults.
    rules : the rules that tell of it; none where it is read without a word.
    because : for a kind that nothing in the files can give away, the reason; "" for all others.
    """

    name: str
    plant: Plant
    rules: tuple[str, ...] = ()
    because: str = ""


Change = Callable[[str, np.random.Generator], str | None]


def cell(of: str, column: str, change: Change) -> Plant:
    """Plant a fault in cells of a column of lists ("pupils"), results ("scores") or both (""): None passes one over."""

    def plant(files: Files, rng: np.random.Generator, count: int) -> Iterator[Fault]:
        for sheet, row in files.pick(rng, of, column):
            if count == 0:
                return
            before = sheet.get(row, column)
            after = change(before, rng) if before else None
            if after is None or after == before or not _writable(files, sheet, after):
                continue
            upn = sheet.get(row, "upn")
            sheet.set(row, column, after)
            yield Fault(sheet, column, (row,), upn, before)
            count -= 1

    return plant


def _writable(files: Files, sheet: Sheet, text: str) -> bool:
    """Whether the file's encoding has the letters."""
    encoding = files.styles.get(sheet.source.path, ("", "utf-8"))[1]
    return text.encode(encoding, "replace").decode(encoding) == text

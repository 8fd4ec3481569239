"""A wide table of text in little memory: each distinct text is held, and later parsed, once."""

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ABSENT = "\0absent"  # stands for a cell its row is too short to have; a file with NUL in it is refused
EMPTY_REASONS = {ABSENT: "absent", "": "empty"}
BLANK = "blank"

_NUMBER = re.compile(r"([-+]?)([0-9]{1,15}(?:\.[0-9]{1,15})?|\.[0-9]{1,15})\s?%?")
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3}){1,4}(?:\.[0-9]{1,15})?\s?%?")
_DECIMAL_COMMA = re.compile(r"[-+]?[0-9]{1,15},[0-9]{1,2}\s?%?")


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Rows of text, as positions in a list of the distinct texts.

    Attributes
    ----------
    rows : array, shape (n,)
        The number a spreadsheet shows beside each row.
    names : tuple of str, length m
    at : array of int32, shape (n, m)
        Where each cell's text stands in `texts`.
    texts : array of str, shape (k,)
        `ABSENT` for a cell that its row is too short to have.
    """

    rows: NDArray[np.int64]
    names: tuple[str, ...]
    at: NDArray[np.int32]
    texts: NDArray[np.object_]

    def text(self, name: str) -> NDArray[np.object_]:
        """A column's texts, stripped, shape (n,); "" where the cell is absent."""
        texts = self.texts[self.at[:, self.names.index(name)]]
        return _texts("" if text == ABSENT else text.strip() for text in texts)

    def part(self, rows: NDArray[np.int64], names: Sequence[str]) -> "Cells":
        """Some rows, by their numbers, and some columns."""
        columns = [self.names.index(name) for name in names]
        kept = np.isin(self.rows, rows)
        return Cells(self.rows[kept], tuple(names), self.at[kept][:, columns], self.texts)


def encode(rows: Iterable[tuple[int, list[str]]], names: Sequence[str], columns: Sequence[int]) -> Cells:
    """The columns at some positions, under some names, of numbered rows that may be short."""
    positions: dict[str, int] = {}
    numbers, at = array("q"), array("i")
    width = max(columns, default=-1) + 1
    for number, row in rows:
        numbers.append(number)
        full = row if len(row) >= width else [*row, *[ABSENT] * (width - len(row))]
        at.extend([positions.setdefault(full[column], len(positions)) for column in columns])
    shape = (len(numbers), len(columns))
    return Cells(
        np.array(numbers, dtype=np.int64),
        tuple(names),
        np.array(at, dtype=np.int32).reshape(shape),
        _texts(positions),
    )


def _texts(texts: Iterable[str]) -> NDArray[np.object_]:
    """Texts as an array of objects, shape (k,); one of none at all too."""
    return np.array([*texts, None], dtype=object)[:-1]


def parse_number(text: str) -> tuple[float, str]:
    """A published cell as its value and, where that is missing (NaN), the reason: the code as published.

    A percentage is its number: 44% is 44. A comma before three digits parts thousands; one before one or two is a
    decimal comma, as a program set to another country's ways writes it.
    """
    bare = text.strip().replace("\u2212", "-")
    if found := _NUMBER.fullmatch(bare):
        return float(found[1] + found[2]), ""
    if comma := comma_kind(bare):
        number = bare.rstrip("% ").replace(",", "" if comma == "thousands" else ".")
        return float(number), ""
    return np.nan, EMPTY_REASONS.get(text, bare or BLANK)


def comma_kind(text: str) -> str:
    """What the commas of a number part: "thousands", "decimals", or "" when it is no number with commas."""
    bare = text.strip()
    if _THOUSANDS.fullmatch(bare):
        return "thousands"
    return "decimals" if _DECIMAL_COMMA.fullmatch(bare) else ""

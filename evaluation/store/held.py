"""A study's tables on their way to the store: large ones held compactly, and given as plain as the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from evaluation.clean.compact import plain

PIECE_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Tables(Mapping[str, pd.DataFrame]):
    """Tables by name; the frame is made anew each time a compact one is asked for.

    Attributes
    ----------
    frames : mapping of str to DataFrame
    compact : frozenset of str
        Names of those that `evaluation.clean.compact.plain` makes plain: in the others a category is a category.
    """

    frames: Mapping[str, pd.DataFrame]
    compact: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> pd.DataFrame:
        frame = self.frames[name]
        return plain(frame) if name in self.compact else frame

    def __iter__(self) -> Iterator[str]:
        return iter(self.frames)

    def __len__(self) -> int:
        return len(self.frames)


def pieces(tables: Mapping[str, pd.DataFrame], name: str) -> Iterator[pd.DataFrame]:
    """A table, whole or, where it is held compactly, so many rows at a time; at least one piece."""
    if not (isinstance(tables, Tables) and name in tables.compact):
        yield tables[name]
        return
    frame = tables.frames[name]
    for begin in range(0, max(1, len(frame)), PIECE_ROWS):
        yield plain(frame.iloc[begin : begin + PIECE_ROWS])

"""A study's tables on their way to the store: large ones on a shelf, and given as plain as the others."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from evaluation.clean.shelf import Shelf

FEW = 5_000  # rows of a shelf that are taken out whole sooner than a column at a time


@dataclass(frozen=True, slots=True)
class Tables(Mapping[str, pd.DataFrame]):
    """Tables by name; the frame is made anew each time one that lies on a shelf is asked for.

    Attributes
    ----------
    held : mapping of str to DataFrame or Shelf
        A shelf's piles are the table's rows one after another.
    """

    held: Mapping[str, pd.DataFrame | Shelf]

    def __getitem__(self, name: str) -> pd.DataFrame:
        table = self.held[name]
        return table.frame() if isinstance(table, Shelf) else table

    def __contains__(self, name: object) -> bool:
        return name in self.held  # else the whole frame would be made to see whether it is there

    def __iter__(self) -> Iterator[str]:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)


def pieces(
    tables: Mapping[str, pd.DataFrame], name: str, columns: Collection[str] | None = None
) -> Iterator[pd.DataFrame]:
    """A table, whole or some columns: at once or, where it lies on a shelf, a piece after another; at least one."""
    table = tables.held[name] if isinstance(tables, Tables) else tables[name]
    if isinstance(table, Shelf):
        yield from table.plain_pieces(columns)
    else:
        yield table if columns is None else table[list(columns)]


def sample(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """A table, or the first row of one that lies on a shelf: it has the columns and kinds of all."""
    table = tables.held[name] if isinstance(tables, Tables) else tables[name]
    return table.head() if isinstance(table, Shelf) else table


def by_column(
    tables: Mapping[str, pd.DataFrame], name: str, labels: Collection[str]
) -> Iterator[tuple[str, Iterator[pd.Series]]]:
    """Columns of a table one after another, each in its pieces; a column alone is in memory, but where rows are few."""
    table = tables.held[name] if isinstance(tables, Tables) else tables[name]
    if isinstance(table, Shelf) and len(table) <= FEW and len(table.piles) == 1:
        table = next(table.plain_pieces())
    for label in labels:
        parts = table.plain_pieces([label]) if isinstance(table, Shelf) else [table]
        yield label, (part[label] for part in parts)

"""Tables a piece at a time, for what need not hold all their rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from evaluation.errors import StoreError, nearest
from evaluation.link.database import quiet_database
from evaluation.store.query import selection, unreadable

BATCH_ROWS = 250_000
VECTOR = 2048  # the rows that DuckDB hands out together
NULLABLE = {"b": "boolean", "i": "Int64", "u": "UInt64"}


@dataclass(frozen=True, slots=True)
class Batches:
    """Some columns and rows of Parquet files, as frames of no more than `rows` rows.

    They are read anew each time they are gone through, and no more than one batch is held. A fit does not depend on how the
    rows fall into batches.

    Attributes
    ----------
    paths : tuple of Path
    types : mapping of str to str
        The columns, and the dtype of each: the same in every batch.
    where : mapping
        As for `Store.read`.
    rows : int
    """

    paths: tuple[Path, ...]
    types: Mapping[str, str]
    where: Mapping[str, Any] = field(default_factory=dict)
    rows: int = BATCH_ROWS

    def __iter__(self) -> Iterator[pd.DataFrame]:
        query, values = selection(self.paths, list(self.types), self.where)
        try:
            with quiet_database() as database:
                database.execute("SET threads = 1")  # more would break a selection into crumbs
                found = database.execute(query, values)
                while len(batch := found.fetch_df_chunk(max(1, self.rows // VECTOR))):
                    yield batch.astype(self.types)
        except duckdb.Error:
            raise unreadable(self.paths) from None


def parquet_batches(
    paths: Path | Sequence[Path], columns: Sequence[str] | None = None, rows: int = BATCH_ROWS
) -> Batches:
    """Batches of Parquet files that no store holds, which have the same columns.

    Whole numbers and truths are nullable in every batch, since they may be missing in some.

    Raises
    ------
    StoreError
        When a file cannot be read, or a column does not exist.
    """
    several = (paths,) if isinstance(paths, Path) else tuple(paths)
    try:
        with quiet_database() as database:
            empty = database.execute("SELECT * FROM read_parquet(?) LIMIT 0", [list(map(str, several))]).df()
    except duckdb.Error:
        raise unreadable(several) from None
    types = {str(name): NULLABLE.get(dtype.kind, str(dtype)) for name, dtype in empty.dtypes.items()}
    for column in columns or ():
        if column not in types:
            raise StoreError(f"{several[0].name} has no column {column!r}.{nearest(column, list(types))}")
    return Batches(several, {name: types[name] for name in (columns or types)}, {}, rows)

"""Rows put away on disk and taken out again, a pile at a time and only the columns asked for.

A study may have millions of rows, and nothing needs them all at once with all they say. A shelf is a file without a name
that is gone with the process. What lies there is encrypted under a key that is nowhere else, for rows name pupils.
"""

import secrets
import tempfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet.encryption import create_decryption_properties, create_encryption_properties

from evaluation.clean.compact import PLAIN, as_held, give_back, small, texts, typed
from evaluation.errors import StoreError

PILE_ROWS = 60_000
# Written together: what is written at once waits in memory, and small lots take long to read.
LOT_ROWS, LOT_FRAMES = 50_000, 64
AT, PILE = "at_row", "pile"
FLOAT = "float64"


class Shelf:
    """Rows in piles. They keep their index, and are taken out in its order.

    Taken out, they are compact: `evaluation.clean.compact.plain` gives them as they were.

    Parameters
    ----------
    folder : Path, optional
        Where the file lies; without one, where the system keeps files for a time.

    Raises
    ------
    StoreError
        When the file cannot be written.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  (it is gone with the shelf)
        except OSError as error:
            raise _no_room(error) from None
        self._key = secrets.token_bytes(32)
        self._lots: dict[int, list[tuple[int, int]]] = {}
        self._waiting: list[pa.Table] = []
        self._changes: dict[str, pd.Series] = {}
        self._kinds: dict[str, pa.Field] = {}
        self._types: dict[str, str] = {}
        self.rows = 0

    def another(self) -> "Shelf":
        """An empty shelf beside this one."""
        return Shelf(self._folder)

    @property
    def piles(self) -> list[int]:
        """The piles that there are."""
        self._write()
        return sorted(self._lots)

    def __len__(self) -> int:
        return self.rows

    def put(self, frame: pd.DataFrame, pile: int | npt.NDArray[np.integer]) -> None:
        """Put rows on a pile, or each on its own; a frame without rows says what columns there are."""
        table = small(pa.Table.from_pandas(frame, preserve_index=False))
        for field, dtype in zip(table.schema, frame.dtypes, strict=True):
            self._know(field, PLAIN.get(str(dtype), str(dtype)))
        self.rows += len(frame)
        if frame.empty:
            return
        piles = np.broadcast_to(np.asarray(pile, "int32"), len(frame))
        for name, values in ((AT, frame.index.to_numpy("int32")), (PILE, piles)):
            table = table.append_column(name, pa.array(values))
        self._waiting.append(table)
        if len(self._waiting) >= LOT_FRAMES or sum(map(len, self._waiting)) >= LOT_ROWS:
            self._write()

    def _know(self, field: pa.Field, dtype: str) -> None:
        """Keep a column's kind; one that is whole numbers in some frames and not in others is a column of numbers."""
        known = self._types.setdefault(field.name, dtype)
        if known in (dtype, FLOAT):
            self._kinds.setdefault(field.name, field)
        elif dtype == FLOAT:
            self._types[field.name] = FLOAT
            self._kinds[field.name] = field

    def add(self, frame: pd.DataFrame) -> None:
        """Put rows below all that are there, numbered on, so many a pile; no frame is parted."""
        numbered = frame.set_axis(pd.RangeIndex(self.rows, self.rows + len(frame)))
        self.put(numbered, self.rows // PILE_ROWS)

    def put_in_order(self, frame: pd.DataFrame) -> None:
        """Put rows among the others by their labels, so many labels a pile: in order of files again, by pupil before."""
        self.put(frame, frame.index.to_numpy() // PILE_ROWS)

    def along(self, index: pd.Index) -> pd.DataFrame:
        """The rows of some labels, those there are, of a shelf whose rows were put in order."""
        piles = np.unique(index.to_numpy() // PILE_ROWS).tolist() or [0]
        rows = stacked(map(self.take, piles))
        return rows[rows.index.isin(index)]

    def take(self, pile: int, columns: Collection[str] | None = None) -> pd.DataFrame:
        """The rows of a pile, whole or some columns."""
        self._write()
        wanted = [name for name in self._kinds if columns is None or name in columns]
        empty = pa.schema([*(self._kinds[name] for name in wanted), pa.field(AT, pa.int32())]).empty_table()
        lots = [empty, *(self._read(*lot, empty.column_names) for lot in self._lots.get(pile, ()))]
        frame = _indexed(lots)
        for name, values in self._changes.items():
            if name in frame:
                frame[name] = _changed(frame[name], values)
        if not frame.index.is_monotonic_increasing:
            frame = frame.sort_index()
        return frame[wanted if columns is None else [name for name in columns if name in wanted]]

    def __iter__(self) -> Iterator[pd.DataFrame]:
        return self.pieces()

    def pieces(self, columns: Collection[str] | None = None) -> Iterator[pd.DataFrame]:
        """The piles, one after another; one without rows where there is none."""
        for pile in self.piles or [0]:
            yield self.take(pile, columns)

    def plain_pieces(self, columns: Collection[str] | None = None) -> Iterator[pd.DataFrame]:
        """The piles as they were before they were put here."""
        for rows in self.pieces(columns):
            yield self._plain(rows)

    def whole(self, columns: Collection[str] | None = None) -> pd.DataFrame:
        """All rows, pile after pile, whole or some columns: for what is narrow, or few."""
        return stacked(self.pieces(columns))

    def frame(self) -> pd.DataFrame:
        """All rows as they were before they were put here, numbered anew."""
        return pd.concat(self.plain_pieces()).sort_index().reset_index(drop=True)

    def head(self) -> pd.DataFrame:
        """The first row as it was before it was put here; none where there is none."""
        return self._plain(next(self.pieces())[:1])

    def tidy(self) -> "Shelf":
        """The shelf, each pile in one lot from now on: for what is read a column at a time."""
        for pile in self.piles:
            rows = self.take(pile)
            table = small(pa.Table.from_pandas(rows, preserve_index=False))
            self._lots[pile] = [self._append(table.append_column(AT, pa.array(rows.index.to_numpy("int32"))))]
        return self

    def change(self, name: str, values: pd.Series) -> None:
        """Have other values in a column from now on, for the rows of their index."""
        known = self._changes.get(name)
        kept = values if known is None else pd.concat([known[~known.index.isin(values.index)], values])
        self._changes[name] = kept.sort_index()

    def _plain(self, rows: pd.DataFrame) -> pd.DataFrame:
        return typed(rows, {str(name): self._types[str(name)] for name in rows})

    def _write(self) -> None:
        if not self._waiting:
            return
        waiting = [self._fitted(table) for table in self._waiting]
        self._waiting.clear()
        table = pa.concat_tables(waiting, promote_options="default").unify_dictionaries()
        piles = table[PILE].to_numpy()
        table = table.drop_columns(PILE)
        for pile in np.unique(piles).tolist():
            mine = np.flatnonzero(piles == pile)
            lot = self._append(table if len(mine) == len(table) else table.take(pa.array(mine)))
            self._lots.setdefault(pile, []).append(lot)
        give_back()

    def _append(self, table: pa.Table) -> tuple[int, int]:
        sink = pa.BufferOutputStream()
        pq.write_table(
            table, sink, compression="none", encryption_properties=create_encryption_properties(self._key)
        )
        try:
            begin = self._file.seek(0, 2)
            self._file.write(sink.getvalue())
        except OSError as error:
            raise _no_room(error) from None
        return begin, self._file.tell() - begin

    def _read(self, begin: int, length: int, names: list[str]) -> pa.Table:
        self._file.seek(begin)
        content = pa.BufferReader(self._file.read(length))
        properties = create_decryption_properties(self._key)
        there = pq.ParquetFile(content, decryption_properties=properties)
        known = set(there.schema_arrow.names)
        return self._fitted(small(there.read([name for name in names if name in known])))

    def _fitted(self, table: pa.Table) -> pa.Table:
        """The table, whole numbers as any where other rows of the column need it."""
        for at, name in enumerate(table.column_names):
            if self._types.get(name) == FLOAT and table.schema.field(at).type != pa.float64():
                table = table.set_column(at, name, table.column(at).cast(pa.float64()))
        return table


def shelved(frames: Iterable[pd.DataFrame], folder: Path | None = None) -> Shelf:
    """Frames on a shelf, in their order."""
    shelf = Shelf(folder)
    for frame in frames:
        shelf.add(frame)
    return shelf


def stacked(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Compact frames one below another, with their index."""
    tables = [
        small(pa.Table.from_pandas(frame.rename_axis(AT).reset_index(), preserve_index=False))
        for frame in frames
    ]
    return _indexed(tables)


def _indexed(tables: list[pa.Table]) -> pd.DataFrame:
    frame = as_held(pa.concat_tables(tables, promote_options="default"))
    return frame.set_index(pd.Index(frame.pop(AT).to_numpy("int64")))


def _changed(column: pd.Series, values: pd.Series) -> pd.Series:
    at = column.index.intersection(values.index)
    if at.empty:
        return column
    compact = isinstance(column.dtype, pd.CategoricalDtype)
    now = texts(column) if compact else column.copy()
    now[at] = values[at].astype(now.dtype)
    return now.astype("category") if compact else now


def _no_room(error: OSError) -> StoreError:
    return StoreError(
        f"Rows cannot be put aside on disk ({error.strerror}). Free some room, or mend its permissions."
    )

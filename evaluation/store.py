"""The store: a study's tables as Parquet files, written whole or not at all, read through DuckDB.

A store is a folder with `store.json`, which names the folder that holds the tables now, and that folder.
Replacing `store.json` is one step of the file system, so a reader finds the old tables or the new ones,
never some of each.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from evaluation.errors import StoreError, nearest

MANIFEST = "store.json"
VERSION = 1
BATCH_ROWS = 250_000
VECTOR = 2048  # the rows that DuckDB hands out together
NULLABLE = {"b": "boolean", "i": "Int64", "u": "UInt64"}


def write_store(folder: Path, tables: dict[str, pd.DataFrame]) -> str:
    """Write the tables as the folder's store, in place of what was there, and return their hash.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    digest = content_hash(tables)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=folder, prefix="tables-"))
        manifest: dict[str, Any] = {"version": VERSION, "hash": digest, "folder": aside.name, "tables": {}}
        for name, frame in tables.items():
            path = aside / f"{name}.parquet"
            frame.to_parquet(path, index=False)
            types = {column: str(dtype) for column, dtype in frame.dtypes.items()}
            manifest["tables"][name] = {"sha256": _file_hash(path), "rows": len(frame), "types": types}
        (aside / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        os.replace(aside / MANIFEST, folder / MANIFEST)
        for old in folder.glob("tables-*"):
            if old != aside:
                shutil.rmtree(old)
    except OSError as error:
        raise StoreError(f"{folder}: the store cannot be written ({error.strerror}).") from None
    return digest


def content_hash(tables: Mapping[str, pd.DataFrame]) -> str:
    """SHA-256 of what the tables say, whatever the key of their pseudonyms.

    Each pupil counts as the number of its first appearance, going through the tables by name and each by
    row, so that the same data give the same hash on machines with different keys. Numbers count as 64-bit
    floats and dates as days and times.
    """
    digest = hashlib.sha256()
    order = _first_appearance(tables)
    for name in sorted(tables):
        digest.update(f"table {name} {len(tables[name])}\n".encode())
        for label, column in tables[name].items():
            kind, content = _column_bytes(column.map(order) if label == "pupil" else column)
            digest.update(f"column {label} {kind}\n".encode() + content)
    return digest.hexdigest()


def _first_appearance(tables: Mapping[str, pd.DataFrame]) -> dict[str, int]:
    columns = [tables[name]["pupil"] for name in sorted(tables) if "pupil" in tables[name]]
    pupils = pd.concat(columns).dropna().unique() if columns else []
    return {pupil: number for number, pupil in enumerate(pupils)}


def _column_bytes(column: pd.Series) -> tuple[str, bytes]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return "time", column.to_numpy("datetime64[us]").astype("<i8").tobytes()
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy("float64", na_value=np.nan) + 0.0  # -0.0 and 0.0 are the same number
        numbers[np.isnan(numbers)] = np.nan
        return "number", numbers.astype("<f8").tobytes()
    if isinstance(
        column.dtype, pd.CategoricalDtype
    ):  # many rows, few texts: their places in a list, as they appear
        at, texts = pd.factorize(column)
        return "categories", at.astype("<i4").tobytes() + json.dumps(texts.tolist()).encode()
    missing = column.isna().tolist()
    return "text", json.dumps(
        [None if gone else item for item, gone in zip(column.tolist(), missing, strict=True)]
    ).encode()


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Store:
    """A study's store, opened for reading; opening checks that every file is there and as it was written.

    Raises
    ------
    StoreError
        When there is no store in the folder, or it is damaged.
    """

    folder: Path
    _manifest: dict[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_manifest", self._checked_manifest())

    @property
    def hash(self) -> str:
        """Hash of the content, independent of the pseudonym key."""
        return self._manifest["hash"]

    def tables(self) -> list[str]:
        """Names of the tables, in the order they were written."""
        return list(self._manifest["tables"])

    def read(
        self, name: str, columns: Sequence[str] | None = None, where: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """A table, or some columns and rows of it, in the order it was written.

        Parameters
        ----------
        name : str
            The table.
        columns : sequence of str, optional
            The columns wanted; all when absent.
        where : mapping, optional
            Column to the value, or the list of values, its rows must have.

        Raises
        ------
        StoreError
            When the table or a column does not exist, or the file cannot be read.
        """
        wanted = self._types(name, columns, where)
        query, values = _selection([self._path(name)], list(wanted), where or {})
        try:
            with _quiet_database() as database:
                return database.execute(f"{query} ORDER BY file_row_number", values).df().astype(wanted)
        except duckdb.Error:
            raise self._broken(f"table {name!r} cannot be read") from None

    def batches(
        self,
        name: str,
        columns: Sequence[str] | None = None,
        where: Mapping[str, Any] | None = None,
        rows: int = BATCH_ROWS,
    ) -> "Batches":
        """A table, or some columns and rows of it, as frames of some `rows` rows: for `fit` and `cross_products`.

        Parameters
        ----------
        name, columns, where
            As for `read`.
        rows : int
            The most rows of a batch; whole vectors of DuckDB's, so at least 2,048.

        Raises
        ------
        StoreError
            When the table or a column does not exist; in going through them, when the file cannot be read.
        """
        return Batches((self._path(name),), self._types(name, columns, where), where or {}, rows)

    def _types(
        self, name: str, columns: Sequence[str] | None, where: Mapping[str, Any] | None
    ) -> dict[str, str]:
        """The columns wanted and their dtypes, once every column named is known."""
        types = self._entry(name)["types"]
        wanted = list(types) if columns is None else list(columns)
        for column in (*wanted, *(where or {})):
            if column not in types:
                raise StoreError(f"Table {name!r} has no column {column!r}.{nearest(column, list(types))}")
        return {column: types[column] for column in wanted}

    def _path(self, name: str) -> Path:
        return self.folder / self._manifest["folder"] / f"{name}.parquet"

    def _entry(self, name: str) -> dict[str, Any]:
        if name not in self._manifest["tables"]:
            raise StoreError(
                f"The store has no table {name!r}.{nearest(name, self.tables())} Tables: {', '.join(self.tables())}."
            )
        return self._manifest["tables"][name]

    def _checked_manifest(self) -> dict[str, Any]:
        path = self.folder / MANIFEST
        if not path.is_file():
            raise self._broken("there is none yet")
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            if manifest["version"] != VERSION:
                raise self._broken("it was written by another version of this software")
            for name, entry in manifest["tables"].items():
                if _file_hash(self.folder / manifest["folder"] / f"{name}.parquet") != entry["sha256"]:
                    raise self._broken(f"table {name!r} is not as it was written")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise self._broken("it is damaged or incomplete") from None
        return manifest

    def _broken(self, what: str) -> StoreError:
        return StoreError(
            f"The store of {self.folder.name} cannot be used: {what}. Make it again: evaluation run {self.folder.name}"
        )


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
        query, values = _selection(self.paths, list(self.types), self.where)
        try:
            with _quiet_database() as database:
                database.execute("SET threads = 1")  # more would break a selection into crumbs
                found = database.execute(query, values)
                while len(batch := found.fetch_df_chunk(max(1, self.rows // VECTOR))):
                    yield batch.astype(self.types)
        except duckdb.Error:
            raise _unreadable(self.paths) from None


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
        with _quiet_database() as database:
            empty = database.execute("SELECT * FROM read_parquet(?) LIMIT 0", [list(map(str, several))]).df()
    except duckdb.Error:
        raise _unreadable(several) from None
    types = {str(name): NULLABLE.get(dtype.kind, str(dtype)) for name, dtype in empty.dtypes.items()}
    for column in columns or ():
        if column not in types:
            raise StoreError(f"{several[0].name} has no column {column!r}.{nearest(column, list(types))}")
    return Batches(several, {name: types[name] for name in (columns or types)}, {}, rows)


def _quiet_database() -> duckdb.DuckDBPyConnection:
    """An empty database; DuckDB's progress bar would stand in a notebook's page."""
    database = duckdb.connect()
    database.execute("SET enable_progress_bar = false")
    return database


def _selection(
    paths: Sequence[Path], columns: Sequence[str], where: Mapping[str, Any]
) -> tuple[str, list[Any]]:
    tests, values = _conditions(where)
    query = f"SELECT {', '.join(map(_quoted, columns))} FROM read_parquet(?, file_row_number = true)"
    return query + tests, [list(map(str, paths)), *values]


def _unreadable(paths: Sequence[Path]) -> StoreError:
    return StoreError(
        f"{', '.join(path.name for path in paths)} cannot be read as Parquet files of one shape."
    )


def _conditions(where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    tests: list[str] = []
    values: list[Any] = []
    for column, value in where.items():
        several = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
        tests.append(f"{_quoted(column)} IN ({', '.join('?' * len(several))})" if several else "false")
        values += [item.item() if isinstance(item, np.generic) else item for item in several]
    return (f" WHERE {' AND '.join(tests)}" if tests else ""), values


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

"""A study's tables as Parquet files, written whole or not at all, read through DuckDB.

A store is a folder with `store.json`, which names the folder that holds the tables now, and that folder.
Replacing `store.json` is one step of the file system, so a reader finds the old tables or the new ones,
never some of each.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from evaluation.errors import StoreError, nearest
from evaluation.link.database import quiet_database
from evaluation.store.batches import BATCH_ROWS, Batches
from evaluation.store.content import content_hash, file_hash
from evaluation.store.held import pieces
from evaluation.store.query import selection
from evaluation.store.schema import VERSION

MANIFEST = "store.json"
CHANGES = "changes"


def write_store(folder: Path, tables: Mapping[str, pd.DataFrame], changes: pd.DataFrame | None = None) -> str:
    """Write the tables as the folder's store, in place of what was there, and return their hash.

    Where the store there holds these very tables already it stays as it is, with the changes it was written with.

    Parameters
    ----------
    folder : Path
    tables : mapping of str to DataFrame
    changes : DataFrame, optional
        From `evaluation.store.changes`; stored as the table `changes`, which has no part in the hash.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    digest = content_hash(tables)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=folder, prefix="tables-"))
        extra = {} if changes is None else {CHANGES: changes}
        written = {name: write_table(aside, name, held) for held in (tables, extra) for name in held}
        manifest = {"version": VERSION, "hash": digest, "folder": aside.name, "tables": written}
        kept = _holds(folder, manifest)
        if not kept:
            (aside / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
            os.replace(aside / MANIFEST, folder / MANIFEST)
        for old in folder.glob("tables-*"):
            if old.name != (kept or aside.name):
                shutil.rmtree(old)
    except OSError as error:
        raise StoreError(f"{folder}: the store cannot be written ({error.strerror}).") from None
    return digest


def write_table(folder: Path, name: str, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Write one table, a piece after another, and return its entry in the manifest."""
    path, rows = folder / f"{name}.parquet", 0
    with ExitStack() as opened:
        file = None
        for piece in pieces(tables, name):
            table = pa.Table.from_pandas(piece, preserve_index=False)
            file = file or opened.enter_context(pq.ParquetWriter(path, table.schema))
            file.write_table(table)
            rows, types = rows + len(piece), {column: str(dtype) for column, dtype in piece.dtypes.items()}
    return {"sha256": file_hash(path), "rows": rows, "types": types}


def _holds(folder: Path, manifest: Mapping[str, Any]) -> str:
    """The folder of the store's tables when it is whole and holds what the manifest says, else ""."""
    try:
        there = Store(folder)
    except StoreError:
        return ""
    both = [
        {name: entry for name, entry in entries.items() if name != CHANGES}
        for entries in (there.entries, manifest["tables"])
    ]
    return there.path(CHANGES).parent.name if both[0] == both[1] else ""


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

    @property
    def entries(self) -> dict[str, Any]:
        """Each table's entry in the manifest, by its name: sha256, rows, and the dtype of each column under `types`."""
        return self._manifest["tables"]

    def tables(self) -> list[str]:
        """Names of the tables, in the order they were written."""
        return list(self.entries)

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
        query, values = selection([self.path(name)], list(wanted), where or {})
        try:
            with quiet_database() as database:
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
        return Batches((self.path(name),), self._types(name, columns, where), where or {}, rows)

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

    def path(self, name: str) -> Path:
        """The Parquet file of a table."""
        return self.folder / self._manifest["folder"] / f"{name}.parquet"

    def _entry(self, name: str) -> dict[str, Any]:
        if name not in self.entries:
            raise StoreError(
                f"The store has no table {name!r}.{nearest(name, self.tables())} Tables: {', '.join(self.tables())}."
            )
        return self.entries[name]

    def _checked_manifest(self) -> dict[str, Any]:
        path = self.folder / MANIFEST
        if not path.is_file():
            raise self._broken("there is none yet")
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            if manifest["version"] != VERSION:
                raise self._broken(
                    f"it is of version {manifest['version']}, and this software knows version {VERSION} alone"
                )
            for name, entry in manifest["tables"].items():
                if file_hash(self.folder / manifest["folder"] / f"{name}.parquet") != entry["sha256"]:
                    raise self._broken(f"table {name!r} is not as it was written")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise self._broken("it is damaged or incomplete") from None
        return manifest

    def _broken(self, what: str) -> StoreError:
        return StoreError(
            f"The store of {self.folder.name} cannot be used: {what}. Make it again: evaluation run {self.folder.name}"
        )

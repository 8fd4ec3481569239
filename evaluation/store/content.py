"""What a store says, as a hash that follows the content alone."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.store.held import by_column, pieces, sample


def content_hash(tables: Mapping[str, pd.DataFrame]) -> str:
    """SHA-256 of what the tables say, whatever the key of their pseudonyms.

    Each pupil counts as the number of its first appearance, going through the tables by name and each by
    row, so that the same data give the same hash on machines with different keys. Numbers count as 64-bit
    floats and dates as days and times.
    """
    digest = hashlib.sha256()
    columns, rows, known = _appearance(tables)
    for name in sorted(tables):
        digest.update(f"table {name} {rows[name]}\n".encode())
        for label, parts in by_column(tables, name, columns[name]):
            if label == "pupil" and name in known.tables:
                parts = map(known.numbered, parts)
            elif label == "pupil":
                parts = (part.map({}) for part in parts)
            _add_column(digest, str(label), parts)
    return digest.hexdigest()


class _Known:
    """Pupils by a hash of their pseudonyms, and the number of the first appearance of each."""

    def __init__(self) -> None:
        self.keys, self.numbers = np.zeros(0, "uint64"), np.zeros(0, "int32")
        self.tables: set[str] = set()

    def add(self, pupil: pd.Series) -> None:
        """Number whoever appears for the first time."""
        keys = pd.unique(_keys(pupil.dropna()))
        new = keys[self._at(keys) < 0]
        order = np.argsort(new)
        at = np.searchsorted(self.keys, new[order])
        self.keys = np.insert(self.keys, at, new[order])
        self.numbers = np.insert(self.numbers, at, len(self.numbers) + order)

    def numbered(self, pupil: pd.Series) -> pd.Series:
        """The number of each; NaN where there is none."""
        numbers = self.numbers[self._at(_keys(pupil))]
        return pd.Series(numbers, index=pupil.index).where(pupil.notna())

    def _at(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        at = np.searchsorted(self.keys, keys)
        found = np.append(self.keys, np.uint64(0))[at] == keys
        return np.where(found & (at < len(self.keys)), at, -1)


def _keys(pupil: pd.Series) -> npt.NDArray[np.uint64]:
    return pd.util.hash_array(pupil.fillna("").to_numpy("object"), categorize=False)


def _appearance(tables: Mapping[str, pd.DataFrame]) -> tuple[dict[str, list], dict[str, int], _Known]:
    """The columns and the number of rows of each table, and the pupils of all."""
    columns: dict[str, list] = {}
    rows, known = dict.fromkeys(tables, 0), _Known()
    for name in sorted(tables):
        columns[name] = list(sample(tables, name))
        narrow = [label for label in columns[name] if label == "pupil"] or columns[name][:1]
        for piece in pieces(tables, name, narrow):
            rows[name] += len(piece)
            if "pupil" in piece and piece["pupil"].notna().any():
                known.add(piece["pupil"])
                known.tables.add(name)
    return columns, rows, known


def _add_column(digest: Any, label: str, parts: Iterable[pd.Series]) -> None:
    """Add a column, so that it counts the same however many pieces it comes in."""
    kind, joint = "", b""
    for part in parts:
        named, content = _column_bytes(part)
        if not kind:
            kind = named
            digest.update(f"column {label} {kind}\n".encode() + (b"[" if kind == "text" else b""))
        digest.update(joint + content if len(part) else b"")
        joint = b", " if kind == "text" and len(part) else joint
    digest.update(b"]" if kind == "text" else b"")


def _column_bytes(column: pd.Series) -> tuple[str, bytes]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return "time", column.to_numpy("datetime64[us]").astype("<i8").tobytes()
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy("float64", na_value=np.nan) + 0.0  # -0.0 and 0.0 are the same number
        numbers[np.isnan(numbers)] = np.nan
        return "number", numbers.astype("<f8").tobytes()
    if isinstance(column.dtype, pd.CategoricalDtype):  # few texts: their places in a list, as they appear
        at, texts = pd.factorize(column)
        return "categories", at.astype("<i4").tobytes() + json.dumps(texts.tolist()).encode()
    at, texts = pd.factorize(column)
    said = [*map(json.dumps, texts.tolist()), "null"]  # -1, the last, is where there is none
    return "text", ", ".join([said[place] for place in at.tolist()]).encode()


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

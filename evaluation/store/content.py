"""What a store says, as a hash that follows the content alone."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.clean.compact import places, plain
from evaluation.store.held import Tables


def content_hash(tables: Mapping[str, pd.DataFrame]) -> str:
    """SHA-256 of what the tables say, whatever the key of their pseudonyms.

    Each pupil counts as the number of its first appearance, going through the tables by name and each by
    row, so that the same data give the same hash on machines with different keys. Numbers count as 64-bit
    floats and dates as days and times.
    """
    digest = hashlib.sha256()
    held = tables.frames if isinstance(tables, Tables) else tables
    known = _first_appearance(held)
    for name in sorted(held):
        digest.update(f"table {name} {len(held[name])}\n".encode())
        compact = isinstance(tables, Tables) and name in tables.compact
        for label, column in held[name].items():
            if label == "pupil":
                column = _numbered(column, known)
            kind, content = _column_bytes(plain(column.to_frame(label))[label] if compact else column)
            digest.update(f"column {label} {kind}\n".encode() + content)
    return digest.hexdigest()


def _first_appearance(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    columns = [tables[name]["pupil"] for name in sorted(tables) if "pupil" in tables[name]]
    return pd.concat(columns).dropna().drop_duplicates() if columns else pd.Series(dtype="str")


def _numbered(pupil: pd.Series, known: pd.Series) -> pd.Series:
    """Each pupil's place among the known; a column that names nobody stays as it is."""
    if pupil.isna().all():
        return pupil.map({})
    at = places(pupil, known)
    return pd.Series(at, index=pupil.index).mask(at < 0)


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
    return "text", f"[{', '.join([said[place] for place in at.tolist()])}]".encode()


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

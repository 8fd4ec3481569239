"""What a store says, as a hash that follows the content alone."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd


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
    if isinstance(column.dtype, pd.CategoricalDtype):  # few texts: their places in a list, as they appear
        at, texts = pd.factorize(column)
        return "categories", at.astype("<i4").tobytes() + json.dumps(texts.tolist()).encode()
    missing = column.isna().tolist()
    return "text", json.dumps(
        [None if gone else item for item, gone in zip(column.tolist(), missing, strict=True)]
    ).encode()


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""A release: the only thing a publishable page may show."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evaluation.errors import StoreError

WITHHELD = "c"
NOT_APPLICABLE = "z"


@dataclass(frozen=True)
class Release:
    """Protected tables for one audience, and what they are about.

    Attributes
    ----------
    meta
        What was studied, for whom the release is, and the words the reports use.
    tables
        Tidy tables. Where a `symbol` is "c" the figures are withheld to protect pupils and hold NaN.
    """

    meta: dict[str, Any]
    tables: dict[str, pd.DataFrame]

    def table(self, name: str, **where: object) -> pd.DataFrame:
        """Rows of a table whose columns equal the values given, in the release's order."""
        frame = self.tables[name]
        for column, value in where.items():
            frame = frame[frame[column] == value]
        return frame.reset_index(drop=True)


def withhold(table: pd.DataFrame, allowed: pd.Series, numbers: list[str]) -> pd.DataFrame:
    """A copy with a `symbol` column, and the numbers of rows not allowed emptied."""
    protected = table.copy()
    protected[numbers] = protected[numbers].astype(float).where(allowed, np.nan)
    protected["symbol"] = np.where(allowed, "", WITHHELD)
    return protected


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, each by its columns."""
    return [dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False, name=None)]


def write_release(release: Release, folder: Path) -> None:
    """Write a release as `release.json` and one CSV a table."""
    folder.mkdir(parents=True, exist_ok=True)
    types = {name: _types(frame) for name, frame in release.tables.items()}
    for name, frame in release.tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    content = {"meta": release.meta, "tables": types}
    (folder / "release.json").write_text(
        json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def read_release(folder: Path) -> Release:
    """Read what `write_release` wrote, numbers and text of the same type.

    Raises
    ------
    StoreError
        When the folder holds no whole release.
    """
    try:
        content = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        tables = {
            name: _read_table(folder / f"{name}.csv", types) for name, types in content["tables"].items()
        }
    except (OSError, ValueError, KeyError):
        raise StoreError(
            f"No whole release in {folder.name}/. Make it again with `evaluation run`."
        ) from None
    return Release(content["meta"], tables)


def _types(frame: pd.DataFrame) -> dict[str, str]:
    return {name: _type(frame[name]) for name in frame.columns}


def _type(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "integer"
    return "number" if pd.api.types.is_numeric_dtype(column) else "string"


def _read_table(path: Path, types: dict[str, str]) -> pd.DataFrame:
    """Text stays text ("NA", "007"); an empty cell is a missing number or an empty text."""
    raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    return pd.DataFrame({name: _typed(raw[name], kind) for name, kind in types.items()})


def _typed(column: pd.Series, kind: str) -> pd.Series:
    match kind:
        case "boolean":
            return column == "True"
        case "integer":
            return column.replace("", pd.NA).astype("Int64")
        case "number":
            return column.replace("", "nan").astype(float)
        case _:
            return column

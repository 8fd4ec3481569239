"""A release: the only thing a publishable page may show."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evaluation.disclose.package import describe, field_type, resource
from evaluation.disclose.standard import standard_columns
from evaluation.disclose.symbols import WITHHELD, as_numbers, as_text, cell_symbols, number_columns
from evaluation.errors import StoreError

PACKAGE = "datapackage.json"


@dataclass(frozen=True)
class Release:
    """Protected tables for one audience, and what they are about.

    Attributes
    ----------
    meta
        What was studied, for whom the release is, and the words the reports use.
    tables
        Tidy tables. Where a `symbol` is "c" the figures are withheld to protect pupils and hold NaN.
    symbols
        By table, the department's symbol of each cell that holds no number, or one that rounds to zero
        (`cell_symbols`); a table not among them has those its own cells tell of.
    """

    meta: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    symbols: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def table(self, name: str, **where: object) -> pd.DataFrame:
        """Rows of a table whose columns equal the values given, in the release's order."""
        frame = self.tables[name]
        for column, value in where.items():
            frame = frame[frame[column] == value]
        return frame.reset_index(drop=True)

    def of_unit(self, level: str, unit: str) -> "Release":
        """What the release says of one school or cluster: its rows, and of other units not so much as their names."""
        found = {
            name: table[mask]
            for name, table in self.tables.items()
            if (mask := _about(table, level, unit)).any()
        }
        symbols = {
            name: frame.loc[found[name].index] for name, frame in self.symbols.items() if name in found
        }
        return Release(_meta_of_unit(self.meta, level, unit), found, symbols)


def _about(table: pd.DataFrame, level: str, unit: str) -> pd.Series:
    if {"level", "unit"} <= set(table.columns):
        return (table["level"] == level) & (table["unit"] == unit)
    if level in table.columns:
        return table[level] == unit
    return pd.Series(False, index=table.index)


def _meta_of_unit(meta: Mapping[str, Any], level: str, unit: str) -> dict[str, Any]:
    units = f"{level}s"
    kept = {"schools": [], "clusters": [], units: [item for item in meta[units] if item[level] == unit]}
    reported = [item["school"] for item in kept["schools"]]
    changed = [name for name in meta["changed_schools"] if name in reported]
    about = {"reported_schools": reported, "changed_schools": changed, "unit": {"level": level, "unit": unit}}
    return {**meta, **kept, **about}


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
    """Write a release as a data package: one CSV a table, and `datapackage.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in release_files(release).items():
        (folder / name).write_bytes(content)


def release_files(release: Release) -> dict[str, bytes]:
    """What `write_release` writes: the files' names and bytes, the same for the same release."""
    files, resources = {}, []
    for name, table in release.tables.items():
        symbols = release.symbols.get(name, cell_symbols(table))
        standard = standard_columns(table, release.meta)
        added = [column for column in standard.columns if column not in table.columns]
        whole = pd.concat([standard[added], table], axis=1)
        written = pd.concat([standard[added], _written(table, symbols)], axis=1)
        content = written.to_csv(index=False, lineterminator="\n").encode()
        files[f"{name}.csv"] = content
        resources.append(
            {**resource(name, content, whole, release.meta), **({"added": added} if added else {})}
        )
    described = describe(release.meta, resources, _made_from(release.tables.get("sources")))
    return {**files, PACKAGE: f"{json.dumps(described, indent=1, ensure_ascii=False)}\n".encode()}


def _made_from(sources: pd.DataFrame | None) -> list[str]:
    """The kinds of source, each with its number of files."""
    if sources is None:
        return []
    return [
        f"{kind}: {files} {'file' if files == 1 else 'files'}"
        for kind, files in sources[["kind", "files"]].to_numpy()
    ]


def _written(table: pd.DataFrame, symbols: pd.DataFrame) -> pd.DataFrame:
    """The table's cells as text: numbers and their symbols, true and false, and text as it is."""
    numbers = set(number_columns(table))
    return pd.DataFrame(
        {
            name: as_text(table[name], symbols[name]) if name in numbers else _said(table[name])
            for name in table.columns
        },
        index=table.index,
    )


def _said(column: pd.Series) -> pd.Series:
    return column.map({True: "true", False: "false"}) if field_type(column) == "boolean" else column


def read_release(folder: Path) -> Release:
    """Read what `write_release` wrote, numbers and text of the same type.

    Raises
    ------
    StoreError
        When the folder holds no whole release, or a file is not as it was written.
    """
    try:
        content = _package(folder)
        read = {item["name"]: _read_table(folder, item) for item in content["resources"]}
        meta = content["meta"]
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        raise _not_whole(folder) from None
    tables = {name: table for name, (table, _) in read.items()}
    return Release(meta, tables, {name: symbols for name, (_, symbols) in read.items()})


def read_meta(folder: Path) -> dict[str, Any]:
    """What the release that `write_release` wrote is about, without its tables.

    Raises
    ------
    StoreError
        When the folder holds no release.
    """
    try:
        return _package(folder)["meta"]
    except (OSError, ValueError, KeyError, TypeError):
        raise _not_whole(folder) from None


def _package(folder: Path) -> Any:
    return json.loads((folder / PACKAGE).read_text(encoding="utf-8"))


def _not_whole(folder: Path) -> StoreError:
    return StoreError(f"No whole release in {folder.name}/. Make it again with `evaluation run`.")


def _read_table(folder: Path, described: Mapping[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A table and its symbols. Text stays text ("NA", "007"); an empty cell is an empty text."""
    content = (folder / described["path"]).read_bytes()
    if described["hash"] != f"sha256:{hashlib.sha256(content).hexdigest()}":
        raise ValueError("not as it was written")
    heading, *rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    raw = dict(zip(heading, zip(*rows, strict=True) if rows else [()] * len(heading), strict=True))
    kinds = {item["name"]: item["type"] for item in described["schema"]["fields"]}
    own = {name: kind for name, kind in kinds.items() if name not in described.get("added", ())}
    columns, symbols = {}, {}
    for name, kind in own.items():
        if kind in ("integer", "number"):
            numbers, symbols[name] = as_numbers(raw[name])
            columns[name] = numbers.astype("Int64") if kind == "integer" else numbers
        elif kind == "boolean":
            columns[name] = pd.Series([text == "true" for text in raw[name]], dtype="bool")
        else:
            columns[name] = pd.Series(raw[name], dtype="str")
    return pd.DataFrame(columns), pd.DataFrame(symbols, index=range(len(rows)), dtype="object")

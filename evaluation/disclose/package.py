"""The data package of a release: the description, for people and programs, of its CSV files.

The Data Package standard (version 2) says what `datapackage.json` holds; anyone's tools for it read a release. What the
notebooks need beside the tables stands under `meta`, a property of our own, as the standard allows.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evaluation.disclose.dictionary import OUTCOME_UNIT, column_meaning, table_meaning
from evaluation.disclose.symbols import LOW, MEANINGS, NOT_APPLICABLE, UNAVAILABLE, WITHHELD

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
NO_LICENCE = "No licence is stated: ask before the figures are used elsewhere."
COUNTED = {"n", "n_1", "n_2", "n_pupils", "n_schools", "n_classes", "n_dropped", "n_groups", "files", "order"}
ALWAYS_THERE = {"level", "school", "split", "group", "measure", "model", "term", "stage", "question", "kind"}


def describe(
    meta: Mapping[str, Any], resources: Sequence[Mapping[str, Any]], made_from: Sequence[str]
) -> dict[str, Any]:
    """The content of `datapackage.json`: of the release, its tables, and the kinds of source it was made from.

    It holds no date of making: the same release always gives the same bytes. The run stands after a dot in the version:
    one that is all figures may be a valid learner number by chance.
    """
    study, audience, run = (str(meta.get(name, "")) for name in ("study", "audience", "run"))
    licence = meta.get("licence") or ""
    found = {
        "$schema": PROFILE,
        "name": "-".join(part for part in (study, audience, "release") if part),
        "id": run,
        "title": str(meta.get("title", "")),
        "description": " ".join(
            part
            for part in (str(meta.get("about", "")), f"For: {audience}." if audience else "", _symbols(),
                         "" if licence else NO_LICENCE)
            if part
        ),
        "version": f"1.0.0+run.{run.rpartition('-')[2]}" if run else "1.0.0",
        "licenses": [{"name": licence}] if licence else None,
        "sources": [{"title": title} for title in made_from] or None,
        "resources": list(resources),
        "meta": meta,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in ("", None)}


def _symbols() -> str:
    return (
        "In place of a number: " + "; ".join(f"{symbol}, {says}" for symbol, says in MEANINGS.items()) + "."
    )


def resource(name: str, content: bytes, table: pd.DataFrame, meta: Mapping[str, Any]) -> dict[str, Any]:
    """The description of one CSV file: what it holds, its size and hash, and every column."""
    means = table_meaning(name)
    unit = str((meta.get("outcome") or {}).get("unit", ""))
    schema: dict[str, Any] = {
        "fields": [_field(table, column, unit) for column in table.columns],
        "missingValues": [""],
    }
    if key := _key(table):
        schema["primaryKey"] = key
    found = {
        "name": name,
        "type": "table",
        "path": f"{name}.csv",
        "title": means.title,
        "description": means.description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": schema,
    }
    return {key: value for key, value in found.items() if value != ""}


def _field(table: pd.DataFrame, name: str, outcome_unit: str) -> dict[str, Any]:
    means, kind = column_meaning(name), field_type(table[name])
    found: dict[str, Any] = {
        "name": name,
        "type": kind,
        "title": means.title,
        "description": means.description,
        "unit": means.unit.replace(OUTCOME_UNIT, outcome_unit),
    }
    if kind in ("integer", "number"):
        found["missingValues"] = ["", WITHHELD, UNAVAILABLE, NOT_APPLICABLE, LOW]
    found["constraints"] = _constraints(name, kind)
    return {key: value for key, value in found.items() if value}


def _constraints(name: str, kind: str) -> dict[str, Any]:
    if name == "symbol":
        return {"enum": ["", WITHHELD]}
    if name in ALWAYS_THERE and kind == "string":
        return {"required": True}
    return {"minimum": 0} if name in COUNTED and kind in ("integer", "number") else {}


def field_type(column: pd.Series) -> str:
    """The standard's name for a column's type: boolean, integer, number or string."""
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "integer"
    return "number" if pd.api.types.is_numeric_dtype(column) else "string"


def key_columns(table: pd.DataFrame) -> list[str]:
    """The columns of text that say which row it is; what else is said of it, and its figures, are left out."""
    said = {"symbol", "method", "label", "verdict", "code", "reason", "figures", "note", "formula"}
    return [name for name in table.columns if field_type(table[name]) == "string" and name not in said]


def _key(table: pd.DataFrame) -> list[str]:
    """The columns that tell rows apart, if they do: as the standard has it, none of their cells may be empty."""
    names = [name for name in key_columns(table) if len(table) and (table[name].fillna("") != "").all()]
    return names if names and not table.duplicated(names).any() else []

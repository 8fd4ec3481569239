"""Columns of the department's open data standard (explore education statistics), where a table's rows have them.

The standard names when and where a row of figures belongs: time_period and time_identifier, geographic_level, and the
codes and names of the place. The project and its clusters are none of the standard's places: they stand under
geographic_level as "Project" and "Cluster". Regions and local authorities are left out: a study file does not say them.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

STANDARD = (
    "time_period",
    "time_identifier",
    "geographic_level",
    "country_code",
    "country_name",
    "school_urn",
    "school_laestab",
    "school_name",
)
ENGLAND = ("E92000001", "England")
LAESTAB = re.compile(r"\d{7}")


def standard_columns(table: pd.DataFrame, meta: Mapping[str, Any]) -> pd.DataFrame:
    """The standard's columns for a table about places: none for a table about anything else.

    Parameters
    ----------
    table : DataFrame
        About places when it has level and unit, or school.
    meta : mapping
        The release's: the dates of outcomes, and what is known of schools.

    Returns
    -------
    DataFrame
        Text, with the rows of `table`; columns that would be empty throughout are left out.
    """
    if {"level", "unit"} <= set(table.columns):
        levels, units = table["level"], table["unit"]
    elif "school" in table.columns:
        levels, units = pd.Series("school", index=table.index), table["school"]
    else:
        return pd.DataFrame(index=table.index)
    schools = {item["school"]: _school(item) for item in meta.get("schools", [])}
    places = [
        schools.get(unit, {}) if level == "school" else {} for level, unit in zip(levels, units, strict=True)
    ]
    columns: dict[str, list[str]] = {
        "geographic_level": [str(level).capitalize() for level in levels],
        **{name: [place.get(name, "") for place in places] for name in STANDARD[3:]},
        **_times(table, meta),
    }
    found = pd.DataFrame(columns, index=table.index, dtype="object")
    return found[[name for name in STANDARD if name in found and (found[name] != "").any()]]


def _school(item: Mapping[str, Any]) -> dict[str, str]:
    """What the standard says of a school; it is in England when it has a number of the department's."""
    urn = item.get("urn", "")
    laestab = item["school"] if LAESTAB.fullmatch(item["school"]) else ""
    code, name = ENGLAND if urn or laestab else ("", "")
    return {
        "country_code": code,
        "country_name": name,
        "school_urn": urn,
        "school_laestab": laestab,
        "school_name": item["name"],
    }


def _times(table: pd.DataFrame, meta: Mapping[str, Any]) -> dict[str, list[str]]:
    """When: the term of the row's outcome, or else of the primary outcome."""
    terms = {item["name"]: _term(item["date"]) for item in meta.get("outcomes", []) if "date" in item}
    primary = (meta.get("outcome") or {}).get("name")
    names = table["outcome"] if "outcome" in table.columns else [primary] * len(table)
    when = [terms.get(name, ("", "")) for name in names]
    return {
        "time_period": [period for period, _ in when],
        "time_identifier": [identifier for _, identifier in when],
    }


def _term(day: str) -> tuple[str, str]:
    """The academic year, as six figures, and the term of a day: autumn to December, spring to March, summer to August."""
    when = date.fromisoformat(day)
    start = when.year - (when.month < 9)
    term = "Autumn" if when.month >= 9 else "Spring" if when.month <= 3 else "Summer"
    return f"{start}{(start + 1) % 100:02d}", f"{term} term"

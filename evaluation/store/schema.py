"""What a store of this version holds: columns that every reader may count on, and their kinds."""

from collections.abc import Mapping

import pandas as pd

from evaluation.errors import StoreError
from evaluation.store.held import sample
from evaluation.study.records import ITEMS

# Raise it whenever a column below changes its name or meaning: stores of another version are then refused by name.
VERSION = 3

TEXT, NUMBER, WHOLE, DATE = "text", "number", "whole number", "a date"
PLACE = {"file": TEXT, "sheet": TEXT, "row": WHOLE}
COLUMNS: dict[str, dict[str, str]] = {
    "schools": {"school": TEXT, "name": TEXT, "phase": TEXT, "role": TEXT, "cluster": TEXT},
    "pupils": {"pupil": TEXT, "wave": TEXT, "school": TEXT, "year_group": TEXT, **PLACE},
    "scores": {"pupil": TEXT, "wave": TEXT, "instrument": TEXT, "score": NUMBER, "linked_by": TEXT, **PLACE},
    "analysis": {"pupil": TEXT, "school": TEXT},
    "issues": {**PLACE, "column": TEXT, "rule": TEXT, "severity": TEXT, "school": TEXT, "reason": TEXT},
    "review": {**PLACE, "school": TEXT, "reason": TEXT},
    "sources": {"source": TEXT, "file": TEXT, "sha256": TEXT, "rows_in": WHOLE, "rows_accepted": WHOLE},
    "origins": {"table": TEXT, "column": TEXT, "file": TEXT, "heading": TEXT, "rule": TEXT},
}
# The project's records: only those that the study has.
RECORD_COLUMNS: dict[str, dict[str, str]] = {
    "training": {"school": TEXT, "date": DATE, "person": TEXT, "attended": TEXT, "passed_on": WHOLE, **PLACE},
    "support": {"school": TEXT, "date": DATE, "leader": TEXT, "days": NUMBER, "booked": NUMBER, **PLACE},
    "workshops": {"school": TEXT, "date": DATE, "invited": WHOLE, "attending": WHOLE, **PLACE},
    "interventions": {
        "pupil": TEXT,
        "school": TEXT,
        "started": DATE,
        "ended": DATE,
        "hours": NUMBER,
        **PLACE,
    },
    "ledger": {
        "school": TEXT,
        "month": TEXT,
        "line": TEXT,
        "budget": NUMBER,
        "actual": NUMBER,
        "forecast": NUMBER,
        **PLACE,
    },
    "staff_survey": {
        "wave": TEXT,
        "staff_role": TEXT,
        "school": TEXT,
        **dict.fromkeys(ITEMS, WHOLE),
        **PLACE,
    },
    "ratings": {
        "wave": TEXT,
        "school": TEXT,
        "strand": TEXT,
        "rating": WHOLE,
        "evidence_given": WHOLE,
        **PLACE,
    },
    "testimonials": {
        "record": TEXT,
        "about": TEXT,
        "school": TEXT,
        "words": TEXT,
        "may_be_quoted": WHOLE,
        **PLACE,
    },
}


def check_tables(tables: Mapping[str, pd.DataFrame]) -> None:
    """Hold the tables a study's files gave to what this version of the store promises; more columns are welcome.

    Raises
    ------
    StoreError
        Naming every table, column and kind that is not as promised.
    """
    faults = []
    there = {name: columns for name, columns in RECORD_COLUMNS.items() if name in tables}
    for name, columns in {**COLUMNS, **there}.items():
        if name not in tables:
            faults.append(f"table {name} is missing")
            continue
        frame = sample(tables, name)
        for column, kind in columns.items():
            if column not in frame:
                faults.append(f"{name}.{column} is missing")
            elif len(frame) and (found := _kind(frame[column])) != kind:
                faults.append(f"{name}.{column} is {found} where {kind} is promised")
    if faults:
        raise StoreError(
            f"The tables are not those of store version {VERSION}: {'; '.join(faults)}. This is a fault of the software."
        )


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "truth"
    if pd.api.types.is_integer_dtype(column):
        return WHOLE
    if pd.api.types.is_numeric_dtype(column):
        return NUMBER
    if pd.api.types.is_datetime64_any_dtype(column):
        return DATE
    text = pd.api.types.is_string_dtype(column) or isinstance(column.dtype, pd.CategoricalDtype)
    return TEXT if text or column.dropna().empty else "another kind"

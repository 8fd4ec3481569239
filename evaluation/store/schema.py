"""What a store of this version holds: columns that every reader may count on, and their kinds."""

from collections.abc import Mapping

import pandas as pd

from evaluation.errors import StoreError

# Raise it whenever a column below changes its name or meaning: stores of another version are then refused by name.
VERSION = 2

TEXT, NUMBER, WHOLE = "text", "number", "whole number"
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


def check_tables(tables: Mapping[str, pd.DataFrame]) -> None:
    """Hold the tables a study's files gave to what this version of the store promises; more columns are welcome.

    Raises
    ------
    StoreError
        Naming every table, column and kind that is not as promised.
    """
    faults = []
    for name, columns in COLUMNS.items():
        if name not in tables:
            faults.append(f"table {name} is missing")
            continue
        frame = tables[name]
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
    text = pd.api.types.is_string_dtype(column) or isinstance(column.dtype, pd.CategoricalDtype)
    return TEXT if text or column.dropna().empty else "another kind"

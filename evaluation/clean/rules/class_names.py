"""Names of classes: one class, one name; and no dates that a spreadsheet made of them."""

import re

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.names import normalise_name

_DATE = re.compile(
    r"\d{1,2}[-/ ][a-z]{3}([-/ ]\d\d)?|\d{4}-\d\d-\d\d.*|\d{1,2}/\d{1,2}/\d{4}|\d+(\.\d+)?e\+\d+",
    re.IGNORECASE,
)


def settle_classes(rows: pd.DataFrame, heading: str) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Within a school, names that differ in case, spaces or marks alone become the commonest of them."""
    names = rows["class"]
    if names.isna().all():
        return rows, []
    distinct = pd.Series(
        {name: normalise_name(name) or name for name in names.dropna().unique()}, dtype="str"
    )
    keys = rows["school"].fillna("") + "|" + names.map(distinct)
    counts = pd.DataFrame({"key": keys, "name": names}).dropna().value_counts(sort=False).reset_index()
    counts = counts.sort_values(["count", "name"], ascending=[False, True], kind="stable")
    common = keys.map(counts.drop_duplicates("key").set_index("key")["name"]).astype("str")
    changed = names.notna() & (common != names)
    dated = names.str.fullmatch(_DATE).fillna(False).astype(bool)
    issues = [
        issues_at(
            rows[changed],
            "class_name",
            "note",
            "The class is written otherwise in most rows; read as there.",
            heading,
        ),
        issues_at(
            rows[dated],
            "class_date",
            "note",
            "The class looks like a date or a number that a spreadsheet made of its name; kept as it is.",
            heading,
        ),
    ]
    return rows.assign(**{"class": common}), issues

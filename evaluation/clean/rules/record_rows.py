"""Rules for the rows of one source of records: dates outside the project, rows that say again what another says."""

from collections.abc import Mapping

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.staff import staff_names
from evaluation.study import Study
from evaluation.study.records import PERSON, RECORDS

_PLACE = ["source", "file", "sheet", "row"]
Settled = tuple[pd.DataFrame, list[pd.DataFrame]]


def settle_records(study: Study, kind: str, rows: pd.DataFrame, columns: Mapping[str, str]) -> Settled:
    """The rows that can be used, and an issue for each row or cell that cannot, and for each doubt."""
    rows, outside = _within_project(study, kind, rows, columns)
    rows, again = _once(kind, rows)
    found = [*outside, *again]
    if kind == "interventions":
        backwards = rows["ended"] < rows["started"]
        reason = "The last day is before the first; it was left empty."
        found.append(issues_at(rows[backwards], "ends_first", "cell", reason, columns.get("ended", "")))
        rows = rows.assign(ended=rows["ended"].mask(backwards))
    if kind == "workshops":
        more = (rows["attending"] > rows["invited"]).fillna(False).astype(bool)
        reason = "More families came than were invited; both numbers were kept."
        found.append(issues_at(rows[more], "more_than_invited", "note", reason, columns.get("attending", "")))
    return rows, found


def _within_project(study: Study, kind: str, rows: pd.DataFrame, columns: Mapping[str, str]) -> Settled:
    """Rows whose dates are not before the project or after it; a month counts when part of it is within."""
    period, found = study.period(), []
    first, last = pd.Timestamp(period.first), pd.Timestamp(period.last)
    for item in RECORDS[kind].items:
        if item.parser not in ("day", "day_or_month"):
            continue
        day = rows[item.name]
        ends = day + pd.offsets.MonthEnd(0) if item.parser == "day_or_month" else day
        outside = (ends < first) | (day > last)
        reason = f"The date is outside the project, which is taken to last from {first:%d %B %Y} to {last:%d %B %Y}."
        found.append(issues_at(rows[outside], "outside_project", "row", reason, columns.get(item.name, "")))
        rows = rows[~outside]
    return rows, found


def _once(kind: str, rows: pd.DataFrame) -> Settled:
    """One row for what a kind of record has once: the first; the others are listed."""
    once = RECORDS[kind].once
    if once is None or rows.empty:
        return rows, []
    said = rows.drop(columns=_PLACE).astype("str").fillna("")
    persons = [item.name for item in RECORDS[kind].items if item.parser == PERSON]
    said = said.assign(**{name: staff_names(rows[name]).fillna("") for name in persons})
    key = said[list(once)] if once else said
    told = (key[[name for name in persons if name in key]] != "").all(axis=1)
    again = key.duplicated() & told
    same = said.duplicated()
    first = (
        pd.Series(rows.index, index=rows.index)
        .groupby([key[name] for name in key], sort=False)
        .transform("first")
    )
    kept = rows.loc[first[again]]
    where = [
        f"row {row} of sheet {sheet!r}" if sheet else f"row {row}"
        for row, sheet in zip(kept["row"], kept["sheet"], strict=True)
    ]
    reasons = [
        f"The same as {row}." if alike else f"Of the same, {row} says otherwise; that row is kept."
        for row, alike in zip(where, same[again], strict=True)
    ]
    listed = issues_at(rows[again], "", "row", pd.Series(reasons, rows.index[again], dtype="str"))
    return rows[~again], [listed.assign(rule=same[again].map({True: "duplicate", False: "repeated"}))]

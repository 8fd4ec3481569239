"""The quality of the data received, for the evaluators and for each school: what was not accepted, and where."""

import pandas as pd

from evaluation.report import numerals as write
from evaluation.report.items import NOTHING, Cover, Group, Prose, Table
from evaluation.study import load_study

MOST_ROWS = 200
SEVERITIES = {
    "row": "rows not accepted",
    "cell": "cells not accepted and left empty",
    "note": "notes, with nothing left out",
}


def cover(study: str, school: str = "") -> Cover:
    """The page's title and whom it is for."""
    plan = load_study(study)
    whose = f"school {school}" if school else "all schools"
    line = "For the evaluators and the school’s data manager. Not for publication: it names files and rows."
    return Cover(plan.title, f"Data quality: {whose}", [line], plan.synthetic)


def summary(issues: pd.DataFrame) -> Prose:
    """How much was not accepted."""
    if issues.empty:
        return Prose("In short", ["Every cell received was accepted."], kind="key")
    points = []
    for severity, what in SEVERITIES.items():
        found = issues[issues["severity"] == severity]
        count = len(found.drop_duplicates(["file", "sheet", "row"])) if severity == "row" else len(found)
        points.append(write.capital(f"{what}: {write.count(count)}."))
    return Prose(
        "In short",
        ["Nothing is dropped unseen: each row and cell is listed below with its reason."],
        points,
        "key",
    )


def by_rule(issues: pd.DataFrame) -> Table | Prose:
    """How often each rule was broken, in each source."""
    return _counted(
        issues, ["source", "rule"], ("Source", "Rule"), "What was not accepted, by source and rule"
    )


def by_school(issues: pd.DataFrame) -> Table | Prose:
    """How much there is to put right in each school's rows; nothing when they are all of one school."""
    if issues["school"].nunique() < 2:
        return NOTHING
    named = issues.assign(
        school=issues["school"].fillna("").replace("", "school not known"),
        what=issues["severity"].map(SEVERITIES),
    )
    return _counted(named, ["school", "what"], ("School", "What"), "By school")


def to_fix(issues: pd.DataFrame) -> Table | Prose:
    """What to put right and where: file, sheet, row, column and reason."""
    if issues.empty:
        return NOTHING
    listed = issues.head(MOST_ROWS)
    lines = [
        (
            item["file"] + (f", sheet {item['sheet']}" if item["sheet"] else ""),
            "" if pd.isna(item["row"]) else str(int(item["row"])),
            item["column"] or "",
            item["reason"],
        )
        for _, item in listed.iterrows()
    ]
    left = len(issues) - len(listed)
    notes = (
        [f"{write.count(left)} more are in the issue lists written by `evaluation check`."] if left else []
    )
    columns = ("File", "Row", "Column", "Reason")
    return Table(
        "Each row or cell, with the reason",
        columns,
        [Group("", lines)],
        text_columns=columns[2:],
        notes=notes,
        heading="What to put right",
        minor=False,
    )


def _counted(issues: pd.DataFrame, keys: list[str], columns: tuple[str, str], caption: str) -> Table | Prose:
    if issues.empty:
        return NOTHING
    counts = issues.groupby(keys, sort=False).size().reset_index(name="count")
    lines = [
        (str(first), str(second).replace("_", " "), write.count(n))
        for first, second, n in counts.itertuples(index=False)
    ]
    return Table(
        f"Not accepted, {caption[:1].lower()}{caption[1:]}",
        (*columns, "Count"),
        [Group("", lines)],
        columns[1:],
        heading=caption,
        minor=False,
    )

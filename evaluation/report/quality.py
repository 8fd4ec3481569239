"""The quality of the data received, for the evaluators and for each school: what to put right, where, worst first."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaluation.clean import count_by_rule, count_by_school, wording
from evaluation.report import numerals as write
from evaluation.report.items import NOTHING, Cover, Group, Prose, Table
from evaluation.report.load import Quality

SEVERITIES = {
    "row": ("rows not accepted", "Rows left out", "None of these rows is used."),
    "review": (
        "records that no pupil, or more than one, could be found for",
        "Records not matched",
        "Each record was read, but it is not certain whose it is.",
    ),
    "cell": (
        "cells not accepted and left empty",
        "Cells left empty",
        "The rest of each row is used; the cell counts as missing.",
    ),
    "note": ("notes, with nothing left out", "To know", "Nothing was left out; make sure that it is so."),
}
HEADINGS = (("What is wrong", "Where"), ("What was found", "Where"))
MOST_ITEMS, MOST_RANGES = 60, 12
# Rows that say nothing new, or no pupil's: leaving them out costs no pupil and no score.
HARMLESS = frozenset(["duplicate", "repeated", "total", "heading", "foot", "superseded"])
# Cells without which a score, or a pupil, is missing from the headline; the others cost less.
COSTLY_CELLS = frozenset(["score", "conflict", "contradictory", "disadvantaged", "year_group"])
# What happens if nothing is done, by rule; by severity for the others.
CONSEQUENCES = {
    "upn": "The pupil is linked by name and date of birth, or not at all.",
    "dob": "The pupil is linked by number alone.",
    "forename": "The pupil is linked by number alone.",
    "surname": "The pupil is linked by number alone.",
    "sex": "The pupil is missing where boys and girls are told apart.",
    "year_group": "The pupil is in no year group, and may be left out of the analysis.",
    "class": "The pupil is in no class.",
    "disadvantaged": "The pupil is missing from every comparison of disadvantaged pupils with others.",
    "eal": "The pupil is missing where these pupils are told apart.",
    "send": "The pupil is missing where these pupils are told apart.",
    "score": "The score counts as missing.",
    "conflict": "Neither of the two is used.",
    "contradictory": "Neither of the two is used.",
    "duplicate": "Nothing: the other row is used.",
    "repeated": "The first row is used.",
    "superseded": "Nothing: the later version is used.",
    "heading": "Nothing: the row holds no pupil.",
    "total": "Nothing: the row holds no pupil.",
    "foot": "Nothing: the row is no record.",
    "names_someone": "The words are kept without the name, and may not be quoted.",
    "unanswered": "What was asked for stays missing.",
    "formula": "The value last saved is used, where there is one.",
    "sheet_passed_over": "Nothing in that sheet is used.",
}
OTHERWISE = {
    "row": "The row stays out of every result.",
    "review": "The record is in no result, or stays in doubt.",
    "cell": "The cell counts as missing.",
    "note": "It is used as described.",
}
_WHAT = ["school", "file", "sheet", "column", "rule"]


def cover(found: Quality) -> Cover:
    """The page's title and whom it is for."""
    plan = found.study
    whose = found.called(found.school) if found.school else "all schools"
    line = "For the evaluators and the school’s data manager. Not for publication: it names files and rows."
    return Cover(plan.title, f"Data quality: {whose}", [line], plan.synthetic)


def summary(found: Quality) -> Prose:
    """How much was not accepted or not matched, and what to do about it."""
    issues = pd.concat([found.issues, found.review])
    if issues.empty:
        return Prose("In short", ["Every cell was accepted and every record matched."], kind="key")
    counts = count_by_school(issues, list(SEVERITIES)).sum()
    points = [
        write.capital(f"{what}: {write.count(counts[severity])}.")
        for severity, (what, *_) in SEVERITIES.items()
        if counts[severity]
    ]
    return Prose(
        "In short",
        [
            "Nothing is dropped unseen: every row and cell is listed below, worst first, with its place, the reason and "
            "what happens if nothing is done. Correct it in your system and send the file again as a whole; "
            "do not edit the file itself."
        ],
        points,
        "key",
    )


def by_school(found: Quality) -> Table | Prose:
    """How much each school has to put right, most rows lost first; nothing on one school's page."""
    issues = pd.concat([found.issues, found.review])
    if found.school or issues.empty:
        return NOTHING
    counts = count_by_school(issues, list(SEVERITIES))
    lines = [
        (found.called(str(school)), *(write.count(n) for n in row))
        for school, row in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    columns = ("School", *(heading for _, heading, _ in SEVERITIES.values()))
    caption = "Issues in each school’s rows, most rows left out first"
    return Table(caption, columns, [Group("", lines)], heading="By school", minor=False)


def by_rule(found: Quality) -> Table | Prose:
    """What was found, in the words of the rules, the gravest and commonest first; nothing on one school's page."""
    if found.school or found.issues.empty:
        return NOTHING
    counted = count_by_rule(found.issues).groupby(["severity", "rule", "message"], sort=False)
    counts = counted.agg(count=("count", "sum"), schools=("school", "nunique")).reset_index()
    counts = counts.sort_values("count", ascending=False, kind="stable")
    groups = [
        Group(
            heading,
            [
                (item["message"], write.count(item["count"]), write.count(item["schools"]))
                for item in counts[counts["severity"] == severity].to_dict("records")
            ],
        )
        for severity, (_, heading, _) in SEVERITIES.items()
    ]
    caption = "What was found, by rule, and in how many schools’ rows"
    columns = ("What was found", "How many", "Schools")
    return Table(caption, columns, [group for group in groups if group.rows], heading="By rule", minor=False)


def to_fix(found: Quality, severity: str) -> Table | Prose:
    """What to put right of one severity, what costs most pupils or scores first: by school or, of one school, by file.

    Parameters
    ----------
    found : Quality
        Its study's file says which sources hold pupils and which hold scores.
    severity : {"row", "review", "cell", "note"}
    """
    issues = found.review if severity == "review" else found.issues
    issues = issues[issues["severity"] == severity]
    if issues.empty:
        return NOTHING
    kinds = {source.name: source.kind for source in found.study.sources}
    items = _items(issues, kinds)
    shown = items.head(MOST_ITEMS)
    if found.school:
        parts = shown.groupby(["file", "sheet"], sort=False)
        groups = [Group(file_place(rows.to_dict("records")[0]), _lines(rows, False)) for _, rows in parts]
    else:
        schools = shown.groupby("school", sort=False)
        groups = [Group(found.called(str(school)), _lines(rows, True)) for school, rows in schools]
    left = len(items) - len(shown)
    notes = (
        [f"{write.count(left)} more are in the issue lists written by `evaluation check`."] if left else []
    )
    _, heading, meaning = SEVERITIES[severity]
    columns = (*HEADINGS[severity == "note"], "If nothing is done")
    return Table(meaning, columns, groups, columns[1:], notes, heading, minor=False)


def _items(issues: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """One row a school, file, sheet, column and rule, worst school and file first: its reason, rows and cost."""
    plain = issues.assign(
        school=issues["school"].fillna(""),
        sheet=issues["sheet"].fillna(""),
        column=issues["column"].fillna(""),
        reason=issues["reason"].map(_general),
        kind=issues["source"].map(kinds).fillna(""),
    )
    grouped = plain.groupby(_WHAT, sort=False)
    items = grouped.agg(
        reason=("reason", lambda reasons: reasons.value_counts().index[0]),
        rows=("row", row_numbers),
        size=("row", "size"),
        kind=("kind", "first"),
        severity=("severity", "first"),
    ).reset_index()
    costly = items["rule"].isin(COSTLY_CELLS) | items["severity"].isin(["row", "review"])
    items["cost"] = items["size"].where(costly & ~items["rule"].isin(HARMLESS), 0)
    costs = [items.groupby(by)["cost"].transform("sum") for by in (["school"], ["school", "file", "sheet"])]
    order = pd.DataFrame(
        {"school_cost": costs[0], "file_cost": costs[1], "at": items["school"].factorize()[0]}
    )
    ranked = pd.concat([items, order], axis=1).sort_values(
        ["school_cost", "at", "file_cost", "file", "sheet", "cost", "size"],
        ascending=[False, True, False, True, True, False, False],
        kind="stable",
    )
    return ranked.reset_index(drop=True)


def _general(reason: str) -> str:
    """A reason without the cell or row that it names, so that the same faults read the same."""
    bare = re.sub(r"^'[^']*' ", "The cell ", reason)
    return re.sub(r"\brow \d+(?: of sheet '[^']*')?", "another row", bare)


def row_numbers(rows: pd.Series) -> str:
    """Rows as people write them: "row 7", "6 rows: 3 to 7, 12"."""
    spans: list[list[int]] = []
    for number in sorted(set(rows.dropna().astype(int))):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    if not spans:
        return "the whole file"
    words = [str(low) if low == high else f"{low} to {high}" for low, high in spans]
    more = len(words) - MOST_RANGES
    listed = ", ".join(words[:MOST_RANGES]) + (f" and {more} more places" if more > 0 else "")
    count = sum(high - low + 1 for low, high in spans)
    return f"row {listed}" if count == 1 else f"{write.count(count)} rows: {listed}"


def file_place(item: Mapping[Any, Any]) -> str:
    """A file and, where it has several, the sheet."""
    return f"{item['file']}, sheet {item['sheet']}" if item["sheet"] else str(item["file"])


def _lines(items: pd.DataFrame, with_file: bool) -> list[tuple[str, ...]]:
    """Each item as a line: what is wrong, where, what it costs."""
    return [
        (
            f"{item['column']}: {said}" if item["column"] else said,
            f"{file_place(item)}, {item['rows']}" if with_file else item["rows"],
            " ".join([*_cost(item), CONSEQUENCES.get(item["rule"], OTHERWISE[item["severity"]])]),
        )
        for item in items.to_dict("records")
        for said in [wording(item["rule"], item["reason"])]
    ]


def _cost(item: Mapping[Any, Any]) -> list[str]:
    """How many pupils or scores it costs, as a sentence; nothing where it costs none."""
    if not item["cost"]:
        return []
    unit = {"pupils": "pupil", "scores": "score"}.get(item["kind"], "row")
    how = "at stake" if item["severity"] == "review" else "lost"
    return [f"{write.count(item['cost'])} {unit}{'' if item['cost'] == 1 else 's'} {how}."]

"""The quality of the data received, for the evaluators and for each school: what to put right, where, worst first."""

import re
from collections.abc import Mapping

import pandas as pd

from evaluation.disclose import Release
from evaluation.report import numerals as write
from evaluation.report.items import NOTHING, Cover, Group, Prose, Table
from evaluation.study import load_study

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
NO_SCHOOL = "school not known"
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
_WHAT = ["file", "sheet", "column", "rule"]


def cover(release: Release, school: str = "") -> Cover:
    """The page's title and whom it is for."""
    plan = load_study(release.meta["study"])
    whose = school_names(release).get(school, f"school {school}") if school else "all schools"
    line = "For the evaluators and the school’s data manager. Not for publication: it names files and rows."
    return Cover(plan.title, f"Data quality: {whose}", [line], plan.synthetic)


def school_names(release: Release) -> dict[str, str]:
    """The names of the schools the release knows, by identifier."""
    return {item["school"]: item["name"] for item in release.meta["schools"]}


def summary(issues: pd.DataFrame, review: pd.DataFrame) -> Prose:
    """How much was not accepted or not matched, and what to do about it."""
    issues = pd.concat([issues, review])
    if issues.empty:
        return Prose("In short", ["Every cell was accepted and every record matched."], kind="key")
    points = []
    for severity, (what, *_) in SEVERITIES.items():
        found = issues[issues["severity"] == severity]
        count = len(found.drop_duplicates(["file", "sheet", "row"])) if severity == "row" else len(found)
        points += [write.capital(f"{what}: {write.count(count)}.")] * (count > 0)
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


def by_school(issues: pd.DataFrame, review: pd.DataFrame, release: Release) -> Table | Prose:
    """How much each school has to put right, most rows lost first; nothing when all is one school's."""
    issues = pd.concat([issues, review])
    if issues["school"].nunique() < 2:
        return NOTHING
    named = issues.assign(school=issues["school"].fillna("").replace("", NO_SCHOOL))
    counts = named.groupby(["school", "severity"], sort=False).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(SEVERITIES), fill_value=0)
    counts = counts.sort_values(list(SEVERITIES), ascending=False, kind="stable")
    names = school_names(release)
    lines = [
        (names.get(str(school), _named(str(school))), *(write.count(n) for n in row))
        for school, row in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    columns = ("School", *(heading for _, heading, _ in SEVERITIES.values()))
    caption = "Issues in each school’s rows, most rows left out first"
    return Table(caption, columns, [Group("", lines)], heading="By school", minor=False)


def _named(school: str) -> str:
    return school if school == NO_SCHOOL else f"School {school}"


def to_fix(issues: pd.DataFrame, severity: str, study: str) -> Table | Prose:
    """What to put right of one severity: by file and rule, what costs most pupils or scores first.

    Parameters
    ----------
    issues : DataFrame
        Of any severity, or the records to review.
    severity : {"row", "review", "cell", "note"}
    study : str
        Its study file says which sources hold pupils and which hold scores.
    """
    found = issues[issues["severity"] == severity]
    if found.empty:
        return NOTHING
    kinds = {source.name: source.kind for source in load_study(study).sources}
    items = _items(found, kinds)
    shown = items.head(MOST_ITEMS)
    _, heading, meaning = SEVERITIES[severity]
    first = shown.groupby(["file", "sheet"], sort=False)
    groups = [Group(_place(rows.iloc[0]), _lines(rows, severity)) for _, rows in first]
    left = len(items) - len(shown)
    notes = (
        [f"{write.count(left)} more are in the issue lists written by `evaluation check`."] if left else []
    )
    columns = ("What is wrong", "Rows", "If nothing is done")
    return Table(meaning, columns, groups, columns[1:], notes, heading, minor=False)


def _items(issues: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """One row a file, sheet, column and rule, worst file first: its reason, its rows, and what it costs."""
    plain = issues.assign(
        sheet=issues["sheet"].fillna(""),
        column=issues["column"].fillna(""),
        reason=issues["reason"].map(_general),
        kind=issues["source"].map(kinds).fillna(""),
    )
    grouped = plain.groupby(_WHAT, sort=False)
    items = grouped.agg(
        reason=("reason", lambda reasons: reasons.value_counts().index[0]),
        rows=("row", _ranges),
        size=("row", "size"),
        kind=("kind", "first"),
        severity=("severity", "first"),
    ).reset_index()
    costly = items["rule"].isin(COSTLY_CELLS) | items["severity"].isin(["row", "review"])
    items["cost"] = items["size"].where(costly & ~items["rule"].isin(HARMLESS), 0)
    worst = items.groupby(["file", "sheet"])["cost"].transform("sum")
    ranked = items.assign(worst=worst).sort_values(["worst", "cost", "size"], ascending=False, kind="stable")
    return ranked.reset_index(drop=True)


def _general(reason: str) -> str:
    """A reason without the cell or row that it names, so that the same faults read the same."""
    bare = re.sub(r"^'[^']*' ", "The cell ", reason)
    return re.sub(r"\brow \d+(?: of sheet '[^']*')?", "another row", bare)


def _ranges(rows: pd.Series) -> str:
    """How many rows, and their numbers as people write them: "6 rows: 3 to 7, 12"."""
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
    return listed if count == 1 else f"{write.count(count)} rows: {listed}"


def _place(item: pd.Series) -> str:
    return f"{item['file']}, sheet {item['sheet']}" if item["sheet"] else str(item["file"])


def _lines(items: pd.DataFrame, severity: str) -> list[tuple[str, ...]]:
    return [
        (
            f"{item['column']}: {item['reason']}" if item["column"] else item["reason"],
            item["rows"],
            " ".join([*_cost(item), CONSEQUENCES.get(item["rule"], OTHERWISE[severity])]),
        )
        for _, item in items.iterrows()
    ]


def _cost(item: pd.Series) -> list[str]:
    """How many pupils or scores it costs, as a sentence; nothing where it costs none."""
    if not item["cost"]:
        return []
    unit = {"pupils": "pupil", "scores": "score"}.get(item["kind"], "row")
    how = "at stake" if item["severity"] == "review" else "lost"
    return [f"{write.count(item['cost'])} {unit}{'' if item['cost'] == 1 else 's'} {how}."]

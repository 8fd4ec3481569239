"""How much of what cleaning found is whose, and which rule says so."""

from collections.abc import Sequence

import pandas as pd

from evaluation.clean.rules.registry import RULES

COUNTED = ["school", "rule", "severity", "count", "message"]


def count_by_school(issues: pd.DataFrame, severities: Sequence[str]) -> pd.DataFrame:
    """How many issues of each severity each school has, the gravest first; a row that several rules refuse is one row.

    Parameters
    ----------
    issues : DataFrame
        With file, sheet, row, severity and school.
    severities : sequence of str
        The columns, gravest first.

    Returns
    -------
    DataFrame
        Indexed by school.
    """
    again = issues.duplicated(["school", "file", "sheet", "row"]) & (issues["severity"] == "row")
    counted = issues[~again].groupby(["school", "severity"], sort=False).size().unstack(fill_value=0)
    table = counted.reindex(columns=list(severities), fill_value=0)
    return table.sort_values(list(severities), ascending=False, kind="stable")


def count_by_rule(issues: pd.DataFrame) -> pd.DataFrame:
    """How often each school met each rule, rows lost first, then cells, then notes.

    Returns
    -------
    DataFrame
        school ("" where not known), rule, severity, count, message: the rule's, or the first issue's reason
        for a column of the study's own.
    """
    if issues.empty:
        return pd.DataFrame(columns=COUNTED)
    grouped = issues.groupby(["school", "rule", "severity"], sort=False)["reason"].agg(["size", "first"])
    counts = grouped.reset_index().rename(columns={"size": "count"})
    messages = counts["rule"].map({name: rule.message for name, rule in RULES.items()})
    rank = counts["severity"].map({"row": 0, "cell": 1, "note": 2})
    counts = counts.assign(message=messages.fillna(counts["first"]), rank=rank)
    return counts.sort_values(["school", "rank", "count"], ascending=[True, True, False], kind="stable")[
        COUNTED
    ].reset_index(drop=True)

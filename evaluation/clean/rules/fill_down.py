"""The same value down a column, as a spreadsheet's fill-down leaves it."""

import pandas as pd

from evaluation.clean.issues import issues_at

SHORTEST = 4
# How many runs of such a length chance may bring to a file of such values.
BY_CHANCE = 1e-4
_BESIDE = 4


def filled_down(values: pd.Series) -> pd.Series:
    """Whether each value is part of a run of equal ones too long for chance.

    A value of share p of the column's runs is expected n p^k times k in a row among n. Where the values
    before and after the run rise or fall throughout the column is sorted, and equal values stand together
    for that reason.

    Parameters
    ----------
    values : Series
        In the file's order; NA ends a run and starts none.
    """
    known = values.dropna()
    run = (values != values.shift()).cumsum()[known.index]
    first = known[~run.duplicated()]
    length = run.value_counts(sort=False).sort_index()
    share = first.map(first.value_counts(normalize=True)).to_numpy()
    unlikely = (length >= SHORTEST).to_numpy() & (len(known) * share ** length.to_numpy() < BY_CHANCE)
    if len(first) == 1 and len(known) >= 2 * SHORTEST:
        unlikely[:] = True
    starts = first.reset_index(drop=True)
    found = [at for at in unlikely.nonzero()[0].tolist() if len(first) == 1 or not _sorted(starts, at)]
    return run.isin(length.index[found]).reindex(values.index, fill_value=False)


def _sorted(starts: pd.Series, at: int) -> bool:
    around = starts.iloc[max(at - _BESIDE, 0) : at + _BESIDE + 1]
    return len(around) > _BESIDE and (around.is_monotonic_increasing or around.is_monotonic_decreasing)


def fill_down_issues(rows: pd.DataFrame, headings: dict[str, str]) -> list[pd.DataFrame]:
    """Notes on repeated scores and birthdays of one table's rows; nothing is changed."""
    issues = []
    for name in ("score", "dob"):
        if name in rows and name in headings:
            # Scores beyond the scale's ends are alike because the scale has ends.
            values = rows["score"].mask(rows["censored"] != "") if name == "score" else rows["dob"]
            found = rows[filled_down(values)]
            reason = (
                "The same value stands in this row and its neighbours, more often than chance would have it."
            )
            issues.append(issues_at(found, f"{name}_repeated", "note", reason, headings[name]))
    return issues

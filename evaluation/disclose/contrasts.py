"""Differences, school effects and school gaps as they are published, and the claims that rest on them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from evaluation.disclose.cells import KEY
from evaluation.disclose.guard import Figure
from evaluation.disclose.precision import Precision
from evaluation.disclose.release import records, withhold
from evaluation.disclose.rounding import to_step, up_to_step
from evaluation.disclose.splits import Split
from evaluation.impact.claims import code
from evaluation.impact.sample import ALL
from evaluation.study import Study

MEASURE_SPLITS = {"treatment": "treatment", "gap": "disadvantaged", "progress": "all"}
NUMBERS = ["estimate", "std_error", "ci_low", "ci_high"]
Offered = Callable[[str, str], bool]
Figures = Mapping[tuple[str, ...], Figure]
Shown = Mapping[tuple[str, ...], tuple[float, float, float]]  # mean, n and step of each cell shown


def showable_differences(table: pd.DataFrame, whole: set[Split], study: Study) -> pd.Series:
    """Rows whose groups are shown, on every outcome they rest on."""
    plan = study.analysis
    needed = [plan.primary, *([plan.baseline] if plan.baseline else [])]

    def may(level: str, unit: str, measure: str) -> bool:
        outcomes = needed if measure == "progress" else needed[:1]
        return all((level, unit, MEASURE_SPLITS[measure], outcome) in whole for outcome in outcomes)

    return by_row(table, ["level", "unit", "measure"], may)


def protect_differences(
    table: pd.DataFrame,
    allowed: pd.Series,
    given: Precision,
    figures: Figures,
    means: pd.DataFrame,
    study: Study,
) -> pd.DataFrame:
    """Differences as published: a gap and a unit's progress are those of the two means published, and so tell nothing more.

    Nor do the ends of an interval: it is the estimate give or take a half-width rounded upwards. The project's treatment and
    progress are as they were estimated.

    Parameters
    ----------
    table
        level, unit, measure, outcome, estimate, std_error, ci_low, ci_high, n_1, n_2, method.
    allowed
        The rows that may be shown.
    given, figures
        How finely figures are given, and those of schools.
    means
        The descriptives as published.
    """
    columns = [*KEY, "mean", "n", "rounded_to"]
    listed = means.loc[means["symbol"] == "", columns].itertuples(index=False, name=None)
    shown = {tuple(key): (mean, n, width) for *key, mean, n, width in listed}
    rows = []
    for row, may in zip(records(table), allowed, strict=True):
        said = _difference(row, given, figures, shown, study) if may else None
        rows.append({**row, "rounded_to": np.nan, **({"method": "withheld"} if said is None else said)})
    published = pd.DataFrame(rows, columns=[*table.columns, "rounded_to"], index=table.index)
    kept = pd.Series(published["method"] != "withheld", index=table.index)
    return withhold(published, kept, [*NUMBERS, "n_1", "n_2", "rounded_to"])


def _difference(
    row: dict[str, Any], given: Precision, figures: Figures, shown: Shown, study: Study
) -> dict[str, float] | None:
    """What is published of a difference; None when nothing is."""
    fewest = min((n for n in (row["n_1"], row["n_2"]) if n > 0), default=1)
    words, place = study.words, (row["level"], row["unit"])
    if row["measure"] == "gap":
        first, second = (
            shown.get((*place, "disadvantaged", name, row["outcome"]))
            for name in (words.disadvantaged, words.others)
        )
    elif row["level"] == "project":
        return {}
    elif row["measure"] == "progress":
        both = (row["outcome"], study.analysis.baseline)
        first, second = (shown.get((*place, "all", ALL, str(outcome))) for outcome in both)
    elif row["level"] == "school":
        figure = figures["differences", row["unit"], row["measure"]]
        return None if figure.shown is None else _said(row, figure.shown, figure.step)
    else:
        width = given.step(row["outcome"], fewest)
        return _said(row, to_step(row["estimate"], width), width)
    if first is None or second is None:
        return None
    numbers = {"n_1": first[1], "n_2": second[1]} if row["measure"] == "gap" else {}
    width = max(first[2], second[2], given.step(row["outcome"], fewest))
    return numbers | _said(row, first[0] - second[0], width)


def _said(row: Mapping[str, Any], value: float, width: float) -> dict[str, float]:
    """A rounded estimate, its interval as wide as it was or wider."""
    half, error = (
        up_to_step(size, width) if np.isfinite(size) else np.nan
        for size in ((row["ci_high"] - row["ci_low"]) / 2, row.get("std_error", np.nan))
    )
    value = round(value, 10)
    ends = {"ci_low": round(value - half, 10), "ci_high": round(value + half, 10), "rounded_to": width}
    return ends | {"estimate": value, "std_error": error}


def showable_effects(
    effects: pd.DataFrame, descriptives: pd.DataFrame, whole: set[Split], offered: Offered, study: Study
) -> pd.Series:
    """Effects of schools whose mean is shown, and every split the headline adjusts for that is offered.

    With the mean and the coefficients an effect gives back how many pupils are in each group. Where no figure by disadvantage of
    a school is offered it gives no more than the school's proportion, to within its rounding.
    """
    headline = study.analysis.models.get("headline")
    formula = "" if headline is None else headline.formula
    has_arms = ((descriptives["level"] == "school") & (descriptives["split"] == "treatment")).any()
    splits = ["all", *(["treatment"] if has_arms else [])]
    splits += [name for name in ("disadvantaged", "year_group") if re.search(rf"\b{name}\b", formula)]
    primary = study.analysis.primary

    def may(school: str) -> bool:
        asked = [name for name in splits if name != "disadvantaged" or offered("school", school)]
        return all(("school", school, name, primary) in whole for name in asked)

    return by_row(effects, ["school"], may)


def protect_effects(table: pd.DataFrame, allowed: pd.Series, figures: Figures) -> pd.DataFrame:
    """School effects, rounded, the raw form beside the shrunken one as far as all other figures of the school leave room for it.

    Their number of pupils is left out: beside the school's own it would tell how few the model leaves out.
    """
    rows = []
    for row, may in zip(records(table), allowed, strict=True):
        figure = figures.get(("school_effects", row["school"])) if may else None
        value = np.nan if figure is None or figure.shown is None else figure.shown
        said = _said(row, value, 1.0 if figure is None else figure.step)
        beside = None if np.isnan(value) else figures.get(("school_effects", row["school"], "raw"))
        raw = (np.nan, np.nan) if beside is None or beside.shown is None else (beside.shown, beside.step)
        ends = (said["ci_low"], said["ci_high"], said["rounded_to"])
        rows.append((row["school"], said["estimate"], *ends, *raw))
    names = ["school", "shrunken", "ci_low", "ci_high", "rounded_to", "raw", "raw_rounded_to"]
    published = pd.DataFrame(rows, columns=names, index=table.index)
    told = allowed & (published["shrunken"].notna() | table["shrunken"].isna())
    return withhold(published, told, names[1:])


def protect_gaps(
    table: pd.DataFrame, whole: set[Split], given: Precision, means: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """School gaps drawn towards the average, where the school's own two groups are shown, rounded for the smaller of them."""
    primary = study.analysis.primary
    allowed = by_row(table, ["school"], lambda school: ("school", school, "disadvantaged", primary) in whole)
    mine = means[
        (means["level"] == "school") & (means["split"] == "disadvantaged") & (means["outcome"] == primary)
    ]
    fewest = mine.groupby("unit")["n"].min()
    rows = []
    for row, may in zip(records(table), allowed, strict=True):
        width = given.step(primary, fewest[row["school"]]) if may else 1.0
        said = _said(row, to_step(row["gap"], width) if np.isfinite(row["gap"]) else np.nan, width)
        rows.append((row["school"], said["estimate"], said["ci_low"], said["ci_high"], width))
    names = ["school", "gap", "ci_low", "ci_high", "rounded_to"]
    return withhold(pd.DataFrame(rows, columns=names, index=table.index), allowed, names[1:])


def protect_claims(
    table: pd.DataFrame, differences: pd.DataFrame, effects: pd.DataFrame, offered: Offered
) -> pd.DataFrame:
    """The claims that the published intervals allow; the project's are its models'."""
    intervals = {
        ("gap", row["level"], row["unit"]): row for row in records(differences) if row["measure"] == "gap"
    } | {("school", "school", row["school"]): row for row in records(effects)}

    def claim(level: str, unit: str, question: str, said: str) -> str:
        if level == "project":
            return said
        row = intervals.get((question, level, unit))
        return "withheld" if row is None or row["symbol"] else code(row["ci_low"], row["ci_high"])

    asked = (
        (table["question"] == "gap")
        & (table["level"] != "project")
        & ~by_row(table, ["level", "unit"], offered)
    )
    kept = table[~asked]
    columns = ["level", "unit", "question", "code"]
    return kept.assign(code=[claim(*row) for row in kept[columns].itertuples(index=False)]).reset_index(
        drop=True
    )


def by_row(table: pd.DataFrame, columns: list[str], rule: Callable[..., bool]) -> pd.Series:
    """A rule applied to the named columns of each row."""
    return pd.Series(
        [rule(*row) for row in table[columns].itertuples(index=False)], index=table.index, dtype=bool
    )

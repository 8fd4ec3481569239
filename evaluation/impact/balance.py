"""Baseline balance between the arms, as effect sizes with the What Works Clearinghouse's thresholds."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from evaluation.derive import arms
from evaluation.impact.sample import matched, population
from evaluation.study import Study

BALANCED, ADJUSTABLE = 0.05, 0.25


def balance(study: Study, analysis: pd.DataFrame) -> pd.DataFrame:
    """One row a characteristic: both arms' means, their difference and its effect size among the analysed."""
    pupils = matched(study, population(analysis))
    arm = arms(study, pupils)
    rows = []
    for label, values, size in characteristics(study, pupils):
        first, second = (values[arm == name].dropna() for name in (study.words.treated, study.words.control))
        if min(len(first), len(second)) < 2 or values.nunique() < 2:
            continue
        effect = size(first, second)
        rows.append(
            {
                "characteristic": label,
                "treated": first.mean(),
                "control": second.mean(),
                "difference": first.mean() - second.mean(),
                "effect_size": effect,
                "verdict": verdict(effect),
                "n_treated": len(first),
                "n_control": len(second),
            }
        )
    names = [
        "characteristic",
        "treated",
        "control",
        "difference",
        "effect_size",
        "verdict",
        "n_treated",
        "n_control",
    ]
    return pd.DataFrame(rows, columns=names)


Size = Callable[[pd.Series, pd.Series], float]


def characteristics(study: Study, pupils: pd.DataFrame) -> list[tuple[str, pd.Series, Size]]:
    """What pupils had to begin with: in words, each pupil's value, and how a difference of it is sized."""
    plan = study.analysis
    found: list[tuple[str, pd.Series, Size]] = []
    if plan.baseline is not None:
        found.append((plan.outcomes[plan.baseline].title, pupils[plan.baseline], hedges_g))
    girls = pupils["sex"].map({"F": 1.0, "M": 0.0})
    found.append((f"proportion of {study.words.disadvantaged}", pupils["disadvantaged"], cox_index))
    found.append(("proportion of girls", girls, cox_index))
    found.append(
        (
            "proportion of pupils with English as an additional language",
            pupils["eal"].astype(float),
            cox_index,
        )
    )
    found.append(
        ("proportion of pupils with special educational needs", pupils["send"].astype(float), cox_index)
    )
    return found


def hedges_g(first: pd.Series, second: pd.Series) -> float:
    """Standardised mean difference with Hedges' correction (What Works Clearinghouse handbook 5.0, appendix E)."""
    df = len(first) + len(second) - 2
    pooled = np.sqrt(((len(first) - 1) * first.var() + (len(second) - 1) * second.var()) / df)
    return float((1 - 3 / (4 * df - 1)) * (first.mean() - second.mean()) / pooled)


def cox_index(first: pd.Series, second: pd.Series) -> float:
    """Difference of log odds over 1.65 for a proportion (What Works Clearinghouse handbook 5.0, appendix E)."""
    odds = [mean / (1 - mean) if 0 < mean < 1 else np.nan for mean in (first.mean(), second.mean())]
    df = len(first) + len(second) - 2
    return float((1 - 3 / (4 * df - 1)) * (np.log(odds[0]) - np.log(odds[1])) / 1.65)


def verdict(effect: float) -> str:
    """Balanced, to be adjusted for, or not equivalent."""
    if not np.isfinite(effect):
        return "not estimable"
    if abs(effect) <= BALANCED:
        return "balanced"
    return "adjust" if abs(effect) <= ADJUSTABLE else "not equivalent"

"""Plain differences within a unit: treatment, the disadvantage gap, and progress since the baseline."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy import stats

from evaluation.derive import arms
from evaluation.impact.sample import Unit, matched
from evaluation.study import Study

FEWEST_UNITS = 4


@dataclass(frozen=True)
class Difference:
    """A difference of means with its t interval; no interval where `method` says why."""

    estimate: float
    std_error: float
    ci_low: float
    ci_high: float
    n_1: int
    n_2: int
    method: str


def differences(study: Study, units: list[Unit]) -> pd.DataFrame:
    """Rows of level, unit, measure and outcome with a `Difference`; measures that do not apply are left out."""
    primary = study.analysis.primary
    rows = []
    for unit in units:
        pupils = matched(study, unit.pupils)
        for measure, found in _measures(study, unit.level, pupils):
            rows.append(
                {
                    "level": unit.level,
                    "unit": unit.name,
                    "measure": measure,
                    "outcome": primary,
                    **asdict(found),
                }
            )
    names = ["level", "unit", "measure", "outcome", *Difference.__annotations__]
    return pd.DataFrame(rows, columns=names)


def _measures(study: Study, level: str, pupils: pd.DataFrame) -> Iterator[tuple[str, Difference]]:
    plan = study.analysis
    arm, disadvantaged = arms(study, pupils), pupils["disadvantaged"]
    treated = arm.map({study.words.treated: 1, study.words.control: 0}).astype(float)
    if treated.nunique() > 1:
        two = pupils[treated.notna()]
        found = by_cluster_means(two[plan.primary], treated.dropna(), _randomised_groups(study, two))
        yield "treatment", found
    # Where everyone is in one group the row stands all the same, to be withheld: its absence would tell.
    if disadvantaged.notna().any():
        yield (
            "gap",
            welch(pupils.loc[disadvantaged == 1, plan.primary], pupils.loc[disadvantaged == 0, plan.primary]),
        )
    if plan.baseline is not None and len(pupils):
        gains = pupils[plan.primary] - pupils[plan.baseline]
        if level == "school":
            yield "progress", one_sample(gains, len(gains), "t interval, pupils")
        else:
            part = gains[treated == 1] if level == "project" else gains
            by_school = part.groupby(pupils.loc[part.index, "school"], sort=False).mean()
            yield "progress", one_sample(by_school, len(part), "t interval, schools weighted equally")


def _randomised_groups(study: Study, pupils: pd.DataFrame) -> pd.Series:
    """The groups whose means are compared: classes, or schools where schools differ in treatment."""
    if study.comparison.unit == "class":
        return pupils["school"].astype(str) + ":" + pupils["class"].astype(str)
    return pupils["school"].astype(str)


def by_cluster_means(outcome: pd.Series, treated: pd.Series, groups: pd.Series) -> Difference:
    """Difference of the means of group means, with Welch's t interval over groups."""
    means = outcome.groupby([treated, groups], sort=False).mean()
    treated_means, control_means = means.xs(1, level=0), means.xs(0, level=0)
    n_1, n_2 = int((treated == 1).sum()), int((treated == 0).sum())
    found = welch(treated_means, control_means)
    if min(len(treated_means), len(control_means)) < 2:
        return Difference(
            found.estimate, np.nan, np.nan, np.nan, n_1, n_2, "no interval: one group on a side"
        )
    return Difference(
        found.estimate, found.std_error, found.ci_low, found.ci_high, n_1, n_2, "Welch's t, group means"
    )


def welch(first: pd.Series, second: pd.Series) -> Difference:
    """First mean minus second, with Welch's t interval (Welch, Biometrika 34:28, 1947)."""
    n_1, n_2 = len(first), len(second)
    estimate = first.mean() - second.mean()
    if min(n_1, n_2) < 2:
        return Difference(estimate, np.nan, np.nan, np.nan, n_1, n_2, "no interval: one pupil on a side")
    part_1, part_2 = first.var() / n_1, second.var() / n_2
    error = np.sqrt(part_1 + part_2)
    if error == 0:
        return Difference(estimate, np.nan, np.nan, np.nan, n_1, n_2, "no interval: the scores do not vary")
    df = (part_1 + part_2) ** 2 / (part_1**2 / (n_1 - 1) + part_2**2 / (n_2 - 1))
    return Difference(estimate, error, *_interval(estimate, error, df), n_1, n_2, "Welch's t, pupils")


def one_sample(values: pd.Series, n_pupils: int, method: str) -> Difference:
    """Mean of the values with its t interval; under four values the mean alone."""
    if len(values) < FEWEST_UNITS:
        return Difference(
            values.mean(), np.nan, np.nan, np.nan, n_pupils, 0, "no interval: fewer than four units"
        )
    error = values.std() / np.sqrt(len(values))
    return Difference(
        values.mean(), error, *_interval(values.mean(), error, len(values) - 1), n_pupils, 0, method
    )


def _interval(estimate: float, error: float, df: float) -> tuple[float, float]:
    margin = stats.t.ppf(0.975, df) * error
    return estimate - margin, estimate + margin

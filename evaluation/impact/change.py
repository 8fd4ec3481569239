"""How the schools changed from the first test to the last, against the test's norms: the answer where nobody is compared with.

Schools weigh alike, so that the answer is about schools such as these and rests on no variance of few schools. It says what
happened, not what would have happened otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from evaluation.derive import as_analysed
from evaluation.impact.differences import FEWEST_UNITS, one_sample
from evaluation.impact.sample import matched, population
from evaluation.models import sign_flip_test
from evaluation.study import Study

COLUMNS = [
    "question", "estimate", "std_error", "df", "p_value", "ci_low", "ci_high", "p_sign_flip", "smallest_p", "without_one_low",
    "without_one_high", "pupil_weighted", "regression", "n_pupils", "n_schools", "n_left_out", "n_smallest", "method", "reason",
]  # fmt: skip
FEW = "fewer than four schools: no interval"
LEVEL = 0.95  # of the correlation's lower limit


def changes(study: Study, analysis: pd.DataFrame) -> pd.DataFrame:
    """The change of the treated schools' pupils, and of their gap by disadvantage: COLUMNS, one row a question.

    Each school's change is the mean of its pupils', on the scale of the primary outcome, relative to the norm sample's growth
    where both tests have norms. The interval is Student's over schools; beside it the p of the sign-flip test, the estimates that
    leaving one school out would give, and the estimate that weighs schools by their pupils. `regression`: how much of the change
    regression to the mean could make at most, if the schools had been chosen for these very scores.
    """
    baseline = study.analysis.baseline
    rows = [] if baseline is None else list(_rows(study, matched(study, _treated(study, analysis)), baseline))
    return pd.DataFrame(rows, columns=COLUMNS)


def changed_schools(study: Study, analysis: pd.DataFrame) -> list[str]:
    """The schools with treated pupils in the population, whether or not any of these has both scores; none without a first test."""
    if study.analysis.baseline is None:
        return []
    return sorted(_treated(study, analysis)["school"].astype(str).unique())


def _treated(study: Study, analysis: pd.DataFrame) -> pd.DataFrame:
    pupils = population(analysis)
    return pupils[pupils[study.analysis.treatment] == 1]


@dataclass(frozen=True, slots=True)
class Norms:
    """Mean and standard deviation of the first and of the last test's norm sample."""

    first_mean: float
    first_sd: float
    last_mean: float
    last_sd: float


def norms(study: Study) -> Norms | None:
    """The norms that changes are relative to; None where the plan has no baseline, or a test no norms."""
    plan = study.analysis
    if plan.baseline is None:
        return None
    tests = [as_analysed(study, plan.outcomes[name].instrument) for name in (plan.baseline, plan.primary)]
    values = [value for test in tests for value in (test.norm_mean, test.norm_sd) if value is not None]
    return Norms(*values) if len(values) == 4 else None


def _rows(study: Study, pupils: pd.DataFrame, baseline: str) -> Iterator[dict[str, object]]:
    change = gains(study, pupils, baseline)
    by_school = change.groupby(pupils["school"]).agg(["mean", "size"])
    yield {
        **_summary(study, "change", by_school["mean"], by_school["size"]),
        "regression": _regression(study, pupils, baseline),
        "n_pupils": len(pupils),
    }
    known = pupils["disadvantaged"].notna()
    groups = (
        change[known].groupby([pupils["school"], pupils["disadvantaged"]]).agg(["mean", "size"]).unstack()
    )
    both = groups.dropna()
    if len(both) and {0.0, 1.0} <= set(groups["mean"]):
        gap = both[("mean", 1.0)] - both[("mean", 0.0)]
        row = _summary(study, "change_in_gap", gap, both["size"].T.min())
        # How many pupils' status is not known would follow from their number.
        yield {**row, "n_pupils": np.nan, "n_left_out": len(groups) - len(both)}


def _summary(study: Study, question: str, values: pd.Series, sizes: pd.Series) -> dict[str, object]:
    """The mean over schools, by every method."""
    schools = len(values)
    found = one_sample(values, int(sizes.sum()), "t interval, schools weighted equally")
    flipped = sign_flip_test(values.to_numpy(), seed=study.seed)
    statistic = found.estimate / found.std_error if schools >= FEWEST_UNITS else np.nan
    without = (values.sum() - values) / (schools - 1) if schools > 1 else values * np.nan
    return {
        "question": question,
        "estimate": found.estimate,
        "std_error": found.std_error,
        "df": schools - 1,
        "p_value": 2 * float(stats.t.sf(abs(statistic), schools - 1)) if schools > 1 else np.nan,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "p_sign_flip": flipped.p_value,
        "smallest_p": flipped.smallest_p,
        "without_one_low": without.min(),
        "without_one_high": without.max(),
        "pupil_weighted": float(np.average(values, weights=sizes)) if schools else np.nan,
        "regression": np.nan,
        "n_schools": schools,
        "n_left_out": 0,
        "n_smallest": sizes.min() if schools else np.nan,
        "method": found.method,
        "reason": "" if schools >= FEWEST_UNITS else FEW,
    }


def gains(study: Study, pupils: pd.DataFrame, baseline: str) -> pd.Series:
    """Each pupil's change, in the primary outcome's units; on norms where both tests have them."""
    last, known = study.analysis.primary, norms(study)
    if known is None:
        return pupils[last] - pupils[baseline]
    before = (pupils[baseline] - known.first_mean) / known.first_sd
    return pupils[last] - known.last_mean - before * known.last_sd


def _regression(study: Study, pupils: pd.DataFrame, baseline: str) -> float:
    """(1 - r) times how far the schools started below the norm, weighted alike; r is the lower limit of their pupils' scores' correlation.

    Source: Davis, American Journal of Epidemiology 104:493 (1976), with selection on the first score itself from schools whose mean is the
    norm. The limit is Fisher's, one-sided, of 95%: the correlation itself would put the bound too low in one study of three (docs/questions.md).
    """
    known = norms(study)
    if known is None or len(pupils) <= 3:
        return np.nan
    first = pupils[baseline].groupby(pupils["school"]).mean().mean()
    below = (known.first_mean - first) / known.first_sd * known.last_sd
    least = stats.pearsonr(pupils[baseline], pupils[study.analysis.primary], alternative="greater")
    return max(0.0, float((1 - least.confidence_interval(LEVEL).low) * below))

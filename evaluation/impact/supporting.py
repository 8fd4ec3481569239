"""Whether schools that lent their teachers fell back: their pupils' change beside that of comparison schools, against a margin."""

import numpy as np
import pandas as pd
from scipy import stats

from evaluation.derive import arms
from evaluation.impact.change import gains
from evaluation.impact.plan import nothing
from evaluation.impact.sample import matched
from evaluation.study import Study

SUPPORTING = [
    "question", "estimate", "std_error", "df", "bound", "margin", "n_schools", "n_comparison", "n_smallest", "method", "reason"
]  # fmt: skip
ROLE = "supporting"
METHOD = "t, schools weighted equally, one variance"
FEW = "fewer than two schools on a side"
LEVEL = 0.95


def supporting(study: Study, analysis: pd.DataFrame) -> pd.DataFrame:
    """SUPPORTING, one row; none where no school has the role "supporting", or the plan has no baseline or nobody to compare with.

    One change a school, the mean of its pupils' on the tests' norms (`evaluation.impact.change`), of the plan's year groups; Student's t
    with one variance, since two or three supporting schools cannot tell their own. `bound` is the lower end of the one-sided 95% interval:
    above minus the plan's `margin` the schools fell back by less than was fixed beforehand as mattering.
    """
    baseline, years = study.analysis.baseline, study.analysis.population.year_groups
    pupils = matched(study, analysis[~analysis["joined_late"]])
    pupils = pupils if years is None else pupils[pupils["year_group"].isin(years)]
    lent = pupils["role"].astype(str) == ROLE
    if baseline is None or not study.comparison.has_group or not lent.any():
        return nothing(SUPPORTING)
    compared = pupils["in_population"] & (arms(study, pupils) == study.words.control)
    change = gains(study, pupils, baseline)
    ours, others = (change[side].groupby(pupils.loc[side, "school"]).mean() for side in (lent, compared))
    row: dict[str, object] = {
        "question": "supporting",
        "margin": np.nan if study.analysis.margin is None else study.analysis.margin,
        "n_schools": len(ours),
        "n_comparison": len(others),
        "n_smallest": pupils[lent].groupby("school").size().min(),
        "method": METHOD,
        "reason": FEW,
    }
    if min(len(ours), len(others)) < 2:
        return pd.DataFrame([row]).reindex(columns=SUPPORTING)
    df = len(ours) + len(others) - 2
    pooled = (((ours - ours.mean()) ** 2).sum() + ((others - others.mean()) ** 2).sum()) / df
    error = float(np.sqrt(pooled * (1 / len(ours) + 1 / len(others))))
    estimate = ours.mean() - others.mean()
    row |= {"estimate": estimate, "std_error": error, "df": df, "reason": ""}
    row["bound"] = estimate - stats.t.ppf(LEVEL, df) * error
    return pd.DataFrame([row])[SUPPORTING]

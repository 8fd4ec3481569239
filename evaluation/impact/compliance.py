"""The main question of those who took the project up, kept apart from the answer about everyone as allocated."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.impact.dose import amounts
from evaluation.impact.plan import nothing
from evaluation.impact.refit import complete, fixed_only
from evaluation.impact.sample import population
from evaluation.models import complier_effect
from evaluation.study import Study

COMPLIANCE = [
    "question", "kind", "least", "estimate", "std_error", "df", "p_value", "ci_low", "ci_high", "share", "first_stage_f", "n_took",
    "n_not", "n_schools", "method", "reason",
]  # fmt: skip
FIGURES = ["estimate", "std_error", "df", "p_value", "ci_low", "ci_high", "first_stage_f"]
METHOD = "two-stage least squares, CR2 by school"
ALL_ALIKE = "of those taking part everyone took it up, or nobody did"


def compliance(study: Study, analysis: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """COMPLIANCE, one row; none where the plan does not say what taking up is (`analysis: compliance`) or has no headline.

    Whether a pupil took it up comes from the pupil's own records of help, or else from the school's of training or support; being allocated
    is the instrument (`evaluation.models.complier_effect`), with the headline's other fixed terms. `share` is that of the
    treated who took it up, `n_took` of them and `n_not` not.
    """
    plan, headline = study.analysis.compliance, study.analysis.models.get("headline")
    if plan is None or headline is None or headline.term != study.analysis.treatment:
        return nothing(COMPLIANCE)
    row: dict[str, object] = {
        **dict.fromkeys(COMPLIANCE, np.nan),
        "question": "compliance",
        "kind": plan.records,
        "least": plan.least,
        "method": METHOD,
    }
    if plan.records not in tables:
        return pd.DataFrame([row | {"reason": f"no {plan.records} records were received"}])
    pupils = complete(headline.formula, population(analysis))
    records = tables[plan.records]
    whose = "pupil" if plan.records == "interventions" else "school"
    had = amounts(plan.records, records).groupby(records[whose].astype(str)).sum()
    took = (pupils[whose].astype(str).map(had).fillna(0.0) >= plan.least).astype(float)
    ours = took[pupils[headline.term] == 1]
    row |= {
        "share": ours.mean(),
        "n_took": ours.sum(),
        "n_not": (1 - ours).sum(),
        "n_schools": pupils["school"].nunique(),
    }
    try:
        formula = fixed_only(headline.formula)
        found = complier_effect(formula, pupils.assign(took=took), headline.term, "took", "school")
    except ModelError:
        return pd.DataFrame(
            [row | {"reason": ALL_ALIKE if ours.nunique() < 2 else "no line fits these pupils"}]
        )
    return pd.DataFrame([row | {name: getattr(found, name) for name in [*FIGURES, "reason"]}])

"""How the primary outcome varies before anything is taken into account: the null model's variances and intraclass correlations."""

from typing import Any

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.impact.plan import nothing
from evaluation.impact.sample import matched, population
from evaluation.models import FittedModel, fit
from evaluation.study import Study

NULL_MODEL = ["outcome", "group", "variance", "share", "icc", "n_groups", "n_pupils", "n_schools", "formula", "reason"]  # fmt: skip


def null_model(study: Study, analysis: pd.DataFrame, headline: FittedModel | None) -> pd.DataFrame:
    """NULL_MODEL, one row a level, pupils last: variance by restricted maximum likelihood in a model without any term.

    It is of the headline's own pupils, so that the two can be set side by side; without a headline, of those with the plan's outcomes.
    Classes are a level where any school has several. `icc` is the correlation of two pupils of one group: of one school and different
    classes where there are classes, or of one class. Where no model fits, one row with the reason.
    """
    pupils = population(analysis)
    pupils = matched(study, pupils) if headline is None else pupils.loc[headline.residuals("marginal").index]
    classes = pupils["class"].notna().all() and (pupils.groupby("school")["class"].nunique() > 1).any()
    formula = f"{study.analysis.primary} ~ 1 + (1 | {'school/class' if classes else 'school'})"
    told: dict[str, Any] = {"outcome": study.analysis.primary, "n_pupils": len(pupils), "formula": formula}
    told["n_schools"] = pupils["school"].nunique()
    try:
        result = fit(formula, pupils)
    except ModelError as error:
        table = nothing(NULL_MODEL).reindex([0])
        return table.assign(**told, group="school", reason=f"no model fits: {error}")
    table = result.variances[["group", "variance"]].reset_index(drop=True)
    table["share"] = table["variance"] / table["variance"].sum()
    of_groups = table["group"] != "residual"
    table["icc"] = table["share"].cumsum().where(of_groups)
    table["n_groups"] = table["group"].map(result.n_groups).where(of_groups, np.nan).astype(float)
    return table.assign(**told, reason="")[NULL_MODEL]

"""The answers to the plan's questions under every method of inference that applies."""

from collections.abc import Mapping

import pandas as pd

from evaluation.impact.claims import QUESTIONS
from evaluation.impact.plan import nothing
from evaluation.models import Allocation, FittedModel, inference_panel
from evaluation.models.inference.tables import COLUMNS
from evaluation.models.robustness.randomisation import DRAWS
from evaluation.study import Study

UNITS = {"class": ("school:class", "school"), "school": ("school", ""), "pupil": ("", "")}


def panel(study: Study, fitted: Mapping[str, FittedModel], draws: int = DRAWS) -> pd.DataFrame:
    """One row a question and method: the columns of `evaluation.models.inference_panel` after question, model, term.

    The randomisation test deals treatment anew to the units the comparison names; where they were not drawn by lot it is
    a placebo test, and its note says so. `draws` of the allocations are looked at where there are too many for all.
    """
    parts = []
    for question, model, term in QUESTIONS:
        if term is not None or model not in fitted:
            continue
        answer = study.analysis.models[model].term
        allocation = _allocation(study, fitted[model]) if question == "headline" else None
        table = inference_panel(fitted[model], answer, "school", allocation, seed=study.seed, draws=draws)
        parts.append(table.reset_index().assign(question=question, model=model, term=answer))
    names = ["question", "model", "term"]
    if not parts:
        return nothing([*names, "method", *COLUMNS, "note"])
    found = pd.concat(parts, ignore_index=True)
    return found[[*names, *(name for name in found if name not in names)]]


def _allocation(study: Study, headline: FittedModel) -> Allocation:
    plan, compared = study.analysis, study.comparison
    unit, blocks = UNITS[compared.unit]
    column = plan.indicators[plan.treatment].column
    others = [
        name
        for name, item in plan.indicators.items()
        if item.column == column and name != plan.treatment and name in headline.coefficients.index
    ]
    return Allocation(unit, blocks, random=compared.kind == "randomised", others=tuple(others))

"""The arms of a study: who was treated, who the control is, and any arm beside the two."""

import pandas as pd

from evaluation.study import Study
from evaluation.study.plan import CONTROL

UNKNOWN = "pupils whose arm is not known"


def arm_names(study: Study) -> list[str]:
    """The arms in words: treated, control, then the other indicators of the treatment's column."""
    return list(named_arms(study).values())


def named_arms(study: Study) -> dict[str, str]:
    """The same by the names of their indicators; the control, which has none, by CONTROL."""
    return {
        study.analysis.treatment: study.words.treated,
        CONTROL: study.words.control,
        **_other_arms(study),
    }


def arms(study: Study, table: pd.DataFrame) -> pd.Series:
    """Each row's arm as a categorical; the control is whoever is in none of the other arms."""
    labels = pd.Series(study.words.control, index=table.index)
    for name, group in _other_arms(study).items():
        labels = labels.mask(table[name] == 1, group)
    treated = table[study.analysis.treatment]
    labels = labels.mask(treated == 1, study.words.treated).mask(treated.isna(), UNKNOWN)
    categories = [*arm_names(study), *([UNKNOWN] if treated.isna().any() else [])]
    return pd.Series(pd.Categorical(labels, categories=categories), index=table.index)


def _other_arms(study: Study) -> dict[str, str]:
    """Indicators of the same column as the treatment's, with the name of their group."""
    plan = study.analysis
    column = plan.indicators[plan.treatment].column
    same = {
        name: item
        for name, item in plan.indicators.items()
        if item.column == column and name != plan.treatment
    }
    return {name: item.group or item.label for name, item in same.items()}

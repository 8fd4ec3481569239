"""Claim codes: what each result allows a report to say. The rules are the table below; `report/` has the words."""

import numpy as np
import pandas as pd

from evaluation.study import Study

# Each question of the project, the models that can answer it (the first the plan has), and the term that does;
# None stands for the model's own.
QUESTIONS: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("headline", ("headline",), None),
    ("gap_change", ("gap_slope", "gap"), None),
    ("gap", ("gap_slope", "gap"), "disadvantaged"),
)


def code(ci_low: float, ci_high: float) -> str:
    """The claim an interval allows: a direction when zero is outside it, else that the result is inconclusive."""
    if not (np.isfinite(ci_low) and np.isfinite(ci_high)):
        return "not_estimable"
    if ci_low > 0:
        return "higher"
    return "lower" if ci_high < 0 else "inconclusive"


def claims(
    study: Study, estimates: pd.DataFrame, differences: pd.DataFrame, effects: pd.DataFrame
) -> pd.DataFrame:
    """One row for each level, unit and question with its claim code."""
    rows = [
        ("project", "", name, _project_code(study, estimates, models, term))
        for name, models, term in QUESTIONS
    ]
    gaps = differences[(differences["measure"] == "gap") & (differences["level"] != "project")]
    for level, unit, low, high in gaps[["level", "unit", "ci_low", "ci_high"]].itertuples(index=False):
        rows.append((level, unit, "gap", code(low, high)))
    for school, low, high in effects[["school", "ci_low", "ci_high"]].itertuples(index=False):
        rows.append(("school", school, "school", code(low, high)))
    return pd.DataFrame(rows, columns=["level", "unit", "question", "code"])


def _project_code(study: Study, estimates: pd.DataFrame, models: tuple[str, ...], term: str | None) -> str:
    name = next((model for model in models if model in study.analysis.models), None)
    if name is None:
        return "not_estimable"
    row = estimates[
        (estimates["model"] == name) & (estimates["term"] == (term or study.analysis.models[name].term))
    ]
    return "not_estimable" if row.empty else code(row["ci_low"].iloc[0], row["ci_high"].iloc[0])

"""Claim codes: what each result allows a report to say. The rules are the table below; `report/` has the words."""

import numpy as np
import pandas as pd

from evaluation.study import Study

# Each question of the project, the model that answers it, and the term that does; None stands for the model's own.
# A plan without the model does not ask the question.
QUESTIONS: tuple[tuple[str, str, str | None], ...] = (
    ("headline", "headline", None),
    ("gap_change", "gap_slope", None),
    ("gap", "gap_slope", "disadvantaged"),
)


def code(ci_low: float, ci_high: float) -> str:
    """The claim an interval allows: a direction when zero is outside it, else that the result is inconclusive."""
    if not (np.isfinite(ci_low) and np.isfinite(ci_high)):
        return "not_estimable"
    if ci_low > 0:
        return "higher"
    return "lower" if ci_high < 0 else "inconclusive"


def claims(
    study: Study,
    estimates: pd.DataFrame,
    differences: pd.DataFrame,
    effects: pd.DataFrame,
    changes: pd.DataFrame,
) -> pd.DataFrame:
    """One row for each level, unit and question with its claim code."""
    planned = study.analysis.models
    rows = [
        ("project", "", question, _term_code(estimates, model, term or planned[model].term))
        for question, model, term in QUESTIONS
        if model in planned
    ]
    for question, low, high in changes[["question", "ci_low", "ci_high"]].itertuples(index=False):
        rows.append(("project", "", question, code(low, high)))
    gaps = differences[(differences["measure"] == "gap") & (differences["level"] != "project")]
    for level, unit, low, high in gaps[["level", "unit", "ci_low", "ci_high"]].itertuples(index=False):
        rows.append((level, unit, "gap", code(low, high)))
    for school, low, high in effects[["school", "ci_low", "ci_high"]].itertuples(index=False):
        rows.append(("school", school, "school", code(low, high)))
    return pd.DataFrame(rows, columns=["level", "unit", "question", "code"])


def _term_code(estimates: pd.DataFrame, model: str, term: str) -> str:
    row = estimates[(estimates["model"] == model) & (estimates["term"] == term)]
    return "not_estimable" if row.empty else code(row["ci_low"].iloc[0], row["ci_high"].iloc[0])

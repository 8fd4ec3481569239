"""Claim codes: what each result allows a report to say. The rules are the table below; `report/` has the words."""

from collections.abc import Callable
from math import isfinite

import pandas as pd

from evaluation.study import Study

# Each question of the project, the model that answers it, and the term that does; None stands for the model's own.
# A plan without the model does not ask the question.
QUESTIONS: tuple[tuple[str, str, str | None], ...] = (
    ("headline", "headline", None),
    ("gap_change", "gap_slope", None),
    ("gap", "gap_slope", "disadvantaged"),
)


# What an interval allows to be said: the first rule that holds. No rule says that there is no difference: that one is too small to
# matter is said only of an interval that lies wholly inside a margin which the plan fixed beforehand.
RULES: tuple[tuple[str, Callable[[float, float, float], bool]], ...] = (
    ("not_estimable", lambda low, high, margin: not (isfinite(low) and isfinite(high))),
    ("within_margin", lambda low, high, margin: -margin < low and high < margin),
    ("higher", lambda low, high, margin: low > 0),
    ("lower", lambda low, high, margin: high < 0),
    ("inconclusive", lambda low, high, margin: True),
)
NO_MARGIN = 0.0  # inside which no interval lies


# What one test of several effects together allows to be said. No rule says that they are alike.
JOINT_RULES: tuple[tuple[str, Callable[[float], bool]], ...] = (
    ("not_estimable", lambda p: not isfinite(p)),
    ("differ", lambda p: p < LEVEL),
    ("inconclusive", lambda p: True),
)
LEVEL = 0.05


def code(ci_low: float, ci_high: float, margin: float | None = None) -> str:
    """The claim an interval allows, by RULES."""
    return next(name for name, holds in RULES if holds(ci_low, ci_high, margin or NO_MARGIN))


def joint_code(p_value: float) -> str:
    """The claim a test of several effects allows, by JOINT_RULES."""
    return next(name for name, holds in JOINT_RULES if holds(p_value))


# Whether a group fell back, by the lower end of a one-sided interval. Without a margin fixed beforehand nothing is judged.
BOUND_RULES: tuple[tuple[str, Callable[[float, float], bool]], ...] = (
    ("not_estimable", lambda bound, margin: not isfinite(bound)),
    ("not_judged", lambda bound, margin: not isfinite(margin)),
    ("not_inferior", lambda bound, margin: bound > -margin),
    ("inconclusive", lambda bound, margin: True),
)


def bound_code(bound: float, margin: float) -> str:
    """The claim a one-sided bound allows, by BOUND_RULES."""
    return next(name for name, holds in BOUND_RULES if holds(bound, margin))


def claims(
    study: Study,
    estimates: pd.DataFrame,
    differences: pd.DataFrame,
    effects: pd.DataFrame,
    changes: pd.DataFrame,
    joint_tests: pd.DataFrame,
    answers: pd.DataFrame,
) -> pd.DataFrame:
    """One row for each level, unit and question with its claim code."""
    planned, margin = study.analysis.models, study.analysis.margin
    rows = [
        (
            "project",
            "",
            question,
            _term_code(estimates, model, term or planned[model].term, None if term else margin),
        )
        for question, model, term in QUESTIONS
        if model in planned
    ]
    for question, low, high in changes[["question", "ci_low", "ci_high"]].itertuples(index=False):
        rows.append(("project", "", question, code(low, high, margin)))
    for question, low, high in answers[["question", "ci_low", "ci_high"]].itertuples(index=False):
        rows.append(("project", "", question, code(low, high)))
    for question, p_value in joint_tests[["question", "p_value"]].itertuples(index=False):
        rows.append(("project", "", question, joint_code(p_value)))
    gaps = differences[(differences["measure"] == "gap") & (differences["level"] != "project")]
    for level, unit, low, high in gaps[["level", "unit", "ci_low", "ci_high"]].itertuples(index=False):
        rows.append((level, unit, "gap", code(low, high)))
    for school, low, high in effects[["school", "ci_low", "ci_high"]].itertuples(index=False):
        rows.append(("school", school, "school", code(low, high)))
    return pd.DataFrame(rows, columns=["level", "unit", "question", "code"])


def _term_code(estimates: pd.DataFrame, model: str, term: str, margin: float | None) -> str:
    row = estimates[(estimates["model"] == model) & (estimates["term"] == term)]
    return "not_estimable" if row.empty else code(row["ci_low"].iloc[0], row["ci_high"].iloc[0], margin)

"""Claim codes: what each result allows a report to say. The rules are the table below; `report/` has the words."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from math import isfinite, nan
from typing import Any

import pandas as pd

from evaluation.models import holm
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


# The main question, asked alone at LEVEL; what else is asked of the project is asked together. Of what each of these answers allows alone, that
# alone is said which Holm's correction over all of them leaves, so that any of them is said wrongly in one study of 1 / LEVEL at most.
# Half of LEVEL is kept for whether the gap changed, which the project is about too; the others share the other half.
MAIN = ("headline", "change")
GAP = ("gap_change", "change_in_gap")
FOUND = ("higher", "lower", "differ")
ONE_OF_SEVERAL = "one_of_several"
Asked = tuple[str, str, float]  # question, the claim its answer allows alone, p


def claims(
    study: Study,
    estimates: pd.DataFrame,
    differences: pd.DataFrame,
    effects: pd.DataFrame,
    changes: pd.DataFrame,
    joint_tests: pd.DataFrame,
    answers: pd.DataFrame,
) -> pd.DataFrame:
    """One row for each level, unit and question with its claim code.

    How the schools changed is a claim only where nobody is compared with: otherwise it is no answer of the project's.
    """
    asked = list(_of_models(study, estimates))
    if not study.comparison.has_group:
        asked += [_judged(row, study.analysis.margin) for row in changes.to_dict("records")]
    asked += [_judged(row) for row in answers.to_dict("records")]
    asked += [
        (question, joint_code(p_value), p_value)
        for question, p_value in joint_tests[["question", "p_value"]].itertuples(index=False)
    ]
    rows = [("project", "", *item) for item in _together(asked)]
    gaps = differences[(differences["measure"] == "gap") & (differences["level"] != "project")]
    for level, unit, low, high in gaps[["level", "unit", "ci_low", "ci_high"]].itertuples(index=False):
        rows.append((level, unit, "gap", code(low, high)))
    for school, low, high in effects[["school", "ci_low", "ci_high"]].itertuples(index=False):
        rows.append(("school", school, "school", code(low, high)))
    return pd.DataFrame(rows, columns=["level", "unit", "question", "code"])


def _of_models(study: Study, estimates: pd.DataFrame) -> Iterator[Asked]:
    for question, model, term in QUESTIONS:
        if model in study.analysis.models:
            own = estimates["term"] == (term or study.analysis.models[model].term)
            rows = estimates[(estimates["model"] == model) & own].to_dict("records")
            margin = None if term else study.analysis.margin
            yield (
                _judged({**rows[0], "question": question}, margin)
                if rows
                else (question, "not_estimable", nan)
            )


def _judged(row: Mapping[Hashable, Any], margin: float | None = None) -> Asked:
    return row["question"], code(row["ci_low"], row["ci_high"], margin), row["p_value"]


def _together(asked: Sequence[Asked]) -> Iterator[tuple[str, str]]:
    """Each question with its claim: beside the main one, what Holm's correction leaves of it."""
    table = pd.DataFrame(asked, columns=["question", "code", "p_value"])
    further = ~table["question"].isin(MAIN)
    p_values = table["p_value"].where(further).astype(float)
    of_gap = table["question"].isin(GAP)
    others = max(int((p_values.notna() & ~of_gap).sum()), 1)
    adjusted = holm(p_values, of_gap.map({True: others, False: 1}))
    lost = further & table["code"].isin(FOUND) & ~(adjusted < LEVEL)
    yield from zip(table["question"], table["code"].mask(lost, ONE_OF_SEVERAL), strict=True)

"""Supporting schools: a case worked by hand, R's t test, and what a margin and few schools allow."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.disclose.precision import Precision
from evaluation.disclose.supporting import protect_supporting, supporting_claim
from evaluation.impact.claims import bound_code
from evaluation.impact.supporting import supporting
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
CHANGES = {"supporting": [1.0, 3.0], "comparison": [2.0, 4.0, 6.0, 0.0]}


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def table(changes: dict[str, list[float]]) -> pd.DataFrame:
    """Schools of four pupils, two each side of the school's change."""
    rows = [
        (role, f"{role[0]}{at}", 100.0 + pupil, 100.0 + pupil + change + (-1) ** pupil)
        for role, own in changes.items()
        for at, change in enumerate(own)
        for pupil in range(4)
    ]
    found = pd.DataFrame(rows, columns=["role", "school", "baseline", "endline"])
    return found.assign(
        treated=0.0, in_population=found["role"] == "comparison", joined_late=False, year_group="2"
    )


def test_a_case_worked_by_hand(study: Study) -> None:
    """Means 2 and 3; squares 2 + 20 over 4 degrees of freedom, 5.5; error sqrt(5.5 x 3/4); t 2.131847 one-sided."""
    found = supporting(study, table(CHANGES)).iloc[0]
    assert found["estimate"] == pytest.approx(-1)
    assert found["df"] == 4
    assert found["std_error"] == pytest.approx(np.sqrt(5.5 * 0.75))
    assert found["bound"] == pytest.approx(-1 - 2.131847 * np.sqrt(5.5 * 0.75), abs=1e-5)
    assert (found["n_schools"], found["n_comparison"], found["n_smallest"]) == (2, 4, 4)


def test_one_school_or_none_has_no_figures(study: Study) -> None:
    one = supporting(study, table({**CHANGES, "supporting": [1.0]})).iloc[0]
    assert np.isnan(one["estimate"])
    assert "fewer than two schools" in one["reason"]
    assert supporting(study, table({"comparison": [1.0, 2.0]})).empty
    alone = study.model_copy(update={"comparison": study.comparison.model_copy(update={"kind": "none"})})
    assert supporting(alone, table(CHANGES)).empty


@pytest.mark.parametrize(
    ("bound", "margin", "code"),
    [
        (-0.9, 1.0, "not_inferior"),
        (-1.0, 1.0, "inconclusive"),
        (0.5, np.nan, "not_judged"),
        (np.nan, 1.0, "not_estimable"),
    ],
)
def test_only_a_margin_fixed_beforehand_judges(bound: float, margin: float, code: str) -> None:
    assert bound_code(bound, margin) == code


def test_a_claim_rests_on_the_bound_that_is_published(study: Study) -> None:
    """A step of 0.5: -0.7 is published as -1.0, which a margin of 0.9 does not allow to be called within it."""
    exact = supporting(study, table(CHANGES)).assign(estimate=0.3, bound=-0.7, margin=0.9, n_smallest=40)
    published = protect_supporting(exact, Precision({"endline": 20.0}), "endline", 10)
    assert published[["estimate", "bound"]].iloc[0].tolist() == [0.5, -1.0]
    assert "std_error" not in published
    claims = pd.DataFrame(columns=["level", "unit", "question", "code"])
    assert supporting_claim(claims, published)["code"].tolist() == ["inconclusive"]
    few = protect_supporting(exact.assign(n_smallest=9), Precision({"endline": 20.0}), "endline", 10)
    assert few["estimate"].isna().all()
    assert supporting_claim(claims, few)["code"].tolist() == ["withheld"]

"""Claims of several questions: Holm's correction by hand, what it leaves alone, and how often a study in which nothing is so claims anything."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaluation.impact.claims import claims
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
NONE = pd.DataFrame(columns=["level", "unit", "measure", "school", "ci_low", "ci_high"])


@pytest.fixture(scope="module")
def study() -> Study:
    """The shipped plan, without its margin."""
    plan = load_study("ssif_maths", ROOT)
    return plan.model_copy(update={"analysis": plan.analysis.model_copy(update={"margin": None})})


def result(p: float, up: bool = True) -> dict[str, float]:
    """An estimate of standard error 1 whose two-sided normal p is as given, with its 95% interval."""
    value = (1 if up else -1) * float(stats.norm.isf(p / 2))
    return {"estimate": value, "ci_low": value - 1.959964, "ci_high": value + 1.959964, "p_value": p}


def said(
    study: Study,
    headline: float,
    gap: float,
    gap_change: float,
    others: dict[str, float],
    joint: dict[str, float],
) -> dict[str, str]:
    """The project's claims, by question, of results with these p."""
    estimates = pd.DataFrame(
        [
            {"model": "headline", "term": "treated", **result(headline)},
            {"model": "gap_slope", "term": "treated:disadvantaged", **result(gap_change)},
            {"model": "gap_slope", "term": "disadvantaged", **result(gap, up=False)},
        ]
    )
    answers = pd.DataFrame([{"question": name, **result(p)} for name, p in others.items()])
    tests = pd.DataFrame(list(joint.items()), columns=["question", "p_value"])
    changed = pd.DataFrame(
        [{"question": "change", **result(0.001)}, {"question": "change_in_gap", **result(0.001)}]
    )
    found = claims(study, estimates, NONE, NONE, changed, tests, answers)
    assert (found["level"] == "project").all()
    return dict(zip(found["question"], found["code"], strict=True))


def test_holm_by_hand(study: Study) -> None:
    """Of six beside the main one, five share a half: 0.0001 of 0.5% stands, which leaves five; the gap's 0.021 of 2.5% does, at 4/8 of 5%
    now; then 0.009 of 1/4 of 5% does, 0.03 of 1/3 does not, nor does what follows."""
    joint = {"year_group": 0.009, "phase": 0.2}
    found = said(study, 0.04, 0.0001, 0.021, {"proportion": 0.03, "distance": 0.4}, joint)
    assert found == {
        "headline": "higher",
        "gap_change": "higher",
        "gap": "lower",
        "proportion": "one_of_several",
        "distance": "inconclusive",
        "year_group": "differ",
        "phase": "inconclusive",
    }
    without = said(study, 0.04, 0.3, 0.3, {"proportion": 0.03, "distance": 0.4}, joint)
    assert without["year_group"] == "one_of_several", "a tenth of 5% is what each of five begins with"
    assert (
        said(study, 0.04, 0.3, 0.026, {"proportion": 0.4, "distance": 0.4}, joint)["gap_change"]
        == "one_of_several"
    )


def test_the_main_question_is_asked_alone(study: Study) -> None:
    weak = {"proportion": 0.9, "distance": 0.9}
    assert said(study, 0.049, 0.9, 0.9, weak, {"phase": 0.9})["headline"] == "higher"
    strong = said(study, 0.9, 0.049, 0.049, dict.fromkeys(weak, 0.049), {"phase": 0.049})
    assert set(strong.values()) == {"inconclusive", "one_of_several"}


def test_what_cannot_be_had_does_not_count(study: Study) -> None:
    """Two questions are asked, of which 0.02 stands; the others have no answer."""
    others = {"proportion": np.nan, "distance": np.nan}
    found = said(study, 0.5, np.nan, 0.02, others, {"phase": 0.06, "cluster": np.nan})
    assert found["gap_change"] == "higher"
    assert {found[name] for name in ("gap", "proportion", "distance", "cluster")} == {"not_estimable"}


def test_how_schools_changed_is_a_claim_where_nobody_is_compared_with(study: Study) -> None:
    assert "change" not in said(study, 0.5, 0.5, 0.5, {"proportion": 0.5}, {"phase": 0.5})
    alone = study.model_copy(
        update={
            "comparison": study.comparison.model_copy(update={"kind": "norm"}),
            "analysis": study.analysis.model_copy(update={"models": {}}),
        }
    )
    found = said(alone, 0.5, 0.5, 0.5, {}, {})
    assert found == {"change": "higher", "change_in_gap": "higher"}


def test_where_nothing_is_so_little_is_said(study: Study) -> None:
    """Of 400 studies of five independent questions beside the main one, all null, about 5% claim anything of them; uncorrected it would be 23%."""
    rng = np.random.default_rng(1)
    wrong = 0
    for gap, change, reached, apart, phase in rng.random((400, 5)):
        found = said(study, 0.5, gap, change, {"proportion": reached, "distance": apart}, {"phase": phase})
        wrong += any(code in ("higher", "lower", "differ") for code in found.values())
    assert stats.binom.sf(wrong - 1, 400, 0.05) > 0.001
    assert wrong > 0

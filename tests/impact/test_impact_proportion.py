"""The share at the expected standard: against known truth and R, where there is a threshold, and what is withheld."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from impact_r import needs_r, numbers_of_r
from impact_tables import simulated

from evaluation.disclose.proportions import protect_proportions, withhold_claim
from evaluation.impact.proportion import PROPORTIONS, proportions, threshold
from evaluation.study import Instrument, Study, load_study

ROOT = Path(__file__).parents[2]
R_CODE = """
suppressMessages({library(lme4); library(clubSandwich)})
d <- read.csv("%s", colClasses = c(school = "character", year_group = "character"))
d$reached <- as.numeric(d$endline >= 93)
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e6, rhoend = 1e-10))
f <- lmer(reached ~ treated + baseline_within + baseline_school + disadvantaged + disadvantaged_school + year_group + (1 | school/class),
          d, control = tight)
k <- coef_test(f, vcov = "CR2", cluster = d$school, test = "Satterthwaite", coefs = "treated")
cat(100 * k$beta, 100 * k$SE, k$df_Satt, k$p_Satt)
"""


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def test_the_share_more_that_reached_it_is_found(study: Study) -> None:
    """Endline is even over 100 points, so that an effect of 5 takes 5 in a hundred pupils over any threshold inside."""
    pupils = simulated(1, dict.fromkeys("247", 0.0), schools=40, size=200)
    rng = np.random.default_rng(2)
    level = rng.uniform(50, 150, len(pupils))
    found = proportions(study, pupils.assign(endline=level + 5 * pupils["treated"])).iloc[0]
    assert found["threshold"] == 93
    assert found["estimate"] == pytest.approx(5, abs=3 * found["std_error"])
    assert found["std_error"] < 1.5
    assert found["control"] == pytest.approx(0.57, abs=0.02)
    assert found["treated"] == pytest.approx(0.62, abs=0.02)


@needs_r
def test_r_agrees(study: Study, tmp_path: Path) -> None:
    pupils = simulated(3)
    theirs = numbers_of_r(R_CODE, pupils, tmp_path)
    ours = proportions(study, pupils).iloc[0][["estimate", "std_error", "df", "p_value"]]
    assert list(ours) == pytest.approx(theirs, rel=1e-3)


def with_test(study: Study, **update: object) -> Study:
    tests = tuple(
        item.model_copy(update=update) if item.name == "number_progress" else item
        for item in study.instruments
    )
    return study.model_copy(update={"instruments": tests})


def test_where_the_expected_standard_is_said(study: Study) -> None:
    assert threshold(study) == 93
    assert threshold(with_test(study, expected=None)) is None
    scaled = with_test(study, score="scaled", minimum=80.0, maximum=120.0, expected=None)
    assert threshold(scaled) == 100, "Standards and Testing Agency: a scaled score of 100 or more met it"
    moved = study.model_copy(update={"scales": study.scales.model_copy(update={"footing": "z"})})
    assert threshold(moved) is None, "the threshold is of scores that are not analysed"
    assert proportions(with_test(study, expected=None), simulated(4, schools=6)).empty


@pytest.mark.parametrize("expected", [70, 131])
def test_a_standard_nobody_can_miss_or_reach_is_refused(expected: float) -> None:
    with pytest.raises(ValueError, match="expected must be above minimum"):
        Instrument(name="t", title="T", minimum=70, maximum=130, expected=expected)


def test_a_score_at_the_threshold_has_reached_it(study: Study) -> None:
    pupils = simulated(5, schools=12)
    at = pupils.assign(endline=np.where(pupils.index % 2 == 0, 93.0, 92.0))
    assert proportions(study, at).iloc[0]["control"] == pytest.approx(0.5, abs=0.01)


def row(treated: float, n: int = 60) -> pd.DataFrame:
    values = dict.fromkeys(PROPORTIONS, 1.0) | {
        "outcome": "endline", "treated": treated, "control": 0.504, "n_treated": n, "n_control": 400, "method": "", "reason": ""
    }  # fmt: skip
    return pd.DataFrame([values])


@pytest.mark.parametrize(("reached", "hidden"), [(9, True), (10, False), (50, False), (51, True)])
def test_few_who_reached_it_or_did_not_are_withheld(reached: int, hidden: bool) -> None:
    published = protect_proportions(row(reached / 60), 10)
    assert (published["symbol"].iloc[0] == "c") == hidden
    assert published[["estimate", "ci_low", "p_value", "control"]].isna().all(axis=None) == hidden
    assert "n_treated" not in published
    claims = pd.DataFrame({"question": ["headline", "proportion"], "code": ["higher", "lower"]})
    assert list(withhold_claim(claims, "proportion", published)["code"]) == [
        "higher", "withheld" if hidden else "lower"
    ]  # fmt: skip


def test_shares_are_whole_percentages() -> None:
    assert protect_proportions(row(0.4567), 10)["treated"].iloc[0] == 0.46

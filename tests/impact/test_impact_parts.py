"""The answer by year group and phase: against known truth, R, and what must not be shown or said."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from impact_r import needs_r, numbers_of_r
from impact_tables import EFFECTS, simulated

from evaluation.impact.claims import joint_code
from evaluation.impact.parts import parts
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
R_CODE = """
suppressMessages({library(lme4); library(pbkrtest)})
d <- read.csv("%s", colClasses = c(school = "character", year_group = "character"))
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e6, rhoend = 1e-10))
f <- endline ~ treated + treated:year_group + baseline_within + baseline_school + disadvantaged + disadvantaged_school + year_group +
  (1 | school/year_group/class)
large <- lmer(f, d, control = tight)
small <- lmer(update(f, . ~ . - treated:year_group), d, control = tight)
k <- KRmodcomp(large, small)$stats
b <- fixef(large); names(b) <- gsub(":", "_", names(b))
cat(b["treated"], b["treated"] + b["treated_year_group4"], b["treated"] + b["treated_year_group7"], k$Fstat, k$ddf, k$p.value)
"""


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def test_each_part_s_own_effect_is_found(study: Study) -> None:
    found, tests = parts(study, simulated(1, noise=0.05))
    by_part = found.set_index("group")
    for year, effect in EFFECTS.items():
        assert by_part.loc[f"year {year}", "estimate"] == pytest.approx(effect, abs=0.3)
    assert by_part.loc["primary", "estimate"] == pytest.approx(2.5, abs=0.3)
    assert by_part.loc["secondary", "estimate"] == pytest.approx(-2, abs=0.3)
    assert list(tests["question"]) == ["year_group", "phase"]
    assert (tests["p_value"] < 0.001).all()
    assert list(tests["df_num"]) == [2, 1]
    assert list(tests["n_schools"]) == [24, 24], "a school of two year groups is one school"
    years = found[found["split"] == "year_group"]
    assert years["p_adjusted"].max() == years["p_value"].max(), "the largest stands, as Holm's does"
    assert years["p_adjusted"].min() == pytest.approx(3 * years["p_value"].min())


def test_alike_in_all_it_is_seldom_said_to_differ(study: Study) -> None:
    """With one effect for all, the test at 5% is passed in about one study in twenty."""
    alike = dict.fromkeys(EFFECTS, 3.0)
    p = [
        parts(study, simulated(seed, alike, schools=18, size=10))[1]["p_value"].iloc[0] for seed in range(10)
    ]
    assert np.mean(np.array(p) < 0.05) <= 0.3
    assert np.mean(p) > 0.3


@needs_r
def test_r_agrees(study: Study, tmp_path: Path) -> None:
    pupils = simulated(3)
    *effects, statistic, df, p_value = numbers_of_r(R_CODE, pupils, tmp_path)
    found, tests = parts(study, pupils)
    ours = found[found["split"] == "year_group"]
    assert list(ours["estimate"]) == pytest.approx(effects, abs=1e-4)
    joint = tests.iloc[0]
    assert joint["statistic"] == pytest.approx(statistic, rel=1e-3)
    assert joint["df"] == pytest.approx(df, rel=1e-3)
    assert joint["p_value"] == pytest.approx(p_value, rel=1e-3)


def test_a_side_of_two_schools_has_no_figures(study: Study) -> None:
    """Either could work out the other's mean; their pupils are in no other part's figures."""
    pupils = simulated(4)
    few = pupils[
        (pupils["phase"] == "primary")
        | ~pupils["treated"].astype(bool)
        | pupils["school"].isin(["s05", "s11"])
    ]
    found, tests = parts(study, few)
    by_part = found.set_index("group")
    for name in ("year 7", "secondary"):
        assert np.isnan(
            by_part.loc[name, ["estimate", "ci_low", "p_value", "p_adjusted"]].astype(float)
        ).all()
        assert "three schools" in by_part.loc[name, "reason"]
    assert np.isfinite(by_part.loc[["year 2", "year 4"], "estimate"]).all()
    assert "to set it beside" in by_part.loc["primary", "reason"]
    assert tests.set_index("question").loc["phase", "reason"]
    assert np.isnan(tests.set_index("question").loc["phase", "p_value"])


def test_neither_order_nor_who_is_outside_matters(study: Study) -> None:
    pupils = simulated(5, schools=12)
    outside = pupils.assign(in_population=False, endline=200.0)
    mixed = pd.concat([outside, pupils]).sample(frac=1, random_state=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(parts(study, mixed)[0], parts(study, pupils)[0], rtol=1e-6)


def test_one_year_group_or_no_model_has_no_parts(study: Study) -> None:
    one = simulated(6, schools=12)
    found, tests = parts(study, one[one["year_group"] == "2"])
    assert len(found) == len(tests) == 0
    without = study.model_copy(update={"analysis": study.analysis.model_copy(update={"models": {}})})
    assert parts(without, one)[0].empty


@pytest.mark.parametrize(
    ("p_value", "code"), [(0.049, "differ"), (0.05, "inconclusive"), (np.nan, "not_estimable")]
)
def test_a_joint_test_never_says_that_parts_are_alike(p_value: float, code: str) -> None:
    assert joint_code(p_value) == code

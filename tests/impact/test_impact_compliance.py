"""Those who took it up: Wald's ratio by hand, R's two-stage least squares, the interval against its own definition, coverage of a known truth."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from impact_r import needs_r, numbers_of_r
from impact_tables import simulated

from evaluation.disclose.compliance import protect_compliance
from evaluation.disclose.proportions import withhold_claim
from evaluation.impact.compliance import COMPLIANCE, compliance
from evaluation.models import complier_effect, fit
from evaluation.study import Compliance, Study, load_study

ROOT = Path(__file__).parents[2]
FORMULA = "endline ~ treated + baseline + disadvantaged"
IVREG = (
    'd <- read.csv("%s"); suppressMessages(library(AER)); '
    "cat(format(coef(ivreg(endline ~ took + baseline + disadvantaged | treated + baseline + disadvantaged, data = d))[2], digits = 12))"
)
ROBUST = (
    'd <- read.csv("%s"); suppressMessages(library(estimatr)); '
    "f <- iv_robust(endline ~ took + baseline + disadvantaged | treated + baseline + disadvantaged, data = d, clusters = school, "
    'se_type = "CR2"); cat(format(c(coef(f)[2], f$std.error[2]), digits = 12))'
)


@pytest.fixture(scope="module")
def study() -> Study:
    return asked(load_study("ssif_maths", ROOT), Compliance(records="support", least=3.0))


def asked(study: Study, what: Compliance | None) -> Study:
    return study.model_copy(update={"analysis": study.analysis.model_copy(update={"compliance": what})})


def taken_up(seed: int, benefit: float = 6.0, schools: int = 24) -> pd.DataFrame:
    """Three treated schools in four took it up, the ones that would have done better anyway; it adds `benefit` there and nothing else."""
    pupils = simulated(seed, dict.fromkeys(("2", "4", "7"), 0.0), schools)
    own = pupils.groupby("school")["endline"].transform("mean") - 0.7 * pupils.groupby("school")[
        "baseline"
    ].transform("mean")
    able = own.where(pupils["treated"] == 1).groupby(pupils["school"]).first().rank(pct=True) > 0.25
    pupils["took"] = (pupils["school"].map(able) & (pupils["treated"] == 1)).astype(float)
    return pupils.assign(endline=pupils["endline"] + benefit * pupils["took"])


def test_walds_ratio_by_hand() -> None:
    """Means 12 and 10 over four schools a side, two pupils each; half of the treated schools took it up: 2 over 1/2."""
    rows = [
        (f"{side}{at}", side, took, mean + pupil)
        for side, schools in ((1, [(1, 14.0), (1, 12.0), (0, 11.0), (0, 11.0)]), (0, [(0, 9.0), (0, 10.0), (0, 11.0), (0, 10.0)]))
        for at, (took, mean) in enumerate(schools)
        for pupil in (-1, 1)
    ]  # fmt: skip
    data = pd.DataFrame(rows, columns=["school", "treated", "took", "endline"])
    found = complier_effect("endline ~ treated", data, "treated", "took", "school")
    assert found.first_stage == pytest.approx(0.5)
    assert found.first_stage_f == pytest.approx(0.25 / (1 / 3 / 4)), "variance 1/3 over 4 schools"
    assert "no end" in found.reason, "5.99, the square of t at 6 degrees of freedom, is more"
    assert np.isnan(found.estimate)
    more = pd.concat([data.assign(school=data["school"] + str(at)) for at in range(5)])
    ample = complier_effect("endline ~ treated", more, "treated", "took", "school")
    assert ample.estimate == pytest.approx(4)
    assert ample.first_stage_f > 10
    assert ample.ci_low < 4 < ample.ci_high


@pytest.mark.parametrize("seed", [1, 2])
def test_the_interval_holds_what_does_not_differ_by_allocation(seed: int) -> None:
    pupils = taken_up(seed)
    found = complier_effect(FORMULA, pupils, "treated", "took", "school")
    for effect in (found.ci_low, found.ci_high):
        rest = pupils.assign(endline=pupils["endline"] - effect * pupils["took"])
        assert fit(FORMULA, rest).inference("cr2", cluster="school").loc[
            "treated", "p_value"
        ] == pytest.approx(0.05)
    plain = fit(FORMULA, pupils).inference("cr2", cluster="school").loc["treated"]
    assert found.p_value == pytest.approx(plain["p_value"])
    assert found.estimate * found.first_stage == pytest.approx(plain["estimate"])
    scaled = complier_effect(
        FORMULA, pupils.assign(endline=15 * pupils["endline"] - 7), "treated", "took", "school"
    )
    assert (scaled.estimate, scaled.ci_high) == pytest.approx((15 * found.estimate, 15 * found.ci_high))


@needs_r
def test_the_estimate_is_ivregs(tmp_path: Path) -> None:
    pupils = taken_up(3)
    (estimate,) = numbers_of_r(IVREG, pupils, tmp_path)
    found = complier_effect(FORMULA, pupils, "treated", "took", "school")
    assert found.estimate == pytest.approx(estimate, rel=1e-9)


@needs_r
def test_the_error_is_estimatrs_cr2(tmp_path: Path) -> None:
    pupils = taken_up(4)
    numbers = numbers_of_r(ROBUST, pupils, tmp_path)
    found = complier_effect(FORMULA, pupils, "treated", "took", "school")
    assert [found.estimate, found.std_error] == pytest.approx(numbers, rel=1e-7)


def test_a_known_truth_is_covered_though_the_able_took_it_up() -> None:
    covered, leads, naive = 0, [], []
    for seed in range(60):
        pupils = taken_up(seed)
        found = complier_effect(FORMULA, pupils, "treated", "took", "school")
        covered += found.ci_low <= 6 <= found.ci_high
        leads.append(found.estimate)
        of_treated = pupils[pupils["treated"] == 1]
        naive.append(
            fit("endline ~ took + baseline + disadvantaged", of_treated).coefficients.loc["took", "estimate"]
        )
    assert covered >= 52, "of 60 at 95%: fewer once in five hundred"
    assert np.mean(leads) == pytest.approx(6, abs=4 * np.std(leads) / np.sqrt(60))
    assert np.mean(naive) > 8


def test_who_took_it_up_comes_from_records_and_the_least_fixed_beforehand(study: Study) -> None:
    pupils = taken_up(5)
    took = sorted(pupils.loc[pupils["took"] == 1, "school"].unique())
    left = sorted(set(pupils.loc[pupils["treated"] == 1, "school"]) - set(took))
    days = [(school, 1.5) for school in took for _ in range(2)] + [(left[0], 2.5)]
    support = pd.DataFrame(days, columns=["school", "days"]).assign(date=pd.Timestamp("2024-01-10"))
    found = compliance(study, pupils, {"support": support}).iloc[0]
    ours = pupils[pupils["treated"] == 1]
    assert found["share"] == pytest.approx(ours["took"].mean())
    assert found["n_took"] + found["n_not"] == len(ours)
    fixed = "endline ~ treated + baseline_within + baseline_school + disadvantaged + disadvantaged_school + year_group"
    by_hand = complier_effect(fixed, pupils, "treated", "took", "school")
    assert found["estimate"] == pytest.approx(by_hand.estimate)
    more = compliance(
        asked(study, Compliance(records="support", least=3.5)), pupils, {"support": support}
    ).iloc[0]
    assert more["share"] == 0
    assert "everyone took it up, or nobody" in more["reason"]
    hours = pd.DataFrame({"pupil": pupils.loc[pupils["took"] == 1, "pupil"], "hours": 2.0})
    helped = asked(study, Compliance(records="interventions", least=2.0))
    own = compliance(helped, pupils, {"interventions": hours}).iloc[0]
    assert own["estimate"] == pytest.approx(found["estimate"])


def test_without_records_or_a_word_of_the_plan_there_is_a_reason_or_no_row(study: Study) -> None:
    pupils = taken_up(6)
    assert "no support records" in compliance(study, pupils, {})["reason"].iloc[0]
    assert compliance(asked(study, None), pupils, {}).empty


@pytest.mark.parametrize(("kind", "took", "left", "told"), [
    ("interventions", 10, 10, True), ("interventions", 9, 50, False), ("interventions", 50, 9, False), ("interventions", 50, 0, False),
    ("support", 60, 0, True),
])  # fmt: skip
def test_few_who_took_it_up_are_not_told(kind: str, took: int, left: int, told: bool) -> None:
    row = {
        **dict.fromkeys(COMPLIANCE, 1.2345),
        "question": "compliance",
        "kind": kind,
        "n_took": took,
        "n_not": left,
        "reason": "why",
    }
    published = protect_compliance(pd.DataFrame([row]), 10)
    assert published["estimate"].notna().all() == told
    assert (published["reason"] == "why").all() == told
    claims = pd.DataFrame(
        [["project", "", "compliance", "higher"]], columns=["level", "unit", "question", "code"]
    )
    assert withhold_claim(claims, "compliance", published)["code"].tolist() == [
        "higher" if told else "withheld"
    ]

"""How the schools changed: against a case worked by hand, R, every pattern of signs, and what must not matter."""

import itertools
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.impact.change import changes, norms
from evaluation.models import sign_flip_test
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def table(gains: dict[str, list[tuple[float, float]]], treated: float = 1.0) -> pd.DataFrame:
    """Pupils who start at 90, by school: (disadvantaged, gain)."""
    rows = [(school, status, gain) for school, pupils in gains.items() for status, gain in pupils]
    found = pd.DataFrame(rows, columns=["school", "disadvantaged", "gain"])
    return found.assign(
        baseline=90 + np.arange(len(found)) % 5,
        endline=lambda t: t["baseline"] + t["gain"],
        treated=treated,
        in_population=True,
    )


HAND = {
    "a": [(1, 1), (0, 3)],  # 2, and disadvantaged pupils 2 behind
    "b": [(1, 6), (0, 6), (0, 6)],  # 6; 0
    "c": [(1, 3), (0, 1), (0, 8)],  # 4; -1.5
    "d": [(0, 0), (0, 0)],  # 0; nobody disadvantaged
}


def test_a_case_worked_by_hand(study: Study) -> None:
    """Schools 2, 6, 4, 0: mean 3, sd 2.582, standard error 1.291, t on 3 degrees of freedom 3.182."""
    found = changes(study, table(HAND)).set_index("question")
    change, gap = found.loc["change"], found.loc["change_in_gap"]
    assert change["estimate"] == pytest.approx(3)
    assert change["std_error"] == pytest.approx(np.sqrt(20 / 3) / 2)
    assert change["ci_low"] == pytest.approx(3 - 3.182446 * 1.290994, abs=1e-5)
    assert change["p_sign_flip"] == 2 / 8, "2 + 6 + 4 is as large with all signs alike, and school d has none"
    assert (change["without_one_low"], change["without_one_high"]) == (2, 4)
    assert change["pupil_weighted"] == pytest.approx((2 * 2 + 6 * 3 + 4 * 3) / 10)
    assert (change["n_schools"], change["n_pupils"], change["n_smallest"]) == (4, 10, 2)
    assert gap["estimate"] == pytest.approx((-2 + 0 - 1.5) / 3)
    assert (gap["n_schools"], gap["n_left_out"]) == (3, 1)
    assert np.isnan(gap["ci_low"])
    assert gap["reason"] == "fewer than four schools: no interval"


def test_only_the_treated_and_those_with_both_scores_count(study: Study) -> None:
    mine, others = table(HAND), table({"x": [(1, 30), (0, 40)]}, treated=0.0)
    absent = table({"a": [(1, 50)]}).assign(endline=np.nan)
    late = table({"b": [(1, 50)]}).assign(in_population=False)
    both = pd.concat([others, mine, absent, late]).sample(frac=1, random_state=2).reset_index(drop=True)
    pd.testing.assert_frame_equal(
        changes(study, both).drop(columns="regression"), changes(study, mine).drop(columns="regression")
    )


def test_different_tests_are_compared_on_their_norms(study: Study) -> None:
    """A test of mean 50 and sd 10: 40 there is 85 on the other; a pupil at both stands still."""
    other = study.instrument("maths_check").model_copy(
        update={"norm_mean": 50.0, "norm_sd": 10.0, "minimum": 0.0}
    )
    tests = tuple(other if item.name == "maths_check" else item for item in study.instruments)
    plan = study.analysis.model_copy(update={"baseline": "midpoint"})
    moved = study.model_copy(update={"instruments": tests, "analysis": plan})
    pupils = table(HAND).assign(midpoint=lambda t: 50 + (t["baseline"] - 100) / 15 * 10)
    assert changes(moved, pupils)["estimate"].tolist() == pytest.approx(
        changes(study, table(HAND))["estimate"].tolist()
    )
    blank = other.model_copy(update={"norm_mean": None, "norm_sd": None})
    tests = tuple(blank if item.name == "maths_check" else item for item in study.instruments)
    plain = moved.model_copy(update={"instruments": tests})
    assert norms(plain) is None
    raw = changes(plain, pupils)
    assert raw.loc[0, "estimate"] == pytest.approx(
        (pupils["endline"] - pupils["midpoint"]).groupby(pupils["school"]).mean().mean()
    )
    assert np.isnan(raw.loc[0, "regression"])


def test_the_bound_on_regression_to_the_mean_holds_in_a_simulation(study: Study) -> None:
    """Pupils chosen for a score under 90 on a test of reliability 0.8, on whom nothing was done."""
    generator = np.random.default_rng(5)
    true = generator.normal(100, 15 * np.sqrt(0.8), 400_000)
    first, last = (true + generator.normal(0, 15 * np.sqrt(0.2), len(true)) for _ in range(2))
    chosen = first < 90
    pupils = pd.DataFrame({"baseline": first, "endline": last})[chosen].reset_index(drop=True)
    pupils = pupils.assign(
        school=[str(at % 50) for at in range(len(pupils))], disadvantaged=0.0, treated=1.0, in_population=True
    )
    found = changes(study, pupils).iloc[0]
    assert found["estimate"] > 2
    assert found["regression"] >= found["estimate"], "all of it is regression"


def test_the_bound_weighs_schools_alike_and_takes_the_correlation_s_lower_limit(study: Study) -> None:
    """Schools of 30 and 10 that start at 90 and 80: 15 below the norm; Fisher's limit of r is tanh(atanh r - 1.6449 / sqrt(37))."""
    generator = np.random.default_rng(3)
    first = np.repeat([90.0, 80.0], [30, 10]) + np.tile([-3.0, 3.0], 20)
    pupils = pd.DataFrame({"baseline": first, "endline": first + generator.normal(0, 4, 40)})
    pupils = pupils.assign(
        school=np.repeat(["a", "b"], [30, 10]), disadvantaged=0.0, treated=1.0, in_population=True
    )
    r = np.corrcoef(pupils["baseline"], pupils["endline"])[0, 1]
    least = np.tanh(np.arctanh(r) - 1.6448536 / np.sqrt(37))
    assert changes(study, pupils).loc[0, "regression"] == pytest.approx((1 - least) * 15)


@pytest.mark.parametrize("size", [3, 6, 11])
def test_sign_flips_are_every_pattern(size: int) -> None:
    values = np.random.default_rng(size).normal(0.5, 1, size).round(2)
    sums = [abs(np.dot(signs, values)) for signs in itertools.product((1, -1), repeat=size)]
    found = sign_flip_test(values, seed=1)
    assert found.p_value == np.mean([total >= abs(values.sum()) - 1e-9 for total in sums])
    assert (found.exact, found.patterns, found.smallest_p) == (True, 2**size, 2 / 2**size)
    shuffled = sign_flip_test(values[::-1] * 100, seed=9)
    assert shuffled.p_value == found.p_value


def test_many_units_are_sampled_and_nothing_has_a_reason() -> None:
    found = sign_flip_test(np.full(30, 1.0), seed=1)
    assert (found.exact, found.p_value) == (False, 1 / 10_000)
    assert "fewer than two" in sign_flip_test([3.0], seed=1).reason
    assert np.isnan(sign_flip_test([0.0, 0.0], seed=1).p_value)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_s_t_test_of_the_schools_agrees(study: Study) -> None:
    generator = np.random.default_rng(8)
    gains = {f"s{at}": [(at % 2, g) for g in generator.normal(at % 3, 5, 12).round(1)] for at in range(9)}
    found = changes(study, table(gains)).iloc[0]
    means = ",".join(f"{np.mean([gain for _, gain in pupils]):.10f}" for pupils in gains.values())
    code = f"t <- t.test(c({means})); cat(t$estimate, t$conf.int, t$p.value)"
    said = subprocess.run(["Rscript", "-e", code], check=True, capture_output=True, text=True).stdout
    ours = found[["estimate", "ci_low", "ci_high", "p_value"]].tolist()
    assert ours == pytest.approx([float(text) for text in said.split()], rel=1e-5)

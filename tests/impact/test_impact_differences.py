"""Plain differences, balance and claim codes, against R's t.test, hand-worked cases and the rules' own words."""

import math

import numpy as np
import pandas as pd
import pytest

from evaluation.impact.balance import cox_index, hedges_g, verdict
from evaluation.impact.claims import code
from evaluation.impact.differences import by_cluster_means, one_sample, welch

# sleep data of R (Student 1908); t.test(extra ~ group, data = sleep)
GROUP_1 = pd.Series([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
GROUP_2 = pd.Series([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_welch_agrees_with_r() -> None:
    # R: t = -1.8608, df = 17.776, 95 percent confidence interval -3.3654832 0.2054832
    found = welch(GROUP_1, GROUP_2)
    assert found.estimate == pytest.approx(-1.58)
    assert found.ci_low == pytest.approx(-3.3654832, abs=1e-7)
    assert found.ci_high == pytest.approx(0.2054832, abs=1e-7)
    assert (found.n_1, found.n_2) == (10, 10)


def test_a_paired_gain_agrees_with_r() -> None:
    # R: t.test(sleep$extra[1:10] - sleep$extra[11:20]): 95 percent interval -2.4598858 -0.7001142
    found = one_sample(GROUP_1 - GROUP_2, 10, "t interval")
    assert (found.ci_low, found.ci_high) == pytest.approx((-2.4598858, -0.7001142), abs=1e-7)


def test_fewer_than_four_units_give_a_point_and_say_so() -> None:
    found = one_sample(pd.Series([1.0, 2.0, 6.0]), 90, "t interval")
    assert found.estimate == 3.0
    assert math.isnan(found.ci_low)
    assert "fewer than four" in found.method


def test_groups_are_compared_by_their_means_not_their_pupils() -> None:
    outcome = pd.Series([1.0, 3.0, 5.0, 5.0, 0.0, 0.0, 2.0, 4.0])
    treated = pd.Series([1, 1, 1, 1, 0, 0, 0, 0])
    groups = pd.Series(list("aabbccdd"))
    # class means 2 and 5 against 0 and 3: difference 2, each mean's variance 4.5, so se = sqrt(4.5/2 + 4.5/2), df = 2
    found = by_cluster_means(outcome, treated, groups)
    assert found.estimate == 2.0
    assert found.std_error == pytest.approx(math.sqrt(4.5))
    assert found.ci_high == pytest.approx(2 + 4.30265273 * math.sqrt(4.5), rel=1e-6)
    alone = by_cluster_means(outcome[:6], treated[:6], groups[:6])
    assert math.isnan(alone.std_error)
    assert "one group on a side" in alone.method


@pytest.mark.parametrize(("first", "second"), [([1.0], [1.0, 2.0]), ([2.0, 2.0], [1.0, 1.0])])
def test_no_interval_comes_with_its_reason(first: list[float], second: list[float]) -> None:
    found = welch(pd.Series(first), pd.Series(second))
    assert math.isnan(found.ci_low)
    assert found.method.startswith("no interval: ")


def test_hedges_g_of_a_case_worked_by_hand() -> None:
    # means 4 and 2, both variances 2.5, five a side: d = 2/sqrt(2.5), J = 1 - 3/31
    first, second = pd.Series([2.0, 3, 4, 5, 6]), pd.Series([0.0, 1, 2, 3, 4])
    assert hedges_g(first, second) == pytest.approx((1 - 3 / 31) * 2 / math.sqrt(2.5))


def test_cox_index_of_a_case_worked_by_hand() -> None:
    # 75% and 50%: log odds ln 3 and 0
    first, second = pd.Series([1.0] * 75 + [0] * 25), pd.Series([1.0] * 50 + [0] * 50)
    assert cox_index(first, second) == pytest.approx((1 - 3 / (4 * 198 - 1)) * math.log(3) / 1.65)
    assert np.isnan(cox_index(pd.Series([1.0, 1.0]), second))


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (0.05, "balanced"),
        (-0.051, "adjust"),
        (0.25, "adjust"),
        (-0.26, "not equivalent"),
        (math.nan, "not estimable"),
    ],
)
def test_the_thresholds_of_balance(effect: float, expected: str) -> None:
    assert verdict(effect) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.1, 2, "higher"),
        (-2, -0.1, "lower"),
        (-0.1, 2, "inconclusive"),
        (0.0, 2, "inconclusive"),
        (-math.inf, 2, "not_estimable"),
        (math.nan, math.nan, "not_estimable"),
    ],
)
def test_a_claim_needs_an_interval_on_one_side_of_zero(low: float, high: float, expected: str) -> None:
    assert code(low, high) == expected

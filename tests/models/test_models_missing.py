"""Rubin's rules against a case worked by hand, and draws of missing values against known truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models.missing.draw import Predictors, draw_missing
from evaluation.models.missing.rubin import pool

SCHOOLS, PUPILS = 30, 40


def test_a_case_worked_by_hand() -> None:
    """Estimates 1, 2, 3 with standard errors 1: W 1, B 4/3, T 7/3, share 4/7; df 1 / (16/98 + 1/7.826087) = 3.435920."""
    found = pool([1, 2, 3], [1, 1, 1], complete_df=20)
    assert found.estimate == 2
    assert found.std_error == pytest.approx(np.sqrt(7 / 3))
    assert found.share_missing == pytest.approx(4 / 7)
    assert found.df == pytest.approx(1 / (16 / 98 + 1 / (21 / 23 * 20 * 3 / 7)))
    assert found.df == pytest.approx(3.43592, abs=1e-5)
    reach = stats.t(found.df).ppf(0.975) * np.sqrt(7 / 3)
    assert (found.ci_low, found.ci_high) == pytest.approx((2 - reach, 2 + reach))
    assert found.p_value == pytest.approx(2 * stats.t(found.df).sf(2 / np.sqrt(7 / 3)))


def test_sets_that_agree_are_one_set_with_barnard_and_rubins_observed_df() -> None:
    found = pool([5.0] * 4, [2.0] * 4, complete_df=10)
    assert (found.estimate, found.std_error, found.share_missing) == (5, 2, 0)
    assert found.df == pytest.approx(11 / 13 * 10)


def test_one_set_is_refused() -> None:
    with pytest.raises(ModelError, match="two imputations or more"):
        pool([1.0], [1.0], 5)


@given(
    st.lists(st.floats(-50, 50), min_size=2, max_size=9),
    st.floats(0.1, 9),
    st.floats(2, 200),
    st.floats(0.1, 9),
)
@settings(max_examples=60, deadline=None)
def test_df_is_never_above_complete_data_s_and_units_do_not_matter(
    estimates: list[float], error: float, complete: float, unit: float
) -> None:
    found = pool(estimates, [error] * len(estimates), complete)
    assert 0 < found.df < complete
    assert found.std_error >= error * (1 - 1e-12)
    other = pool([unit * value for value in estimates], [unit * error] * len(estimates), complete)
    assert other.std_error == pytest.approx(unit * found.std_error)
    assert other.df == pytest.approx(found.df)


def school_data(seed: int) -> tuple[np.ndarray, Predictors, np.random.Generator]:
    """y = 3 + 2 x + u + e, the variance 4 between schools and 9 within."""
    generator = np.random.default_rng(seed)
    school = np.repeat(np.arange(SCHOOLS), PUPILS)
    x = generator.normal(size=len(school))
    y = 3 + 2 * x + generator.normal(0, 2, SCHOOLS)[school] + generator.normal(0, 3, len(school))
    return y, Predictors(np.column_stack([np.ones(len(y)), x]), [school]), generator


def test_draws_have_the_mean_and_the_spread_that_the_truth_has_given_what_is_known() -> None:
    """Missing the likelier the higher x is: the schools' own levels are used, and the residual's sd is that of a pupil."""
    y, predictors, generator = school_data(1)
    missing = generator.random(len(y)) < np.where(predictors.fixed[:, 1] > 0, 0.4, 0.05)
    lacking = np.where(missing, np.nan, y)
    draws = np.array([draw_missing(lacking, predictors, generator)[missing] for _ in range(60)])
    apart = draws - y[missing]
    assert apart.mean() == pytest.approx(0, abs=3 * 3 / np.sqrt(missing.sum()))
    assert draws.std(axis=0).mean() == pytest.approx(3, abs=0.3)
    school, line = predictors.groups[0], 3 + 2 * predictors.fixed[:, 1]
    levels = [(y - line)[school == s].mean() for s in range(SCHOOLS)]
    drawn = [(draws.mean(axis=0) - line[missing])[school[missing] == s].mean() for s in range(SCHOOLS)]
    assert np.corrcoef(drawn, levels)[0, 1] > 0.9


def test_imputation_is_proper_where_nothing_else_is_known() -> None:
    """With y alone and no schools' differences the pooled mean is the known ones', its variance theirs (Rubin and Schenker 1986)."""
    generator = np.random.default_rng(3)
    y = generator.normal(10, 2, 400)
    y[:100] = np.nan
    predictors = Predictors(np.ones((400, 1)), [np.arange(400) // 20])
    sets = [draw_missing(y, predictors, generator) for _ in range(150)]
    found = pool([s.mean() for s in sets], [s.std(ddof=1) / 20 for s in sets], 399)
    known = y[100:]
    assert found.estimate == pytest.approx(known.mean(), abs=0.04)
    assert found.std_error == pytest.approx(known.std(ddof=1) / np.sqrt(300), rel=0.12)


def test_yes_or_no_is_drawn_by_school_and_by_what_explains_it() -> None:
    y, predictors, generator = school_data(5)
    answer = (y > 3).astype(float)
    missing = generator.random(len(y)) < 0.2
    draws = np.array(
        [
            draw_missing(np.where(missing, np.nan, answer), predictors, generator, yes_no=True)[missing]
            for _ in range(60)
        ]
    )
    assert set(np.unique(draws)) == {0, 1}
    assert draws.mean() == pytest.approx(answer[missing].mean(), abs=0.06)
    assert np.corrcoef(draws.mean(axis=0), answer[missing])[0, 1] > 0.4


@given(st.integers(0, 10_000), st.integers(1, 200))
@settings(max_examples=15, deadline=None)
def test_what_is_known_stays_and_collinear_columns_do_not_matter(seed: int, missing: int) -> None:
    y, predictors, generator = school_data(seed)
    y[generator.choice(len(y), missing, replace=False)] = np.nan
    twice = Predictors(np.column_stack([predictors.fixed, predictors.fixed @ [1, 2]]), predictors.groups)
    completed = draw_missing(y, twice, generator)
    assert np.isfinite(completed).all()
    np.testing.assert_array_equal(completed[~np.isnan(y)], y[~np.isnan(y)])

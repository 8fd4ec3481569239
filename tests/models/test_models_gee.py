"""Logistic estimating equations: their definitions with every row written out, statsmodels, finite differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from statsmodels.genmod.cov_struct import Exchangeable
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_estimating_equations import GEE
from yes_no import columns, corrected_weights, dense, fitted, simulate

from evaluation.errors import ModelError
from evaluation.models.inference.one_cluster import rests_on_one_cluster
from evaluation.models.proportions import gee

# What another test left open may be collected here; it says nothing of this room.
pytestmark = pytest.mark.filterwarnings("error", "ignore::pytest.PytestUnraisableExceptionWarning")
CASES = {
    "treated": (simulate(1), ("treated",)),
    "covariates": (simulate(2, 14), ("treated", "disadvantaged", "baseline", "treated:disadvantaged")),
}


@pytest.mark.parametrize("case", ["treated", "covariates"])
def test_kauermann_carroll_equals_its_definition(case: str) -> None:
    data, names = CASES[case]
    ours, x, y = fitted(data, *names)
    assert ours.correlation > 0.01
    schools = data["school"].to_numpy()
    gradient = np.random.default_rng(1).normal(size=x.shape[1])
    weights = corrected_weights(ours, x, schools, -0.5, gradient)
    d, v, m = dense(ours, x, schools)
    left = np.eye(len(x)) - d @ m @ d.T @ np.linalg.inv(v)
    covariance = weights @ left @ v @ left.T @ weights.T
    std_error, df = gee.inference(ours, gradient)
    assert std_error**2 == pytest.approx(((weights @ (y - expit(x @ ours.beta))) ** 2).sum(), rel=1e-8)
    assert df == pytest.approx(np.trace(covariance) ** 2 / np.trace(covariance @ covariance), rel=1e-8)
    # under its working model the corrected variance is right on average
    assert np.trace(covariance) == pytest.approx(gradient @ m @ gradient, rel=1e-8)


@pytest.mark.parametrize("case", ["treated", "covariates"])
def test_information_and_scores_give_mancl_and_derouens_covariance(case: str) -> None:
    """By its definition with matrices of all rows, and as statsmodels has it."""
    data, names = CASES[case]
    ours, x, y = fitted(data, *names)
    schools = data["school"].to_numpy()
    m = np.linalg.inv(ours.information.sum(axis=0))
    hat = ours.information @ m
    scores = np.linalg.solve(np.eye(len(m)) - hat, ours.scores[..., None])[..., 0]
    found = m @ scores.T @ scores @ m
    for place, gradient in enumerate(np.eye(len(m))):
        parts = corrected_weights(ours, x, schools, -1, gradient) @ (y - expit(x @ ours.beta))
        assert found[place, place] == pytest.approx((parts**2).sum(), rel=1e-8)
    second = GEE(y, x, groups=schools, family=Binomial(), cov_struct=Exchangeable())
    theirs = second.fit(ddof_scale=0, ctol=1e-10, cov_type="bias_reduced")
    np.testing.assert_allclose(found, theirs.cov_params(), rtol=1e-5)


def test_gradient_of_standardised_proportions_by_finite_differences() -> None:
    data, names = CASES["covariates"]
    ours, _, _ = fitted(data, *names)
    designs = np.array([columns(data.assign(treated=value), *names) for value in (0, 1)])
    _, gradient = gee.standardised(ours.beta, designs, np.array([-1, 1]))
    for place, step in enumerate(np.eye(len(ours.beta)) * 1e-5):
        ahead, behind = (
            np.diff(gee.standardised(ours.beta + way * step, designs, np.array([-1, 1]))[0]).item()
            for way in (1, -1)
        )
        assert gradient[place] == pytest.approx((ahead - behind) / 2e-5, rel=1e-6)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=4, max_size=12))
def test_separation_by_one_number(rows: list[tuple[int, bool]]) -> None:
    """A threshold that has all 1s on one side, itself included, and all 0s on the other, unless both are only at it."""
    x, y = np.array([row[0] for row in rows], dtype=float), np.array([row[1] for row in rows])
    ones, zeros = x[y], x[~y]
    if not len(ones) or not len(zeros):
        expected = True
    else:
        apart = ones.min() >= zeros.max() or ones.max() <= zeros.min()
        expected = apart and not (np.ptp(ones) == 0 and np.ptp(zeros) == 0 and ones[0] == zeros[0])
    assert gee.separated(y.astype(float), np.column_stack([np.ones(len(x)), x])) == expected


@settings(max_examples=60, deadline=None)
@given(groups=st.lists(st.lists(st.integers(0, 1), min_size=2, max_size=5), min_size=3, max_size=6))
def test_resting_on_one_cluster_is_a_loss_of_rank_without_it(groups: list[list[int]]) -> None:
    clusters = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    x = np.column_stack([np.ones(len(clusters)), np.concatenate(groups)])
    if np.linalg.matrix_rank(x) < 2:
        return
    information = np.array([x[clusters == k].T @ x[clusters == k] for k in range(len(groups))])
    rest = [x[clusters != k] for k in range(len(groups))]
    expected = any(np.linalg.matrix_rank(part) < 2 for part in rest)
    assert rests_on_one_cluster(information, np.array([0.0, 1.0])) == expected


def test_equations_without_a_solution_are_refused() -> None:
    """Schools with all or none but for a pupil or two: the correlation nears 1, and the log odds run off."""
    refused = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        schools = np.repeat(np.arange(6), rng.integers(2, 40, 6))
        share = rng.beta(0.9 / 4, 0.1 / 4, 6)
        y, x = (rng.random(len(schools)) < share[schools]).astype(float), (schools % 2).astype(float)
        baseline = rng.normal(100, 15, len(schools))
        try:
            ours = gee.logistic_gee(y, np.column_stack([np.ones(len(x)), x, baseline]), schools)
        except ModelError as error:
            refused += "no solution" in str(error)
        else:
            assert 0 <= ours.correlation < 1
            assert np.isfinite(ours.beta).all()
            assert ours.scores.sum(axis=0) / (1 + np.abs(ours.scores).sum(axis=0)) == pytest.approx(
                0, abs=1e-6
            )
    assert refused > 0

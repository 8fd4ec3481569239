"""Hedges' clustered effect size against matrices worked out in full, other implementations, and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from evaluation.errors import ModelError
from evaluation.models.sizes.hedges import design_variance, expected_share, hedges_2007, hedges_j, spread

UNEQUAL = np.array([10.0, 20, 30, 40, 60]), np.array([15.0, 25, 25, 50])
SIZES = st.lists(st.integers(1, 12), min_size=2, max_size=5)
ICC = st.floats(0, 1)


def moments(treated: np.ndarray, control: np.ndarray, icc: float) -> tuple[float, float, float]:
    """Mean and variance of the pooled total variance, and the difference's variance, from the units' own covariance.

    For y ~ N(mu, V) and M the projection off the two arm means, y'My has mean tr(MV) and variance 2 tr(MVMV).
    """
    sizes = np.concatenate([treated, control]).astype(int)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    arm = np.repeat(np.arange(len(sizes)) < len(treated), sizes)
    same = cluster[:, None] == cluster
    v = icc * same + (1 - icc) * np.eye(len(cluster))
    x = np.column_stack([arm, ~arm]).astype(float)
    mv = (np.eye(len(cluster)) - x @ np.linalg.solve(x.T @ x, x.T)) @ v
    rest = len(cluster) - 2
    weights = arm / arm.sum() - ~arm / (~arm).sum()
    return float(np.trace(mv) / rest), float(2 * np.trace(mv @ mv) / rest**2), float(weights @ v @ weights)


@given(SIZES, SIZES, ICC)
def test_terms_equal_the_moments_of_the_units(treated: list[int], control: list[int], icc: float) -> None:
    t, c = np.array(treated, float), np.array(control, float)
    rest = sum(treated) + sum(control) - 2
    mean, variance, difference = moments(t, c, icc)
    assert expected_share(t, c, icc) == pytest.approx(mean, rel=1e-9)
    assert 2 * spread(t, c, icc) / rest**2 == pytest.approx(variance, rel=1e-9)
    assert design_variance(t, c, icc) == pytest.approx(difference, rel=1e-9)


def test_last_term_is_the_delta_methods_times_the_expected_share() -> None:
    """var(D/s) = var(D)/mean + D^2 var(s^2) / (4 mean^3), so b times it has d^2 var(s^2) / (4 mean^2); Hedges has b of that."""
    t, c = UNEQUAL
    mean, variance, difference = moments(t, c, 0.3)
    found = hedges_2007(9.0, 4.0, 0.3, t, c)
    last = found.estimate**2 * variance / (4 * mean**2)
    assert found.variance == pytest.approx(difference + mean * last, rel=1e-12)
    assert 0.9 < mean < 0.95


def test_equal_clusters_equal_the_papers_equations_15_and_16() -> None:
    """Hedges (2007), equations 15 and 16, written out; then R's DIFreport 0.1.0 by the same equations."""
    found = hedges_2007(4.0, 10.0, 0.2, [15] * 10, [15] * 6)
    d = 0.4 * np.sqrt(1 - 2 * 14 * 0.2 / 238)
    bracket = 238 * 0.8**2 + 15 * (240 - 30) * 0.2**2 + 2 * (240 - 30) * 0.2 * 0.8
    variance = 240 / (150 * 90) * (1 + 14 * 0.2) + d**2 * bracket / (2 * 238 * (238 - 2 * 14 * 0.2))
    assert found.estimate == pytest.approx(d, rel=1e-12)
    assert found.variance == pytest.approx(variance, rel=1e-12)
    # est_smd(m1 = 0, m2 = 4, sdp = 10, n1 = 150, n2 = 90, cluster.n = 15, icc = .2)
    assert found.estimate == pytest.approx(0.3952661055, abs=1e-10)
    assert np.sqrt(found.variance) == pytest.approx(0.2608515741, abs=1e-10)


def test_degrees_of_freedom_of_the_sd_equal_the_what_works_clearinghouses() -> None:
    """h = (N - 2)^2 b^2 / bracket: R's VIVECampbell, df_h(N_total = 100, ICC = 0.1, avg_grp_size = 5) prints 94.4."""
    t = c = np.full(10, 5.0)
    h = (98 * expected_share(t, c, 0.1)) ** 2 / spread(t, c, 0.1)
    assert h == pytest.approx(94.4, abs=0.005)


def test_without_clustering_it_is_the_ordinary_standardised_difference() -> None:
    found = hedges_2007(-3.0, 6.0, 0.0, [4, 9, 2], [7, 8])
    assert found.estimate == -0.5
    assert found.variance == pytest.approx(1 / 15 + 1 / 15 + 0.25 / (2 * 28), rel=1e-12)


def test_variance_and_interval_hold_in_simulated_studies() -> None:
    """Standard error of the ratio of variances: about 1%. The icc is estimated from each study by analysis of variance."""
    icc, delta, studies = 0.15, 0.8, 20_000
    t, c = UNEQUAL
    rng = np.random.default_rng(32341)
    means, between, within = zip(*(arm(sizes, icc, studies, rng) for sizes in UNEQUAL), strict=True)
    units, clusters = t.sum() + c.sum(), len(t) + len(c)
    difference = delta + means[0] - means[1]
    mean_square = sum(within) / (units - clusters)
    total_sd = np.sqrt((sum(between) + sum(within)) / (units - 2))
    estimates = difference / total_sd * np.sqrt(expected_share(t, c, icc))
    expected = hedges_2007(delta, np.sqrt(expected_share(t, c, icc)), icc, t, c)
    assert estimates.mean() == pytest.approx(delta, abs=0.015)
    assert estimates.var() == pytest.approx(expected.variance, rel=0.035)
    coefficient = sum((s.sum() - (s**2).sum() / s.sum()) for s in UNEQUAL)
    between_variance = (sum(between) - (clusters - 2) * mean_square) / coefficient
    found_icc = np.clip(between_variance / (np.maximum(between_variance, 0) + mean_square), 0, 1)
    found = [hedges_2007(*row, t, c) for row in zip(difference[:4000], total_sd, found_icc, strict=False)]
    covered = np.mean([one.ci_low < delta < one.ci_high for one in found])
    reach = [stats.norm.ppf(0.975) * np.sqrt(one.variance) for one in found]
    normal = np.mean([abs(one.estimate - delta) < r for one, r in zip(found, reach, strict=True)])
    assert covered == pytest.approx(0.95, abs=0.015)
    assert normal < 0.93


def arm(sizes: np.ndarray, icc: float, studies: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Mean, sum of squares of cluster means about it, and sum of squares within clusters, of each study."""
    means = rng.normal(size=(studies, len(sizes))) * np.sqrt(icc + (1 - icc) / sizes)
    mean = means @ sizes / sizes.sum()
    within = (1 - icc) * rng.chisquare(sizes.sum() - len(sizes), studies)
    return mean, ((means - mean[:, None]) ** 2) @ sizes, within


def test_interval_is_students_on_clusters_less_two() -> None:
    found = hedges_2007(4.0, 10.0, 0.2, [15] * 3, [15] * 4)
    assert found.df == 5
    reach = 2.570582 * np.sqrt(found.variance)  # t of 0.975 on 5 df
    assert [found.ci_low, found.ci_high] == pytest.approx(
        [found.estimate - reach, found.estimate + reach], abs=1e-6
    )


def test_an_adjusted_difference_brings_its_own_standard_error() -> None:
    plain = hedges_2007(4.0, 10.0, 0.2, *UNEQUAL)
    adjusted = hedges_2007(4.0, 10.0, 0.2, *UNEQUAL, std_error=1.5)
    b = expected_share(*UNEQUAL, 0.2)
    swapped = design_variance(*UNEQUAL, 0.2) - b * 0.15**2
    assert plain.variance - adjusted.variance == pytest.approx(swapped, rel=1e-12)
    assert (plain.first_term, adjusted.first_term) == ("cluster sizes", "standard error")
    assert plain.estimate == adjusted.estimate


@given(SIZES, SIZES, ICC, st.floats(-50, 50), st.floats(0.1, 100))
def test_units_and_the_order_of_arms_do_not_matter(
    treated: list[int], control: list[int], icc: float, difference: float, scale: float
) -> None:
    found = hedges_2007(difference, 10.0, icc, treated, control)
    again = hedges_2007(-difference * scale, 10.0 * scale, icc, control, treated[::-1])
    assert again.estimate == pytest.approx(-found.estimate, rel=1e-9)
    assert again.variance == pytest.approx(found.variance, rel=1e-9)
    assert again.ci_low == pytest.approx(-found.ci_high, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("treated", "control", "difference", "reason"),
    [
        ([30], [10, 20], 1.0, "the treated arm has one cluster"),
        ([10, 20], [30], 1.0, "the control arm has one cluster"),
        ([10, 20], [], 1.0, "the control arm has no cluster"),
        ([10, 20], [10, 20], np.nan, "no difference"),
    ],
)
def test_says_why_there_is_none(
    treated: list[int], control: list[int], difference: float, reason: str
) -> None:
    found = hedges_2007(difference, 10.0, 0.1, treated, control)
    assert reason in found.reason
    assert found.estimate is found.variance is found.ci_low is found.ci_high is found.df is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"total_sd": 0.0}, "standard deviation must be above 0, not 0"),
        ({"total_sd": np.inf}, "standard deviation"),
        ({"icc": 1.2}, "from 0 to 1, not 1.2"),
        ({"icc": -0.1}, "from 0 to 1, not -0.1"),
        ({"icc": np.nan}, "from 0 to 1"),
        ({"std_error": -1.0}, "standard error must be at least 0, not -1"),
        ({"sizes_treated": [10, 0]}, "treated arm's cluster sizes"),
        ({"sizes_control": [[10, 20]]}, "control arm's cluster sizes"),
    ],
)
def test_impossible_values_are_named(change: dict[str, object], message: str) -> None:
    valid = {
        "difference": 1.0,
        "total_sd": 10.0,
        "icc": 0.1,
        "sizes_treated": [5, 6],
        "sizes_control": [7, 8],
    }
    assert hedges_2007(**valid).reason == ""  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=message):
        hedges_2007(**(valid | change))  # type: ignore[arg-type]


@pytest.mark.parametrize("df", [1.5, 2.0, 7.5, 21.0, 3000.0])
def test_hedges_j_makes_a_chi_unbiased(df: float) -> None:
    """E(1 / s) J(df) = 1 for s^2 a mean square on df degrees of freedom."""
    mean = integrate.quad(
        lambda u: np.sqrt(df / stats.chi2.ppf(u, df)), 0, 1, limit=500, epsabs=0, epsrel=1e-9
    )[0]
    assert mean * hedges_j(df) == pytest.approx(1, rel=1e-6)


def test_hedges_j_at_the_ends() -> None:
    """J(2) = 1 / sqrt(pi) and J(3) = sqrt(pi / 6), from gamma(1/2) = sqrt(pi); for many df it nears 1 - 3 / (4 df - 1)."""
    assert [hedges_j(2), hedges_j(3)] == pytest.approx([np.pi**-0.5, (np.pi / 6) ** 0.5], rel=1e-14)
    assert hedges_j(1e9) == pytest.approx(1 - 3 / (4e9 - 1), rel=1e-14)
    assert hedges_j(np.inf) == 1
    assert np.isnan(hedges_j(1.0))

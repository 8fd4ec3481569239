"""The wild cluster bootstrap against refits of rows for every pattern of signs, exact arithmetic, and Stata's boottest."""

import math
import time
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from wild_brute_force import Rows, exact, refits, rows_of, sums, trial

from evaluation.errors import ModelError
from evaluation.models.robustness.arms import clusters_by_arm
from evaluation.models.robustness.wild import WEBB, WildBootstrap, wild_bootstrap

# State insurance of the self-employed, 1983-1990, by year and self-employment: the example of boottest (Roodman et al.
# 2019), shipped with it as collapsed.dta.
INSURED = [
    [0.875507832, 0.87950325, 0.871785104, 0.870948255, 0.872399449, 0.858654201, 0.854378104, 0.847078145],
    [0.710442603, 0.737829745, 0.707013249, 0.712002337, 0.719017386, 0.766577542, 0.742061257, 0.745741785],
]


def bootstrap(rows: Rows, contrast: list[float], **options: object) -> WildBootstrap:
    return wild_bootstrap(*sums(*rows), np.array(contrast), **({"n": len(rows[1]), "seed": 1} | options))  # type: ignore[arg-type]


@pytest.mark.parametrize("clusters", range(5, 11))
@pytest.mark.parametrize(
    ("contrast", "null"), [([0, 1, 0, 0], 0.0), ([0, 0, 1, 0], 0.9), ([0, 1, 0, 2], 1.3)]
)
def test_p_is_that_of_every_pattern_refitted(clusters: int, contrast: list[float], null: float) -> None:
    rows = trial(clusters, clusters, clusters // 2)
    found = bootstrap(rows, contrast, null=null)
    assert found.p_value is not None
    assert Fraction(found.p_value) == refits(rows, contrast, null)
    assert (found.patterns, found.weights) == (2**clusters, "rademacher-enumerated")


whole = st.lists(st.integers(-2, 2), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(st.lists(whole, min_size=4, max_size=6), st.integers(1, 3), st.sampled_from([0, 1, Fraction(1, 2)]))
def test_ties_are_those_of_exact_arithmetic(y: list[list[int]], treated: int, null: Fraction) -> None:
    expected = exact(y, treated, Fraction(null))
    found = bootstrap(rows_of(y, treated), [0, 1], null=float(null))
    if expected is None:
        assert found.reason is not None
        assert "zero" in found.reason
    else:
        assert found.p_value is not None
        assert (Fraction(found.p_value), found.ties) == expected


def test_more_patterns_than_the_mirror_image_may_tie() -> None:
    y = [[3, 1, 0], [1, 2, -2], [0, 2, 0], [-3], [3, -3]]
    assert exact(y, 2, Fraction(0)) == (Fraction(5, 16), 4)
    found = bootstrap(rows_of(y, 2), [0, 1])
    assert (found.p_value, found.ties) == (5 / 16, 4)


def insured() -> Rows:
    late = np.repeat(np.arange(8) >= 5, 2).astype(float)
    own = np.tile([0.0, 1.0], 8)
    return (
        np.column_stack([np.ones(16), own, late, late * own]),
        np.array(INSURED).T.ravel(),
        np.repeat(np.arange(8), 2),
    )


def test_published_example() -> None:
    # . regress hasinsurance selfemployed post post_self, cluster(year)
    # . boottest post_self=.04
    # t(7) = 2.0194, Prob>|t| = 0.0742 (256 replications), 95% confidence set [.03874, .07098]: its search stops within
    # 1/256 or so of p = 0.05, short of the jump. boottest, weight(webb) reps(9999999): Prob>|t| = 0.0757.
    found = bootstrap(insured(), [0, 0, 0, 1], null=0.04)
    assert found.statistic == pytest.approx(2.0194, abs=5e-5)
    assert found.p_value == pytest.approx(0.0742, abs=5e-5)
    ((low, high),) = found.interval
    assert 0.03874 - 0.0008 < low < 0.03874
    assert 0.07098 < high < 0.07098 + 0.0008
    sampled = bootstrap(insured(), [0, 0, 0, 1], null=0.04, limit=0, draws=99_999)
    assert sampled.weights == "webb"
    assert sampled.patterns == 100_000
    assert sampled.p_value == pytest.approx(0.0757, abs=3.5 * math.sqrt(0.0757 * 0.9243 / 99_999))


def test_standard_error_is_cr1() -> None:
    x, y, cluster = rows = trial(3, 9, 4)
    theirs = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    found = bootstrap(rows, [0, 1, 0, 0])
    assert found.estimate == pytest.approx(theirs.params[1], rel=1e-9)
    assert found.std_error == pytest.approx(theirs.bse[1], rel=1e-9)
    assert found.statistic == pytest.approx(theirs.tvalues[1], rel=1e-9)


def inside(found: WildBootstrap, value: float) -> bool:
    return any(low <= value <= high for low, high in found.interval)


# Among them intervals in one piece, two and three, and the whole line.
@pytest.mark.parametrize(
    ("seed", "clusters", "treated", "pieces"),
    [(65, 5, 2, 2), (0, 5, 2, 1), (207, 6, 2, 3), (103, 6, 1, 2), (157, 7, 2, 3), (0, 4, 2, 1), (0, 8, 4, 1)],
)
def test_interval_is_where_refits_do_not_reject(seed: int, clusters: int, treated: int, pieces: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 9, clusters)
    cluster = np.repeat(np.arange(clusters), sizes)
    x = np.column_stack([np.ones(len(cluster)), cluster < treated, rng.normal(size=len(cluster))])
    y = np.round(rng.normal(size=len(cluster)) + rng.normal(size=clusters)[cluster], 1)
    rows, contrast = (x, y, cluster), [0.0, 1.0, 0.0]
    found = bootstrap(rows, contrast)
    assert len(found.interval) == pieces
    ends = [end for piece in found.interval for end in piece if math.isfinite(end)]
    assert ends == sorted(ends)
    unit = found.std_error or 0.0
    near = [end + side * 1e-4 * unit for end in ends for side in (-1, 1)]
    for null in [*near, *(found.estimate + unit * np.linspace(-30, 30, 25))]:
        assert inside(found, null) == (refits(rows, contrast, null) >= 0.05)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(whole, min_size=4, max_size=7),
    st.integers(1, 3),
    st.floats(-20, 20),
    st.sampled_from([0.95, 0.9, 0.8, 0.5]),
)
def test_a_value_is_in_the_interval_if_and_only_if_p_does_not_reject_it(
    y: list[list[int]], treated: int, null: float, level: float
) -> None:
    rows = rows_of(y, treated)
    found = bootstrap(rows, [0, 1], level=level, null=null)
    if found.reason is None:
        assert found.p_value is not None
        at_end = any(abs(null - end) < 1e-6 for piece in found.interval for end in piece)
        assert at_end or inside(found, null) == (found.p_value >= 1 - level - 1e-9)


def test_five_clusters_may_reject_and_are_then_bounded_with_a_note() -> None:
    y = [[10, 11], [10, 12], [1, 2], [1, 1], [0, 1]]
    found = bootstrap(rows_of(y, 2), [0, 1])
    assert found.p_value == 1 / 32
    ((low, high),) = found.interval
    assert 0 < low < high < math.inf
    assert any("1/32" in note and "2/32" in note for note in found.notes)


def test_four_clusters_reject_nothing() -> None:
    found = bootstrap(rows_of([[10, 11], [10, 12], [1, 2], [1, 1]], 2), [0, 1])
    assert found.p_value == 1 / 16
    assert found.interval == ((-math.inf, math.inf),)
    assert any("nothing can be rejected" in note for note in found.notes)


def test_a_verdict_that_rests_on_ties_says_so() -> None:
    rows = next(
        rows
        for rows in (trial(seed, 6, 3) for seed in range(200))
        if bootstrap(rows, [0, 1, 0, 0]).p_value == 3 / 64
    )
    assert any("0.0625" in note for note in bootstrap(rows, [0, 1, 0, 0]).notes)
    assert not bootstrap(rows, [0, 1, 0, 0], level=0.9).notes


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 99), st.sampled_from([7, 14]), st.sampled_from([1, 15, 100]), st.integers(0, 10**6))
def test_neither_order_nor_names_nor_units_matter(seed: int, clusters: int, unit: int, shuffle: int) -> None:
    x, y, cluster = trial(seed, clusters, clusters // 2)
    first = bootstrap((x, y, cluster), [0, 1, 0, 0], draws=499)
    rng = np.random.default_rng(shuffle)
    order, names = rng.permutation(len(y)), rng.permutation(clusters)
    scale = np.array([1, unit, 1 / unit, 1])
    other = bootstrap((x[order] * scale, unit * y[order], names[cluster][order]), [0, 1, 0, 0], draws=499)
    assert other.p_value == first.p_value
    assert other.estimate == pytest.approx(first.estimate, rel=1e-8)
    assert np.array(other.interval) == pytest.approx(np.array(first.interval), rel=1e-6, abs=1e-6)


def test_signs_are_enumerated_up_to_twelve_clusters_and_webb_weights_drawn_beyond() -> None:
    twelve, more = (bootstrap(trial(1, clusters, 6), [0, 1, 0, 0]) for clusters in (12, 13))
    assert (twelve.weights, twelve.patterns) == ("rademacher-enumerated", 4_096)
    assert (more.weights, more.patterns) == ("webb", 10_000)
    moments = [(WEBB**k).mean() for k in (1, 2, 3, 4)]  # Webb (2014), table 1
    assert moments == pytest.approx([0, 1, 0, 7 / 6], abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_clusters_alike_in_all_but_rounding_keep_their_weights(shuffle: int) -> None:
    rng = np.random.default_rng(1)
    parts = np.array([0.1, 0.2, 0.7])
    y = (3 * rng.permuted(np.tile(parts, (14, 1)), axis=1) + rng.integers(0, 3, (14, 1)) * 0.3).ravel()
    cluster = np.repeat(np.arange(14), 3)
    x = np.column_stack([np.tile(parts, 14), np.ones(42), cluster % 2])
    first = bootstrap((x, y, cluster), [1, 0, 0], draws=499)
    rng = np.random.default_rng(shuffle)
    order, names = rng.permutation(42), rng.permutation(14)
    other = bootstrap((x[order], y[order], names[cluster][order]), [1, 0, 0], draws=499)
    assert other.p_value == first.p_value


def test_a_distant_origin_moves_no_tie() -> None:
    for seed in range(10):
        x, y, cluster = trial(seed, 8, 4)
        near = bootstrap((x[:, :3], y, cluster), [0, 1, 0])
        far = bootstrap((x[:, :3] + [0, 0, 10], y + 1e6, cluster), [0, 1, 0])
        assert (far.p_value, far.ties) == (near.p_value, near.ties)


def test_webb_sampling_is_seeded_and_never_gives_zero() -> None:
    x, y, cluster = trial(1, 20, 10)
    first, again, other = (bootstrap((x, y, cluster), [0, 1, 0, 0], seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.p_value != other.p_value
    assert first.p_value == pytest.approx(other.p_value, abs=0.03)
    certain = bootstrap((x, y + 99 * x[:, 1], cluster), [0, 1, 0, 0], draws=9)
    assert certain.p_value == 1 / 20


def test_many_clusters_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = trial(1, 20, 10)
    whole_draw = bootstrap(rows, [0, 1, 0, 0], draws=1_000)
    monkeypatch.setattr("evaluation.models.robustness.wild.HELD", 20 * 300)
    assert bootstrap(rows, [0, 1, 0, 0], draws=1_000).patterns == whole_draw.patterns == 1_001


def test_ten_clusters_take_less_than_a_tenth_of_a_second() -> None:
    products = sums(*trial(1, 10, 5))
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        wild_bootstrap(*products, np.array([0.0, 1, 0, 0]), n=50, seed=1)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.1


def test_collinear_terms_and_empty_clusters_change_nothing() -> None:
    x, y, cluster = trial(2, 7, 3)
    first = bootstrap((x, y, cluster), [0, 1, 0, 0])
    xx, xy = sums(np.column_stack([x, x[:, 2] * 2 - x[:, 0]]), y, cluster)
    xx, xy = np.concatenate([xx, np.zeros((1, 5, 5))]), np.concatenate([xy, np.zeros((1, 5))])
    other = wild_bootstrap(xx, xy, np.array([0.0, 1, 0, 0, 0]), n=len(y), seed=1)
    assert (other.p_value, other.clusters) == (first.p_value, 7)
    assert other.std_error == pytest.approx(first.std_error, rel=1e-8)
    for contrast in ([0.0, 0, 1, 0, 0], [0.0] * 5):
        with pytest.raises(ModelError, match="not estimable"):
            wild_bootstrap(xx, xy, np.array(contrast), n=len(y), seed=1)


def test_what_does_not_apply_has_a_reason() -> None:
    x, y, cluster = trial(2, 7, 3)
    cases = {
        "there is one": (x[:, 2:3], y, np.zeros(len(y))),
        "4 rows for 4 terms": (x[[0, 1, -2, -1]], y[[0, 1, -2, -1]], np.arange(4)),
        "standard error is zero": (x, x @ np.array([100, 2, 0.3, 1]), cluster),
    }
    for reason, rows in cases.items():
        found = bootstrap(rows, [1] if "one" in reason else [0, 1, 0, 0])
        assert reason in (found.reason or "")
        assert (found.p_value, found.std_error, found.interval) == (None, None, ())


def test_sums_that_cannot_be_are_refused() -> None:
    xx, xy = sums(*trial(2, 7, 3))
    contrast = np.array([0.0, 1, 0, 0])
    with pytest.raises(ModelError, match=r"shape \(J, 4\)"):
        wild_bootstrap(xx, xy[:, :3], contrast, n=40, seed=1)
    with pytest.raises(ModelError, match=r"shape \(J, 4\)"):
        wild_bootstrap(xx[:-1], xy, contrast, n=40, seed=1)
    with pytest.raises(ModelError, match="finite"):
        wild_bootstrap(xx, xy * np.nan, contrast, n=40, seed=1)


def test_clusters_that_lack_the_trait_are_in_no_arm_of_its_product_with_treatment() -> None:
    """Two schools where nobody is disadvantaged say nothing of the gap, and are no arm of two."""
    generator = np.random.default_rng(6)
    cluster = np.repeat(np.arange(20), 12)
    trait = np.where(cluster < 2, 0.0, generator.random(240) < 0.5)
    for treated in ((cluster % 2).astype(float), (generator.random(240) < 0.5).astype(float)):
        x = np.column_stack([np.ones(240), treated, trait, treated * trait])
        xx, _ = sums(x, generator.normal(size=240), cluster)
        by_school = len(set(zip(cluster, treated, strict=True))) == 20
        assert sorted(clusters_by_arm(xx, [1, 2], 0)) == ([9, 9] if by_school else [])


def test_few_clusters_in_an_arm_are_told() -> None:
    x, y, cluster = rows = trial(2, 9, 3)
    xx, _ = sums(*rows)
    for unit in (1, 1e-3, 1e3):
        scaled = xx * np.outer([1, unit, unit, unit], [1, unit, unit, unit])
        assert sorted(clusters_by_arm(scaled, [1], 0)) == [3, 6]
        assert sorted(clusters_by_arm(scaled, [3], 0)) == [
            3,
            6,
        ]  # the product varies in treated clusters only
        assert sorted(clusters_by_arm(scaled, [1, 2], 0)) == [3, 6]
        assert clusters_by_arm(scaled, [2], 0) == ()
    others, _ = sums(np.column_stack([x[:, 0], cluster, x[:, 1] + 10]), y, cluster)
    assert clusters_by_arm(others, [1], 0) == ()
    assert sorted(clusters_by_arm(others, [2], 0)) == [3, 6]
    assert any(
        "3 clusters" in note for note in bootstrap(rows, [0, 1, 0, 0], arms=clusters_by_arm(xx, [1], 0)).notes
    )
    assert any("1 cluster:" in note for note in bootstrap(rows, [0, 1, 0, 0], arms=(8, 1)).notes)
    assert not bootstrap(rows, [0, 1, 0, 0], arms=(4, 5)).notes

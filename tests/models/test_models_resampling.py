"""Jackknife and cluster bootstrap: the model fitted to frames without a group, or with groups drawn, is the authority."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models import FittedModel, cluster_bootstrap, cross_products, fit, jackknife
from evaluation.models.engine.estimate import Estimate, estimate
from evaluation.models.engine.problem import Problem, take
from evaluation.models.robustness import resampling

SCHOOLS = 8
WEIGHED = {"weights": "weight", "offset": "head_start"}
MODELS = {
    "intercept": ("score ~ baseline + treated + (1 | school)", {}),
    "slope": ("score ~ baseline * treated + (1 + baseline | school)", {}),
    "classes": ("score ~ treated + sex + (1 | school/class)", {}),
    "slope, classes": ("score ~ treated * sex + (1 + sex | school) + (1 | school:class)", {}),
    "weights, offset": ("score ~ baseline + treated + (1 | school)", WEIGHED),
    "maximum likelihood": ("score ~ treated + (1 | school/class)", {"reml": False}),
}
models = pytest.mark.parametrize("model", MODELS)


def study(seed: int = 3, treated: Sequence[int] = (1, 3, 5, 7)) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(SCHOOLS), rng.integers(9, 25, SCHOOLS))
    n, room = len(school), rng.integers(0, 3, len(school))
    frame = pd.DataFrame(
        {
            "school": [f"s{k}" for k in school],
            "class": room,
            "treated": np.isin(school, treated).astype(int),
            "baseline": rng.normal(0, 1, n),
            "sex": rng.choice(["F", "M"], n),
            "weight": rng.uniform(0.5, 2.5, n),
            "head_start": rng.normal(0, 1, n),
        }
    )
    score = (
        50 + frame["baseline"] * (1 + rng.normal(0, 0.5, SCHOOLS)[school]) + rng.normal(0, 1, SCHOOLS)[school]
    )
    return frame.assign(score=score + rng.normal(0, 1, (SCHOOLS, 3))[school, room] + rng.normal(0, 2, n))


def drawn(frame: pd.DataFrame, schools: Sequence[int]) -> pd.DataFrame:
    """The rows of these schools, each draw of one a school of its own."""
    parts = [
        frame[frame["school"] == f"s{k}"].assign(school=f"{place:02d}") for place, k in enumerate(schools)
    ]
    return pd.concat(parts, ignore_index=True)


def same(refit: pd.Series, expected: FittedModel) -> None:
    wald = expected.inference("wald")
    assert ((refit - wald["estimate"]) / wald["std_error"]).abs().max() < 1e-6


@models
def test_jackknife_equals_fits_without_a_school(model: str) -> None:
    (formula, options), frame = MODELS[model], study()
    result = fit(formula, frame, **options)
    found = jackknife(result)
    assert found.refits.index.tolist() == [f"s{k}" for k in range(SCHOOLS)]
    assert found.refits.columns.tolist() == result.coefficients.index.tolist()
    for school, refit in found.refits.iterrows():
        same(refit, fit(formula, frame[frame["school"] != school], **options))
    assert (found.failed, found.reason) == (0, "")


def test_jackknife_standard_error_and_interval() -> None:
    """CV3 about the estimate of all groups, and Student's t on J - 1."""
    result = fit(MODELS["classes"][0], study())
    found = jackknife(result)
    whole = result.coefficients["estimate"]
    error = np.sqrt(7 / 8 * ((found.refits - whole) ** 2).sum())
    reach = stats.t.ppf(0.975, 7) * error
    expected = pd.DataFrame(
        {"estimate": whole, "std_error": error, "ci_low": whole - reach, "ci_high": whole + reach}
    )
    pd.testing.assert_frame_equal(found.summary, expected, rtol=1e-12)


@models
def test_bootstrap_equals_fits_of_the_schools_drawn(model: str) -> None:
    (formula, options), frame = MODELS[model], study()
    found = cluster_bootstrap(fit(formula, frame, **options), draws=8, seed=11)
    rng = np.random.default_rng(11)
    for _, refit in found.refits.iterrows():
        schools = rng.integers(0, SCHOOLS, SCHOOLS)
        assert len(set(schools)) < SCHOOLS
        same(refit, fit(formula, drawn(frame, schools), **options))
    assert len(found.refits) == 8


def test_bootstrap_summary_is_of_the_draws() -> None:
    result = fit(MODELS["intercept"][0], study())
    found = cluster_bootstrap(result, draws=60, seed=5)
    refits = found.refits.to_numpy()
    assert found.summary["estimate"].tolist() == result.coefficients["estimate"].tolist()
    assert found.summary["std_error"].tolist() == pytest.approx(refits.std(axis=0, ddof=1))
    low, high = np.percentile(refits, [2.5, 97.5], axis=0)
    assert found.summary["ci_low"].tolist() == pytest.approx(low)
    assert found.summary["ci_high"].tolist() == pytest.approx(high)
    pd.testing.assert_frame_equal(cluster_bootstrap(result, draws=60, seed=5).refits, found.refits)
    assert not cluster_bootstrap(result, draws=60, seed=6).refits.equals(found.refits)


def test_cross_products_are_enough() -> None:
    formula, frame = MODELS["classes"][0], study()
    summed, whole = fit(cross_products(formula, frame)), fit(formula, frame)
    pd.testing.assert_frame_equal(jackknife(summed).refits, jackknife(whole).refits, rtol=1e-9)


def test_without_its_only_treated_school_there_is_no_refit() -> None:
    frame = study(treated=[2])
    result = fit(MODELS["intercept"][0], frame)
    found = jackknife(result)
    assert found.refits.index[found.refits["treated"].isna()].tolist() == ["s2"]
    assert found.refits.loc["s2"].isna().all()
    assert found.failed == 1
    assert found.reason == "In these groups a fixed term does not vary apart from the others."
    error = np.sqrt(7 / 8 * ((found.refits.drop("s2") - result.coefficients["estimate"]) ** 2).sum())
    assert found.summary["std_error"].tolist() == pytest.approx(error.tolist())


def test_draws_without_a_treated_school_are_counted() -> None:
    result = fit(MODELS["intercept"][0], study(treated=[2]))
    found = cluster_bootstrap(result, draws=40, seed=1)
    rng = np.random.default_rng(1)
    without = [2 not in rng.integers(0, SCHOOLS, SCHOOLS) for _ in range(40)]
    assert found.refits["treated"].isna().tolist() == without
    assert found.failed == sum(without) > 5
    assert "does not vary" in found.reason
    kept = found.refits["treated"].dropna()
    assert found.summary.loc["treated", "std_error"] == pytest.approx(kept.std(ddof=1))
    assert found.summary.loc["treated", "ci_low"] == pytest.approx(kept.quantile(0.025))


@pytest.mark.parametrize(
    ("formula", "schools"),
    [("score ~ baseline + (1 | school)", 2), ("score ~ baseline + (1 + baseline | school)", 3)],
)
def test_too_few_schools_left_is_no_refit(formula: str, schools: int) -> None:
    """`fit` refuses so few groups, and so does a refit: there is then no standard error, rather than one of nothing."""
    frame = study()
    few = frame[frame["school"] < f"s{schools}"]
    with pytest.raises(ModelError, match="too few"):
        fit(formula, few[few["school"] != "s0"])
    found = jackknife(fit(formula, few))
    assert found.failed == schools
    assert f"{schools - 1} groups of school" in found.reason
    assert found.summary[["std_error", "ci_low", "ci_high"]].isna().all(axis=None)


def test_groups_of_one_row_alone_are_no_refit() -> None:
    """Without the one school of several pupils there is an effect for each row, which `fit` refuses."""
    school = np.array([0, 1, 2, 3, 4, 4, 4, 4])
    frame = pd.DataFrame({"school": school, "score": np.random.default_rng(1).normal(size=8) + school})
    with pytest.raises(ModelError, match="as many random effects as there are rows"):
        fit("score ~ 1 + (1 | school)", frame[school < 4])
    found = jackknife(fit("score ~ 1 + (1 | school)", frame))
    assert found.refits["Intercept"].isna().tolist() == [False] * 4 + [True]
    assert found.reason == "4 groups of school, of 4 rows, are too few for their random effects."
    one_treated = jackknife(
        fit("score ~ treated + (1 | school)", frame.assign(treated=(school == 0).astype(int)))
    )
    assert one_treated.failed == 2
    assert "does not vary" in one_treated.reason  # the first of two reasons


def test_a_refit_that_does_not_converge_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(problem: Problem, reml: bool) -> Estimate:
        found = estimate(problem, reml)
        return replace(found, optimum=replace(found.optimum, decrement=1.0))

    result = fit(MODELS["intercept"][0], study())
    monkeypatch.setattr(resampling, "estimate", stuck)
    found = jackknife(result)
    assert found.failed == SCHOOLS
    assert "next to nothing about one of the variances" in found.reason


@pytest.mark.parametrize(
    ("formula", "crossed"),
    [("score ~ baseline + treated", False), ("score ~ baseline + (1 | school) + (1 | class)", True)],
)
def test_models_without_independent_groups_are_refused(formula: str, crossed: bool) -> None:
    result = fit(formula, study(), crossed=crossed)
    with pytest.raises(ModelError, match=r"no independent groups.*\(1 \| school\)"):
        jackknife(result)
    with pytest.raises(ModelError, match="no independent groups"):
        cluster_bootstrap(result, draws=2, seed=0)


@models
def test_take_counts_blocks_anew_and_changes_nothing_else(model: str) -> None:
    formula, options = MODELS[model]
    problem = fit(formula, study(), **options).problem
    whole = take(problem, np.arange(SCHOOLS))
    twice = take(problem, np.repeat(np.arange(SCHOOLS), 2))
    turned = take(problem, np.arange(SCHOOLS)[::-1])
    assert (whole.n, twice.n, turned.n) == (problem.n, 2 * problem.n, problem.n)
    np.testing.assert_allclose(whole.total, problem.total, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(twice.total, 2 * problem.total, rtol=1e-12, atol=1e-9)
    np.testing.assert_array_equal(turned.block_sizes, problem.block_sizes[::-1])
    for before, same_level, reverse in zip(problem.levels, whole.levels, turned.levels, strict=True):
        np.testing.assert_array_equal(same_level.products, before.products)
        np.testing.assert_array_equal(same_level.starts, before.starts)
        assert reverse.size == before.size
        ends = [*before.starts[1:], before.size]
        pieces = [before.products[..., start:end] for start, end in zip(before.starts, ends, strict=True)]
        expected = np.concatenate(pieces[::-1], axis=-1)
        outermost = len(pieces) == 1
        np.testing.assert_array_equal(reverse.products, before.products[..., ::-1] if outermost else expected)
    unchanged = (
        "terms",
        "kept",
        "columns",
        "transform",
        "y_shift",
        "y_scale",
        "log_weights",
        "dropped_terms",
    )
    assert all(getattr(twice, name) is getattr(problem, name) for name in unchanged)

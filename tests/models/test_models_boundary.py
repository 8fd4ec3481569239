"""Ten schools without school variance: the boundary is reached exactly when the score says so, and then is least squares."""

import numpy as np
import pandas as pd
import pytest

from evaluation.models import fit

STUDIES = 200


def study(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(10), rng.integers(6, 30, 10))
    treated = school % 2
    baseline = rng.normal(100, 15, len(school))
    score = 40 + 0.6 * baseline + 5 * treated + rng.normal(0, 11, len(school))
    return pd.DataFrame({"school": school, "treated": treated, "baseline": baseline, "score": score})


def least_squares(data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, float]:
    """Coefficients, standard errors, and the REML score of the school variance at zero (its sign matters)."""
    x = np.column_stack([np.ones(len(data)), data["baseline"], data["treated"]])
    y = data["score"].to_numpy()
    q, r = np.linalg.qr(x)
    beta = np.linalg.solve(r, q.T @ y)
    residual = y - x @ beta
    s2 = residual @ residual / (len(y) - 3)
    z = (data["school"].to_numpy()[:, None] == np.arange(10)).astype(float)
    explained = (z**2).sum() - ((q.T @ z) ** 2).sum()
    score = ((z.T @ residual) ** 2).sum() / s2 - explained
    inverse = np.linalg.inv(r)
    return beta, np.sqrt(s2 * (inverse**2).sum(axis=1)), score


def test_zero_exactly_when_the_score_is_not_positive() -> None:
    at_zero = 0
    for seed in range(STUDIES):
        data = study(seed)
        result = fit("score ~ baseline + treated + (1 | school)", data)
        beta, std_error, score = least_squares(data)
        variance = result.variances.set_index("group")["variance"]["school"]
        assert (variance == 0) == (score <= 0) == result.diagnostics.at_boundary
        if variance == 0:
            at_zero += 1
            wald = result.inference("wald")
            assert np.abs((wald["estimate"] - beta) / std_error).max() < 1e-8
            assert wald["std_error"].tolist() == pytest.approx(std_error, rel=1e-8)
            assert 5 < result.coefficients["df"]["treated"] < 9.5
    assert STUDIES / 3 < at_zero < STUDIES


def test_satterthwaite_is_flagged_at_the_boundary_and_nowhere_else() -> None:
    flagged = set()
    for seed in range(10):
        result = fit("score ~ baseline + treated + (1 | school)", study(seed))
        table = result.inference("satterthwaite")
        assert ("note" in table.attrs) == result.diagnostics.at_boundary
        if result.diagnostics.at_boundary:
            assert table["df"]["treated"] == pytest.approx(result.n - 3)
        flagged.add(result.diagnostics.at_boundary)
    assert flagged == {True, False}


def test_a_singular_slope_cannot_be_improved_upon() -> None:
    """At a singular covariance the criterion is no worse than with any nearby slope variance left to chance."""
    singular = 0
    for seed in range(20):
        data = study(1000 + seed)
        data["baseline"] = (data["baseline"] - 100) / 15
        slope = fit("score ~ treated + baseline + (1 + baseline | school)", data)
        intercept = fit("score ~ treated + baseline + (1 | school)", data)
        apart = fit("score ~ treated + baseline + (1 + baseline || school)", data)
        assert slope.reml_criterion <= apart.reml_criterion + 1e-7
        assert apart.reml_criterion <= intercept.reml_criterion + 1e-7
        if slope.diagnostics.at_boundary:
            singular += 1
            a, b, ab = slope.variances["variance"][:3]
            assert a * b - ab**2 == pytest.approx(0, abs=1e-9 * max(a * b, 1e-9))
    assert singular > 10

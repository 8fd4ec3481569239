"""Made-up yes/no outcomes for the tests, and their estimating equations with every row written out."""

import numpy as np
import pandas as pd
from scipy.linalg import block_diag, fractional_matrix_power
from scipy.special import expit

from evaluation.models.proportions import gee


def simulate(seed: int, schools: int = 10, school_sd: float = 0.7) -> pd.DataFrame:
    """Treatment between schools, disadvantage and a baseline within, on the logit scale."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), rng.integers(8, 40, schools))
    data = pd.DataFrame({"school": school, "class": rng.integers(0, 2, len(school)), "treated": school % 2})
    data["disadvantaged"] = (rng.random(len(school)) < 0.4).astype(int)
    data["baseline"] = rng.normal(0, 1, len(school))
    odds = 0.3 + 0.4 * data["treated"] - 0.8 * data["disadvantaged"] + 0.7 * data["baseline"]
    odds += rng.normal(0, school_sd, schools)[school]
    return data.assign(reached=(rng.random(len(school)) < expit(odds)).astype(int))


def columns(data: pd.DataFrame, *names: str) -> np.ndarray:
    """Intercept and products of columns, `a:b` being one."""
    parts = [np.prod([data[part] for part in name.split(":")], axis=0) for name in names]
    return np.column_stack([np.ones(len(data)), *parts]).astype(float)


def fitted(data: pd.DataFrame, *names: str) -> tuple[gee.LogisticGee, np.ndarray, np.ndarray]:
    x, y = columns(data, *names), data["reached"].to_numpy(dtype=float)
    return gee.logistic_gee(y, x, data["school"].to_numpy()), x, y


def from_counts(reached: list[int], sizes: list[int], treated: list[int]) -> pd.DataFrame:
    rows = [
        (school, arm, int(pupil < count))
        for school, (count, size, arm) in enumerate(zip(reached, sizes, treated, strict=True))
        for pupil in range(size)
    ]
    return pd.DataFrame(rows, columns=["school", "treated", "reached"])


def dense(ours: gee.LogisticGee, x: np.ndarray, schools: np.ndarray) -> tuple[np.ndarray, ...]:
    """D, V and M with every row written out; rows sorted by school."""
    p = expit(x @ ours.beta)
    sd = np.sqrt(p * (1 - p))
    blocks = [np.full((size, size), ours.correlation) for size in np.bincount(schools)]
    correlation = block_diag(*blocks)
    np.fill_diagonal(correlation, 1)
    d, v = x * (sd**2)[:, None], np.outer(sd, sd) * correlation
    return d, v, np.linalg.inv(d.T @ np.linalg.solve(v, d))


def corrected_weights(
    ours: gee.LogisticGee, x: np.ndarray, schools: np.ndarray, power: float, gradient: np.ndarray
) -> np.ndarray:
    """(K, n): what multiplies y - p in each school's part of the quantity, (I - D M D'V^-1) to a power in it."""
    d, v, m = dense(ours, x, schools)
    weights = np.zeros((schools.max() + 1, len(x)))
    for school in range(len(weights)):
        rows = schools == school
        own, inverse = d[rows], np.linalg.inv(v[np.ix_(rows, rows)])
        left = fractional_matrix_power(np.eye(len(own)) - own @ m @ own.T @ inverse, power)
        weights[school, rows] = gradient @ m @ own.T @ inverse @ left.real
    return weights

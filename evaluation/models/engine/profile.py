"""Profile likelihood intervals of variances: the values whose best likelihood is not much below the greatest."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import optimize, stats

from evaluation.models.engine.covariance import Structure
from evaluation.models.engine.elimination import eliminate
from evaluation.models.engine.estimate import Estimate
from evaluation.models.engine.likelihood import least_squares
from evaluation.models.engine.problem import Level, Problem

Profile = Callable[[float], float]


def variance_intervals(problem: Problem, fitted: Estimate, level: float) -> pd.DataFrame:
    """Each variance, with the interval in which its profile deviance rises by less than chi-squared's quantile.

    The deviance is that of the fit (restricted after REML; lme4's `confint` profiles maximum likelihood). Where a variance
    of zero is within reach the interval begins there. In the units of the data.
    """
    rise = float(stats.chi2.ppf(level, 1))
    rows = []
    for term in fitted.structure.terms:
        for k in range(term.size):
            effect = term.effects.start + k
            at = problem.levels[term.level]
            turned = _first(problem, term.level, term.effects.start, effect)
            estimate = float(fitted.covariance(term.level)[effect, effect])
            profile = _of_effect(turned, fitted, term.entries.start)
            unit = (problem.y_scale / at.scales[effect]) ** 2
            low, high = _interval(profile, estimate, rise)
            rows.append((at.name, at.effects[effect], estimate * unit, low * unit, high * unit))
    low, high = _interval(
        _of_residual(problem, fitted), fitted.sigma2, rise, floor=np.sqrt(fitted.sigma2) / 100
    )
    unit = problem.y_scale**2
    rows.append(("residual", "", fitted.sigma2 * unit, low * unit, high * unit))
    return pd.DataFrame(rows, columns=["group", "term", "variance", "ci_low", "ci_high"])


def _first(problem: Problem, depth: int, start: int, effect: int) -> Problem:
    """The same problem with one effect before the others of its term, where its variance is one entry of theta, squared."""
    level = problem.levels[depth]
    once = np.arange(len(level.effects))
    once[start : effect + 1] = np.roll(once[start : effect + 1], 1)
    order = (np.arange(level.copies)[:, None] * len(once) + once).ravel()
    turned: Level = replace(level, products=level.products[:, order], own=level.own[order])
    levels = tuple(turned if i == depth else other for i, other in enumerate(problem.levels))
    return replace(problem, levels=levels)


def _deviance(
    problem: Problem, structure: Structure, reml: bool, theta: np.ndarray, s2: float
) -> tuple[float, np.ndarray, float]:
    """Deviance at theta and a residual variance, its gradient in theta, and its derivative in log s2."""
    solved = least_squares(eliminate(problem, structure.factors(theta)), problem.p, reml)
    df = problem.n - problem.p * reml
    value = solved.logdet.value + solved.residual.value / s2 + df * np.log(2 * np.pi * s2)
    gradient = structure.jacobian(theta).T @ (solved.logdet.gradient + solved.residual.gradient / s2)
    return float(value), gradient, float(df - solved.residual.value / s2)


def _of_effect(problem: Problem, fitted: Estimate, entry: int) -> Profile:
    """Least deviance with s2 theta[entry]^2 held at a variance, over the rest of theta and log s2."""
    shape = fitted.structure
    start = np.append(_theta(problem, fitted), np.log(fitted.sigma2))

    def profile(variance: float) -> float:
        def at(point: np.ndarray) -> tuple[float, np.ndarray]:
            theta, s2 = point[:-1].copy(), float(np.exp(point[-1]))
            theta[entry] = np.sqrt(variance / s2)
            value, gradient, slope = _deviance(problem, shape, fitted.reml, theta, s2)
            slope -= theta[entry] / 2 * gradient[entry]
            return value, np.append(np.where(np.arange(len(theta)) == entry, 0.0, gradient), slope)

        return _least(at, start)

    return profile


def _of_residual(problem: Problem, fitted: Estimate) -> Profile:
    def profile(variance: float) -> float:
        def at(theta: np.ndarray) -> tuple[float, np.ndarray]:
            return _deviance(problem, fitted.structure, fitted.reml, theta, variance)[:2]

        return _least(at, _theta(problem, fitted))

    return profile


def _theta(problem: Problem, fitted: Estimate) -> np.ndarray:
    """Where to start: every term with variance, since on the boundary the gradient in theta is zero."""
    theta = np.zeros(fitted.structure.count)
    for term in fitted.structure.terms:
        size = max(np.abs(fitted.optimum.theta[term.entries]).max(), 0.05)
        theta[term.entries] = size * np.eye(term.size).T[np.triu_indices(term.size)]
    return theta


def _least(at: Callable[[np.ndarray], tuple[float, np.ndarray]], start: np.ndarray) -> float:
    if not len(start):
        return at(start)[0]
    best = np.inf
    for nudge in (0.0, 0.3):
        found = optimize.minimize(
            at, start + nudge * (start != 0), jac=True, method="BFGS", options={"gtol": 1e-7}
        )
        best = min(best, float(found.fun))
    return best


def _interval(profile: Profile, estimate: float, rise: float, floor: float = 0.0) -> tuple[float, float]:
    """Where the profile is `rise` above its least, sought in standard deviations from `floor` upwards."""
    least = profile(estimate)

    def above(sd: float) -> float:
        return profile(sd**2) - least - rise

    sd = float(np.sqrt(estimate))
    low, high = floor, 1.5 * sd + 0.1
    while above(high) < 0:
        high *= 2
    if sd > floor and above(floor) > 0:
        low = float(optimize.brentq(above, floor, sd, xtol=1e-10))
    return low**2, float(optimize.brentq(above, sd, high, xtol=1e-10)) ** 2

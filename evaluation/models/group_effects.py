"""Random effects of each group given the data (best linear unbiased predictions), and how sure they are."""

from dataclasses import dataclass

import numpy as np

from evaluation.models.elimination import conditionals
from evaluation.models.estimate import Estimate
from evaluation.models.problem import Problem


@dataclass(frozen=True, slots=True)
class Effects:
    """One level's conditional means and standard deviations (q, G), in units of the data."""

    mean: np.ndarray
    sd: np.ndarray


def group_effects(problem: Problem, fitted: Estimate) -> list[Effects]:
    """Effects of each level, outermost first.

    The conditional sd is lme4's: given the coefficients and variances. Groups are solved from the outside in: a level's
    effects are its conditional regression E on what is left of y once the levels around it are taken off,

        b = E_y - E_X beta - sum E_Z b_outer,   var b = s2 K + E_Z var(b_outer) E_Z'.
    """
    found: list[Effects] = []
    contrast = np.append(-fitted.solved.beta, 1.0)
    mean, variance, places = np.zeros((0, 1)), np.zeros((0, 0, 1)), np.empty(0, dtype=np.intp)
    levels = conditionals(problem, fitted.factors)
    for level, conditional in zip(problem.levels, levels, strict=True):
        sizes = np.diff(level.starts, append=level.size)
        parent = np.repeat(np.arange(len(sizes)), sizes)
        around = -conditional.regression[places]
        own = np.einsum("c,cqg->qg", contrast, conditional.regression[-len(contrast) :])
        own += np.einsum("kqg,kg->qg", around, mean[:, parent])
        mean = np.concatenate([mean[:, parent], own])
        variance = _joint_variance(variance[:, :, parent], conditional.variance, around)
        places = np.concatenate([places, level.own])
        spread = np.einsum("qqg->qg", variance)[-len(own) :] * fitted.sigma2
        units = problem.y_scale / level.scales[:, None]
        found.append(Effects(own * units, np.sqrt(np.maximum(spread, 0)) * units))
    return found


def _joint_variance(outer: np.ndarray, conditional: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Variance (k + q, k + q, G) of outer effects (k) and a level's own (q), which follow them by `around` (k, q, G)."""
    shared = np.einsum("kqg,klg->qlg", around, outer)
    own = conditional + np.einsum("qlg,lrg->qrg", shared, around)
    top = np.concatenate([outer, shared.swapaxes(0, 1)], axis=1)
    return np.concatenate([top, np.concatenate([shared, own], axis=1)])

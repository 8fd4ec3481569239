"""Random effects of each group given the data (best linear unbiased predictions), and how sure they are."""

from dataclasses import dataclass

import numpy as np

from evaluation.models.engine.elimination import conditionals
from evaluation.models.engine.estimate import Estimate
from evaluation.models.engine.problem import Level, Problem


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
        spread = np.einsum("qqg->qg", conditional.variance) + _carried(variance, around, parent)
        found.append(_in_data_units(problem, level, own, spread * fitted.sigma2))
        if level is not problem.levels[-1]:
            mean = np.concatenate([mean[:, parent], own])
            variance = _joint_variance(variance[:, :, parent], conditional.variance, around)
            places = np.concatenate([places, level.own])
    return found


def _in_data_units(problem: Problem, level: Level, mean: np.ndarray, variance: np.ndarray) -> Effects:
    """Effects (q, G) of all groups, those of a factor laid side by side among them."""
    if level.copies > 1:
        mean, variance = (part.reshape(level.copies, -1).T for part in (mean, variance))
    units = problem.y_scale / level.scales[:, None]
    return Effects(mean * units, np.sqrt(np.maximum(variance, 0)) * units)


def _carried(outer: np.ndarray, around: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """What the outer effects' variance (k, k, groups outside) adds to that of a level's own (q, G) through `around`."""
    if outer.shape[-1] == 1:
        turned = np.tensordot(outer[..., 0], around, 1)
    else:
        turned = np.einsum("klg,lqg->kqg", outer[:, :, parent], around)
    return np.einsum("kqg,kqg->qg", around, turned)


def _joint_variance(outer: np.ndarray, conditional: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Variance (k + q, k + q, G) of outer effects (k) and a level's own (q), which follow them by `around` (k, q, G)."""
    shared = np.einsum("kqg,klg->qlg", around, outer)
    own = conditional + np.einsum("qlg,lrg->qrg", shared, around)
    top = np.concatenate([outer, shared.swapaxes(0, 1)], axis=1)
    return np.concatenate([top, np.concatenate([shared, own], axis=1)])

"""Placebo inference: each set of untreated units takes the treated ones' place, and the estimate is compared with theirs."""

import math
from dataclasses import dataclass

import numpy as np

from evaluation.models.robustness.allocation import randomisation_p


@dataclass(frozen=True, slots=True)
class Placebo:
    """What the untreated sets say of an estimate.

    Attributes
    ----------
    p_value : float
        Of no effect: the share of the sets, the treated one included, whose estimate is as large; nan with a reason.
    ci_low, ci_high : float
        The values that this test does not reject; infinite where there are too few sets to reject any.
    smallest_p : float
        The least that p can be.
    sets : int
        How many untreated sets there are.
    compared : int
        How many took their turn: all, or as many as were drawn.
    exact : bool
        Whether all did.
    undefined : int
        Of those, sets that the covariates determine; they count as larger than any estimate.
    reason : str
        Why there is no p, or "".
    """

    p_value: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    smallest_p: float = math.nan
    sets: int = 0
    compared: int = 0
    exact: bool = True
    undefined: int = 0
    reason: str = ""


def placebo(
    estimate: float, error: float, turns: np.ndarray, *, sets: int, exact: bool, level: float = 0.95
) -> Placebo:
    """p = (1 + b)/(1 + B), b of the B sets being as far from zero as the estimate, each divided by its own standard error.

    A value is in the interval when p of the estimate less that value is above 1 - level. Untreated sets have no effect to
    take off, so that the interval is the estimate plus and minus an order statistic of theirs (Conley and Taber, REStat
    93:113, 2011).

    Parameters
    ----------
    estimate, error : float
        Of the treated units. The error is 1 where estimates are compared as they are.
    turns : ndarray, shape (B,)
        Each untreated set's estimate over its error; nan where it has none.
    """
    undefined = int(np.isnan(turns).sum())
    sizes = np.where(np.isnan(turns), np.inf, np.abs(turns))
    known = sizes[np.isfinite(sizes)]
    beyond = 2 * max(float(known.max(initial=0)), abs(estimate / error)) + 1
    p_value = randomisation_p(estimate / error, np.where(np.isinf(sizes), beyond, sizes), exact=False)
    at_least = math.floor((1 - level) * (1 + len(sizes)) + 1e-9)
    reach = float(np.sort(sizes)[-at_least]) * error if at_least else math.inf
    return Placebo(
        p_value=p_value,
        ci_low=estimate - reach,
        ci_high=estimate + reach,
        smallest_p=(1 + undefined) / (1 + len(sizes)),
        sets=sets,
        compared=len(sizes),
        exact=exact,
        undefined=undefined,
    )

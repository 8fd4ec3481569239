"""Minimum detectable effect of a design, and its power against a given effect."""

import inspect
from collections.abc import Mapping
from math import isfinite
from numbers import Real

from scipy import optimize, stats

from evaluation.errors import ModelError, nearest
from evaluation.models.planning.designs import DESIGNS, Precision

FEW_DF = 6
COUNTS = ("n", "J", "K")
PROPER_SHARES = ("p", "share", "alpha", "power")
SHARES = ("icc", "icc_3", "r2_1", "r2_2", "r2_3", "r2_t2", "r2_t3")


def mdes(
    design: str, *, alpha: float = 0.05, power: float = 0.8, two_tailed: bool = True, **quantities: float
) -> float:
    """Minimum detectable effect size: the least true effect, in standard deviations, found with this power.

    Parameters
    ----------
    design : str
        One of DESIGNS: "cra2" for schools allocated, "cra2-gap" for the change in a gap there, and so on.
    alpha, power : float
        Level of the test, and the probability of rejecting where the effect is real.
    two_tailed : bool
    **quantities : float
        What the design needs or takes (see `designs`): n, J, icc, r2_1, ...

    Raises
    ------
    ModelError
        For a design that does not exist, an argument it lacks or does not take, or a value out of range.

    Examples
    --------
    >>> round(mdes("cra2", n=20, J=40, icc=0.15, r2_1=0.5, r2_2=0.6, g=1), 3)
    0.259
    """
    _check("alpha", alpha)
    _check("power", power)
    if power <= alpha:
        raise ModelError(f"power must be above alpha, {alpha}: chance alone rejects that often.")
    found = precision(design, quantities)
    return multiplier(found.df, alpha, power, two_tailed) * found.std_error


def power(
    design: str, *, effect: float, alpha: float = 0.05, two_tailed: bool = True, **quantities: float
) -> float:
    """Probability that a design's test finds a true effect of this size: the inverse of `mdes`.

    Parameters
    ----------
    effect : float
        Size of the effect in standard deviations, above 0.

    Raises
    ------
    ModelError
        As `mdes`.

    Examples
    --------
    >>> round(power("cra2", effect=0.25, n=20, J=40, icc=0.15, r2_1=0.5, r2_2=0.6, g=1), 2)
    0.77
    """
    _check("alpha", alpha)
    _check("effect", effect)
    found = precision(design, quantities)
    return chance_of_rejection(effect / found.std_error, found.df, alpha, two_tailed)


def multiplier(df: float, alpha: float, power: float, two_tailed: bool) -> float:
    """Standard errors in a minimum detectable effect: t_alpha/2 + t_beta, or exact where the df are few.

    Source: Bloom, Evaluation Review 19:547-556 (1995); Dong and Maynard (2013), equation 1.
    """
    critical = _critical(df, alpha, two_tailed)
    if df >= FEW_DF:
        return critical + float(stats.t.ppf(power, df))
    high = max(critical, 1.0)
    while chance_of_rejection(high, df, alpha, two_tailed) < power:
        high *= 2
    return float(
        optimize.brentq(lambda m: chance_of_rejection(m, df, alpha, two_tailed) - power, 0, high, xtol=1e-12)
    )


def chance_of_rejection(ratio: float, df: float, alpha: float, two_tailed: bool) -> float:
    """Power where the true effect is `ratio` standard errors: by the noncentral t below FEW_DF, else as t_alpha/2 + t_beta has it.

    The second form counts only the tail on the effect's side, so it starts from alpha / 2 rather than alpha.
    """
    critical = _critical(df, alpha, two_tailed)
    if df >= FEW_DF:
        return float(stats.t.cdf(ratio - critical, df))
    near = float(stats.nct.sf(critical, df, ratio))
    # The far tail is below the normal's at -ratio; past 8 that is nothing, and scipy's noncentral t can fail there.
    return near + float(stats.nct.sf(critical, df, -ratio)) if two_tailed and ratio < 8 else near


def precision(design: str, quantities: Mapping[str, float]) -> Precision:
    """Degrees of freedom and standard error of a design, its arguments checked.

    Raises
    ------
    ModelError
        As `mdes`.
    """
    if design not in DESIGNS:
        raise ModelError(
            f"There is no design {design!r}; choose from {', '.join(DESIGNS)}.{nearest(design, list(DESIGNS))}"
        )
    _check_names(design, quantities)
    for name, value in quantities.items():
        _check(name, value)
    if quantities.get("icc", 0) + quantities.get("icc_3", 0) > 1:
        raise ModelError("icc and icc_3 are shares of one variance: their sum must be at most 1.")
    found = DESIGNS[design](**quantities)
    if found.df < 1:
        raise ModelError(
            f"{design} has {found.df:g} degrees of freedom with these numbers; it needs at least 1: "
            "more clusters, or fewer covariates."
        )
    if found.std_error == 0:
        raise ModelError(
            f"{design} has no variance left with these numbers; give shares explained (r2_...) below 1, or an sd_change above 0."
        )
    return found


def _check_names(design: str, given: Mapping[str, float]) -> None:
    parameters = inspect.signature(DESIGNS[design]).parameters
    takes = f"it takes {', '.join(parameters)}"
    for name in given:
        if name not in parameters:
            raise ModelError(f"{design} has no argument {name!r}; {takes}.{nearest(name, list(parameters))}")
    missing = [name for name, p in parameters.items() if p.default is p.empty and name not in given]
    if missing:
        raise ModelError(f"{design} needs {', '.join(missing)}; {takes}.")


def _check(name: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(value):
        raise ModelError(f"{name} must be a number, not {value!r}.")
    if name in COUNTS:
        valid, rule = value >= 1, "at least 1"
    elif name in PROPER_SHARES:
        valid, rule = 0 < value < 1, "above 0 and below 1"
    elif name in SHARES:
        valid, rule = 0 <= value <= 1, "from 0 to 1"
    elif name == "effect":
        valid, rule = value > 0, "above 0 (its size, whichever way it goes)"
    else:
        valid, rule = value >= 0, "at least 0"
    if not valid:
        raise ModelError(f"{name} must be {rule}, not {value}.")


def _critical(df: float, alpha: float, two_tailed: bool) -> float:
    return float(stats.t.isf(alpha / 2 if two_tailed else alpha, df))

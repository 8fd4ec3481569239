"""Difference-in-differences of units' changes where few units were treated and many were not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.models.changes.placebo import Placebo, placebo
from evaluation.models.changes.sets import Sets, untreated_sets
from evaluation.models.changes.spread import Spread, spread_by_size
from evaluation.models.changes.turns import Covariates, covariates, set_effects, set_errors
from evaluation.models.changes.units import Units, compared_units
from evaluation.models.fit import fit


@dataclass(frozen=True, slots=True)
class Robust:
    """Inference by CR2 with Satterthwaite's degrees of freedom, each unit a cluster of its own; nan with a reason."""

    std_error: float = math.nan
    df: float = math.nan
    p_value: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DifferenceInChanges:
    """How much more the treated units changed than the untreated, and what that is worth.

    Attributes
    ----------
    estimate : float
        nan with a reason.
    n_treated, n_untreated : int
        Units compared.
    unmatched : int
        Untreated units of strata without a treated one, left out.
    missing : int
        Units without a value that is needed, left out.
    cr2 : Robust
    placebo : Placebo
        Sets compared as they are: right where all units vary alike.
    placebo_by_size : Placebo
        Sets compared over the standard errors that their sizes give them.
    spread : Spread or None
        How untreated units' changes vary with size; None without sizes.
    reason : str
        Why there is no estimate, or "".
    """

    estimate: float
    n_treated: int
    n_untreated: int
    unmatched: int
    missing: int
    cr2: Robust = field(default_factory=Robust)
    placebo: Placebo = field(default_factory=Placebo)
    placebo_by_size: Placebo = field(default_factory=Placebo)
    spread: Spread | None = None
    reason: str = ""


def difference_in_changes(
    data: pd.DataFrame,
    change: str,
    treated: str,
    *,
    adjust: Sequence[str] = (),
    stratum: str | None = None,
    size: str | None = None,
    weighted: bool = False,
    limit: int = 100_000,
    draws: int = 9_999,
    seed: int = 0,
) -> DifferenceInChanges:
    """The treated units' change less that of the untreated, by least squares, with CR2 and placebo inference beside it.

    Few treated units leave CR2 hardly any degrees of freedom, and with one there is no CR2 error at all. The many untreated
    units say how much such units change untreated: each set of them, as many of each stratum as were treated, takes the
    treated ones' place, these left out, and is compared with the untreated that remain (Conley and Taber, REStat 93:113,
    2011; MacKinnon and Webb, J Econometrics 218:435, 2020). Where units differ in size that alone rejects too often for small
    treated units and too seldom for large, so that each estimate is also divided by its standard error under Ferman and
    Pinto's variance (REStat 101:452, 2019), a constant and a part in 1/size. For one treated unit this compares
    normalised residuals, as theirs does; for several it compares whole sets, where theirs puts single residuals together.

    Parameters
    ----------
    data : DataFrame
        One row a unit. Rows without a value that is needed are left out, and counted.
    change : str
        Column of the change: outcome after less outcome before.
    treated : str
        Column of 0 and 1.
    adjust : sequence of str
        Columns of numbers to adjust for.
    stratum : str, optional
        Column of what units are matched on: differences are within its values, and placebo sets keep to them.
    size : str, optional
        Column of the number of members that a change rests on, above zero.
    weighted : bool
        Whether units count by their size, rather than alike.
    limit, draws : int
        Sets are enumerated while there are at most `limit`, else drawn.
    seed : int
        For draws.

    Raises
    ------
    ModelError
        For a column that is not there, is not numeric, or does not hold what it should.
    """
    units = compared_units(data, change, treated, adjust, stratum, size, weighted)
    none = DifferenceInChanges(math.nan, units.treated, units.untreated, units.unmatched, units.missing)
    if reason := units.reason():
        return replace(none, reason=reason)
    given = covariates(units.x, units.weight)
    places = np.arange(units.untreated, units.untreated + units.treated)[None]
    estimate = float(set_effects(given, units.change, places)[0])
    if math.isnan(estimate):
        return replace(none, reason="What is adjusted for determines which units were treated.")
    among = covariates(units.x[: units.untreated], units.weight[: units.untreated])
    sets = _sets(units, limit, draws, seed)
    if not sets.count:
        lacking = Placebo(
            reason="A stratum has no more untreated units than treated: a set would leave none."
        )
        return replace(none, estimate=estimate, cr2=_robust(units), placebo=lacking, placebo_by_size=lacking)
    turns = set_effects(among, units.change[: units.untreated], sets.places)
    by_size, spread = _by_size(units, given, among, estimate, places, turns, sets)
    return replace(
        none,
        estimate=estimate,
        cr2=_robust(units),
        placebo=placebo(estimate, 1.0, turns, sets=sets.count, exact=sets.exact),
        placebo_by_size=by_size,
        spread=spread,
    )


def _robust(units: Units) -> Robust:
    """CR2 of the treated term; weighted units are rows times the root of their weight, so that they have no intercept."""
    root = np.sqrt(units.weight)
    named = {f"x{k}": root * column for k, column in enumerate(units.x.T)}
    treated = root * (np.arange(len(root)) >= units.untreated)
    frame = pd.DataFrame(
        {"change": root * units.change, **named, "treated": treated, "unit": range(len(root))}
    )
    try:
        table = fit(f"change ~ 0 + {' + '.join([*named, 'treated'])}", frame).inference("cr2", cluster="unit")
    except ModelError as error:
        return Robust(reason=str(error))
    columns = ["std_error", "df", "p_value", "ci_low", "ci_high"]
    row = table[columns].reindex(["treated"]).to_numpy(float)[0]
    std_error, df, p_value, ci_low, ci_high = row.tolist()
    if math.isnan(std_error):
        return Robust(
            reason="It rests on one treated unit, whose own variation cannot be told from the effect."
        )
    return Robust(std_error, df, p_value, ci_low, ci_high)


def _sets(units: Units, limit: int, draws: int, seed: int) -> Sets:
    strata, counts = np.unique(units.stratum[units.untreated :], return_counts=True)
    wanted = dict(zip(strata.tolist(), counts.tolist(), strict=True))
    return untreated_sets(units.stratum[: units.untreated], wanted, limit=limit, draws=draws, seed=seed)


def _by_size(
    units: Units,
    given: Covariates,
    among: Covariates,
    estimate: float,
    places: np.ndarray,
    turns: np.ndarray,
    sets: Sets,
) -> tuple[Placebo, Spread | None]:
    """Placebo inference from estimates over their standard errors by size, and the variance these come from."""
    if units.size is None:
        return Placebo(reason="The units' sizes are not given."), None
    others = units.size[: units.untreated]
    spread = spread_by_size(among.residuals(units.change[: units.untreated]), others)
    error = float(set_errors(given, spread.variance(units.size), places)[0])
    errors = set_errors(among, spread.variance(others), sets.places)
    if not (error > 0 and np.nanmin(errors, initial=np.inf) > 0):
        return Placebo(reason="Some untreated units' changes do not vary."), spread
    return placebo(estimate, error, turns / errors, sets=sets.count, exact=sets.exact), spread

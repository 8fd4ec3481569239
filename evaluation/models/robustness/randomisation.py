"""Exact randomisation inference: the model refitted under every allocation that the design allowed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.errors import ModelError
from evaluation.models.engine.estimate import Estimate, estimate
from evaluation.models.engine.pose import pose, repose
from evaluation.models.engine.problem import Problem
from evaluation.models.engine.scaling import independent
from evaluation.models.fitted import FittedModel
from evaluation.models.inference.clustering import find, with_cluster
from evaluation.models.inference.tables import known_terms
from evaluation.models.robustness.allocation import Allocations, allocations, randomisation_p
from evaluation.models.sums.crossproducts import CrossProducts
from evaluation.models.sums.grouping import Grouping
from evaluation.models.sums.substitution import substitute, unit_values

# Variances to start a refit from are at least this, so that none begins on the boundary.
INSIDE = 0.05
DRAWS = 1_999


@dataclass(frozen=True, slots=True)
class Allocation:
    """How a treatment was given out.

    Attributes
    ----------
    unit : str
        What was allocated: a grouping column, or a nested factor such as `school:class`. "" for the outermost groups in which
        the term does not vary, the groups around these being blocks unless others are named.
    blocks : str
        A column (or grouping factor) within whose values as many units were treated as were; "" for one block.
    random : bool
        Whether it was by chance. If not, the test is a placebo test: what would be found if it had been.
    others : tuple of str
        Fixed terms that mark further arms of the same allocation, each 0 or 1 in a unit. Units in those keep theirs: given
        who is in them, every way to deal the rest was as likely.
    """

    unit: str = ""
    blocks: str = ""
    random: bool = True
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Randomisation:
    """What the other allocations say.

    Attributes
    ----------
    name : str
        "randomisation test", or "placebo test" where nothing was allocated at random.
    statistic : float
        The term's t: its estimate over the model's standard error.
    p_value : float
        The share of allocations whose |t| is as large; nan with a reason.
    smallest_p : float
        The least that this design can reach.
    allocations : int
        How many there are.
    compared : int
        How many were refitted: all, or as many as were drawn.
    exact : bool
        Whether all of them were.
    undefined : int
        Allocations under which the model cannot be fitted or has no such term; they count as large.
    unit, blocks : str
    reason : str
        Why there is no p, or "".
    note : str
        A term that may mark a further arm and was not named among the allocation's others, or "".
    """

    name: str
    statistic: float
    p_value: float
    smallest_p: float
    allocations: int
    compared: int
    exact: bool
    undefined: int
    unit: str
    blocks: str
    reason: str
    note: str = ""


def randomisation_test(
    result: FittedModel,
    term: str,
    allocation: Allocation | None = None,
    *,
    limit: int = 100_000,
    draws: int = DRAWS,
    seed: int = 0,
) -> Randomisation:
    """Test that a term has no effect on anyone, from the allocations that were possible.

    Parameters
    ----------
    term : str
        A fixed term with two values, each unit having one. Interactions of it change with it.
    allocation : Allocation, optional
        When absent: units and blocks as worked out by `Allocation()`, and not at random.
    limit : int
        All allocations are refitted while there are at most so many, otherwise `draws` of them, with p = (1 + b) / (1 + B).

    Raises
    ------
    ModelError
        For a term, unit or column that is not known.
    """
    known_terms(result.problem, [term, *(allocation.others if allocation else ())])
    chosen = allocation or Allocation(random=False)
    unit, blocks = _design(result, term, chosen)
    cross, problem = result.cross, result.problem
    for column in (unit, blocks):
        if column:
            cross, problem = with_cluster(cross, problem, result.data, column)
    units = find(cross, problem, unit)
    values = unit_values(cross, term, units)
    levels = np.unique(values.round(9))
    observed = _t(problem, result.estimate, term)
    name = "randomisation test" if chosen.random else "placebo test"
    if len(levels) != 2:
        held = f"{len(levels)} value{'s' * (len(levels) > 1)}"
        reason = f"{term!r} has {held} over the units, and an allocation has two arms"
        return _none(name, observed, unit, blocks, reason)
    treated = (values > levels.mean()).astype(int)
    within = _within(cross, problem, units, blocks)
    within = _apart(within, [unit_values(cross, other, units) for other in chosen.others])
    found = allocations(treated, within, limit=limit, draws=draws, seed=seed)
    if found.reason:
        return _none(name, observed, unit, blocks, found.reason)
    statistics = np.array(list(_statistics(result, cross, problem, term, units, levels, found)))
    missing = np.isnan(statistics)
    p_value = randomisation_p(observed, np.where(missing, 2 * abs(observed) + 1, statistics), found.exact)
    return Randomisation(
        name=name,
        statistic=observed,
        p_value=p_value,
        smallest_p=found.smallest_p,
        allocations=found.count,
        compared=len(statistics),
        exact=found.exact,
        undefined=int(missing.sum()),
        unit=unit,
        blocks=blocks,
        reason="",
        note=_unnamed(cross, problem, term, chosen.others, units, treated),
    )


def _none(name: str, statistic: float, unit: str, blocks: str, reason: str) -> Randomisation:
    return Randomisation(name, statistic, np.nan, np.nan, 1, 0, True, 0, unit, blocks, reason)


def _design(result: FittedModel, term: str, chosen: Allocation) -> tuple[str, str]:
    """The unit and the blocks, worked out where they are not given."""
    if chosen.unit:
        return chosen.unit, chosen.blocks
    around = ""
    for grouping, level in zip(result.problem.groupings, result.problem.levels, strict=True):
        try:
            unit_values(result.cross, term, grouping)
        except ModelError:
            around = "" if level.copies > 1 else grouping.name  # a crossed factor is around nothing
            continue
        return grouping.name, chosen.blocks or around
    why = (
        f"{term!r} varies within every group of {result.formula!r}"
        if result.problem.groupings
        else f"{result.formula!r} has no groups"
    )
    raise ModelError(f"{why}: name the column of the units that were allocated.")


def _within(cross: CrossProducts, problem: Problem, units: Grouping, blocks: str) -> np.ndarray:
    """The block of each unit."""
    found = np.zeros(units.size, dtype=np.intp)
    if not blocks:
        return found
    grouping = find(cross, problem, blocks)
    found[units.codes] = grouping.codes
    if (found[units.codes] != grouping.codes).any():
        raise ModelError(
            f"A {units.name} lies in several blocks of {blocks}: name blocks that hold whole units."
        )
    return found


def _apart(blocks: np.ndarray, others: Sequence[np.ndarray]) -> np.ndarray:
    """Blocks divided by what each unit holds of other terms."""
    for values in others:
        _, part = np.unique(values.round(9), return_inverse=True)
        blocks = blocks * (part.max() + 1) + part
    return blocks


def _unnamed(
    cross: CrossProducts,
    problem: Problem,
    term: str,
    others: Sequence[str],
    units: Grouping,
    treated: np.ndarray,
) -> str:
    """A remark on terms of whole units that are never 1 where the term is: they may be further arms."""
    found = []
    for name in problem.terms:
        if name in (term, *others) or ":" in name:
            continue
        try:
            values = unit_values(cross, name, units).round(9)
        except ModelError:
            continue
        if set(np.unique(values)) == {0.0, 1.0} and not (values * treated).any():
            found.append(name)
    if not found:
        return ""
    return (
        f"{', '.join(found)} and {term} are never 1 in the same {units.name}: a term that marks a further arm of the same "
        "allocation belongs in Allocation(others=...)"
    )


def _statistics(
    result: FittedModel,
    cross: CrossProducts,
    problem: Problem,
    term: str,
    units: Grouping,
    levels: np.ndarray,
    found: Allocations,
) -> Iterator[float]:
    """t under each allocation; nan where the model cannot be fitted, or some term of it not estimated."""
    start = _inside(result.estimate)
    crossed = any(level.copies > 1 for level in problem.levels)
    for pattern in found.patterns:
        sums = substitute(cross, term, levels[pattern[units.codes].astype(int)])
        try:
            other = pose(sums) if crossed else repose(problem, sums)
            gram = other.total[other.fixed, other.fixed] / other.n
            estimable = other.terms == problem.terms and len(independent(gram)) == other.p
            fitted = estimate(other, result.estimate.reml, start) if estimable else None
        except ModelError:
            fitted = None
        yield _t(other, fitted, term) if fitted and fitted.optimum.converged else np.nan


def _inside(fitted: Estimate) -> np.ndarray:
    """The fit's theta, with every standard deviation above nothing."""
    theta = fitted.optimum.theta.copy()
    for term in fitted.structure.terms:
        diagonal = np.cumsum([0, *range(term.size, 1, -1)])
        entries = theta[term.entries]
        entries[diagonal] = np.maximum(np.abs(entries[diagonal]), INSIDE)
    return theta


def _t(problem: Problem, fitted: Estimate, term: str) -> float:
    row = problem.transform[problem.terms.index(term)]
    return float(row @ fitted.solved.beta / np.sqrt(fitted.sigma2 * (row @ fitted.solved.phi @ row)))

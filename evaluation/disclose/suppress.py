"""Which counts to withhold, so that what is shown tells no protected one: least cost first, and how near to it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evaluation.disclose.master import cheapest
from evaluation.disclose.requirements import Requirements, requirements
from evaluation.disclose.separate import EXACT, Cut, cut, failures, parts
from evaluation.disclose.system import NOBODY, Mask, Real, System, closed, components

ROUNDS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Withheld:
    """A pattern of withheld counts.

    Attributes
    ----------
    mask
        (cells,) what is withheld.
    cost
        The costs of what is withheld, added up.
    bound
        What any pattern that protects must cost at least.
    gap
        `(cost - bound) / cost`, 0 where the pattern is the cheapest there is.
    components
        How many groups of withheld counts share no sum with another.
    method
        "primary alone", "optimal" or "bounded".
    exposed
        (cells,) protected counts that what is held already gives away, whatever is withheld.
    """

    mask: Mask
    cost: float
    bound: float
    gap: float
    components: int
    method: str
    exposed: Mask


def withhold_counts(system: System, minimum: int) -> Withheld:
    """The cheapest pattern found that meets the protection rule against every reader and every holder.

    Fischetti and Salazar (2001): a master problem chooses cells, an attacker's linear programmes show what it fails to
    protect, and each failure adds an inequality to the master. The first choice with no failure is the cheapest there is.
    After `ROUNDS` rounds cells are only added, which always ends.

    Parameters
    ----------
    system
        Counts, all known.
    minimum
        The smallest count that may be shown.
    """
    whole = closed(system)
    cells = len(system.values)
    protected = np.zeros(len(whole.values), dtype=bool)
    protected[:cells] = system.protected(minimum)
    fixed = (protected | (whole.costs == 0)) & ~whole.held
    asked = requirements(whole, protected & fixed, minimum)
    chosen, bound, exposed, rounds = _search(whole, fixed, asked)
    mask = (fixed | chosen)[:cells]
    cost, bound = float(system.costs[mask].sum()), bound + float(whole.costs[fixed].sum())
    gap = 0.0 if cost - bound <= 1e-6 * cost else (cost - bound) / cost
    return Withheld(
        mask,
        cost,
        bound,
        gap,
        components(whole.relations, fixed | chosen)[0],
        "primary alone" if not rounds else "bounded" if gap else "optimal",
        ((protected & whole.held) | exposed)[:cells],
    )


def _search(system: System, fixed: Mask, asked: Requirements) -> tuple[Mask, float, Mask, int]:
    """Cells chosen beside the fixed ones, a lower bound of their cost, cells that cannot be protected, rounds taken."""
    chosen, exposed = np.zeros((2, len(fixed)), dtype=bool)
    bound, rounds = 0.0, 0
    cuts: list[_Failure] = []
    beyond: set[tuple[int, int]] = set()
    sound: set[bytes] = set()
    while found := list(_failing(system, fixed, chosen, asked, beyond, sound)):
        rounds += 1
        cuts += found
        lost = {item.what for item in found if item.cut.weights.sum() < 1 - EXACT}
        if lost:
            beyond |= lost
            exposed[asked.cell[[number for number, _ in lost]]] = True
            cuts = [item for item in cuts if item.what not in lost]
        if rounds <= ROUNDS:
            chosen, bound = cheapest([item.cut for item in cuts], system.costs)
        else:
            _grow(chosen, [item.cut for item in cuts], system.costs)
    return chosen, bound, exposed, rounds


@dataclass(frozen=True, slots=True)
class _Failure:
    """A requirement's number and an attacker it fails against, with the cut that says so."""

    what: tuple[int, int]
    cut: Cut


def _failing(
    system: System,
    fixed: Mask,
    chosen: Mask,
    asked: Requirements,
    beyond: set[tuple[int, int]],
    sound: set[bytes],
) -> Iterator[_Failure]:
    """Failures of a pattern; parts that have none are remembered in `sound` and not looked at again."""
    open_to_all = np.ones(len(asked.cell), dtype=bool)
    open_to_all[[number for number, holder in beyond if holder == NOBODY]] = False
    for part in parts(system, fixed | chosen, asked, open_to_all):
        key = part.cells.tobytes()
        if key in sound:
            continue
        empty = True
        for holder, numbers in failures(part):
            known = (part.owners == holder) & (holder != NOBODY)
            for number in numbers:
                what = (int(part.numbers[number]), holder)
                if what not in beyond:
                    empty = False
                    yield _Failure(what, cut(part, known, number, fixed[part.near], system.held[part.near]))
        if empty:
            sound.add(key)


def _grow(chosen: Mask, cuts: list[Cut], costs: Real) -> None:
    """Add cells, the most weight for the cost first, until every cut is met."""
    for item in cuts:
        order = item.cells[np.argsort(-item.weights / costs[item.cells], kind="stable")]
        weight = dict(zip(item.cells.tolist(), item.weights.tolist(), strict=True))
        met = item.weights[chosen[item.cells]].sum()
        for cell in order.tolist():
            if met >= 1 - EXACT:
                break
            if not chosen[cell]:
                chosen[cell] = True
                met += weight[cell]

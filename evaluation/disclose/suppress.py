"""Which counts to withhold, so that what is shown tells no protected one: least cost first, and how near to it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evaluation.disclose.cuts import Cut, cheapest, cut, grown, lone, near
from evaluation.disclose.requirements import Requirements, requirements
from evaluation.disclose.separate import EXACT, MOST, failures, parts
from evaluation.disclose.system import NOBODY, Mask, System, closed, components

ROUNDS = 40
SMALL = 400


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
    chosen, bound, rounds = np.zeros(len(fixed), dtype=bool), 0.0, 0
    found: list[_Failure] = []
    singles: list[Cut] = []
    beyond: set[tuple[int, int]] = set()
    sound: set[bytes] = set()
    limit = ROUNDS if len(fixed) <= SMALL else 0
    while new := list(_failing(system, fixed, fixed | chosen, asked, beyond, sound)):
        rounds += 1
        beyond |= {item.what for item in new if item.cut.weights.sum() < 1 - EXACT}
        found = [item for item in [*found, *new] if item.what not in beyond]
        if rounds <= limit:
            chosen, bound = _cheapest(system, fixed, [item.cut for item in found], singles)
        else:
            chosen = grown([item.cut for item in found], chosen, system.costs)
    if rounds > limit:
        bound = cheapest([item.cut for item in found] + singles, system, fixed)[1]
    exposed = np.zeros(len(fixed), dtype=bool)
    exposed[asked.cell[[number for number, _ in beyond]]] = True
    return chosen, bound, exposed, rounds


def _cheapest(system: System, fixed: Mask, cuts: list[Cut], singles: list[Cut]) -> tuple[Mask, float]:
    """The cheapest choice in which no cell is alone in a relation; what that asked for is added to `singles`."""
    while True:
        chosen, bound = cheapest(cuts + singles, system, fixed)
        more = list(lone(system.relations, fixed | chosen, chosen))
        if not more:
            return chosen, bound
        singles += more


@dataclass(frozen=True, slots=True)
class _Failure:
    """A requirement's number and an attacker it fails against, with the cut that says so."""

    what: tuple[int, int]
    cut: Cut


def _failing(
    system: System,
    fixed: Mask,
    withheld: Mask,
    asked: Requirements,
    beyond: set[tuple[int, int]],
    sound: set[bytes],
) -> Iterator[_Failure]:
    """Failures of a pattern, some of each part's; parts that have none are remembered in `sound` and not tried again."""
    wanted = np.ones(len(asked.cell), dtype=bool)
    wanted[[number for number, holder in beyond if holder == NOBODY]] = False
    for part in parts(system, withheld, asked, wanted):
        key = part.cells.tobytes()
        if key in sound:
            continue
        around, count = near(system, part.cells, withheld), 0
        for holder, places in failures(part):
            whats = [(number, holder) for number in part.numbers[places].tolist()]
            for what in whats:
                if what not in beyond:
                    count += 1
                    yield _Failure(what, cut(system, around, asked.some(np.array([what[0]])), holder, fixed))
            if count >= MOST:
                break
        if not count:
            sound.add(key)

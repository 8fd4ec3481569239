"""Which counts to withhold, so that what is shown tells no protected one: least cost first, and how near to it."""

from dataclasses import dataclass

import numpy as np

from evaluation.disclose.requirements import requirements
from evaluation.disclose.room import prepared
from evaluation.disclose.search import Search
from evaluation.disclose.system import Mask, System, closed, components


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
    In a system of many cells, and after some rounds in any, cells are only added, which always ends; those that turn out not
    to be needed are shown again.

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
    asked = requirements(whole, protected & fixed, minimum, whole.kept(minimum) & fixed)
    search = Search(prepared(whole, asked), fixed)
    chosen, bound = search.cheapest()
    chosen = search.completed(chosen, bound)
    mask = (fixed | chosen)[:cells]
    cost, bound = float(system.costs[mask].sum()), bound + float(whole.costs[fixed].sum())
    gap = 0.0 if cost - bound <= 1e-6 * cost else (cost - bound) / cost
    return Withheld(
        mask,
        cost,
        min(bound, cost),
        gap,
        components(whole.relations, fixed | chosen)[0],
        "bounded" if gap else "optimal" if chosen.any() else "primary alone",
        ((protected & whole.held) | search.exposed())[:cells],
    )

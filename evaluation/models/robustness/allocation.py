"""The allocations of units to arms that a design allowed, and the p they give: exact randomisation inference.

The units of each block are dealt its own arms anew: as many of each arm as it had, every way as likely as any other
(Fisher, Design of Experiments, 1935; Rosenbaum, Observational Studies, 2002, section 2.4). All ways are taken while they
are few enough; else independent draws, with the (1 + b)/(1 + B) rule (Phipson and Smyth, SAGMB 9:39, 2010).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from evaluation.errors import ModelError

# Statistics are tied when they differ by less than this share of the observed one, or of the median size if that is
# larger: a refit's optimiser leaves more than rounding error.
TIE = 1e-6


@dataclass(frozen=True, slots=True)
class Allocations:
    """What might have been allocated.

    Attributes
    ----------
    patterns : ndarray of int, shape (B, U)
        The arm of each unit under each allocation: all of them, the observed one included, or random draws.
    exact : bool
        Whether they are all of them.
    count : int
        How many the design allowed, however large.
    smallest_p : float
        The smallest two-sided p they can give. Where the two arms may change places throughout, each allocation has a
        mirror image of the same size, so that it is 2/count; else, and with three arms or more (where it depends on the
        statistic), no less than 1/count. Sampled: 1/(1 + B).
    reason : str or None
        Why there can be no test, or None.
    """

    patterns: np.ndarray
    exact: bool
    count: int
    smallest_p: float
    reason: str | None = None


def allocations(
    arms: np.ndarray,
    blocks: Sequence[object] | np.ndarray | None = None,
    *,
    seed: int,
    limit: int = 100_000,
    draws: int = 9_999,
) -> Allocations:
    """All allocations the design allowed while there are at most `limit`; else `draws` of them at random.

    The names of blocks never matter. The order of units does not matter where all are taken, but for the order of patterns;
    draws are dealt to units in the order given, so that a seed repeats them only for units in the same order: sort them.

    Parameters
    ----------
    arms : ndarray of int or bool, shape (U,)
        Of each unit: treated or not, or numbered from 0.
    blocks : sequence, shape (U,), optional
        Labels within which arms were dealt; without it, among all units.
    seed : int
        For draws.

    Raises
    ------
    ModelError
        When arms are not whole numbers, or a unit has no block.
    """
    arms = _whole(arms)
    members = _members(len(arms), blocks)
    dealt = [np.unique(arms[block], return_counts=True)[1].tolist() for block in members]
    count = math.prod(_arrangements(counts) for counts in dealt)
    if count == 1:
        reason = "Only one allocation was possible: no block has units in two arms."
        return Allocations(arms[None], True, 1, 1.0, reason)
    exact = count <= limit
    patterns = _every(arms, members) if exact else _drawn(arms, members, draws, seed)
    smallest = (2 if _mirrored(arms, members) else 1) / count if exact else 1 / (1 + draws)
    return Allocations(patterns, exact, count, smallest)


def randomisation_p(observed: float, statistics: np.ndarray, exact: bool) -> float:
    """Two-sided p: the share of allocations whose statistic is at least as large as the observed one, whatever its sign.

    Parameters
    ----------
    observed : float
    statistics : ndarray, shape (B,)
        Of each of the allocations: all of them, the observed one included (`exact`), or draws, which it then joins.

    Raises
    ------
    ModelError
        When a statistic is missing or infinite, or the observed one is not among all of them.
    """
    sizes = np.abs(np.asarray(statistics, dtype=float))
    missing = int((~np.isfinite(sizes)).sum()) + (not math.isfinite(observed))
    if missing or not len(sizes):
        raise ModelError(
            f"{missing} of {len(sizes)} allocations' statistics are missing or infinite: use one that none lacks."
        )
    tolerance = TIE * max(abs(observed), float(np.median(sizes)))
    if exact and np.abs(np.asarray(statistics) - observed).min() > tolerance:
        raise ModelError(
            "The observed statistic is not that of any allocation: compute both in the same way."
        )
    reached = int((sizes >= abs(observed) - tolerance).sum())
    return reached / len(sizes) if exact else (1 + reached) / (1 + len(sizes))


def _whole(arms: np.ndarray) -> np.ndarray:
    found = np.asarray(arms)
    numbers = found.ndim == 1 and found.size > 0 and found.dtype.kind in "biuf"
    if not numbers or not (np.isfinite(found) & (found == np.trunc(found))).all():
        raise ModelError("The arm of each unit must be 0 or 1, or a whole number, and none may be missing.")
    return found.astype(np.int64)


def _members(units: int, blocks: Sequence[object] | np.ndarray | None) -> list[np.ndarray]:
    """Places of the units of each block, in order of the blocks' first units."""
    if blocks is None:
        return [np.arange(units)]
    codes = pd.factorize(np.asarray(blocks, dtype=object))[0]
    if len(codes) != units or (codes < 0).any():
        raise ModelError(f"Each of the {units} units needs a block; {(codes >= 0).sum()} have one.")
    return [np.flatnonzero(codes == block) for block in range(codes.max() + 1)]


def _arrangements(counts: Sequence[int]) -> int:
    """In how many ways so many units of each arm can be dealt."""
    return math.factorial(sum(counts)) // math.prod(map(math.factorial, counts))


def _mirrored(arms: np.ndarray, members: Sequence[np.ndarray]) -> bool:
    """Whether there are two arms and each block has as many units in one as in the other."""
    names = np.unique(arms)
    return len(names) == 2 and all(2 * (arms[block] == names[0]).sum() == len(block) for block in members)


def _every(arms: np.ndarray, members: Sequence[np.ndarray]) -> np.ndarray:
    """All allocations (count, U)."""
    patterns = arms[None]
    for block in members:
        ways = _ways(np.sort(arms[block]))
        before = len(patterns)
        patterns = np.repeat(patterns, len(ways), axis=0)
        patterns[:, block] = np.tile(ways, (before, 1))
    return patterns


def _ways(arms: np.ndarray) -> np.ndarray:
    """The distinct orders (ways, n) of sorted arms (n,): places for the last arm, then the others in those left."""
    last = arms == arms[-1]
    if last.all():
        return arms[None]
    rest = _ways(arms[~last])
    taken = np.array(list(combinations(range(len(arms)), int(last.sum()))))
    patterns = np.full((len(taken), len(rest), len(arms)), arms[-1])
    free = np.ones((len(taken), len(arms)), dtype=bool)
    np.put_along_axis(free, taken, values=False, axis=1)
    patterns[np.broadcast_to(free[:, None], patterns.shape)] = np.tile(rest, (len(taken), 1)).ravel()
    return patterns.reshape(-1, len(arms))


def _drawn(arms: np.ndarray, members: Sequence[np.ndarray], draws: int, seed: int) -> np.ndarray:
    """Independent allocations (draws, U): in each block the sorted arms go to its units in order of a random number."""
    numbers = np.random.default_rng(seed).random((draws, len(arms)))
    patterns = np.empty(numbers.shape, dtype=arms.dtype)
    for block in members:
        order = block[np.argsort(numbers[:, block], axis=1)]
        np.put_along_axis(patterns, order, np.sort(arms[block])[None], axis=1)
    return patterns

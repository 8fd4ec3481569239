"""The sets of untreated units that can take the treated ones' place: as many of each stratum."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np


@dataclass(frozen=True, slots=True)
class Sets:
    """What might stand in for the treated units.

    Attributes
    ----------
    places : ndarray of int, shape (B, K)
        The untreated units of each set, by place: every set, or as many as were drawn.
    count : int
        How many sets there are, however large; 0 where there is none.
    exact : bool
        Whether `places` holds all of them.
    """

    places: np.ndarray
    count: int
    exact: bool


def untreated_sets(
    strata: np.ndarray, wanted: Mapping[int, int], *, limit: int = 100_000, draws: int = 9_999, seed: int
) -> Sets:
    """Every set with as many units of each stratum as are wanted, while there are at most `limit`; else draws, each as likely.

    A set leaves at least one unit of each of its strata, to be compared with.

    Parameters
    ----------
    strata : ndarray of int, shape (n,)
        Of each untreated unit.
    wanted : mapping of int to int
        By stratum: how many units were treated.
    seed : int
        For draws. They are dealt to units in the order given.
    """
    members = {stratum: np.flatnonzero(strata == stratum) for stratum in sorted(wanted)}
    if any(len(places) <= wanted[stratum] for stratum, places in members.items()):
        return Sets(np.empty((0, sum(wanted.values())), dtype=int), 0, True)
    count = math.prod(math.comb(len(places), wanted[stratum]) for stratum, places in members.items())
    parts = [(places, wanted[stratum]) for stratum, places in members.items()]
    if count <= limit:
        return Sets(_every(parts), count, True)
    rng = np.random.default_rng(seed)
    drawn = [_drawn(places, size, draws, rng) for places, size in parts]
    return Sets(np.hstack(drawn), count, False)


def _every(parts: list[tuple[np.ndarray, int]]) -> np.ndarray:
    """All sets (count, K): each stratum's with each of those before."""
    found = np.empty((1, 0), dtype=int)
    for places, size in parts:
        ways = np.fromiter(chain.from_iterable(_ways(places, size)), dtype=int).reshape(-1, size)
        found = np.hstack([np.repeat(found, len(ways), axis=0), np.tile(ways, (len(found), 1))])
    return found


def _ways(places: np.ndarray, size: int) -> Iterator[tuple[int, ...]]:
    return combinations(places.tolist(), size)


def _drawn(places: np.ndarray, size: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Independent sets (draws, size) of one stratum, a unit at most once in each.

    Units are drawn with replacement, and a set with one of them twice is drawn again, while most have none; else the first
    few of a random order are taken.
    """
    if size**2 > len(places):
        order = rng.permuted(np.tile(places, (draws, 1)), axis=1)
        return order[:, :size]
    found = rng.choice(places, (draws, size))
    while len(again := np.flatnonzero(_repeats(found))):
        found[again] = rng.choice(places, (len(again), size))
    return found


def _repeats(found: np.ndarray) -> np.ndarray:
    """Whether a row (of few columns) holds a place twice."""
    return (np.diff(np.sort(found, axis=1), axis=1) == 0).any(axis=1)

"""A system in pieces that the shown counts above its holders keep apart, each searched by itself."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np

from evaluation.disclose.requirements import Requirements
from evaluation.disclose.room import prepared
from evaluation.disclose.search import Search
from evaluation.disclose.system import NOBODY, Mask, System, Whole, components


def by_pieces(search: Search, chosen: Mask, jobs: int) -> tuple[Mask, Whole]:
    """A choice completed piece by piece, where counts that no holder owns stay shown if they may be.

    Returns
    -------
    chosen, failed
        (cells,) what to withhold beside the fixed cells, and the numbers of the requirements that no pattern of a piece meets.
    """
    completed, failed = np.zeros_like(chosen), []
    given = list(_pieces(search, chosen))
    work = [(piece, mine) for _, _, piece, mine in given]
    if jobs == 1:
        done = [_complete(*item) for item in work]
    else:
        with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
            done = list(pool.map(_complete, *zip(*work, strict=True)))
    for (cells, numbers, _, _), (more, beyond) in zip(given, done, strict=True):
        completed[cells[more]] = True
        failed.append(numbers[beyond])
    return completed, np.unique(np.concatenate(failed))


def _complete(piece: Search, chosen: Mask) -> tuple[Whole, Whole]:
    """The places of the cells to withhold in a piece, and the numbers of the requirements that nothing meets."""
    more = piece.completed(chosen, 0.0)
    return np.flatnonzero(more), np.unique([number for number, _ in piece.beyond]).astype(np.int64)


def _pieces(search: Search, chosen: Mask) -> Iterator[tuple[Whole, Whole, Search, Mask]]:
    """The cells of each piece, the numbers of its requirements, the search in it, and what is chosen there already."""
    system, asked = search.ground.system, search.ground.asked
    still = system.held | ((system.owners == NOBODY) & ~search.fixed & ~chosen)
    labels = components(system.relations, ~still)[1]
    place = np.full(len(labels), NOBODY)
    order = np.argsort(labels[asked.cell], kind="stable")
    for label in np.unique(labels[asked.cell]):
        mine = np.flatnonzero(labels == label)
        numbers = order[slice(*np.searchsorted(labels[asked.cell[order]], [label, label + 1]))]
        relations = search.ground.columns[:, mine].tocsr()
        rows = np.flatnonzero(np.diff(relations.indptr))
        groups = system.groups[mine]
        cells = np.unique(np.concatenate([mine, system.relations[rows].indices, groups[groups >= 0]]))
        place[cells] = np.arange(len(cells))
        some = asked.some(numbers)
        group = np.where(some.group >= 0, place[some.group], NOBODY)
        part = System(
            system.values[cells],
            np.where(np.isin(system.groups[cells], cells), place[system.groups[cells]], NOBODY),
            system.relations[rows][:, cells],
            system.costs[cells],
            still[cells],
            system.owners[cells],
        )
        inside = Requirements(place[some.cell], group, some.sign, some.need)
        fixed = search.fixed[cells] & ~still[cells]
        yield (
            cells,
            numbers,
            replace(search, ground=prepared(part, inside), fixed=fixed, beyond=set(), found=[]),
            chosen[cells],
        )

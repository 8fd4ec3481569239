"""Withheld counts: what is protected, at what cost, and what an attacker who shares no code with it finds."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evaluation.disclose.attack import ranges, unprotected
from evaluation.disclose.suppress import withhold_counts
from evaluation.disclose.system import Mask, System, build_relations

ROOT = Path(__file__).parents[2]


SLOW = {3, 8, 11, 27, 33}  # linked tables whose best pattern takes a second or more


def two_way(inside: np.ndarray, owned: bool = False, costs: np.ndarray | None = None) -> System:
    """Schools in rows, groups in columns, with all their totals; the last column is each row's whole group."""
    full = np.pad(inside, ((0, 1), (0, 1)))
    full[-1, :-1], full[:, -1] = inside.sum(axis=0), np.append(inside.sum(axis=1), inside.sum())
    place = np.arange(full.size).reshape(full.shape)
    sums = [(row[-1], row[:-1]) for row in place] + [(column[-1], column[:-1]) for column in place.T[:-1]]
    owners = np.where(np.arange(len(full)) < len(inside), np.arange(len(full)), -1)
    return System(
        values=full.ravel(),
        groups=np.repeat(place[:, -1], full.shape[1]),
        relations=build_relations(sums, full.size),
        costs=1.0 + full.ravel() if costs is None else costs,
        held=np.zeros(full.size, dtype=bool),
        owners=np.repeat(owners, full.shape[1]) if owned else np.full(full.size, -1),
    )


def fillings(system: System, withheld: Mask, known: Mask, most: int) -> np.ndarray:
    """(fillings, cells) every way that whole numbers up to `most` fill what is not known, found by trying them all."""
    unknown = np.flatnonzero(withheld & ~known)
    tried = np.array(list(itertools.product(range(most + 1), repeat=len(unknown))))
    rows = np.tile(system.values, (len(tried), 1))
    rows[:, unknown] = tried
    grouped = system.groups >= 0
    fits = (system.relations @ rows.T == 0).all(axis=0)
    return rows[fits & (rows[:, grouped] <= rows[:, system.groups[grouped]]).all(axis=1)]


@pytest.mark.parametrize("minimum", [5, 6, 7, 9, 10, 11])
@pytest.mark.parametrize("step", [-1, 0, 1])
def test_a_count_that_is_part_of_no_group_is_shown_from_the_minimum_upwards(minimum: int, step: int) -> None:
    """Of a school's whole number no complement is asked: its own size alone decides."""
    values = np.array([minimum + step, 60, 70])
    values = np.append(values, values.sum())
    system = System(
        values=values,
        groups=np.full(4, -1),
        relations=build_relations([(3, [0, 1, 2])], 4),
        costs=1.0 + values,
        held=np.zeros(4, dtype=bool),
        owners=np.full(4, -1),
    )
    found = withhold_counts(system, minimum)
    assert found.mask[0] == (step < 0)
    assert found.mask.any() == (step < 0)
    assert unprotected(system, found.mask, minimum) == []


@pytest.mark.parametrize("minimum", [5, 6, 7, 9, 10, 11])
@pytest.mark.parametrize("step", [-1, 0, 1])
def test_a_count_and_its_complement_are_shown_from_the_minimum_upwards(minimum: int, step: int) -> None:
    count = minimum + step
    for group in ([count, 60], [60, count]):
        system = two_way(np.array([group, [50, 50], [40, 70]]))
        found = withhold_counts(system, minimum)
        assert found.mask[:2].tolist() == [step < 0] * 2
        assert found.mask.any() == (step < 0)
        assert unprotected(system, found.mask, minimum) == []


def test_nobody_is_a_count_to_protect_and_so_is_everybody() -> None:
    system = two_way(np.array([[0, 60], [50, 50], [40, 70]]))
    assert withhold_counts(system, 5).mask[:2].all()
    assert system.protected(5)[:3].tolist() == [True, True, False]


def test_the_range_of_a_cell_is_worked_by_hand() -> None:
    """Rows of 10 and 20, columns of 12 and 18: the first cell from 0 to 10, the third from 2 to 12."""
    system = two_way(np.array([[3, 7], [9, 11]]))
    withheld = np.isin(np.arange(9), [0, 1, 3, 4])
    low, high = ranges(system, withheld)
    assert (low[[0, 1, 3, 4]].tolist(), high[[0, 1, 3, 4]].tolist()) == ([0, 0, 2, 8], [10, 10, 12, 18])
    assert (low[~withheld] == high[~withheld]).all()


def test_the_range_in_a_single_sum_is_worked_by_hand() -> None:
    """Three parts of 10 pupils, the last of 3 shown: 7 are left for the other two."""
    system = System(
        values=np.array([10, 5, 2, 3]),
        groups=np.full(4, -1),
        relations=build_relations([(0, [1, 2, 3])], 4),
        costs=np.ones(4),
        held=np.zeros(4, dtype=bool),
        owners=np.full(4, -1),
    )
    low, high = ranges(system, np.array([False, True, True, False]))
    assert (low.tolist(), high.tolist()) == ([10, 0, 0, 3], [10, 7, 7, 3])
    bounds = (np.array([10.0, 0, 0, 3]), np.array([10.0, 5, np.inf, 3]))
    low, high = ranges(system, np.array([False, True, True, False]), bounds=bounds)
    assert (low.tolist(), high.tolist()) == ([10, 0, 2, 3], [10, 5, 7, 3])


def test_what_nothing_bounds_has_no_highest() -> None:
    low, high = ranges(two_way(np.array([[3, 7], [9, 11]])), np.ones(9, dtype=bool))
    assert (low == 0).all()
    assert np.isinf(high).all()


small = st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=3), min_size=2, max_size=2).filter(
    lambda rows: len(rows[0]) == len(rows[1])
)


@settings(max_examples=25, deadline=None)
@given(small, st.integers(0, 2**12 - 1), st.booleans())
@example([[1, 4], [4, 1]], 0b1111, True)
def test_ranges_and_breaches_are_those_of_trying_every_filling(rows: list, pattern: int, owned: bool) -> None:
    system = two_way(np.array(rows), owned)
    cells = len(system.values)
    inside = [place for place in range(cells) if (place + 1) % (cells // 3) and place < 2 * cells // 3]
    withheld = np.zeros(cells, dtype=bool)
    withheld[[place for bit, place in enumerate(inside) if pattern >> bit & 1]] = True
    minimum, most = 3, int(system.values.max())
    expected = set()
    for holder in [-1, 0, 1] if owned else [-1]:
        known = (system.owners == holder) & (holder >= 0)
        found = fillings(system, withheld, known, most)
        low, high = ranges(system, withheld, holder if holder >= 0 else None)
        assert (low == found.min(axis=0)).all()
        assert (high == found.max(axis=0)).all()
        for cell in np.flatnonzero(system.protected(minimum) & ~known):
            if not withheld[cell]:
                expected.add((cell, -1, "shown"))
            elif holder < 0 or system.owners[cell] >= 0:
                expected |= {
                    (cell, holder, rule) for rule in broken(found, cell, system.groups[cell], minimum)
                }
    public = {(cell, rule) for cell, holder, rule in expected if holder < 0}
    expected = {item for item in expected if item[1] < 0 or (item[0], item[2]) not in public}
    got = {(item.cell, item.holder, item.rule) for item in unprotected(system, withheld, minimum)}
    assert got == expected


def broken(found: np.ndarray, cell: int, group: int, minimum: int) -> list[str]:
    """The parts of the protection rule that a set of fillings breaks for a cell."""
    rules = {
        "none is ruled out": (found[:, cell] == 0).any(),
        "all is ruled out": (found[:, cell] == found[:, group]).any(),
        "range under the minimum": (found[:, cell] >= minimum).any(),
    }
    return [rule for rule, holds in rules.items() if not holds]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("owned", [False, True])
def test_no_cheaper_pattern_protects_a_small_table(seed: int, owned: bool) -> None:
    rng = np.random.default_rng(seed)
    inside = rng.integers(6, 30, size=(3, 2))
    inside[0, 0] = rng.integers(0, 5)
    system = two_way(inside, owned)
    found = withhold_counts(system, 5)
    assert found.method == "optimal"
    assert unprotected(system, found.mask, 5) == []
    fixed = system.protected(5)
    others = np.flatnonzero(~fixed)
    best = np.inf
    for bits in itertools.product([False, True], repeat=len(others)):
        mask = fixed.copy()
        mask[others] = bits
        cost = system.costs[mask].sum()
        if cost < min(best, found.cost + 1) and not unprotected(system, mask, 5):
            best = cost
    assert found.cost == pytest.approx(best)
    assert found.bound == pytest.approx(best)


def test_a_published_example_is_withheld_as_published() -> None:
    """The first example of GaussSuppression's vignette on small counts (Statistics Norway): zeros and ones of a table of 20.

    Young and old by Iceland, Portugal and Spain; young in Portugal, 0, is primary, and three more are withheld beside it.
    """
    system = two_way(np.array([[2, 0, 5], [3, 4, 6]]))
    plain = System(system.values, np.full(12, -1), system.relations, system.costs, system.held, system.owners)
    found = withhold_counts(plain, 2)
    assert np.flatnonzero(found.mask).tolist() == [0, 1, 4, 5]
    assert found.method == "optimal"


def test_linked_tables_are_safe_and_primary_suppression_alone_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from disclosure_tables import linked

    recovered = 0
    for number in sorted({*range(60)} - SLOW):
        system, _, minimum = linked(number)
        found = withhold_counts(system, minimum)
        assert unprotected(system, found.mask, minimum) == []
        assert not found.exposed.any()
        assert found.bound <= found.cost
        assert found.gap == pytest.approx(max(found.cost - found.bound, 0) / max(found.cost, 1), abs=1e-5)
        assert (found.mask >= system.protected(minimum)).all()
        low, high = ranges(system, system.protected(minimum))
        recovered += int((low == high)[system.protected(minimum)].sum())
    assert recovered > 60

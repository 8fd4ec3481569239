"""Systems of counts: built from tables, of two releases, and what must not change what is withheld."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from evaluation.disclose.attack import ranges, unprotected
from evaluation.disclose.suppress import withhold_counts
from evaluation.disclose.system import System, build_relations
from evaluation.errors import DataError

MINIMUM = 5
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def margins(*given: Any) -> tuple[System, pd.DataFrame]:
    """The benchmarks' systems of counts from tables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        from margins import margins as built
    return built(*given)


def schools(counts: list[tuple[int, int]], **more: list) -> pd.DataFrame:
    rows = [(f"s{i}", group, n) for i, pair in enumerate(counts) for group, n in zip("do", pair, strict=True)]
    table = pd.DataFrame(rows, columns=["school", "group", "n"])
    return table.assign(**{name: np.repeat(values, 2) for name, values in more.items()})


def test_every_level_and_split_is_a_count_and_adds_up() -> None:
    table = schools([(3, 20), (10, 15), (8, 9)], cluster=["x", "x", "y"])
    system, cells = margins(table, [["cluster", "school"]], [["group"]], "school")
    named = cells.assign(n=system.values).set_index(["level", "unit", "group"])["n"]
    assert named["all", "all", ""] == 65
    assert named["cluster", "x", "d"] == 13
    assert named["school", "s2", "o"] == 9
    assert len(cells) == (1 + 2 + 3) * 3
    assert system.relations.shape[0] == 3 * (1 + 2) + 6
    assert set(cells.loc[cells["holder"] == "s2", "level"]) == {"school", "cluster"}  # y is s2 alone


def test_pupils_of_no_cluster_are_a_rest_that_is_never_shown_and_is_protected() -> None:
    table = schools([(12, 20), (10, 15), (2, 30)], cluster=["x", "x", None])
    system, cells = margins(table, [["cluster", "school"]], [["group"]])
    rest = cells["unit"].str.startswith("rest of").to_numpy()
    assert rest.sum() == 3
    assert (system.costs[rest] == 0).all()
    found = withhold_counts(system, MINIMUM)
    assert found.mask[rest].all()
    assert unprotected(system, found.mask, MINIMUM) == []


def test_a_crossed_split_adds_up_to_each_of_its_margins() -> None:
    grid = pd.MultiIndex.from_product(
        [["a", "b"], ["m", "f"], ["d", "o"]], names=["school", "sex", "group"]
    ).to_frame(index=False)
    system, cells = margins(grid.assign(n=range(8)), [["school"]], [["sex"], ["group"], ["sex", "group"]])
    crossed = (cells["split"] == "sex x group").to_numpy()
    above = (system.relations[:, np.flatnonzero(crossed)] != 0).sum(axis=0)
    # By sex, by group; a school's also in the whole's, and the whole's once more as the parent of those.
    assert (above == 3).all()


def test_a_system_that_does_not_add_up_is_refused() -> None:
    parts = {
        "values": np.array([5, 2, 2]),
        "groups": np.array([-1, 0, 0]),
        "relations": build_relations([(0, [1, 2])], 3),
        "costs": np.ones(3),
        "held": np.zeros(3, dtype=bool),
        "owners": np.full(3, -1),
    }
    with pytest.raises(DataError, match="do not add up"):
        System(**parts)
    with pytest.raises(DataError, match="larger than its group"):
        System(**{**parts, "relations": sparse.csr_array((0, 3)), "values": np.array([1, 2, 2])})
    with pytest.raises(DataError, match=r"no column 'shcool'\. Did you mean 'school'"):
        margins(schools([(1, 2)]), [["shcool"]], [])
    with pytest.raises(DataError, match="lies in more than one cluster"):
        margins(schools([(1, 2)]).assign(cluster=["x", "y"]), [["cluster", "school"]], [])


def test_an_audit_of_written_files_needs_no_withheld_value() -> None:
    system, _ = margins(schools([(3, 20), (10, 15), (8, 30)]), [["school"]], [["group"]])
    mask = withhold_counts(system, MINIMUM).mask
    values = np.where(mask, -1, system.values)
    blind = System(values, system.groups, system.relations, system.costs, system.held, system.owners)
    for known, found in zip(ranges(system, mask), ranges(blind, mask), strict=True):
        assert np.array_equal(known, found)


def test_what_an_earlier_release_gives_away_is_said() -> None:
    system, cells = margins(schools([(3, 20), (10, 15)]), [["school"]], [["group"]])
    held = (cells["unit"] == "s0").to_numpy()
    told = System(system.values, system.groups, system.relations, system.costs, held, system.owners)
    found = withhold_counts(told, MINIMUM)
    assert cells.loc[found.exposed, ["unit", "group"]].to_numpy().tolist() == [["s0", "d"], ["s0", "o"]]
    assert not found.mask[held].any()


counts = st.lists(st.tuples(st.integers(0, 20), st.integers(3, 30)), min_size=3, max_size=4)


@settings(max_examples=12, deadline=None)
@given(counts, st.randoms(use_true_random=False))
def test_order_and_names_do_not_change_what_is_lost(numbers: list, random) -> None:
    mixed = list(numbers)
    random.shuffle(mixed)
    found, other = (
        withhold_counts(margins(schools(pairs), [["school"]], [["group"]])[0], MINIMUM)
        for pairs in (numbers, mixed)
    )
    assert found.gap == other.gap == 0
    assert found.cost == pytest.approx(other.cost)


@settings(max_examples=12, deadline=None)
@given(counts, st.integers(2, 4))
def test_counts_and_minimum_scaled_together_are_withheld_alike(numbers: list, factor: int) -> None:
    """Whole pupils are finer in a scaled table, so only the cost in figures is compared: here the cost is 1 each."""
    found = []
    for scale in (1, factor):
        system, _ = margins(schools([(a * scale, b * scale) for a, b in numbers]), [["school"]], [["group"]])
        ones = np.ones(len(system.values))
        plain = System(system.values, system.groups, system.relations, ones, system.held, system.owners)
        found.append(withhold_counts(plain, MINIMUM * scale).cost)
    assert found[0] == pytest.approx(found[1])


@settings(max_examples=12, deadline=None)
@given(counts)
def test_a_group_that_no_school_can_have_changes_nothing(numbers: list) -> None:
    """A cell without a relation, and a cell of no pupils that is not in the table."""
    system, _ = margins(schools(numbers), [["school"]], [["group"]])
    wider = system.relations.copy()
    wider.resize((wider.shape[0], wider.shape[1] + 1))
    apart = System(
        np.append(system.values, 50),
        np.append(system.groups, -1),
        sparse.csr_array(wider),
        np.append(system.costs, 51.0),
        np.append(system.held, False),
        np.append(system.owners, -1),
    )
    found, other = withhold_counts(system, MINIMUM), withhold_counts(apart, MINIMUM)
    assert other.mask.tolist() == [*found.mask, False]

"""Counts of a release: none that is withheld can be told from what is shown, and what is not at stake is shown."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from disclose_tables import atoms, descriptives, schools
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from evaluation.disclose.cells import KEY, shown_counts
from evaluation.disclose.splits import uncounted, whole_splits

MINIMUM = 10
Clusters = Mapping[str, Sequence[str]]


def shown(
    found: pd.DataFrame, clusters: Clusters | None = None, minimum: int = MINIMUM, level: str = "school"
) -> pd.DataFrame:
    """The counts of a release, in a column `shown` whether each is; figures by disadvantage are offered down to a level."""
    table = descriptives(found, clusters or {})
    order = ["project", "cluster", "school"]
    fine = table["level"].map(order.index) > order.index(level)
    may_show = ~(fine & table["split"].str.contains("disadvantaged")).to_numpy()
    return table.assign(shown=shown_counts(table, found, clusters or {}, minimum, may_show, set()))


def splits(table: pd.DataFrame, split: str, level: str = "school") -> set[str]:
    """The units of which a whole split is shown."""
    return {unit for at, unit, name, _ in whole_splits(table, table["shown"]) if (at, name) == (level, split)}


MANY = {f"other {index}": (40, 80) for index in range(4)}


@pytest.mark.parametrize("minimum", [6, 10])
@pytest.mark.parametrize("step", [-1, 0, 1])
def test_a_count_is_shown_from_the_minimum_upwards(minimum: int, step: int) -> None:
    found = shown(schools({"a": (minimum + step, 40), **MANY}), minimum=minimum)
    assert ("a" in splits(found, "disadvantaged")) == (step >= 0)
    assert "a" in splits(found, "all")


@pytest.mark.parametrize("minimum", [6, 10])
@pytest.mark.parametrize("step", [-1, 0, 1])
def test_so_is_how_many_a_school_has_of_all(minimum: int, step: int) -> None:
    found = shown(schools({"a": (3, minimum + step - 3), **MANY}), minimum=minimum)
    assert ("a" in splits(found, "all")) == (step >= 0)


@pytest.mark.parametrize("pair", [(0, 40), (40, 0), (3, 40), (40, 3)])
def test_nobody_or_nearly_all_of_a_group_is_a_small_count(pair: tuple[int, int]) -> None:
    assert "a" not in splits(shown(schools({"a": pair, **MANY})), "disadvantaged")


def test_a_school_too_small_shows_nothing() -> None:
    found = shown(schools({"a": (4, 5), **MANY}))
    assert not found.loc[found["unit"] == "a", "shown"].any()


def test_what_nobody_is_offered_is_not_told_by_the_clusters_either() -> None:
    """Of a cluster of two schools the count, less one school's own pupils, is the other's: it is withheld, and not by itself."""
    found = schools({"a": (20, 30), "b": (25, 30), **MANY})
    two = shown(found, {"x": ["a", "b"], "y": list(MANY)}, level="cluster")
    assert splits(two, "disadvantaged", "project") == {""}
    assert splits(two, "disadvantaged", "cluster") == set()
    assert splits(two, "disadvantaged") == set()
    assert {"a", "b"} <= splits(two, "all")
    wide = shown(found, {"x": ["a", "b", *list(MANY)[:1]], "y": list(MANY)[1:]}, level="cluster")
    assert splits(wide, "disadvantaged", "cluster") == {"x", "y"}


def test_year_groups_are_shown_where_only_status_is_at_stake() -> None:
    sizes = {("a", "t", year, status): n for year in ("4", "7") for status, n in (("d", 4), ("o", 26))}
    sizes |= {
        (name, "t", year, status): n
        for name in MANY
        for year in ("4", "7")
        for status, n in (("d", 30), ("o", 60))
    }
    found = shown(atoms(sizes), level="project")
    assert "a" in splits(found, "year_group")
    assert "a" not in splits(found, "disadvantaged")


def test_a_pattern_once_published_is_kept_to_where_another_is_as_good() -> None:
    found = schools({"a": (3, 40), **dict.fromkeys("bcdefg", (40, 80))})
    table = descriptives(found, {})
    everything, keys = np.ones(len(table), dtype=bool), list(table[KEY].itertuples(index=False, name=None))

    def withheld(before: dict | None) -> set[str]:
        shown_now = shown_counts(table, found, {}, MINIMUM, everything, set(), before)
        pairs = zip(keys, shown_now, strict=True)
        return {key[1] for key, may in pairs if not may and key[:3:2] == ("school", "disadvantaged")}

    first = withheld(None)
    others = set("bcdefg") - first
    assert "a" in first
    assert 2 <= len(first) - 1 <= len(others)
    instead = {"a", *sorted(others)[: len(first) - 1]}
    before = {key: key[1] not in instead for key in keys if key[:3:2] == ("school", "disadvantaged")}
    assert withheld(before) == instead


def test_what_was_shown_before_is_the_last_to_be_withheld() -> None:
    found = schools({"a": (3, 40), **dict.fromkeys("bcd", (20, 40)), **dict.fromkeys("xyz", (400, 900))})
    table = descriptives(found, {})
    everything, keys = np.ones(len(table), dtype=bool), list(table[KEY].itertuples(index=False, name=None))

    def withheld(before: dict | None) -> set[str]:
        shown_now = shown_counts(table, found, {}, MINIMUM, everything, set(), before)
        return {key[1] for key, may in zip(keys, shown_now, strict=True) if not may and "dis" in key[2]} - {
            "a"
        }

    assert withheld(None) <= set("bcd"), "the smallest are the least loss"
    before = {key: True for key in keys if key[2] == "disadvantaged" and key[1] not in {"a", *"xyz"}}
    assert withheld(before) <= set("xyz")


def test_few_pupils_without_an_outcome_hide_its_count() -> None:
    def count(n: int, outcome: str) -> pd.DataFrame:
        return pd.DataFrame(
            [("school", "a", "all", "all", outcome, n)],
            columns=["level", "unit", "split", "group", "outcome", "n"],
        )

    assert uncounted(pd.concat([count(60, "y"), count(58, "x")]), "y", MINIMUM) == {
        ("school", "a", "all", "x")
    }
    for n in (50, 60):
        assert uncounted(pd.concat([count(60, "y"), count(n, "x")]), "y", MINIMUM) == set()


def told(table: pd.DataFrame, found: pd.DataFrame, clusters: Clusters) -> int:
    """How many withheld counts under the minimum any reader can work out exactly, by linear programming over pupils of each kind."""
    kinds = found.reset_index(drop=True)
    members = np.array([_members(row, kinds, clusters) for row in table.to_dict("records")], dtype=float)
    known = members[table["shown"]], table.loc[table["shown"], "n"]
    number = 0
    for row in np.flatnonzero(~table["shown"] & (table["n"] < MINIMUM)):
        ends = [
            linprog(sign * members[row], A_eq=known[0], b_eq=known[1], bounds=(0, 1e4)).fun
            for sign in (1, -1)
        ]
        number += abs(-ends[1] - ends[0]) < 0.5
    return number


def _members(row: dict, kinds: pd.DataFrame, clusters: Clusters) -> np.ndarray:
    inside = {"project": list(kinds["school"]), "school": [row["unit"]]}.get(row["level"]) or clusters[
        row["unit"]
    ]
    chosen = kinds["school"].isin(inside)
    parts = {
        "treatment_disadvantaged": ("treatment", "disadvantaged"),
        "year_group_disadvantaged": ("year_group", "disadvantaged"),
    }
    columns = parts.get(row["split"], (row["split"],) if row["split"] != "all" else ())
    for column, label in zip(columns, row["group"].split(", "), strict=False):
        chosen &= kinds[column] == label
    return chosen.to_numpy()


kinds_of_pupils = st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4), min_size=3, max_size=6)


@settings(max_examples=15, deadline=None)
@given(kinds_of_pupils, st.sampled_from(["project", "cluster", "school"]))
def test_no_small_count_can_be_worked_out_from_what_is_shown(numbers: list[list[int]], level: str) -> None:
    sizes = {
        (f"s{index}", "t", year, status): n
        for index, four in enumerate(numbers)
        for (year, status), n in zip([("4", "d"), ("4", "o"), ("7", "d"), ("7", "o")], four, strict=True)
    }
    found = atoms(sizes)
    clusters = {"x": ["s0", "s1"], "y": [f"s{index}" for index in range(2, len(numbers))]}
    assert told(shown(found, clusters, level=level), found, clusters) == 0


def test_the_attack_succeeds_on_small_counts_withheld_alone() -> None:
    generator = np.random.default_rng(7)
    recovered = 0
    for _ in range(20):
        found = schools({f"s{index}": tuple(generator.integers(5, 40, 2)) for index in range(4)})
        table = descriptives(found, {})
        recovered += told(table.assign(shown=table["n"] >= MINIMUM), found, {})
    assert recovered >= 10

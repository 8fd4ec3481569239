"""Splits: all of a split's groups or none, and never a school that subtraction gives back."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from evaluation.disclose.splits import shown_splits, uncounted

MINIMUM = 10


def counts(rows: list[tuple[str, str, str, str, int]], outcome: str = "y") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["level", "unit", "split", "group", "n"])
    return table.assign(outcome=outcome)


def school(name: str, disadvantaged: int, others: int) -> list[tuple[str, str, str, str, int]]:
    return [
        ("school", name, "all", "all", disadvantaged + others),
        ("school", name, "disadvantaged", "d", disadvantaged),
        ("school", name, "disadvantaged", "o", others),
    ]


def project(schools: dict[str, tuple[int, int]]) -> pd.DataFrame:
    rows = [row for name, sizes in schools.items() for row in school(name, *sizes)]
    first, second = (sum(sizes[i] for sizes in schools.values()) for i in (0, 1))
    rows += [
        ("project", "", split, group, n)
        for split, group, n in (
            ("all", "all", first + second),
            ("disadvantaged", "d", first),
            ("disadvantaged", "o", second),
        )
    ]
    return counts(rows)


@pytest.mark.parametrize("minimum", [6, 10])
@pytest.mark.parametrize("step", [-1, 0, 1])
def test_a_split_is_shown_from_the_minimum_upwards(minimum: int, step: int) -> None:
    shown = shown_splits(counts(school("a", minimum + step, 40)), minimum, {})
    assert (("school", "a", "disadvantaged", "y") in shown) == (step >= 0)
    assert ("school", "a", "all", "y") in shown


def test_a_group_of_nobody_is_a_small_group() -> None:
    shown = shown_splits(counts(school("a", 0, 40)), MINIMUM, {})
    assert ("school", "a", "disadvantaged", "y") not in shown


def test_a_school_too_small_shows_nothing() -> None:
    assert shown_splits(counts(school("a", 4, 5)), MINIMUM, {}) == set()


def test_one_school_withheld_takes_the_next_smallest_with_it() -> None:
    table = project({"a": (3, 30), "b": (25, 30), "c": (15, 30), "d": (40, 30)})
    shown = shown_splits(table, MINIMUM, {("project", ""): ["a", "b", "c", "d"]})
    withheld = {unit for unit in "abcd" if ("school", unit, "disadvantaged", "y") not in shown}
    assert withheld == {"a", "c"}


def test_two_schools_withheld_with_too_few_pupils_between_them_take_a_third() -> None:
    table = project({"a": (2, 30), "b": (3, 30), "c": (15, 30), "d": (40, 30)})
    shown = shown_splits(table, MINIMUM, {("project", ""): ["a", "b", "c", "d"]})
    withheld = {unit for unit in "abcd" if ("school", unit, "disadvantaged", "y") not in shown}
    assert withheld == {"a", "b", "c"}


def test_one_small_school_does_not_empty_the_reports_of_other_clusters() -> None:
    schools = {"north 1": (20, 33), "north 2": (20, 25), "south 1": (20, 28), "south 2": (3, 5)}
    table = project(schools)
    clusters = {
        name: [school for school in schools if school.startswith(name)] for name in ("north", "south")
    }
    rows = []
    for name, members in clusters.items():
        first, second = (sum(schools[school][i] for school in members) for i in (0, 1))
        rows += [("cluster", name, "all", "all", first + second)]
        rows += [("cluster", name, "disadvantaged", group, n) for group, n in (("d", first), ("o", second))]
    children = {("project", ""): list(schools)} | {
        ("cluster", name): members for name, members in clusters.items()
    }
    shown = shown_splits(pd.concat([table, counts(rows)]), MINIMUM, children)
    assert {key[1] for key in shown if key[0] == "school"} == {"north 1", "north 2"}


def test_a_school_of_one_year_group_is_not_had_by_subtracting_the_others_of_that_year() -> None:
    rows = [("school", "a", "year_group", "year 4", 32), ("school", "b", "year_group", "year 7", 8)]
    rows += [("school", "d", "year_group", "year 7", 32), ("school", "e", "year_group", "year 7", 40)]
    rows += [("cluster", "x", "year_group", "year 4", 32), ("cluster", "x", "year_group", "year 7", 80)]
    rows += [
        (level, unit, "all", "all", n)
        for level, unit, n in (
            ("school", "a", 32),
            ("school", "b", 8),
            ("school", "d", 32),
            ("school", "e", 40),
            ("cluster", "x", 112),
        )
    ]
    shown = shown_splits(counts(rows), MINIMUM, {("cluster", "x"): ["a", "b", "d", "e"]})
    year_7 = {key[1] for key in shown if key[0] == "school" and key[2] == "year_group"} & {"b", "d", "e"}
    assert year_7 == {"e"}


def test_the_parent_is_withheld_when_no_school_is_left_to_hide_behind() -> None:
    table = project({"a": (3, 30), "b": (2, 30), "not reported": (50, 50)})
    shown = shown_splits(table, MINIMUM, {("project", ""): ["a", "b"]})
    assert {key[:2] for key in shown if key[2] == "disadvantaged"} == {("school", "not reported")}


def test_few_pupils_without_an_outcome_hide_its_count() -> None:
    few = counts([("school", "a", "all", "all", 58)], "x")
    table = pd.concat([counts([("school", "a", "all", "all", 60)]), few])
    assert uncounted(table, "y", MINIMUM) == {("school", "a", "all", "x")}
    assert uncounted(pd.concat([table.iloc[:1], few.assign(n=50)]), "y", MINIMUM) == set()
    assert uncounted(pd.concat([table.iloc[:1], few.assign(n=60)]), "y", MINIMUM) == set()


def test_margins_that_rule_out_an_empty_crossed_cell_are_not_both_shown() -> None:
    cells = {
        "t, d": 9,
        "t, o": 41,
        "c, d": 40,
        "c, o": 0,
    }  # 50 treated and 49 disadvantaged of 90: at least 9 both
    rows = [("school", "a", "all", "all", 90)]
    rows += [("school", "a", "treatment", "t", 50), ("school", "a", "treatment", "c", 40)]
    rows += [("school", "a", "disadvantaged", "d", 49), ("school", "a", "disadvantaged", "o", 41)]
    rows += [("school", "a", "treatment_disadvantaged", label, n) for label, n in cells.items()]
    shown = shown_splits(counts(rows), MINIMUM, {})
    assert {key[2] for key in shown} == {"all", "treatment"}


def pinned(table: pd.DataFrame, shown: set, schools: list[str]) -> int:
    """How many withheld small groups a reader of the shown figures can work out exactly, by linear programming."""
    names = [(school, group) for school in schools for group in "do"]
    sizes = table[table["level"] == "school"].set_index(["unit", "group"])["n"]
    total = table[(table["level"] == "project") & (table["split"] == "disadvantaged")].set_index("group")["n"]
    equal, values = [], []
    for school_name in schools:
        if ("school", school_name, "all", "y") in shown:
            equal.append([float(name[0] == school_name) for name in names])
            values.append(sizes[(school_name, "all")])
        if ("school", school_name, "disadvantaged", "y") in shown:
            for group in "do":
                equal.append([float(name == (school_name, group)) for name in names])
                values.append(sizes[(school_name, group)])
    if ("project", "", "disadvantaged", "y") in shown:
        for group in "do":
            equal.append([float(name[1] == group) for name in names])
            values.append(total[group])
    found = 0
    for index, name in enumerate(names):
        if ("school", name[0], "disadvantaged", "y") in shown or sizes[name] >= MINIMUM:
            continue
        cost = np.eye(len(names))[index]
        ends = [
            linprog(sign * cost, A_eq=equal or None, b_eq=values or None, bounds=(0, 500)).fun
            for sign in (1, -1)
        ]
        found += abs(-ends[1] - ends[0]) < 0.5
    return found


sizes_of_schools = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 60)), min_size=2, max_size=6)


@settings(max_examples=60, deadline=None)
@given(sizes_of_schools)
def test_no_small_group_can_be_worked_out_from_what_is_shown(sizes: list[tuple[int, int]]) -> None:
    schools = {f"s{index}": pair for index, pair in enumerate(sizes)}
    table = project(schools)
    shown = shown_splits(table, MINIMUM, {("project", ""): list(schools)})
    assert pinned(table, shown, list(schools)) == 0


def test_the_attack_succeeds_on_small_groups_withheld_alone() -> None:
    generator = np.random.default_rng(7)
    recovered = 0
    for _ in range(40):
        schools = {f"s{index}": tuple(generator.integers(5, 40, 2)) for index in range(4)}
        table = project(schools)
        sizes = table.groupby(["level", "unit", "split", "outcome"])["n"].min()
        recovered += pinned(table, set(sizes[sizes >= MINIMUM].index), list(schools))
    assert recovered >= 10

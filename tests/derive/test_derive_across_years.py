"""Schools linked across years: the real tables counted by hand, and invented ones whose truth is known."""

import csv
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.derive.academies import became_academies
from evaluation.derive.across_years import SchoolLinks, link_schools
from evaluation.ingest.published import read_published

EARLIER, LATER = "2016-2017_850_ks2final.csv", "2018-2019_850_ks2final.csv"
# Three schools closed, in these tables, beside a new academy of the same name. The register's links file is not to be had
# here, so the lines it would have for them are made up.
SUCCESSIONS = {"115930": "144882", "115993": "147021", "116379": "147519"}


def by_number(path: Path) -> dict[str, dict[str, str]]:
    """The schools of a table by LEA and ESTAB, each with a row of its own, from the csv module alone."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["RECTYPE"] in ("1", "2")]
    found = {row["LEA"] + row["ESTAB"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def schools(*rows: tuple[str, ...]) -> pd.DataFrame:
    """laestab, urn, type, urn_ac of each school."""
    columns = ["laestab", "urn", "type", "urn_ac"]
    frame = pd.DataFrame([[*row, *[""] * (4 - len(row))] for row in rows], columns=columns, dtype="str")
    return frame.assign(name="School " + frame["urn"], open_ac=pd.NaT)


def links(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["urn", "linked_urn", "link_type"], dtype="str")


def found(linked: SchoolLinks) -> list[tuple[int, int, str]]:
    return list(linked.pairs[["earlier", "later", "rule"]].itertuples(index=False, name=None))


def test_the_real_tables_link_as_counted_by_hand(real: Path) -> None:
    one, two = read_published(real / EARLIER, "ks2").schools, read_published(real / LATER, "ks2").schools
    before, after = by_number(real / EARLIER), by_number(real / LATER)
    linked = link_schools(one, two)
    assert linked.by_rule() == {"laestab": len(before.keys() & after.keys()), "predecessor": 0, "urn": 0}
    assert linked.by_rule()["laestab"] == 326
    assert set(linked.only_earlier["laestab"]) == before.keys() - after.keys()
    assert set(linked.only_later["laestab"]) == after.keys() - before.keys()
    assert (len(linked.only_earlier), len(linked.only_later)) == (2, 5)
    assert linked.conflicts.empty


def test_the_real_schools_that_became_academies(real: Path) -> None:
    one, two = read_published(real / EARLIER, "ks2").schools, read_published(real / LATER, "ks2").schools
    before, after = by_number(real / EARLIER), by_number(real / LATER)
    moved = {
        (number, before[number]["URN"], after[number]["URN"])
        for number in before.keys() & after.keys()
        if before[number]["URN"] != after[number]["URN"]
    }
    listed = became_academies(one, two, link_schools(one, two))
    between = listed[listed["evidence"].str.startswith("an academy in the later")]
    assert set(between[["laestab", "urn_before", "urn_after"]].itertuples(index=False, name=None)) == moved
    assert between["name"].tolist() == ["Bordon Junior School", "Rowner Junior School", "Gomer Junior School"]
    announced = listed.drop(index=between.index).set_index("laestab")
    assert announced[["urn_before", "urn_after"]].to_numpy().tolist() == [
        ["116240", "147128"],
        ["116383", "144092"],
    ]
    assert announced.loc["8502735", "evidence"] == "announced in the later table"
    assert (
        announced.loc["8503419", "evidence"] == "announced in the earlier table, but no academy in the later"
    )
    # Every URN_AC of either table is accounted for.
    said = {row["URN_AC"] for table in (before, after) for row in table.values()} - {"0"}
    assert said <= set(listed["urn_after"])


def test_the_real_academies_with_new_numbers_need_the_links_file(real: Path) -> None:
    """Three schools closed for an academy with another LAESTAB; both rows stand in one of the tables."""
    one, two = read_published(real / EARLIER, "ks2").schools, read_published(real / LATER, "ks2").schools
    said = links(*((after, before, "Predecessor") for before, after in SUCCESSIONS.items()))
    linked = link_schools(one, two, said)
    assert linked.by_rule() == {"laestab": 326, "predecessor": 0, "urn": 0}
    assert linked.conflicts["why"].tolist() == ["linked with another"] * 3
    listed = became_academies(one, two, linked)
    followed = listed[listed["evidence"].str.startswith("followed")]
    assert dict(zip(followed["urn_before"], followed["urn_after"], strict=True)) == SUCCESSIONS


def test_the_real_register_links_to_the_tables(real: Path) -> None:
    table, register = (
        read_published(real / LATER, "ks2").schools,
        read_published(real / "gias_extract_2021.csv", "schools").schools,
    )
    with (real / "gias_extract_2021.csv").open(encoding="utf-8", newline="") as stream:
        there = {row["LA (code)"] + row["EstablishmentNumber"]: row for row in csv.DictReader(stream)}
    before = by_number(real / LATER)
    linked = link_schools(table, register)
    assert linked.by_rule()["laestab"] == len(before.keys() & there.keys()) == 311
    academies = {
        number
        for number in before.keys() & there.keys()
        if before[number]["NFTYPE"] not in ("AC", "ACC")
        and there[number]["EstablishmentTypeGroup (name)"] == "Academies"
    }
    listed = became_academies(table, register, linked)
    assert set(listed["laestab"]) == academies
    assert len(academies) == 5


def test_the_rules_are_taken_in_their_order() -> None:
    one = schools(("1001", "1"), ("1002", "2"), ("1003", "3"), ("1004", "4"), ("1005", "5", "CY", "55"))
    two = schools(("1001", "1"), ("1002", "22"), ("9003", "33"), ("9004", "4"), ("9005", "55"))
    linked = link_schools(one, two, links(("33", "3", "Predecessor")))
    assert found(linked) == [
        (0, 0, "laestab"), (1, 1, "laestab"), (2, 2, "predecessor"), (3, 3, "urn"), (4, 4, "predecessor"),
    ]  # fmt: skip
    assert linked.only_earlier.empty
    assert linked.only_later.empty
    assert linked.pairs.loc[2, ["laestab_earlier", "urn_later"]].tolist() == ["1003", "33"]


@pytest.mark.parametrize(
    "said",
    [
        links(("2", "1", "Predecessor"), ("3", "2", "Predecessor")),
        links(("1", "2", "Successor"), ("2", "3", " SUCCESSOR ")),
        links(("1", "2", "Successor"), ("3", "2", "Predecessor"), ("1", "3", "Predecessor")),
    ],
    ids=["predecessors", "successors", "in a circle"],
)
def test_a_school_is_followed_over_several(said: pd.DataFrame) -> None:
    linked = link_schools(schools(("1001", "1")), schools(("2001", "3")), said)
    assert found(linked) == [(0, 0, "predecessor")]


def test_two_candidates_are_listed_and_not_chosen_between() -> None:
    one = schools(("1001", "1"), ("1002", "2"), ("1003", "3"))
    two = schools(("9001", "8"), ("9002", "9"), ("1003", "3"))
    said = links(("8", "1", "Predecessor"), ("9", "1", "Predecessor"), ("9", "2", "Predecessor"))
    linked = link_schools(one, two, said)
    assert found(linked) == [(2, 2, "laestab")]
    assert linked.only_earlier["why"].tolist() == ["two candidates"] * 2
    assert linked.only_later["why"].tolist() == ["two candidates"] * 2
    assert list(linked.conflicts.itertuples(index=False, name=None)) == [
        (0, 0, "predecessor", "two candidates"), (0, 1, "predecessor", "two candidates"), (1, 1, "predecessor", "two candidates"),
    ]  # fmt: skip


def test_rows_of_one_laestab_are_told_apart_by_urn_or_not_at_all() -> None:
    """A closed school and the academy in its place may stand in one table under one LAESTAB."""
    both, academy = schools(("1001", "1"), ("1001", "11", "ACC")), schools(("1001", "11", "ACC"))
    assert found(link_schools(both, academy)) == [(1, 0, "laestab")]
    assert link_schools(both, academy).only_earlier["why"].tolist() == ["linked with another"]
    strange = link_schools(both, schools(("1001", "12")))
    assert strange.pairs.empty
    assert strange.only_later["why"].tolist() == ["two candidates"]


def test_a_number_taken_over_by_another_school_is_shown() -> None:
    """The school with URN 1 moved to 1002, and another took 1001: by the order of the rules 1001 is linked, and that is said."""
    linked = link_schools(schools(("1001", "1")), schools(("1001", "2"), ("1002", "1")))
    assert found(linked) == [(0, 0, "laestab")]
    assert list(linked.conflicts.itertuples(index=False, name=None)) == [(0, 1, "urn", "linked with another")]


def test_merged_and_split_schools_are_never_one_school() -> None:
    one, two = schools(("1001", "1"), ("1002", "2")), schools(("9001", "3"))
    for kind in ("Predecessor - merged", "Predecessor - amalgamated", "Predecessor - Split School"):
        linked = link_schools(one, two, links(("3", "1", kind)))
        assert linked.pairs.empty
        assert linked.only_earlier["why"].tolist() == ["merged or split", "no candidate"]
    assert link_schools(one, two, links(("3", "1", "Sixth Form Centre Link"))).conflicts.empty


def test_a_type_that_is_not_given_is_not_made_up() -> None:
    one, two = schools(("1001", "1", "CY"), ("1002", "2")), schools(("1001", "11"), ("1002", "22"))
    listed = became_academies(one, two, link_schools(one, two))
    assert (
        listed["evidence"].tolist() == ["a new URN at the same LAESTAB; the tables do not give its type"] * 2
    )
    stayed = schools(("1001", "11", "ACC")), schools(("1001", "12", "AC"))
    assert became_academies(*stayed, link_schools(*stayed)).empty


NUMBERS = st.sampled_from(["", "1001", "1002", "1003", "1004"])
URNS = st.sampled_from(["", "1", "2", "3", "4", "5"])
TABLE = st.lists(st.tuples(NUMBERS, URNS), max_size=6).map(lambda rows: schools(*rows))
LINKS = st.lists(
    st.tuples(URNS, URNS, st.sampled_from(["Predecessor", "Successor", "Predecessor - merged"])), max_size=6
)


@settings(max_examples=200, deadline=None)
@given(one=TABLE, two=TABLE, said=LINKS)
def test_every_school_is_linked_once_or_listed_once(one: pd.DataFrame, two: pd.DataFrame, said: list) -> None:
    linked = link_schools(one, two, links(*said))
    for year, frame, left in (("earlier", one, linked.only_earlier), ("later", two, linked.only_later)):
        assert Counter([*linked.pairs[year], *left.index]) == Counter(frame.index)
        # Whoever is left without a candidate is in no conflict, and whoever had one is.
        assert set(left.index[left["why"] == "no candidate"]).isdisjoint(linked.conflicts[year])
        assert set(left.index[left["why"] != "no candidate"]) <= set(linked.conflicts[year])
    taken = set(zip(linked.pairs["earlier"], linked.pairs["later"], strict=True))
    assert taken.isdisjoint(zip(linked.conflicts["earlier"], linked.conflicts["later"], strict=True))
    # Turned about in time, the same schools agree by LAESTAB and by URN.
    back = link_schools(two, one)
    forth = link_schools(one, two)
    assert set(found(back)) == {(later, earlier, rule) for earlier, later, rule in found(forth)}

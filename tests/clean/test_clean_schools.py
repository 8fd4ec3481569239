"""Schools by identifier, number, URN or name: matched to the register, assumed aloud, or refused with the nearest."""

from pathlib import Path

import pytest
from clean_tables import pupils, results
from hypothesis import given
from hypothesis import strategies as st
from real_path import REGISTER, headed, take

from evaluation.clean.schools import name_words, parse_school

KNOWN = {row[0]: (row[1], row[2]) for row in REGISTER[1:]} | {"0330201": ("", "")}
PARSE = parse_school(KNOWN)


@pytest.mark.parametrize(
    ("text", "school", "said"),
    [
        ("9992001", "9992001", ""),
        ("9992001.0", "9992001", ""),
        ("999/2001", "9992001", "mark between"),
        ("999 - 2001", "9992001", "mark between"),
        ("999 2001", "9992001", "mark between"),
        ("DfE no. 999/2001", "9992001", "mark between"),
        ("LAESTAB: 999-2001", "9992001", "mark between"),
        ("2001", "9992001", "lacks its first figures"),
        ("330201", "0330201", "lacks its first figures"),
        ("190001", "9992001", "URN"),
        ("0190001", "9992001", "URN"),
        ("9992001 Elm Tree", "9992001", "among other words"),
        ("Elm Tree (190001)", "9992001", "among other words"),
        ("Elm Tree Primary School", "9992001", "is a school's name"),
        ("ELM TREE  PRIMARY", "9992001", "is a school's name"),
        ("The Elm Tree Primary Sch.", "9992001", "is a school's name"),
        ("Saint Marys CofE Infants", "9992002", "is a school's name"),
        ("St. Mary's C.E. Junior School", "9992003", "is a school's name"),
        ("Elm Tree", "9992001", "assumed to be '9992001' (Elm Tree Primary School)"),
        ("Elm Tree Primary, Wendle", "9992001", "assumed to be"),
        ("Wendelmoor Academy", "9992004", "assumed to be"),
        ("Wendlemoor Primary School", "9992004", "assumed to be"),
        ("St Mary's Infant School", "9992002", "assumed to be"),
    ],
)
def test_what_a_school_goes_by(text: str, school: str, said: str) -> None:
    found = PARSE(text)
    assert (found.value, found.reason) == (school, "")
    assert said in found.remark
    assert bool(said) == bool(found.remark)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("St Mary's", "may be any of several"),
        ("St Mary's RC Infant School", "nearest is '9992002'"),
        ("Elm Grove Primary School", "nearest is '9992001' (Elm Tree Primary School)"),
        ("Elm Tree Junior School", "nearest is '9992001'"),
        ("Elm Tree Meadow View Primary", "nearest is '9992001'"),
        ("Quaverley High", "nor like any there"),
        ("9992009", "(9992009) is not a school in the register; the nearest is '999200"),
        ("190009", "nor like any there"),
        ("Okonkwo", "nor like any there"),
    ],
)
def test_what_is_no_school_for_certain_is_refused_and_the_nearest_named(text: str, said: str) -> None:
    found = PARSE(text)
    assert found.refuses_row
    assert found.value is None
    assert said in found.reason
    assert not {"Okonkwo", "Quaverley", "Grove", "Meadow"} & set(found.reason.split())


def test_two_schools_of_one_name_are_never_told_apart_by_it() -> None:
    parse = parse_school({"9992001": ("190001", "Elm Primary"), "9992002": ("190001", "Elm Primary School")})
    assert parse("Elm Primary").refuses_row
    assert parse("190001").refuses_row


@given(st.sampled_from(list(KNOWN)), st.randoms(use_true_random=False))
def test_a_name_survives_capitals_marks_and_words_that_say_nothing(school: str, random: object) -> None:
    name = KNOWN[school][1]
    spoilt = "".join(random.choice([mark.upper(), mark.lower()]) for mark in name)  # type: ignore[attr-defined]
    spoilt = spoilt.replace(" ", random.choice([" ", "  ", " - "]))  # type: ignore[attr-defined]
    assert name_words(f"The {spoilt}") == name_words(name)


def test_files_that_name_schools_are_taken_in_and_the_assumed_ones_listed(tmp_path: Path) -> None:
    listed, tested = pupils(), results()
    for rows, ways in ((listed, ["Elm Tree Primary", "190001"]), (tested, ["Elm Tree", "999/2001"])):
        for at, row in enumerate(rows):
            row[4] = ways[at % 2]
    tested[3][4] = "Quaverley High"
    taken = take(tmp_path, {"roll": headed(listed), "marks": headed(tested, scores=True)})
    assert set(taken.linked.pupils["school"]) == {"9992001"}
    assert set(taken.linked.scores["school"]) == {"9992001"}
    assert taken.told("marks", "school") == [5]
    assumed = taken.issues["reason"].str.contains(
        "assumed to be '9992001' (Elm Tree Primary School)", regex=False
    )
    assert taken.issues.loc[assumed, "row"].tolist() == [2, 4, 6, 8, 10]

"""Rows without a number: who is linked by probability, who is asked about, and who is left alone."""

import logging
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest
from link_rows import KEY, OAK, SCHOOL, STUDY, Row, linked, person, rows, whom

from evaluation.clean.shelf import shelved
from evaluation.link import listed_pupils, pseudonym, pupil_keys
from evaluation.link.certain import name_dob

NUMBERS = ["H801200001001", "A950000178301"]
BEATRICE = person("Thornbury-Vale, Beatrice", "2014-05-03", sex="F")
MUSA = person("Abdirahman, Musa", "2015-02-17", sex="M")
TWINS = [person("Ashgrove, Rowan", "2015-03-09", sex="M"), person("Ashgrove, Willow", "2015-03-09", sex="F")]


def answer(row: Row, *more: Row, listed: list[Row] | None = None) -> tuple[list[int | None], pd.DataFrame]:
    """Whom each row is linked to among `listed` (who stand before the school's other pupils), and the doubtful pairs."""
    result = linked(
        [rows("roll", *(listed or [BEATRICE, MUSA, *TWINS]), *SCHOOL)], [rows("marks", row, *more)]
    )
    return whom(result), result.doubtful


def changed(whose: Row, **more: Any) -> Row:
    return {**whose, **more}


CHANGES: list[dict[str, Any]] = [
    {"surname": "Thornbury Vail"},
    {"surname": "Thornbury"},
    {"surname": "Vale"},
    {"surname": "THORNBURYVALE"},
    {"surname": "Vale-Thornbury"},
    {"forename": "Beatrcie"},
    {"forename": "Beatrice Anne"},
    {"forename": "Béatrice", "surname": "Thornbüry-Vale"},
    {"forename": "BÃ©atrice"},
    {"forename": "Thornbury-Vale", "surname": "Beatrice"},
    {"forename": "Thornbury-Vale", "surname": "Beatrcie"},
    {"forename": None, "surname": "Thornbury-Vale, Beatrice"},
    {"forename": "B"},
    {"dob": "2014-03-05"},
    {"dob": "2014-05-30"},
    {"dob": "2013-05-03"},
    {"dob": None},
    {"sex": None, "school": None, "year_group": None},
    {"sex": "M"},
    {"year_group": "2"},
]
STRANGERS = [
    person("Thornbury-Vale, Edmund", "2014-05-03", sex="M"),
    person("Thornbury-Vale, Gwendolen", "2014-05-03", sex="F"),
    person("Thornbury-Vale, Beatrice", "2010-11-26", sex="F"),
    person("Quill, Septimus", "2014-05-03", sex="M"),
    person("Quill, Septimus", None),
    person("Abdirahman, Isa", "2015-02-17", sex="M"),
    person("Khan, Amelia", None, school=None, year_group=None),
    person("Ashgrove, Hazel", "2015-03-09", sex="F"),
]


def each_alone(*people: Row, listed: Sequence[Row] = (BEATRICE, MUSA, *TWINS)) -> list[str | None]:
    """The surname of whom each row is linked to, asked as if it were the only row of its source."""
    roll = rows("roll", *listed, *SCHOOL)
    keys = [pseudonym(KEY, "small", f"name|{name}") for name in name_dob(roll)]
    found = pupil_keys(STUDY, listed_pupils(STUDY, shelved([roll]), KEY)[0], rows("marks", *people), KEY)
    names = dict(zip(keys, roll["surname"], strict=True))
    return [names.get(pupil) for pupil in found["pupil"]]


def test_what_other_systems_make_of_a_pupil_is_still_that_pupil() -> None:
    found = each_alone(*(changed(BEATRICE, **change) for change in CHANGES))
    assert [change for change, name in zip(CHANGES, found, strict=True) if name != BEATRICE["surname"]] == []


def test_nobody_listed_is_linked_to_a_stranger_or_a_sibling() -> None:
    assert each_alone(*STRANGERS) == [None] * len(STRANGERS)


def test_twins_are_not_each_other_s_whatever_happened_to_their_names() -> None:
    rowan, willow = TWINS
    assert answer(changed(rowan, forename="Rowann", sex=None), changed(willow, forename="Wilow", sex=None))[
        0
    ] == [2, 3]
    assert answer(changed(rowan, forename="R"), changed(willow, surname="Ashgrov"))[0] == [2, 3]
    for one, other in ((0, 1), (1, 0)):
        found, doubtful = answer(changed(TWINS[one], sex=None), listed=[BEATRICE, MUSA, TWINS[other]])
        assert found == [None]
        assert set(doubtful["record_forename"]) <= {TWINS[one]["forename"]}


@pytest.mark.parametrize(
    "names", [("Jayden", "Hayden"), ("Gabriel", "Gabriella"), ("Mohammed Hassan", "Mohammed Hussain")]
)
def test_twins_with_like_names_are_left_to_a_person(names: tuple[str, str]) -> None:
    one, other = (
        person(f"Ashgrove, {name}", "2015-03-09", sex=sex) for name, sex in zip(names, "MF", strict=True)
    )
    assert answer(one, listed=[other])[0] == [None]


def test_an_initial_that_fits_both_twins_goes_to_neither_and_both_are_shown() -> None:
    twins = [changed(TWINS[0], forename="Wren", sex="F"), TWINS[1]]
    found, doubtful = answer(changed(TWINS[1], forename="W"), listed=twins)
    assert found == [None]
    assert sorted(doubtful["pupil_forename"]) == ["Willow", "Wren"]


def test_an_initial_is_settled_by_the_other_twin_s_own_row() -> None:
    twins = [changed(TWINS[0], forename="Wren", sex="F"), TWINS[1]]
    assert answer(changed(TWINS[1], forename="W"), changed(twins[0], dob=None), listed=twins)[0] == [1, 0]


def test_a_common_name_says_less_than_a_rare_one() -> None:
    """Without a date of birth, a name that one pupil in twelve has is not enough; a name of one pupil is."""
    khans = [
        person(f"Khan, {name}", f"2014-0{at}-11")
        for at, name in enumerate(["Amir", "Bilal", "Cyrus", "Daud"], start=1)
    ]
    found, _ = answer(
        person("Khan, Bilal", None, year_group=None),
        changed(BEATRICE, dob=None),
        listed=[BEATRICE, *khans],
    )
    assert found == [None, 0]


def test_a_row_with_another_number_is_asked_about_and_not_linked() -> None:
    listed = [changed(BEATRICE, upn=NUMBERS[0])]
    found, doubtful = answer(changed(BEATRICE, upn=NUMBERS[1]), listed=listed)
    assert found == [None]
    assert len(doubtful) == 1


def test_a_second_row_like_a_linked_pupil_s_is_asked_about() -> None:
    found, doubtful = answer(BEATRICE, changed(BEATRICE, forename="Beatrise"))
    assert found == [0, None]
    assert doubtful["row"].tolist() == [3]


def test_a_mover_without_numbers_is_one_pupil_from_wave_to_wave() -> None:
    moved = changed(BEATRICE, school=OAK, forename="Béatrice", surname="Thornbury Vale")
    result = linked(
        [rows("roll", BEATRICE, *SCHOOL), rows("roll_summer", moved, *SCHOOL[:20])], [rows("marks", BEATRICE)]
    )
    assert result.pupils["pupil"].nunique() == len(SCHOOL) + 1
    assert result.pupils.groupby("pupil")["school"].nunique().max() == 2


def test_a_namesake_at_another_school_is_another_pupil() -> None:
    smith = person("Smith, George", "2014-02-08", sex="M")
    other = changed(smith, school=OAK, dob="2014-09-30")
    result = linked([rows("roll", smith, *SCHOOL), rows("roll_summer", other)], [rows("marks", BEATRICE)])
    assert result.pupils["pupil"].nunique() == len(SCHOOL) + 2


def test_a_pupil_listed_without_a_date_of_birth_can_be_linked_to() -> None:
    found, _ = answer(BEATRICE, listed=[changed(BEATRICE, dob=None)])
    assert found == [0]


def test_names_in_other_scripts_are_compared_as_they_are() -> None:
    listed = [
        person(f"{names}", "2014-05-03")
        for names in ("Петрова, Алёна", "Παπαδόπουλος, Γιώργος", "राम, सीता", "李, 小龍")
    ]
    asked = [
        person(f"{names}", "2014-05-13")
        for names in ("ПЕТРОВА, Алена", "ΠΑΠΑΔΟΠΟΥΛΟΣ, Γιωργος", "राम, सीता", "李, 小龍")
    ]
    assert answer(*asked, listed=listed)[0] == [0, 1, 2, 3]


def test_splink_says_nothing(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer(changed(BEATRICE, dob=None))
    printed = capfd.readouterr()
    assert not printed.out + printed.err
    assert "Beatrice" not in caplog.text


def test_numbers_alone_never_load_splink() -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/link'); from link_rows import *\n"
        f"ada, ben = person('A, B', '2014-05-03', upn={NUMBERS[0]!r}), person('C, D', '2014-05-04', upn={NUMBERS[1]!r})\n"
        "result = linked([rows('roll', ada)], [rows('marks', ada, ben)])\n"
        "assert result.scores['linked_by'].tolist() == ['upn', '']\n"
        "assert 'splink' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


RENAMED = person(
    "Lindqvist-Obuya, Theodora",
    "2014-09-21",
    sex="F",
    preferred_forename="Dottie",
    former_surname="Marchbanks",
)
UNSAID = dict.fromkeys(["preferred_forename", "former_surname"])
OTHERS = [
    person("Marchbanks, Winifred", "2014-02-02", sex="F"),
    person("Marchbanks, Dottie", "2013-12-01", sex="F", year_group="2"),
]


CALLED = ["Lindqvist-Obuya, Dottie", "Marchbanks, Dottie", "Dottie, Marchbanks", "Marchbank, Dotty"]


def test_a_record_under_another_of_a_pupils_names_is_hers() -> None:
    asked = [person(called, "2014-09-21", sex="F") for called in CALLED]
    assert each_alone(*asked, listed=[RENAMED, *OTHERS]) == [RENAMED["surname"]] * len(CALLED)
    assert each_alone(*asked, listed=[{**RENAMED, **UNSAID}, *OTHERS]) == [None] * len(CALLED)
    assert answer(asked[0], listed=[RENAMED, *OTHERS])[0] == [0]


def test_a_list_without_numbers_is_held_against_what_its_pupils_were_called() -> None:
    before, nobody = person("Marchbanks, Dottie", "2014-09-21", sex="F"), rows("marks", person(", ", None))
    for after, people in ((RENAMED, 1), ({**RENAMED, **UNSAID}, 2)):
        result = linked([rows("roll", before, *SCHOOL), rows("roll_summer", after)], [nobody])
        assert result.pupils["pupil"].nunique() == len(SCHOOL) + people


def test_another_pupil_with_the_name_she_had_is_not_taken_for_her() -> None:
    """Two of one name, one of them formerly so: the row is the one's whose name and date of birth it has, and between twins nobody's."""
    now = person("Marchbanks, Theodora", "2014-09-21", sex="F")
    assert answer(now, listed=[RENAMED, now])[0] == [1]
    former = {**RENAMED, "forename": "Thea"}
    assert answer(person("Marchbanks, Dottie", "2014-09-21", sex="F"), listed=[RENAMED, former])[0] == [None]


def test_the_review_workbook_shows_the_name_a_pair_rests_on() -> None:
    row = person("Marchbanks, Dottie", "2014-09-21", sex="F")
    _, doubtful = answer(row, listed=[RENAMED, {**RENAMED, "forename": "Thea"}])
    assert set(doubtful["pupil_also_called"]) == {"Dottie, Marchbanks"}


def test_a_number_with_a_former_name_is_no_other_person() -> None:
    listed = {**RENAMED, "upn": NUMBERS[0]}
    row = person("Marchbanks, Dottie", "2014-12-12", upn=NUMBERS[0])
    told, unsaid = (
        linked([rows("roll", one)], [rows("marks", row)]) for one in (listed, {**listed, **UNSAID})
    )
    assert told.review.empty
    assert len(unsaid.review) == 1

"""Cells of each kind: what they are read as, and what is not accepted."""

import datetime as dt
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.clean.dates import date_order, date_orders, parse_date
from evaluation.clean.issues import subject
from evaluation.clean.names import normalise_name
from evaluation.clean.parse import (
    parse_choice,
    parse_identifier,
    parse_number,
    parse_send,
    parse_sex,
    parse_upn,
    parse_year_group,
    parse_yes_no,
)
from evaluation.clean.schools import parse_school
from evaluation.clean.scores import mostly_scores, parse_score
from evaluation.clean.upn import LETTERS, check_letter
from evaluation.study import Instrument

PTM = Instrument(name="ptm", title="A test", minimum=70, maximum=130)


@pytest.mark.parametrize("upn", ["H801200001001", "A950000178301"])
def test_published_upns_are_valid(upn: str) -> None:
    """The two examples in the Department for Education's guidance."""
    assert parse_upn(upn).value == upn
    assert parse_upn(f" {upn[:1].lower()} {upn[1:4]} {upn[4:]}").value == upn


@pytest.mark.parametrize(
    "upn",
    [
        "Z801200001001",
        "H80120000100",
        "H8012000010011",
        "I801200001001",
        "1801200001001",
        "H80120000A001",
        "H８01200001001",
    ],
)
def test_other_upns_are_not(upn: str) -> None:
    result = parse_upn(upn)
    assert result.value is None
    assert result.reason
    assert upn not in result.reason


@given(st.text(string.digits, min_size=11, max_size=11), st.sampled_from(string.digits + LETTERS), st.data())
def test_the_check_letter_finds_any_one_wrong_figure_but_where_its_weight_hides_it(
    body: str, last: str, data: st.DataObject
) -> None:
    """Weights 2 to 12 are prime to 23 and figures differ by less than 23, so a change of one figure always shows."""
    upn = "A" + body + last
    upn = check_letter(upn) + upn[1:]
    assert parse_upn(upn).value == upn
    at = data.draw(st.integers(1, 11))
    other = data.draw(st.sampled_from([figure for figure in string.digits if figure != upn[at]]))
    assert parse_upn(upn[:at] + other + upn[at + 1 :]).value is None


def test_a_temporary_upn_ends_in_a_letter() -> None:
    # By hand: 2 x 8 + 4 x 1 + 5 x 2 + 13 x 3 (the place of D) = 69 = 3 x 23, so the check letter is the first.
    assert parse_upn("A80120000000D").value == "A80120000000D"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Y4", "4"),
        ("Year 4", "4"),
        ("year group 4", "4"),
        ("04", "4"),
        ("4", "4"),
        ("4.0", "4"),
        ("Yr 4", "4"),
        ("YEAR 02", "2"),
    ],
)
def test_year_groups_however_written(text: str, value: str) -> None:
    assert parse_year_group(["2", "4"])(text).value == value


def test_year_groups_outside_the_study_refuse_the_row_and_unreadable_ones_do_not() -> None:
    parse = parse_year_group(["Y2", "Y4"])
    assert parse("2").value == "Y2"
    assert [parse(text).refuses_row for text in ("Year 3", "R", "13", "Year 14", "four", "")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    assert parse_year_group(["K"])("k").value == "K"
    assert parse_year_group(["R", "1"])("Reception").value == "R"


@pytest.mark.parametrize(
    ("parser", "texts"),
    [
        (parse_sex, {"M": "M", "f": "F", "Female": "F", "boy": "M", "X": None}),
        (parse_yes_no, {"Y": 1, "no": 0, "TRUE": 1, "0": 0, "1": 1, "False": 0, "maybe": None}),
        (parse_send, {"N": 0, "K": 1, "E": 1, "Y": 1, "No SEN": 0, "0": 0, "Z": None}),
        (
            parse_number,
            {
                "12": 12.0,
                "-1.5": -1.5,
                ".5": 0.5,
                "1e3": None,
                "nan": None,
                "inf": None,
                "1,000": None,
                "１２": None,
            },
        ),
        (parse_identifier, {"00123": "00123", "100017.0": "100017", "A 1": "A 1"}),
        (parse_choice(["reg+A", "small"]), {"SMALL": "small", "reg+a": "reg+A", "large": None}),
    ],
)
def test_plain_kinds(parser, texts) -> None:  # type: ignore[no-untyped-def]
    assert {text: parser(text).value for text in texts} == texts


def test_schools_must_be_in_the_register_when_there_is_one() -> None:
    parse = parse_school({"9992001", "9992002"})
    assert parse("9992001.0").value == "9992001"
    assert parse("9992003").refuses_row
    assert "nearest is '999200" in parse("9992003").reason
    assert parse_school(None)("anything").value == "anything"


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["13/05/2015", "01/02/2015"], "day first"),
        (["05/13/2015", "01/02/2015"], "month first"),
        (["13/05/2015", "05/13/2015"], "contradictory"),
        (["03/05/2015", "2015-05-13"], "unsettled"),
        (["03/03/2015", "2015-05-13", "", "?"], "not needed"),
    ],
)
def test_the_order_of_a_column_of_dates(texts: list[str], order: str) -> None:
    assert date_order(texts) == order


def test_a_column_that_cannot_tell_follows_its_neighbour() -> None:
    american = {"dob": ["05/13/2015"], "test_date": ["07/01/2024"]}
    assert date_orders(american) == {"dob": "month first", "test_date": "by its neighbour"}
    assert parse_date("by its neighbour", 2024)("07/01/2024").value == dt.date(2024, 7, 1)
    british = {"dob": ["13/05/2015"], "test_date": ["07/01/2024"]}
    assert date_orders(british)["test_date"] == "unsettled"


@given(st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)))
def test_every_date_comes_back_from_every_form(date: dt.date) -> None:
    forms = ["%Y-%m-%d", "%Y/%m/%d", "%d %b %Y", "%d-%B-%Y", "%Y-%m-%dT00:00:00", "%Y-%m-%d 00:00:00"]
    for form in [*forms, "%d/%m/%Y", "%d.%m.%Y", "%d/%m/%Y 00:00"]:
        assert parse_date("day first", 2024)(date.strftime(form)).value == date
    assert parse_date("month first", 2024)(date.strftime("%m/%d/%Y")).value == date
    both_ways = date.day <= 12 and date.day != date.month
    for form in ("%d/%m/%Y", "%m/%d/%Y"):
        assert parse_date("contradictory", 2024)(date.strftime(form)).value == (None if both_ways else date)


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2015",
        "00/01/2015",
        "13/13/2015",
        "2015",
        "12000",
        "30 Foo 2015",
        "29/02/2015",
        "99992001",
        "31/02/15",
    ],
)
def test_what_is_not_a_date(text: str) -> None:
    assert parse_date("day first", 2024)(text).value is None


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("101", (101.0, "", "")),
        ("98.5", (98.5, "", "")),
        ("<70", (70.0, "", "low")),
        ("> 130", (130.0, "", "high")),
        ("≤72", (72.0, "", "low")),
        ("70", (70.0, "", "")),
    ],
)
def test_scores(text: str, mark: tuple) -> None:
    assert parse_score(PTM, short_codes=True, marked=True)(text).value == mark


def test_a_bound_is_censored_where_the_column_marks_nothing() -> None:
    parse = parse_score(PTM, short_codes=True, marked=False)
    assert [parse(text).value.censored for text in ("70", "71", "130")] == ["low", "", "high"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A", "A"),
        ("a", "A"),
        ("Absent", "absent"),
        ("EXS", "EXS"),
        ("exp+", "EXP+"),
        ("-", "blank"),
        ("zz", "other code"),
        ("nan", "other code"),
    ],
)
def test_codes_are_kept_as_reasons(text: str, code: str) -> None:
    assert parse_score(PTM, short_codes=True, marked=True)(text).value.reason == code


@pytest.mark.parametrize("text", ["1O5", "69", "131", "<60", ">131", "1e2", "85%", "1,01", "#N/A", "Bennet"])
def test_what_is_not_a_score(text: str) -> None:
    result = parse_score(PTM, short_codes=True, marked=True)(text)
    assert result.value is None
    assert text not in result.reason


def test_unknown_letters_are_codes_only_among_scores() -> None:
    assert mostly_scores(["99", "101", "<70", "A", "", "xyz"])
    assert not mostly_scores(["Amy", "Li", "99"])
    assert parse_score(PTM, short_codes=False, marked=False)("Amy").value is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Brien", "OBRIEN"),
        ("Núñez", "Nunez"),
        ("Smith-Jones", "smith jones"),
        ("Łukasz", "Lukasz"),
        ("D’Arcy ", "darcy"),
        ("Øyvind", "oyvind"),
    ],
)
def test_names_that_are_one_name(one: str, other: str) -> None:
    assert normalise_name(one) == normalise_name(other)


@pytest.mark.parametrize(("one", "other"), [("Ann", "Anne"), ("李", "王"), ("Иван", "Ivan")])
def test_names_that_are_two(one: str, other: str) -> None:
    assert normalise_name(one) != normalise_name(other)


@pytest.mark.parametrize(
    "text",
    ["Amy", "Li", "O'Neill", "H801200001001", "13/05/2015", "5-3-15", "20150513", "1234", "100017", "4 Elm"],
)
def test_a_reason_never_repeats_what_could_identify(text: str) -> None:
    assert subject(text, identifying=False) == "The cell"


@pytest.mark.parametrize("text", ["1O5", "999", "-5", "85%", "Year 14", "<6", "y15"])
def test_a_reason_repeats_what_cannot(text: str) -> None:
    assert subject(text, identifying=False) == repr(text)
    assert subject(text, identifying=True) == "The cell"

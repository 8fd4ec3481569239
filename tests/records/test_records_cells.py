"""Each kind of cell in the forms people write it, and the reason where it cannot be read."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records_study import SCHOOLS, write_study

from evaluation.clean.amounts import parse_days, parse_hours, parse_money
from evaluation.clean.record_cells import parse_attendance, parse_level, record_parsers
from evaluation.clean.schools import parse_school
from evaluation.study import Study
from evaluation.study.records import AGREEMENT, READINESS

MONEY = [
    ("£1,234.50", 1234.5), ("(1,234.50)", -1234.5), ("£(20)", None), ("(£20)", -20), ("-£20", -20), ("£-20", -20), ("20-", -20),
    ("1 234", 1234), ("GBP 12", 12), ("−5", -5), ("20 CR", -20), ("-", 0), ("nil", 0), ("0", 0), (".", None), ("12,34", None),
    ("1.234,50", None), ("$20", None), ("€20", None), ("20k", None), ("TBC", None), ("(-20)", None), ("(20", None), ("-20-", None),
]  # fmt: skip
HOURS = [
    ("1h30", 1.5), ("1.5", 1.5), ("90 min", 1.5), ("1:30", 1.5), ("1:30:00", 1.5), ("1 hr 30 mins", 1.5), ("1 hour", 1),
    ("1 hour and 30 minutes", 1.5), ("2 hrs", 2), ("1½", 1.5), ("1½ hours", 1.5), ("45mins", 0.75), ("1 day, 6:00:00", 30), ("1:75", None),
    ("lots", None), ("-1", None), ("1,5", None),
]  # fmt: skip
DAYS = [
    ("half day", 0.5),
    ("½", 0.5),
    ("AM", 0.5),
    ("1", 1),
    ("1.5 days", 1.5),
    ("full day", 1),
    ("2 hours", None),
]
ATTENDED = [
    ("Y", "yes"), ("✓", "yes"), ("Present", "yes"), ("1", "yes"), ("TRUE", "yes"), ("N", "no"), ("apologies", "no"), ("0", "no"),
    ("Half-day", "half day"), ("am only", "half day"), ("L", "late"), ("Arrived late", "late"), ("A", None), ("x", None),
]  # fmt: skip
LEVELS = [
    ("4", 4),
    ("4.0", 4),
    ("4/5", 4),
    ("4 - Agree", 4),
    ("Agree", 4),
    ("strongly agree", 5),
    ("neutral", 3),
    ("6", None),
    ("0", None),
    ("3.5", None),
]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("cells"))


@pytest.mark.parametrize(("text", "value"), MONEY)
def test_money(text: str, value: float | None) -> None:
    found = parse_money(text)
    assert (found.value, bool(found.reason)) == (value, value is None)


@given(
    st.integers(-(10**9), 10**9),
    st.sampled_from(["sign", "brackets", "trailing"]),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=300)
def test_an_amount_is_read_as_it_was_written(pence: int, way: str, pound: bool, commas: bool) -> None:
    plain = f"{'£' if pound else ''}{abs(pence) / 100:{',' if commas else ''}.2f}"
    text = (
        {"sign": f"-{plain}", "brackets": f"({plain})", "trailing": f"{plain}-"}[way] if pence < 0 else plain
    )
    assert round(parse_money(text).value * 100) == pence


@pytest.mark.parametrize(("text", "value"), HOURS)
def test_hours(text: str, value: float | None) -> None:
    assert parse_hours(text).value == (None if value is None else pytest.approx(value))


@given(st.integers(0, 400), st.integers(0, 59))
def test_hours_and_minutes_are_read_however_they_stand(hours: int, minutes: int) -> None:
    ways = (
        f"{hours}h{minutes:02d}",
        f"{hours}:{minutes:02d}",
        f"{hours} hrs {minutes} min",
        f"{60 * hours + minutes} minutes",
    )
    for text in ways:
        assert parse_hours(text).value == pytest.approx(hours + minutes / 60)


@pytest.mark.parametrize(("text", "value"), DAYS)
def test_days(text: str, value: float | None) -> None:
    assert parse_days(text).value == value


@pytest.mark.parametrize(("text", "value"), ATTENDED)
def test_attendance(text: str, value: str | None) -> None:
    assert parse_attendance(text).value == value


@pytest.mark.parametrize(("text", "value"), LEVELS)
def test_points_of_a_scale(text: str, value: int | None) -> None:
    found = parse_level(AGREEMENT)(text)
    assert (found.value, bool(found.reason)) == (value, value is None)


def test_an_answer_that_does_not_apply_is_missing_without_complaint() -> None:
    found = parse_level(AGREEMENT)("n/a")
    assert (found.value, found.reason) == (None, "")


def test_the_nearest_choice_is_named() -> None:
    assert "the nearest is '4 in place'" in parse_level(READINESS)("in plaice").reason


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("Oct-23", (2023, 10)), ("October 2023", (2023, 10)), ("Sept 2023", (2023, 9)), ("10/2023", (2023, 10)), ("2023-10", (2023, 10)),
        ("01/10/2023", (2023, 10)), ("2023-10-01", (2023, 10)), ("Oct", (2023, 10)), ("May '24", (2024, 5)), ("1 May 2024", (2024, 5)),
        ("Q3", None), ("Month 7", None), ("2023/24", None), ("13/2023", None), ("Ma", None),
    ],
)  # fmt: skip
def test_months_in_any_form(text: str, month: tuple[int, int] | None, study: Study) -> None:
    parse = record_parsers(study, "ledger", {"date": "day first"}, SCHOOLS)["date"]
    value = parse(text).value
    assert (value and (value.year, value.month)) == month
    assert value is None or value == dt.date(*month, 1)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "school"),
    [
        ("9992001", "9992001"), ("999/2001", "9992001"), ("Elmfold Primary School", "9992001"), ("ELMFOLD", "9992001"),
        ("Ashmere", "9994001"), ("project", None), ("Elmfeld Primary School", "9992001"),
        ("Elmfold Junior School", None), ("Primary", None), ("", None),
    ],
)  # fmt: skip
def test_a_school_by_identifier_or_name(text: str, school: str | None) -> None:
    assert parse_school(SCHOOLS)(text).value == school


def test_the_nearest_school_is_named_and_the_cell_is_not() -> None:
    reason = parse_school(SCHOOLS)("Elm Hill Primary School").reason
    assert reason == "is not a school in the register; the nearest is '9992001' (Elmfold Primary School)"
    assert "Amara" not in parse_school(SCHOOLS)("Amara Nowhere").reason

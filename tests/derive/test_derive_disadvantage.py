"""FSM6CLA1A: six-year windows worked by hand, precedence, what is fixed at baseline, and conflicts."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.derive.disadvantage import (
    FLAGS,
    Disadvantage,
    characteristics,
    fix_disadvantage,
    with_disadvantage,
)
from evaluation.derive.spells import eligible
from evaluation.study import Study, load_study

STUDY = load_study(str(Path(__file__).parents[1] / "ingest" / "small.yml"))  # waves 2023-09-15 and 2024-07-01
NO_FLAGS = pd.DataFrame(columns=["pupil", "wave", *FLAGS])
NO_SPELLS = pd.DataFrame(columns=["pupil", "school", "wave", "start", "end", "uk_country"])


def of(**chosen: Any) -> Study:
    return STUDY.model_copy(update={"disadvantage": STUDY.disadvantage.model_copy(update=chosen)})


def listed(*rows: tuple) -> pd.DataFrame:
    """Pupil, wave, school, disadvantaged as given."""
    frame = pd.DataFrame(rows, columns=["pupil", "wave", "school", "disadvantaged"])
    return frame.astype({"disadvantaged": "Int64"})


def flags(*rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame([{"wave": "autumn", **row} for row in rows]).reindex(
        columns=["pupil", "wave", *FLAGS]
    )
    return frame.astype(dict.fromkeys(FLAGS, "Int64"))


def spells(*rows: tuple) -> pd.DataFrame:
    """Pupil, school, wave, start, end, country."""
    frame = pd.DataFrame(rows, columns=list(NO_SPELLS))
    return frame.astype({"start": "datetime64[us]", "end": "datetime64[us]"})


def settled(found: Disadvantage) -> dict[str, tuple[int | None, str]]:
    rows = found.pupils[["pupil", "disadvantaged", "disadvantaged_by"]].itertuples(index=False)
    return {pupil: (None if value is pd.NA else int(value), by) for pupil, value, by in rows}


@pytest.mark.parametrize(
    ("census", "start", "end", "expected"),
    [
        # Six years before Thursday 18 January 2024 begin on 18 January 2018.
        ("2024-01-18", "2016-09-01", "2018-01-17", False),  # ended the day before
        ("2024-01-18", "2016-09-01", "2018-01-18", True),  # ended on the first day
        ("2024-01-18", "2018-01-17", "2018-01-17", False),
        ("2024-01-18", "2018-01-18", "2018-01-18", True),
        ("2024-01-18", "2010-09-01", None, True),  # goes on
        ("2024-01-18", "2010-09-01", "2030-01-01", True),
        ("2024-01-18", "2020-02-01", "2020-02-01", True),
        ("2024-01-18", "2024-01-18", None, True),  # the census on the first day of the spell
        ("2024-01-18", "2024-01-19", None, False),  # the day after
        ("2024-01-18", "2024-01-19", "2024-03-01", False),
        ("2024-01-18", None, None, False),  # no spell
        # Leap days: 29 February 2018 is not there; 29 February 2016 is.
        ("2024-02-29", "2017-01-01", "2018-02-27", False),
        ("2024-02-29", "2017-01-01", "2018-02-28", True),
        ("2022-02-28", "2015-01-01", "2016-02-27", False),
        ("2022-02-28", "2015-01-01", "2016-02-28", True),
        ("2022-02-28", "2016-02-29", "2016-02-29", True),
        ("2022-03-01", "2015-01-01", "2016-02-29", False),
        ("2022-03-01", "2015-01-01", "2016-03-01", True),
        ("2020-02-29", "2013-01-01", "2014-02-28", True),
    ],
)
def test_six_years_by_hand(census: str, start: str | None, end: str | None, expected: bool) -> None:
    spell = pd.DataFrame({"start": [start], "end": [end], "date": [census]}).astype("datetime64[us]")
    assert eligible(spell).tolist() == [expected]
    found = fix_disadvantage(
        of(date=dt.date.fromisoformat(census)),
        listed(("a", "autumn", "elm", pd.NA)),
        NO_FLAGS,
        spells(("a", "elm", "autumn", start, end, "ENG")),
    )
    assert settled(found) == {"a": (int(expected), "spells")}


DAYS = st.dates(dt.date(2009, 1, 1), dt.date(2025, 12, 31))


@settings(max_examples=100, deadline=None)
@given(DAYS, DAYS, st.none() | st.integers(0, 3000))
def test_eligible_is_a_day_of_the_spell_in_the_window(
    census: dt.date, start: dt.date, length: int | None
) -> None:
    """Counted day by day."""
    leap = (census.month, census.day) == (2, 29)
    first = dt.date(census.year - 6, census.month, 28 if leap else census.day)
    window = [first + dt.timedelta(days) for days in range((census - first).days + 1)]
    end = None if length is None else start + dt.timedelta(length)
    expected = any(start <= day and (end is None or day <= end) for day in window)
    spell = pd.DataFrame({"start": [start], "end": [end], "date": [census]}).astype("datetime64[us]")
    assert eligible(spell).tolist() == [expected]


def test_as_given_is_as_it_was() -> None:
    pupils = listed(
        ("a", "autumn", "elm", 1),
        ("b", "autumn", "elm", 0),
        ("c", "autumn", "oak", pd.NA),
        ("c", "summer", "oak", 1),
    )
    found = fix_disadvantage(STUDY, pupils, NO_FLAGS, NO_SPELLS)
    assert settled(found) == {"a": (1, "disadvantaged"), "b": (0, "disadvantaged"), "c": (None, "")}
    assert found.conflicts.empty
    fixed = with_disadvantage(pupils, found)
    assert list(fixed) == ["pupil", "wave", "school", "disadvantaged", "disadvantaged_by"]
    assert fixed["disadvantaged"].isna().tolist() == [False, False, True, True]


def test_files_of_which_no_row_was_accepted_say_nothing() -> None:
    pupils = listed(("a", "autumn", "elm", 1))
    texts = {"pupil": "str", "wave": "str", "school": "str", "uk_country": "str"}
    none = [
        spells(("a", "elm", "autumn", None, None, "")).astype(texts),
        flags({"pupil": "a"}).astype({"wave": "str"}),
    ]
    assert settled(fix_disadvantage(STUDY, pupils, none[1][:0], none[0][:0])) == {"a": (1, "disadvantaged")}


def test_precedence_is_the_study_s() -> None:
    pupils = listed(("a", "autumn", "elm", 0))
    given_flags = flags({"pupil": "a", "fsm6": 1, "premium": 0, "fsm": 0})
    given_spells = spells(("a", "elm", "autumn", "2020-01-01", None, ""))
    expected = {"spells": 1, "disadvantaged": 0, "fsm6": 1, "premium": 0, "fsm": 0}
    for first, value in expected.items():
        order = (first, *(name for name in expected if name != first))
        assert settled(fix_disadvantage(of(precedence=order), pupils, given_flags, given_spells)) == {
            "a": (value, first)
        }
        assert settled(fix_disadvantage(of(precedence=(first,)), pupils, given_flags, given_spells)) == {
            "a": (value, first)
        }
    assert settled(fix_disadvantage(STUDY, pupils, given_flags, NO_SPELLS)) == {"a": (0, "disadvantaged")}


def test_the_next_evidence_speaks_where_the_first_is_silent() -> None:
    pupils = listed(*[(name, "autumn", "elm", pd.NA) for name in "abcd"])
    given_flags = flags(
        {"pupil": "a", "fsm6": 0, "fsm": 0}, {"pupil": "b", "premium": 1}, {"pupil": "c", "fsm": 0}
    )
    found = fix_disadvantage(STUDY, pupils, given_flags, NO_SPELLS)
    assert settled(found) == {"a": (0, "fsm6"), "b": (1, "premium"), "c": (0, "fsm"), "d": (None, "")}
    assert any("1 pupils count as not disadvantaged only because" in note for note in found.notes)
    assert any("unknown (1)" in note for note in found.notes)


def test_looked_after_or_adopted_counts_whatever_meals_say() -> None:
    pupils = listed(("a", "autumn", "elm", pd.NA), ("b", "autumn", "elm", 0), ("c", "autumn", "elm", pd.NA))
    given_flags = flags(
        {"pupil": "a", "fsm6": 0, "looked_after": 1},
        {"pupil": "b", "looked_after": 1},
        {"pupil": "c", "looked_after": 0},
    )
    found = fix_disadvantage(STUDY, pupils, given_flags, NO_SPELLS)
    assert settled(found) == {"a": (1, "looked_after"), "b": (1, "looked_after"), "c": (None, "")}
    # No free meals does not deny care; "not disadvantaged" does.
    assert found.conflicts[["pupil", "sources", "values", "used"]].to_numpy().tolist() == [
        ["b", "disadvantaged, looked_after", "0, 1", "looked_after"]
    ]


def test_conflicts_are_listed_and_counted_by_school() -> None:
    pupils = listed(
        ("a", "autumn", "elm", 0),
        ("b", "autumn", "elm", 1),
        ("c", "autumn", "oak", 1),
        ("d", "autumn", "oak", 1),
    )
    given_flags = flags(
        {"pupil": "a", "premium": 1},
        {"pupil": "b", "fsm": 0},
        {"pupil": "c", "fsm6": 0},
        {"pupil": "d", "fsm6": 1},
    )
    found = fix_disadvantage(STUDY, pupils, given_flags, NO_SPELLS)
    assert found.conflicts.to_numpy().tolist() == [
        ["a", "elm", "disadvantaged, premium", "0, 1", "disadvantaged"],
        ["c", "oak", "disadvantaged, fsm6", "1, 0", "disadvantaged"],
    ]
    table = with_disadvantage(pupils, found).assign(eal=[1, 0, np.nan, 1], send=np.nan)
    counted = characteristics(table, found.conflicts)
    assert counted.to_numpy().tolist() == [
        ["elm", "disadvantaged", 1, 1, 0, 1],
        ["oak", "disadvantaged", 2, 0, 0, 1],
        ["elm", "eal", 1, 1, 0, 0],
        ["oak", "eal", 1, 0, 1, 0],
    ]


def test_two_rows_of_one_flag_are_a_conflict_whatever_their_order() -> None:
    pupils = listed(("a", "autumn", "elm", pd.NA))
    both = flags({"pupil": "a", "premium": 0}, {"pupil": "a", "premium": 1})
    for rows in (both, both.iloc[::-1]):
        found = fix_disadvantage(STUDY, pupils, rows, NO_SPELLS)
        assert settled(found) == {"a": (1, "premium")}
        assert found.conflicts[["sources", "values"]].to_numpy().tolist() == [["premium, premium", "1, 0"]]


def test_later_waves_change_nothing_and_joiners_are_fixed_when_they_join() -> None:
    pupils = listed(
        ("a", "autumn", "elm", 0),
        ("a", "summer", "elm", 1),
        ("b", "summer", "elm", 1),
        ("c", "summer", "elm", pd.NA),
    )
    later = flags({"pupil": "a", "wave": "summer", "fsm6": 1}, {"pupil": "b", "wave": "summer", "fsm6": 1})
    # c joined in summer 2024: six years back from 1 July 2024, not from the baseline.
    sent = spells(
        ("c", "elm", "summer", "2024-03-01", None, ""), ("a", "elm", "summer", "2020-01-01", None, "")
    )
    found = fix_disadvantage(STUDY, pupils, later, sent)
    assert settled(found) == {"a": (0, "disadvantaged"), "b": (0, "spells"), "c": (1, "spells")}
    assert with_disadvantage(pupils, found)["disadvantaged"].tolist() == [0, 0, 0, 1]
    assert any("2 pupils joined later" in note for note in found.notes)
    assert found.conflicts["pupil"].tolist() == ["b"]


def test_the_date_may_be_a_wave_or_a_day() -> None:
    pupils = listed(("a", "autumn", "elm", pd.NA))
    sent = spells(("a", "elm", "autumn", "2024-03-01", "2024-03-02", ""))
    for date, value in (
        (None, 0),
        ("autumn", 0),
        ("summer", 1),
        (dt.date(2024, 3, 1), 1),
        (dt.date(2024, 2, 29), 0),
    ):
        assert settled(fix_disadvantage(of(date=date), pupils, NO_FLAGS, sent)) == {"a": (value, "spells")}


def test_a_school_that_sent_spells_says_no_of_the_others_and_another_says_nothing() -> None:
    pupils = listed(
        *[(name, "autumn", school, pd.NA) for name, school in (("a", "elm"), ("b", "elm"), ("c", "oak"))]
    )
    sent = spells(
        ("a", "elm", "autumn", "2020-01-01", None, ""), (np.nan, "elm", "autumn", "2020-01-01", None, "")
    )
    found = fix_disadvantage(STUDY, pupils, NO_FLAGS, sent)
    assert settled(found) == {"a": (1, "spells"), "b": (0, "spells"), "c": (None, "")}
    assert any("1 rows of spells could not be linked" in note for note in found.notes)
    without_school = sent.assign(school=np.nan)
    assert settled(fix_disadvantage(STUDY, pupils, NO_FLAGS, without_school))["b"] == (None, "")


def test_spells_elsewhere_in_the_kingdom_do_not_count_and_are_stated() -> None:
    pupils = listed(
        ("a", "autumn", "elm", pd.NA), ("b", "autumn", "elm", pd.NA), ("c", "autumn", "elm", pd.NA)
    )
    sent = spells(
        ("a", "elm", "autumn", "2020-01-01", None, "WLS"),
        ("b", "elm", "autumn", "2020-01-01", None, " eng "),
        ("c", "elm", "autumn", "2020-01-01", None, "SCT"),
        ("c", "elm", "autumn", "2021-01-01", "2021-02-01", np.nan),
    )
    found = fix_disadvantage(STUDY, pupils, NO_FLAGS, sent)
    assert settled(found) == {"a": (0, "spells"), "b": (1, "spells"), "c": (1, "spells")}
    assert any("1 pupils have spells elsewhere only" in note for note in found.notes)


YES_NO = st.sampled_from([1, 0, pd.NA])
ROWS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(["autumn", "summer"]), *[YES_NO] * 5), min_size=1
)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_pupil(rows: list[tuple], random: Any) -> None:
    once = {(pupil, wave): (pupil, wave, "elm", value) for pupil, wave, value, *_ in rows}
    pupils = listed(*once.values())
    evidence = flags(
        *[dict(zip(["pupil", "wave", *FLAGS], (row[0], row[1], *row[3:]), strict=True)) for row in rows]
    )
    sent = spells(
        *[(row[0], "elm", row[1], "2019-01-01", "2019-02-01", "") for row in rows if row[2] is pd.NA]
    )
    expected = fix_disadvantage(STUDY, pupils, evidence, sent)
    mixed = [frame.sample(frac=1, random_state=random.randrange(2**31)) for frame in (pupils, evidence, sent)]
    again = fix_disadvantage(STUDY, *mixed)
    assert settled(again) == settled(expected)
    for name in ("sources", "values", "used"):
        pairs = [
            dict(zip(found.conflicts["pupil"], found.conflicts[name], strict=True))
            for found in (again, expected)
        ]
        assert pairs[0] == pairs[1]
    assert set(settled(expected)) == set(pupils["pupil"])
    said_yes = {pupil for pupil, (value, _) in settled(expected).items() if value == 1}
    claims_yes = set(pupils.loc[(pupils["disadvantaged"] == 1).fillna(False), "pupil"]) | set(sent["pupil"])
    claims_yes |= set(evidence.loc[(evidence[FLAGS] == 1).fillna(False).any(axis=1), "pupil"])
    assert said_yes <= claims_yes

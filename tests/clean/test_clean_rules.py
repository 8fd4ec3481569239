"""Each rule on tables small enough to see what is right."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from clean_tables import (
    FORENAMES,
    NAMES,
    PUPIL,
    RESULT,
    STUDY,
    across,
    clean,
    hold_across,
    pupils,
    results,
    told,
    upn,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluation.clean.dates import date_order, parse_date
from evaluation.clean.names import unscrambled
from evaluation.clean.parse import (
    parse_name,
    parse_send,
    parse_sex,
    parse_upn,
    parse_year_group,
)
from evaluation.clean.rules.agreement import all_spread, beside_others, scores_out_of_place, spread
from evaluation.clean.rules.fill_down import filled_down
from evaluation.clean.rules.neighbours import patterns
from evaluation.clean.rules.no_results import all_tested, classes_without_results, count_tested
from evaluation.clean.rules.single_sex import single_sex
from evaluation.clean.schools import parse_school
from evaluation.clean.score_cells import scale_doubt, tidied, tidy_score
from evaluation.clean.scores import parse_score
from evaluation.clean.upn import is_valid, mended_upn
from evaluation.study import Instrument

PTM = Instrument(name="ptm", title="A test", minimum=70, maximum=130)


def changed(rows: list[list[str]], at: int, column: str, value: str) -> list[list[str]]:
    """The rows with one cell changed."""
    place = (PUPIL if column in PUPIL else RESULT).index(column)
    return [
        [value if (row, cell) == (at, place) else text for cell, text in enumerate(line)]
        for row, line in enumerate(rows)
    ]


# Cells


@given(st.integers(0, 9999), st.data())
def test_a_letter_for_a_figure_is_put_right_only_where_the_check_letter_agrees(
    number: int, data: st.DataObject
) -> None:
    right = upn(number)
    places = [at for at in range(1, 13) if right[at] in "01"]
    at = data.draw(st.sampled_from(places))
    letter = {"0": "O", "1": data.draw(st.sampled_from("IL" if at < 12 else "I"))}[right[at]]
    spoilt = right[:at] + letter + right[at + 1 :]
    assert mended_upn(spoilt) == right
    assert parse_upn(spoilt.lower()).value == right
    assert parse_upn(spoilt).remark
    other = chr((ord(right[0]) - 65 + 1) % 26 + 65)
    assert not is_valid(other + spoilt[1:])
    assert parse_upn(other + spoilt[1:]).value is None


@pytest.mark.parametrize("code", ["UN1", "un5"])
def test_a_code_for_a_pupil_without_a_number_is_no_fault(code: str) -> None:
    assert parse_upn(code).value is None
    assert not parse_upn(code).reason
    assert code.upper() in parse_upn(code).remark


@given(
    st.text("éèêëàâäïîôöùûüçñáíóúßøåæœÉÖÜÑ abcxyzABC'-", min_size=1, max_size=12).map(str.strip).filter(bool)
)
def test_a_scrambled_name_comes_back(name: str) -> None:
    """As a spreadsheet scrambles it: UTF-8 bytes read as cp1252, or as Latin-1 where that has no letter."""
    assume(not reads_as_utf8(name))  # a few pairs such as "Éœ" are also what another letter becomes
    scrambled = "".join(
        bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in name.encode("utf-8")
    )
    assert unscrambled(scrambled) == name
    assert unscrambled(name) == name


def reads_as_utf8(name: str) -> bool:
    """Whether a name's cp1252 bytes are another name's UTF-8."""
    try:
        return name.encode("cp1252").decode("utf-8") != name
    except UnicodeError:
        return False


@pytest.mark.parametrize("text", ["#REF!", "N/A", "1234", "H801200001001", "13 May 15"])
def test_what_is_not_a_name(text: str) -> None:
    assert parse_name(text).value is None
    assert text not in parse_name(text).reason


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("13/05/15", dt.date(2015, 5, 13)),
        ("13/05/98", dt.date(1998, 5, 13)),
        ("13th May 2015", dt.date(2015, 5, 13)),
        ("Wednesday 13 May 2015", dt.date(2015, 5, 13)),
        ("May 13, 2015", dt.date(2015, 5, 13)),
        ("13-May-15", dt.date(2015, 5, 13)),
        ("20150513", dt.date(2015, 5, 13)),
        ("13052015", dt.date(2015, 5, 13)),
        ("3052015", dt.date(2015, 5, 3)),
        ("13/05/2015 09:30", dt.date(2015, 5, 13)),
        ("42137", dt.date(2015, 5, 13)),  # the day number Excel shows for it
        ("42137.0", dt.date(2015, 5, 13)),
    ],
)
def test_dates_in_the_forms_files_have(text: str, day: dt.date) -> None:
    assert parse_date("day first", 2024)(text).value == day


def test_a_few_dates_the_other_way_round_do_not_spoil_the_rest() -> None:
    texts = [f"{day}/05/2015" for day in range(13, 29)] + ["05/13/2015"]
    assert date_order(texts) == "mostly day first"
    parse = parse_date("mostly day first", 2024)
    assert parse("05/13/2015").value == dt.date(2015, 5, 13)
    assert parse("05/13/2015").remark
    assert parse("04/05/2015").value == dt.date(2015, 5, 4)
    assert date_order([text[3:5] + "/" + text[:2] + text[5:] for text in texts]) == "mostly month first"
    assert date_order([*texts[:5], "05/13/2015"]) == "contradictory"


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("104*", 104),
        ("104 (A)", 104),
        ("104,5", 104.5),
        ("'104", 104),
        ("104 pts", 104),
        ("104.", 104),
        ("<70*", 70),
    ],
)
def test_marks_beside_a_score_are_left_aside_and_said(text: str, score: float) -> None:
    result = tidied(parse_score(PTM, short_codes=True, marked=True), percent=False)(text)
    assert result.value.score == score
    assert result.remark or text == "104."


@pytest.mark.parametrize("text", ["85%", "1,000", "104/130", "104 (was 99)", "1O4", "10-12", "7:5"])
def test_what_more_than_a_mark_makes_doubtful_is_not_a_score(text: str) -> None:
    assert tidied(parse_score(PTM, short_codes=True, marked=True), percent=False)(text).value is None


def test_percentages_are_scores_of_a_test_in_percentages() -> None:
    parse = tidied(parse_score(PTM, short_codes=True, marked=True), percent=True)
    assert parse("85%").value.score == 85


def test_a_column_of_percentiles_is_doubted() -> None:
    """Its upper third would pass for scores."""
    assert scale_doubt(map(str, range(1, 100)), PTM)
    assert not scale_doubt(["70", "101", "130", "999", "A", *["99"] * 9], PTM)
    assert tidy_score("A*") == "A*"


def test_schools_as_other_systems_write_them() -> None:
    parse = parse_school(["9992001", "9992002", "0330201"])
    assert [parse(text).value for text in ("999/2001", "999 2002", "2001", "330201")] == [
        "9992001",
        "9992002",
        "9992001",
        "0330201",
    ]
    assert parse("9992001").remark == ""
    assert all(parse(text).remark for text in ("999/2001", "2001"))
    assert parse("999/2009").refuses_row


def test_year_groups_sexes_and_needs_in_other_words() -> None:
    parse = parse_year_group(["R", "2", "4"])
    assert [parse(text).value for text in ("Year Two", "YG4", "NC Year 4", "FS2", "4.00")] == [
        "2",
        "4",
        "4",
        "R",
        "4",
    ]
    assert parse("Nursery").refuses_row
    assert [parse_sex(text).value for text in ("Boy", "g", "1")] == ["M", "F", None]
    assert [parse_send(text).value for text in ("School Action Plus", "EHCP", "Statement", "no SEN")] == [
        1,
        1,
        1,
        0,
    ]


# Columns


def test_ticks_beside_blanks_are_yes_and_no_and_said() -> None:
    rows = [[*row[:-1], "Y" if row[-1] == "Y" else ""] for row in pupils()]
    result = clean("roll", rows)
    assert result.rows["disadvantaged"].tolist() == [int(row[-1] == "Y") for row in rows]
    assert told(result.issues) == [(0, "disadvantaged_column", "note")]


def test_a_single_gap_among_yeses_stays_a_gap_as_does_one_beside_a_no() -> None:
    yeses = [[*row[:-1], "Y"] for row in pupils()] * 2
    yeses = [[upn(100 + at), f"Surname{chr(97 + at)}", *row[2:]] for at, row in enumerate(yeses)]
    assert clean("roll", changed(yeses, 0, "PP", "")).rows["disadvantaged"].isna().sum() == 1
    assert clean("roll", changed(pupils(), 1, "PP", "")).rows["disadvantaged"].isna().sum() == 1


# Rows


def test_headings_further_down_and_lines_of_totals_are_listed() -> None:
    rows = [*results(3), RESULT, ["", "Class average", "30 pupils", "", "", "", "99"], *results()[3:]]
    result = clean("marks", rows)
    assert len(result.rows) == 10
    assert told(result.issues) == [(5, "heading", "row"), (6, "total", "row")]


@pytest.mark.parametrize("said", ["10 pupils", "Set 3"])
def test_a_total_is_listed(said: str) -> None:
    result = clean("marks", [*results(), ["Total", "", "", "", "", "", said]])
    assert told(result.issues) == [(12, "total", "row")]


@pytest.mark.parametrize("start", [0, 1, 3])
def test_cells_shifted_from_some_column_on_give_the_row_up(start: int) -> None:
    right = pupils()[4]
    for row in ([*right[:start], "", *right[start:-1]], [*right[:start], *right[start + 1 :], ""]):
        result = clean("roll", [*pupils(4), row])
        assert (6, "shifted", "row") in told(result.issues)
        assert len(result.rows) == 4


def test_a_row_with_two_plain_faults_is_not_shifted() -> None:
    rows = changed(changed(pupils(), 2, "UPN", "X1"), 2, "PP", "maybe")
    result = clean("roll", rows)
    assert told(result.issues) == [(4, "upn", "cell"), (4, "disadvantaged", "cell")]
    assert len(result.rows) == 10


def test_two_pupils_with_one_number_keep_neither_and_both_rows() -> None:
    result = clean("roll", changed(pupils(), 1, "UPN", upn(0)))
    assert result.rows["upn"].isna().sum() == 2
    assert told(result.issues) == [(2, "upn_shared", "cell"), (3, "upn_shared", "cell")]


# Ages and dates


@pytest.mark.parametrize(
    ("born", "rule", "kept"),
    [
        ("31/08/2015", "", True),  # the youngest of year 4 in 2023/24, by the cut-off of 31 August
        ("01/09/2014", "", True),  # the oldest
        ("01/09/2015", "unusual_year_group", True),
        ("31/08/2014", "unusual_year_group", True),
        ("01/01/2012", "year_group_age", False),
        ("01/01/2019", "year_group_age", False),
        ("01/01/1915", "dob", False),
    ],
)
def test_year_groups_against_ages(born: str, rule: str, kept: bool) -> None:
    result = clean("roll", changed(pupils(), 3, "DOB", born))
    assert [item for _, item, _ in told(result.issues)] == ([rule] if rule else [])
    assert result.rows["dob"].notna()[3] == kept


def test_a_file_a_year_on_is_noted_once() -> None:
    rows = [[*row[:3], row[3].replace("2015", "2014"), *row[4:]] for row in pupils()]
    result = clean("roll", rows)
    assert told(result.issues) == [(0, "year_group_age_column", "note")]
    assert result.rows["dob"].notna().all()


@pytest.mark.parametrize(
    ("day", "rule", "kept"),
    [
        ("2023-09-20", None, True),
        ("2024-06-28", "test_date_wave", True),
        ("2013-09-20", "test_date", False),
        ("2033-09-20", "test_date", False),
        ("2015-06-20", "test_date", False),  # five weeks old
    ],
)
def test_test_dates(day: str, rule: str | None, kept: bool) -> None:
    study = STUDY.model_copy(
        update={"layouts": {**STUDY.layouts, "marks": {**STUDY.layouts["marks"], "test_date": "Sat"}}}
    )
    result = clean("marks", [[*row, day] for row in results(1)], [*RESULT, "Sat"], study)
    assert [item for _, item, _ in told(result.issues)] == ([rule] if rule else [])
    assert result.rows["test_date"].notna()[0] == kept


# The same value down a column


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 270))
def test_a_score_filled_down_is_found_and_no_other(seed: int, at: int) -> None:
    values = pd.Series(np.random.default_rng(seed).normal(100, 15, 300).round())
    values[at : at + 11] = 100.0
    found = filled_down(values)
    assert found[at : at + 11].all()
    beside = values[found & ~found.index.isin(range(at, at + 12))]
    assert (beside == 100.0).all()  # chance may lengthen the run itself, and nothing else


def test_sorted_columns_and_blanks_are_not_filled_down() -> None:
    scores = pd.Series(np.random.default_rng(3).normal(100, 8, 300).round())
    assert not filled_down(scores.sort_values().reset_index(drop=True)).any()
    assert not filled_down(pd.Series([101.0, np.nan] * 20 + [99.0] * 3)).any()
    assert filled_down(pd.Series([101.0] * 20)).all()


# Rows beside the wrong ones


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(9)))
def test_patterns_against_a_plain_search(order: list[int]) -> None:
    """By brute force: where each value stands, and which rows have each other's."""
    own = pd.Series(list(order))
    wanted = pd.Series(range(9))[own != pd.Series(range(9))]
    found = patterns(pd.Series(["t"] * 9), own, wanted)
    for at in wanted.index:
        there = order.index(at)
        assert found.loc[at, "offset"] == there - at
        assert (found.loc[at, "pattern"] == "swapped") == (order[at] == there)
        runs = [
            all(0 <= row < 9 and order.index(row) - row == there - at for row in range(first, first + 3))
            for first in range(at - 2, at + 1)
        ]
        assert found.loc[at, "pattern"] == "swapped" or (found.loc[at, "pattern"] == "moved") == any(runs)


def exchanged(rows: list[list[str]], one: int, other: int, places: range) -> list[list[str]]:
    """The rows with cells of two of them exchanged."""
    rows = [list(row) for row in rows]
    for place in places:
        rows[one][place], rows[other][place] = rows[other][place], rows[one][place]
    return rows


def test_numbers_of_two_neighbours_are_taken_back_and_both_named() -> None:
    found = across({"roll": pupils(), "marks": exchanged(results(), 4, 5, range(1))})
    assert told(found.issues) == [(6, "upn_swapped", "cell"), (7, "upn_swapped", "cell")]
    assert "Row 7 has it" in found.issues["reason"][0]
    assert found.scores["upn"].isna().tolist() == [at in (4, 5) for at in range(10)]
    assert found.scores["surname"].tolist() == NAMES


def test_numbers_moved_a_row_down_are_told_of_as_such() -> None:
    rows = results()
    moved = [[rows[at - 1][0], *row[1:]] for at, row in enumerate(rows)]
    found = across({"roll": pupils(), "marks": moved})
    assert [rule for _, rule, _ in told(found.issues)] == ["upn_moved"] * 9 + ["upn_of_another"]
    assert found.scores["upn"].isna().all()


def test_a_list_that_two_companies_contradict_is_the_one_at_fault() -> None:
    spoilt = exchanged(pupils(), 2, 3, range(1))
    one = across({"roll": spoilt, "marks": results()})
    assert set(one.issues["source"]) == {"marks"}
    both = across({"roll": spoilt, "marks": results(), "marks_summer": results()})
    told = both.issues[both.issues["rule"] != "scores_again"]  # the same scores stand at both waves here
    assert set(told["source"]) == {"roll"}
    assert both.pupils["upn"].isna().sum() == 2


def test_names_and_birthdays_of_neighbours() -> None:
    names = across({"roll": pupils(), "marks": exchanged(results(), 4, 5, range(1, 3))})
    assert told(names.issues) == [(6, "name_swapped", "note"), (7, "name_swapped", "note")]
    births = across({"roll": pupils(), "marks": exchanged(results(), 4, 5, range(3, 4))})
    assert told(births.issues) == [(6, "dob_swapped", "note"), (7, "dob_swapped", "note")]
    assert births.scores["dob"].tolist() == births.pupils["dob"].tolist()


def test_a_birthday_turned_round_is_put_right_and_another_is_not() -> None:
    lists = changed(pupils(), 1, "DOB", "04/05/2015")
    turned = across({"roll": lists, "marks": changed(results(), 1, "DOB", "05/04/2015")})
    assert told(turned.issues) == [(3, "dob_turned", "note")]
    assert turned.scores["dob"][1] == pd.Timestamp("2015-05-04")
    other = across({"roll": lists, "marks": changed(results(), 1, "DOB", "05/05/2015")})
    assert told(other.issues) == [(3, "dob_differs", "note")]
    assert other.scores["dob"][1] == pd.Timestamp("2015-05-05")


def test_first_and_family_name_exchanged() -> None:
    rows = changed(changed(results(), 2, "Surname", FORENAMES[2]), 2, "Forename", NAMES[2])
    found = across({"roll": pupils(), "marks": rows})
    assert told(found.issues) == [(4, "names_exchanged", "note")]
    assert found.scores["surname"].tolist() == NAMES


def test_a_number_read_with_figures_for_letters_must_be_on_a_list() -> None:
    spoilt = upn(3).replace("0", "O", 1)
    rows = changed(results(), 3, "UPN", spoilt)
    known = across({"roll": pupils(), "marks": rows})
    assert known.scores["upn"][3] == upn(3)
    assert known.issues.empty
    unknown = across({"roll": pupils(3), "marks": rows})
    assert pd.isna(unknown.scores["upn"][3])
    assert told(unknown.issues) == [(5, "upn_unconfirmed", "cell")]
    lists = changed(pupils(), 3, "UPN", spoilt)
    assert told(across({"roll": lists, "marks": results()}).issues) == [(5, "upn_unconfirmed", "cell")]
    assert across({"roll": lists, "roll_summer": pupils(), "marks": results()}).issues.empty


def test_other_places_and_years() -> None:
    rows = changed(changed(results(), 1, "School", "9992002"), 2, "Year", "2")
    found = across({"roll": pupils(), "marks": rows})
    assert told(found.issues) == [(3, "school_differs", "note"), (4, "year_group_differs", "note")]


def test_the_same_pupil_in_two_files_of_a_wave() -> None:
    study = STUDY.model_copy(update={"sources": tuple(
        source.model_copy(update={"wave": "autumn"}) for source in STUDY.sources
    )})  # fmt: skip
    done = {
        name: clean(name, rows, study=study)
        for name, rows in {"marks": results(3), "marks_summer": results(1)}.items()
    }
    scores = pd.concat([item.rows for item in done.values()], ignore_index=True)
    rows = {"pupils": clean("roll", pupils(), study=study).rows, "scores": scores}
    found = hold_across(study, None, rows, done["marks"].issues)
    assert told(found.issues) == [(2, "in_another_file", "note"), (2, "in_another_file", "note")]
    assert "marks_summer.csv" in found.issues["reason"][0]
    assert "row 2 of marks.csv" in found.issues["reason"][1]


@pytest.mark.parametrize(("boys", "severity", "kept"), [(2, "cell", 8), (9, "note", 10)])
def test_sexes_of_a_single_sex_school(boys: int, severity: str, kept: int) -> None:
    rows = clean("roll", pupils()).rows
    rows = rows.assign(sex=pd.Series(["M"] * boys + ["F"] * (10 - boys), dtype="str"))
    register = pd.DataFrame({"school": ["9992001"], "gender": ["Girls"]})
    after, [few, many] = single_sex(rows, register, pd.Series("Sex", index=rows.index))
    found = pd.concat([few, many])
    assert set(found["severity"]) == {severity}
    assert len(found) == boys
    assert after["sex"].notna().sum() == kept
    assert single_sex(rows, register.assign(gender="Mixed"), rows["file"])[1][0].empty


@pytest.mark.parametrize("step", [1, 5, -2])
@pytest.mark.parametrize("seed", range(6))
def test_a_class_of_scores_beside_the_wrong_names_is_told_of(seed: int, step: int) -> None:
    """Two waves of scores that correlate 0.9 in ten classes of thirty; one class's are then rolled by some rows.

    Where the class begins and ends is an estimate, so that a few rows either way are allowed.
    """
    rng = np.random.default_rng(seed)
    ability = rng.normal(100, 15, 300)
    waves = [np.round(ability + rng.normal(0, 5, 300)) for _ in range(2)]
    spoilt = waves[1].copy()
    spoilt[90:120] = np.roll(spoilt[90:120], step)
    plain, odd = (_out_of_place(_scored(waves[0], second)) for second in (waves[1], spoilt))
    assert plain == []
    assert {item["source"].iloc[0] for item in odd} == {"one", "two"}
    rows = [int(number) for number in odd[0]["reason"].iloc[0].split() if number.isdigit()][:2]
    assert rows[0] <= 98
    assert rows[1] >= 108


def _out_of_place(rows: pd.DataFrame) -> list[pd.DataFrame]:
    return scores_out_of_place(rows.join(beside_others(rows, spread(rows)), how="inner"), {})


def _scored(*waves: np.ndarray) -> pd.DataFrame:
    """Rows as the rules see them: two sources of the same pupils."""
    size = len(waves[0])
    return pd.concat(
        [
            pd.DataFrame({"source": source, "file": "f.csv", "sheet": "", "row": range(size), "school": "a", "kind": "scores",
                          "number": [str(at) for at in range(size)], "year_group": "4", "score": wave})
            for source, wave in zip(("one", "two"), waves, strict=True)
        ],
        ignore_index=True,
    )  # fmt: skip


def test_a_class_left_out_of_a_wave_is_told_of() -> None:
    rows = clean("roll", pupils()).rows.assign(kind="pupils", number=lambda frame: frame["upn"], name_dob="x")
    rows = pd.concat(
        [
            rows.assign(**{"class": "4A"}),
            rows.assign(**{"class": "4B", "number": rows["number"] + "b", "name_dob": "y"}),
        ]
    )
    tested = rows[rows["class"] == "4A"].assign(kind="scores", instrument="ptm")
    found = classes_without_results(count_tested(pd.concat([rows, tested], ignore_index=True)))
    assert len(found) == 1
    assert "10 pupils of one listed class" in found[0]["reason"].iloc[0]


def test_counts_of_some_pupils_and_of_others_are_those_of_all_and_no_longer() -> None:
    rows = clean("roll", pupils()).rows.assign(kind="pupils", number=lambda frame: frame["upn"], name_dob="x")
    rows = rows.assign(**{"class": ["4A", "4B"] * (len(rows) // 2)})
    every = pd.concat([rows, rows.assign(kind="scores", instrument="ptm", score=101.5)], ignore_index=True)
    piles = [every[every["number"].isin(rows["number"][at::3])] for at in range(3)]
    tested, by_pile = count_tested(every), all_tested([count_tested(pile) for pile in piles])
    for one, other in (
        (by_pile.listed, tested.listed),
        (by_pile.tested, tested.tested),
        (by_pile.places, tested.places),
        (all_spread([spread(pile) for pile in piles]), spread(every)),
    ):
        order = list(one)
        pd.testing.assert_frame_equal(
            *(frame.sort_values(order, ignore_index=True).astype("object") for frame in (one, other))
        )


def test_classes_of_one_name_are_one() -> None:
    study = STUDY.model_copy(
        update={"layouts": {**STUDY.layouts, "roll": {**STUDY.layouts["roll"], "class": "Class"}}}
    )
    names = ["4A", "4A", "4a", "4 A", "4B", "04-Jan", "4B", "4B", "4-b", "4A"]
    rows = [[*row, name] for row, name in zip(pupils(), names, strict=True)]
    result = clean("roll", rows, [*PUPIL, "Class"], study)
    assert result.rows["class"].tolist() == ["4A", "4A", "4A", "4A", "4B", "04-Jan", "4B", "4B", "4B", "4A"]
    assert sorted(told(result.issues)) == [(4, "class_name", "note"), (5, "class_name", "note"), (7, "class_date", "note"), (10, "class_name", "note")]  # fmt: skip


def test_clean_files_say_nothing() -> None:
    summer = [[*row[:-1], str(int(row[-1]) + 1)] for row in results()]
    assert across({"roll": pupils(), "marks": results(), "marks_summer": summer}).issues.empty
    assert clean("roll", pupils()).issues.empty

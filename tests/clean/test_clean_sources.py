"""Whole sources: every row accepted or listed, repeats settled, nothing of a pupil in a reason."""

import string
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.clean import ISSUE_COLUMNS, Cleaned, clean_register, clean_source
from evaluation.errors import DataError, StudyError
from evaluation.ingest import RawTable, read_tables
from evaluation.study import Study, load_study

SMALL = Path(__file__).parents[1] / "ingest" / "small.yml"
STUDY = load_study(str(SMALL))
MARKS = next(source for source in STUDY.sources if source.name == "marks")
ROLL = next(source for source in STUDY.sources if source.name == "roll")
SCHOOLS = ["9992001", "9992002"]
HEADINGS = ["UPN", "Surname", "Forename", "DOB", "School", "Year", "Score"]
ADA = ["H801200001001", "Okonkwo", "Adaeze", "13/05/2015", "9992001", "4", "101"]
BEN = ["A950000178301", "Whitlock", "Bennet", "02/11/2014", "9992001", "4", "88"]


def raw(rows: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS, sheet: str = "") -> RawTable:
    index = pd.RangeIndex(2, len(rows) + 2, name="row")
    cells = pd.DataFrame([list(row) for row in rows], columns=list(headings), index=index, dtype="str")
    return RawTable("marks", "m.csv", sheet, "0" * 64, 1, cells)


def marks(*rows: Sequence[str]) -> Cleaned:
    return clean_source(STUDY, MARKS, [raw(rows)], SCHOOLS)


def roll(*rows: Sequence[str]) -> Cleaned:
    return clean_source(STUDY, ROLL, [raw(rows, [*HEADINGS[:-1], "PP"])], SCHOOLS)


def listed(result: Cleaned) -> pd.DataFrame:
    return result.issues.loc[result.issues["severity"] == "row", ["file", "sheet", "row"]].drop_duplicates()


def test_columns_are_the_contract_s() -> None:
    result = marks(ADA, BEN)
    who = ["school", "upn", "former_upn", "pupil_id", "forename", "surname", "dob"]
    place = ["source", "file", "sheet", "row", "wave"]
    assert list(result.rows.columns) == [
        *place, *who, "sex", "year_group", "test_date", "age", "instrument", "score", "score_reason", "censored",
    ]  # fmt: skip
    assert list(result.issues.columns) == ISSUE_COLUMNS
    pupils = roll([*ADA[:-1], "Y"], [*BEN[:-1], "N"]).rows
    assert list(pupils.columns) == [
        *place,
        *who,
        "preferred_forename",
        "preferred_surname",
        "former_forename",
        "former_surname",
        "sex",
        "year_group",
        "class",
        "disadvantaged",
        "eal",
        "send",
        "fsm6",
        "fsm",
        "premium",
        "looked_after",
        "set",
    ]
    assert pupils["disadvantaged"].tolist() == [1, 0]
    assert pupils["disadvantaged"].dtype == "Int64"


def test_a_wrong_pupil_number_leaves_the_row_its_name_and_birth() -> None:
    result = marks(["Z801200001001", *ADA[1:]], BEN)
    assert result.rows["upn"].isna().tolist() == [True, False]
    assert result.rows["surname"].tolist() == ["Okonkwo", "Whitlock"]
    assert result.issues[["rule", "severity", "row"]].to_numpy().tolist() == [["upn", "cell", 2]]


def test_blank_scores_and_codes_are_reasons_not_issues() -> None:
    result = marks(ADA, [*BEN[:-1], ""], ["", "Ng", "Li", "01/02/2015", "9992002", "4", "absent"])
    assert result.rows["score_reason"].tolist() == ["", "blank", "absent"]
    assert set(result.issues["rule"]) == set()


def test_two_scores_for_a_pupil_leave_neither() -> None:
    result = marks(ADA, BEN, [*ADA[:-1], "108"], [*ADA[:-1], "108"])
    assert result.rows["score_reason"].tolist() == ["conflict", ""]
    assert pd.isna(result.rows["score"][0])
    assert result.issues[["row", "rule", "severity"]].to_numpy().tolist() == [
        [4, "conflict", "row"], [5, "conflict", "row"], [2, "conflict", "cell"],
    ]  # fmt: skip


def test_a_score_goes_before_an_absence_whichever_comes_first() -> None:
    for rows in ([ADA, [*ADA[:-1], "A"]], [[*ADA[:-1], "A"], ADA]):
        result = marks(*rows)
        assert result.rows["score"].tolist() == [101]
        assert listed(result)["row"].tolist() == [3 if rows[0] is ADA else 2]


def test_repeats_are_found_across_the_sheets_of_a_source() -> None:
    result = clean_source(STUDY, MARKS, [raw([ADA], sheet="Y2"), raw([ADA], sheet="Y4")], SCHOOLS)
    assert len(result.rows) == 1
    assert result.issues["reason"].tolist() == ["The same as row 2 of sheet 'Y2'."]


def test_a_pupil_listed_again_with_other_details_is_kept_once() -> None:
    result = roll([*ADA[:-1], "Y"], [*ADA[:-1], "N"], [*BEN[:-1], "N"])
    assert result.rows["disadvantaged"].tolist() == [1, 0]
    assert result.issues[["row", "rule", "severity"]].to_numpy().tolist() == [[3, "repeated", "row"]]


def test_twins_and_pupils_nothing_is_known_of_are_not_repeats() -> None:
    twin = ["", "Okonkwo", "Chidi", *ADA[3:]]
    unknown = ["Z801200001001", "", "", "", "9992001", "4", "99"]
    assert len(marks(["", *ADA[1:]], twin, unknown, unknown).rows) == 4


def test_namesakes_at_two_schools_are_not_repeats() -> None:
    assert len(marks(["", *ADA[1:]], ["", *ADA[1:4], "9992002", *ADA[5:]]).rows) == 2


def test_a_source_for_one_school_and_year_group_fills_the_gaps() -> None:
    source = MARKS.model_copy(update={"school": "9992002", "year_group": "2"})
    result = clean_source(STUDY, source, [raw([[*ADA[:4], "", "", "99"], BEN])], SCHOOLS)
    assert result.rows["school"].tolist() == ["9992002", "9992001"]
    assert result.rows["year_group"].tolist() == ["2", "4"]


def test_whatever_is_found_in_a_school_s_own_file_is_listed_under_the_school() -> None:
    source = MARKS.model_copy(update={"school": "9992002"})
    rows = [[*ADA[:4], "", "4", "1O5"], ["", "", "", "", "", "Total", "1"], [*BEN[:4], "", "4", "99"]]
    result = clean_source(STUDY, source, [raw(rows)], SCHOOLS)
    assert result.issues["school"].tolist() == ["9992002", "9992002"]


def test_a_pupil_of_no_school_is_listed() -> None:
    result = roll([*ADA[:4], "", "4", "Y"], [*BEN[:-1], "N"])
    assert result.issues[["row", "column", "rule", "severity"]].to_numpy().tolist() == [
        [2, "School", "no_school", "row"]
    ]


def test_a_source_that_cannot_work_is_refused() -> None:
    def without(*names: str) -> dict:
        columns = {name: heading for name, heading in STUDY.columns(ROLL).items() if name not in names}
        return {"layout": None, "columns": columns}

    for source, phrase in [
        (ROLL.model_copy(update=without("upn", "dob")), "says who a row is about"),
        (ROLL.model_copy(update=without("school")), "maps no school column"),
        (MARKS.model_copy(update=without()), "maps no score column"),
    ]:
        with pytest.raises(StudyError, match=phrase):
            clean_source(STUDY, source, [raw([ADA])], SCHOOLS)


CELL = st.one_of(
    st.sampled_from([*ADA, *BEN, "", "Total", "absent", "<70", "1O5", "Year 9", "05/13/2015", "9999999"]),
    st.text(string.printable + "éÑ’\u00a0", max_size=12),
)
ROW = st.one_of(st.sampled_from([ADA, BEN]), st.lists(CELL, min_size=7, max_size=7))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROW, min_size=1, max_size=8))
def test_rows_in_are_rows_out_and_rows_listed(rows: list[list[str]]) -> None:
    tested = marks(*rows)
    for result in (tested, roll(*rows)):
        assert result.rows_in == len(rows) == len(result.rows) + len(listed(result))
        out = set(result.rows["row"]) & set(listed(result)["row"])
        assert not out
    assert (tested.rows["score"].isna() == (tested.rows["score_reason"] != "")).all()


PLANTED = [
    "Zebedee",
    "Qu",
    "Xan",
    "H801200001001",
    "A950000178301",
    "13/05/2015",
    "2015-05-13",
    "7731",
    "550123",
]


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(7)), st.sampled_from(PLANTED), st.sampled_from(PLANTED))
def test_no_reason_repeats_an_identity_in_whatever_column_it_stands(
    order: list[int], one: str, two: str
) -> None:
    rows = [
        ["H801200001001", "Zebedee", "Qu", "13/05/2015", one, two, "550123"],
        ["", "Xan", "Zebedee", "7731", two, one, "Qu"],
    ]
    result = marks(*[[row[at] for at in order] for row in rows])
    text = " ".join(result.issues["reason"])
    assert not [item for item in PLANTED if item in text]
    assert not set(result.rows["score_reason"].str.upper()) & {item.upper() for item in PLANTED}


def test_the_real_study_comes_through_whole() -> None:
    """Against a plain reading of the file with pandas."""
    root = Path(__file__).parents[2]
    study = load_study(str(root / "params" / "star.yml"))
    path = root / "data" / "raw" / "star" / "star_kindergarten.csv"
    plain = pd.read_csv(path)
    for source in study.sources:
        headings = list(study.columns(source).values())
        result = clean_source(study, source, read_tables(path, path.name, source.name, headings, None), None)
        assert result.issues.empty
        assert result.rows["pupil_id"].tolist() == plain["pupil"].astype(str).tolist()
        if source.kind == "scores":
            assert result.rows["score"].tolist() == plain["math"].tolist()
        else:
            assert result.rows["disadvantaged"].tolist() == plain["free_lunch"].tolist()
            assert result.rows["class_type"].tolist() == plain["class_type"].tolist()


REGISTER = ["ID", "Name", "Phase", "Role", "Cluster"]


def register(*rows: Sequence[str], study: Study = STUDY) -> Cleaned:
    return clean_register(study, [raw(rows, REGISTER)])


def test_the_register_has_a_school_once() -> None:
    result = register(
        ["9992001", "Elm Primary", "primary", "taking part", "North"],
        ["9992001", "Elm Primary", "primary", "taking part", "North"],
        ["", "Nowhere", "primary", "", ""],
        ["9992002", "", "primary", "comparison", ""],
    )
    assert result.rows["name"].tolist() == ["Elm Primary", "School 9992002"]
    assert result.rows["cluster"].tolist() == ["North", ""]
    assert result.issues[["row", "rule", "severity"]].to_numpy().tolist() == [
        [4, "no_school", "row"],
        [3, "duplicate", "row"],
    ]
    assert result.rows_in == 4


def test_a_register_without_schools_is_an_error() -> None:
    with pytest.raises(DataError, match=r"m\.csv: no school could be read"):
        register(["", "Nowhere", "", "", ""])

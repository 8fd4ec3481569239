"""Spells and marks: rows accepted or listed, nothing read as what it is not; ages; raw scores at their bounds."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.clean import MARK, Cleaned, clean_source
from evaluation.clean.scores import parse_age, parse_score
from evaluation.errors import StudyError
from evaluation.ingest import RawTable
from evaluation.study import load_study
from evaluation.study.measures import Question

SMALL = load_study(str(Path(__file__).parents[1] / "ingest" / "small.yml"))
ROLL = next(source for source in SMALL.sources if source.name == "roll")
WHO = {"upn": "UPN", "school": "School"}
SPELLS = ROLL.model_copy(
    update={
        "name": "spells",
        "kind": "spells",
        "layout": None,
        "columns": {**WHO, "start": "From", "end": "To", "uk_country": "Country"},
    }
)
PAPER = ROLL.model_copy(
    update={
        "name": "paper",
        "kind": "marks",
        "layout": None,
        "columns": WHO,
        "instrument": "ptm",
        "questions": "arithmetic",
    }
)
STUDY = SMALL.model_copy(
    update={
        "questions": {
            "arithmetic": {"Q1": Question(topic="Number", marks=1), "Q 2": Question(topic="Shape", marks=3)}
        }
    }
)
ADA, BEN, ELM = "H801200001001", "A950000178301", "9992001"


def raw(headings: Sequence[str], rows: Sequence[Sequence[str]], sheet: str = "") -> RawTable:
    index = pd.RangeIndex(2, len(rows) + 2, name="row")
    cells = pd.DataFrame([list(row) for row in rows], columns=list(headings), index=index, dtype="str")
    return RawTable("file", "f.csv", sheet, "0" * 64, 1, cells)


def spells(*rows: Sequence[str]) -> Cleaned:
    return clean_source(STUDY, SPELLS, [raw(["UPN", "School", "From", "To", "Country"], rows)], [ELM])


def marks(*rows: Sequence[str]) -> Cleaned:
    return clean_source(STUDY, PAPER, [raw(["UPN", "School", "Q1", "Q 2"], rows)], [ELM])


def listed(result: Cleaned) -> list[tuple[int, str]]:
    found = result.issues[result.issues["severity"] == "row"]
    return list(found[["row", "rule"]].drop_duplicates().itertuples(index=False, name=None))


def test_a_pupil_has_as_many_spells_as_there_are_and_none_is_said_without_dates() -> None:
    result = spells(
        [ADA, ELM, "13/09/2019", "31/08/2020", "ENG"],
        [ADA, ELM, "01/09/2022", "", ""],
        [BEN, ELM, "", "", ""],
    )
    assert result.issues.empty
    assert result.rows["start"].dt.strftime("%Y-%m-%d").tolist()[:2] == ["2019-09-13", "2022-09-01"]
    assert result.rows["end"].isna().tolist() == [False, True, True]
    assert result.rows["start"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (["2019-09-01", "2020-02-30", ""], "end"),  # would otherwise go on
        (["2019-09-01", "leaver", ""], "end"),
        (["2019-13-01", "2020-02-20", ""], "start"),
        (["", "2020-02-20", ""], "spell"),
        (["2020-02-21", "2020-02-20", ""], "spell"),
    ],
)
def test_a_spell_whose_dates_cannot_be_relied_on_is_listed(row: list[str], rule: str) -> None:
    result = spells([ADA, ELM, *row], [BEN, ELM, "2019-09-01", "2019-09-01", "WLS"])
    assert listed(result) == [(2, rule)]
    assert result.rows["uk_country"].tolist() == ["WLS"]
    assert result.rows_in == 2


def test_the_same_spell_again_is_a_duplicate() -> None:
    row = [ADA, ELM, "2019-09-01", "", "ENG"]
    result = spells(row, row, [*row[:3], "2020-01-01", "ENG"], ["", ELM, "2019-09-01", "", "ENG"])
    assert listed(result) == [(5, "total"), (3, "duplicate")]
    assert len(result.rows) == 2


def test_a_source_of_spells_needs_their_start() -> None:
    source = SPELLS.model_copy(update={"columns": {**WHO, "end": "To"}})
    with pytest.raises(StudyError, match="maps no start column"):
        clean_source(STUDY, source, [raw(["UPN", "School", "To"], [[ADA, ELM, ""]])], [ELM])


def test_a_mark_is_a_number_up_to_what_the_question_carries_or_missing() -> None:
    result = marks([ADA, ELM, "1", "2.5"], [BEN, ELM, "", "absent"])
    assert result.rows[MARK + "Q1"].tolist()[0] == 1
    assert result.rows[MARK + "Q 2"].tolist()[0] == 2.5
    assert result.rows[[MARK + "Q1", MARK + "Q 2"]].iloc[1].isna().all()
    assert result.issues.empty
    assert set(result.rows["instrument"]) == {"ptm"}


def test_a_mark_that_is_none_is_listed_by_cell() -> None:
    result = marks([ADA, ELM, "2", "-1"], [BEN, ELM, "tick", "3"])
    assert result.issues[["row", "column", "rule", "severity"]].to_numpy().tolist() == [
        [2, "Q1", "mark", "cell"],
        [3, "Q1", "mark", "cell"],
        [2, "Q 2", "mark", "cell"],
    ]
    assert set(result.issues["school"]) == {ELM}
    assert result.rows[MARK + "Q1"].isna().all()
    assert "tick" not in " ".join(result.issues["reason"])  # letters may be a name


def test_a_pupil_s_second_row_of_marks_is_listed() -> None:
    result = marks([ADA, ELM, "1", "3"], [ADA, ELM, "1", "3"], [BEN, ELM, "0", "3"], [BEN, ELM, "0", "2"])
    assert listed(result) == [(3, "duplicate"), (5, "repeated")]
    assert result.rows[MARK + "Q 2"].tolist() == [3, 3]


def test_marks_from_several_sheets_keep_their_rows() -> None:
    headings = ["UPN", "School", "Q1", "Q 2"]
    tables = [raw(headings, [[ADA, ELM, "1", "3"]], "4X"), raw(headings, [[BEN, ELM, "0", "2"]], "4Y")]
    assert clean_source(STUDY, PAPER, tables, [ELM]).rows[MARK + "Q 2"].tolist() == [3, 2]


CELL = st.sampled_from([ADA, BEN, ELM, "", "1", "0", "9", "Total", "absent", "2019-09-01", "2020-02-30", "x"])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(CELL, min_size=5, max_size=5), min_size=1, max_size=7))
def test_rows_in_are_rows_out_and_rows_listed(rows: list[list[str]]) -> None:
    for result in (spells(*rows), marks(*[row[:4] for row in rows])):
        out = {row for row, _ in listed(result)}
        assert result.rows_in == len(rows) == len(result.rows) + len(out)
        assert not out & set(result.rows["row"])


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("7:5", 89), ("7:05", 89), ("07:05:00", 89), ("7y 5m", 89), ("7 years, 5 months", 89), ("10:11", 131),
        ("7.5", None), ("7:12", None), ("1:05", None), ("89", None), ("7:5:30", None), ("7-5", None),
    ],
)  # fmt: skip
def test_ages_are_years_and_months(text: str, months: int | None) -> None:
    found = parse_age(text)
    assert found.value == months
    assert (found.reason == "") == (months is not None)


def test_an_age_is_no_score_and_raw_scores_are_not_censored_at_their_bounds() -> None:
    test = STUDY.instruments[0]
    assert "is an age" in parse_score(test, short_codes=False, marked=False)("7:05").reason
    for kind, flags in ((None, ["low", "high"]), ("standardised", ["low", "high"]), ("raw", ["", ""])):
        parse = parse_score(test.model_copy(update={"score": kind}), short_codes=False, marked=False)
        assert [parse(text).value.censored for text in ("70", "130")] == flags
    raw_scores = parse_score(test.model_copy(update={"score": "raw"}), short_codes=False, marked=True)
    assert raw_scores("<75").value.censored == "low"

"""Tables of norms: read whole or refused by row and column; looked up, never interpolated."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.derive.footing import put_on_footing
from evaluation.derive.norms import months_old, read_norms
from evaluation.errors import DataError
from evaluation.ingest import RawTable
from evaluation.study import Study, load_study

STUDY = load_study(str(Path(__file__).parents[1] / "ingest" / "small.yml"))
HEADINGS = ["Edition", "Year group", "Age from", "Age to", "Raw", "Standardised"]
LINES = [
    ["2019", "4", "8:06", "8:11", "20", "104"],
    ["2019", "4", "9:00", "113", "20", "101"],
    ["2019", "4", "8:06", "9:05", "0", "<70"],
    ["2019", "4", "8:06", "9:05", "40", ">130"],
    ["2023", "4", "8:06", "9:05", "20", "99"],
]


def instrument(**change: Any) -> Any:
    base = {"score": "raw", "minimum": 0.0, "maximum": 40.0, "edition": "2019", "norms": "norms.csv"}
    return STUDY.instruments[0].model_copy(update=base | change)


def raw_table(lines: list[list[str]], headings: list[str] = HEADINGS) -> RawTable:
    index = pd.RangeIndex(2, len(lines) + 2, name="row")
    return RawTable(
        "ptm", "norms.csv", "", "0" * 64, 1, pd.DataFrame(lines, columns=headings, index=index, dtype="str")
    )


def sat(*scores: tuple[float, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(scores, columns=["score", "score_reason", "censored"])
    return frame.assign(
        year_group="4", pupil=[f"p{at}" for at in range(len(frame))], instrument="ptm", wave="autumn"
    )


def test_by_age_both_ends_included() -> None:
    table = read_norms(STUDY, instrument(), raw_table(LINES))
    rows = sat(*[(20.0, "", "")] * 7)
    months = pd.Series([101, 102, 107, 108, 113, 114, np.nan])
    found = table.standardise(rows, months)
    assert found["score"].tolist()[1:5] == [104, 104, 101, 101]
    assert found["score"].isna().tolist() == [True, False, False, False, False, True, True]
    assert found["score_reason"].tolist() == ["no norm", "", "", "", "", "no norm", "no norm"]


def test_bounds_of_the_table_are_censored_and_reasons_stay() -> None:
    table = read_norms(STUDY, instrument(), raw_table(LINES))
    rows = sat((0.0, "", ""), (40.0, "", ""), (np.nan, "absent", ""), (7.0, "", ""), (20.0, "", "low"))
    found = table.standardise(rows, pd.Series([104] * 5))
    assert found["censored"].tolist() == ["low", "high", "", "", ""]
    assert found["score"].tolist()[:2] == [70, 130]
    assert found["score_reason"].tolist() == ["", "", "absent", "no norm", "no norm"]
    assert table.standardise(rows.assign(year_group="2"), pd.Series([104] * 5))["score"].isna().all()


def test_without_ages_every_age_will_do() -> None:
    table = read_norms(
        STUDY, instrument(edition=None), raw_table([["20", "104"], ["21", "105.5"]], ["raw", "standardised"])
    )
    found = table.standardise(sat((20.0, "", ""), (21.0, "", "")), pd.Series([np.nan, 99]))
    assert found["score"].tolist() == [104, 105.5]


@pytest.mark.parametrize(
    ("at", "cell", "words"),
    [
        (0, "2018", []),
        (1, "five", ["column 'year_group'", "2, 4"]),
        (2, "8.6", ["column 'age_from'", "years:months"]),
        (3, "8:12", ["column 'age_to'"]),
        (3, "8:01", ["at or after age_from"]),
        (4, "x", ["column 'raw'"]),
        (4, "nan", ["column 'raw'"]),
        (5, "", ["column 'standardised'", "104, <70 or >130"]),
    ],
)
def test_a_line_that_cannot_be_read_refuses_the_table(at: int, cell: str, words: list[str]) -> None:
    lines = [list(line) for line in LINES]
    lines[1][at] = cell
    if not words:  # another edition's line is another table's
        assert len(read_norms(STUDY, instrument(), raw_table(lines)).lines[20]) == 1
        return
    with pytest.raises(DataError, match=r"norms\.csv, row 3") as caught:
        read_norms(STUDY, instrument(), raw_table(lines))
    assert all(word in str(caught.value) for word in words)


def test_lines_that_overlap_or_another_edition_only_are_refused() -> None:
    with pytest.raises(DataError, match="row 3: another line is for the same raw score and age"):
        read_norms(STUDY, instrument(), raw_table([LINES[0], ["2019", "", "8:11", "9:00", "20", "101"]]))
    with pytest.raises(DataError, match=r"no norms of edition '2029'.*Editions there: 2019, 2023"):
        read_norms(STUDY, instrument(edition="2029"), raw_table(LINES))


def test_age_is_the_file_s_else_whole_months_from_the_birthday() -> None:
    born = ["2015-05-13", "2015-05-13", "2015-05-13", "2016-02-29", None]
    sat_on = ["2023-09-12", "2023-09-13", "2023-09-13", "2024-02-28", "2023-09-13"]
    rows = pd.DataFrame({"dob": born, "test_date": sat_on}).astype("datetime64[us]")
    ages = pd.array([pd.NA, pd.NA, 89, pd.NA, pd.NA], dtype="Int64")
    expected = [8 * 12 + 3, 8 * 12 + 4, 89, 7 * 12 + 11]
    found = months_old(rows.assign(age=ages))
    assert found.tolist()[:4] == expected
    assert np.isnan(found[4])


def test_norms_go_before_anything_made_from_the_sample() -> None:
    study: Study = STUDY.model_copy(update={"instruments": (instrument(),)})
    rows = sat(*[(20.0, "", "")] * 3)
    pupils = pd.DataFrame({"pupil": rows["pupil"], "year_group": "4", "compared": True})
    norms = {"ptm": read_norms(study, instrument(), raw_table(LINES))}
    found = put_on_footing(study, rows, pupils, norms, pd.Series([102, 113, 200]))
    assert found.scores["score"].tolist()[:2] == [104, 101]
    assert found.notes[0].startswith("Raw scores on Progress test were first turned into standardised ones")
    assert any("1 raw scores on Progress test were left out" in note for note in found.notes)
    with pytest.raises(DataError, match="table of norms has no line"):
        put_on_footing(study, rows, pupils, norms, pd.Series([200] * 3))

"""Layouts built in by name: a study file says `layout: mark` or `layout: nfer`, and no columns."""

from pathlib import Path

import pytest

from evaluation.clean import Cleaned, clean_source
from evaluation.errors import SourceError, StudyError
from evaluation.ingest import read_source
from evaluation.study import load_study
from evaluation.study.fields import FIELDS
from evaluation.study.layouts import BUILT_IN, built_in

SMALL = Path(__file__).with_name("small.yml")
SCHOOLS = {"9992001", "9992002"}
MARK = """PUMA 4 Autumn - SYNTHETIC
First name,Last name,Date of birth,Year group,Test date,Age at time of test,Raw score,SS,Age-SS,Percentile,Hodder Scale,Maths Age
Adaeze,Okonkwo,13/05/2015,Year 4,20/09/2023,8:4,31,104,103,58,3.4,8:6
Bennet,Whitlock,02/11/2014,Year 4,20/09/2023,8:10,3,<70,<70,1,1.9,<5:1
Cerys,Maddox,23/01/2015,Year 4,20/09/2023,8:7,58,130,128,98,4.6,>10:0
Dara,Singh,17/08/2015,Year 4,20/09/2023,8:1,,A,,,,
"""
NFER = """UPN,Forename,Surname,DOB,Gender,SEN,FSM,Ethnicity,Class,Standardised score
H801200001001,Adaeze,Okonkwo,13/05/2015,F,K,Y,BAFR,4A,104
A950000178301,Bennet,Whitlock,02/11/2014,M,N,,WBRI,4A,EXP-
,Cerys,Maddox,23/01/2015,F,E,N,WBRI,4B,>130
"""


def cleaned(folder: Path, source: str, content: str) -> Cleaned:
    text = SMALL.read_text().replace("sources:\n", f"sources:\n  - {source}\n")
    (folder / "small.yml").write_text(text)
    (folder / "a.csv").write_text(content)
    study = load_study(str(folder / "small.yml"))
    return clean_source(study, study.sources[0], read_source(folder, study, study.sources[0]), SCHOOLS)


MARK_SOURCE = (
    '{name: puma, kind: scores, path: a.csv, wave: autumn, instrument: ptm, layout: mark, school: "9992001"}'
)
NFER_SCORES = '{name: nfer, kind: scores, path: a.csv, wave: autumn, instrument: ptm, layout: nfer, year_group: "4", columns: {score: Standardised score}}'
NFER_PUPILS = (
    '{name: nfer, kind: pupils, path: a.csv, wave: autumn, layout: nfer, school: "9992001", year_group: "4"}'
)


def test_a_mark_report_is_read_by_name(tmp_path: Path) -> None:
    result = cleaned(tmp_path, MARK_SOURCE, MARK)
    assert result.rows_in == len(result.rows) == 4
    assert result.rows["score"].tolist()[:3] == [104, 70, 130]
    assert result.rows["censored"].tolist() == ["", "low", "", ""]
    assert result.rows["score_reason"].tolist() == ["", "", "", "A"]
    assert result.rows["year_group"].tolist() == ["4"] * 4
    assert result.rows["dob"].notna().all()
    absent = result.issues[result.issues["rule"] == "column_absent"]
    assert absent["column"].tolist() == ["UPN"]


def test_another_score_of_the_report_is_named_by_the_study(tmp_path: Path) -> None:
    result = cleaned(
        tmp_path, MARK_SOURCE.replace("layout: mark", "layout: mark, columns: {score: Age-SS}"), MARK
    )
    assert result.rows["score"].tolist()[:3] == [103, 70, 128]
    assert result.rows["score_reason"].tolist()[3] == "blank"


def test_a_report_without_its_score_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column is headed 'SS'"):
        cleaned(tmp_path, MARK_SOURCE, MARK.replace(",SS,", ",Score,"))


def test_an_nfer_pupil_file_and_its_scores(tmp_path: Path) -> None:
    pupils = cleaned(tmp_path, NFER_PUPILS, NFER)
    assert pupils.rows["class"].tolist() == ["4A", "4A", "4B"]
    assert pupils.rows["send"].tolist() == [1, 0, 1]
    assert pupils.rows["sex"].tolist() == ["F", "M", "F"]
    scores = cleaned(tmp_path, NFER_SCORES, NFER)
    assert scores.rows["score"].tolist()[::2] == [104, 130]
    assert scores.rows["score_reason"].tolist() == ["", "EXP-", ""]
    assert scores.rows["censored"].tolist() == ["", "", "high"]


def test_nfer_scores_need_their_column_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="maps no score column"):
        cleaned(tmp_path, NFER_SCORES.replace(", columns: {score: Standardised score}", ""), NFER)


def test_an_unknown_layout_names_the_nearest_of_both_kinds(tmp_path: Path) -> None:
    with pytest.raises(
        StudyError,
        match=r"no layout is called 'nferr'\. Did you mean 'nfer'\? Defined: roll, marks, ctf, mark, nfer",
    ):
        cleaned(tmp_path, NFER_PUPILS.replace("layout: nfer", "layout: nferr"), NFER)


def test_a_study_s_own_layout_goes_before_one_built_in(tmp_path: Path) -> None:
    text = SMALL.read_text().replace(
        "layouts:\n", "layouts:\n  mark: {surname: S, forename: F, dob: D, score: X}\n"
    )
    text = text.replace("sources:\n", f"sources:\n  - {MARK_SOURCE}\n")
    (tmp_path / "small.yml").write_text(text)
    study = load_study(str(tmp_path / "small.yml"))
    assert study.columns(study.sources[0])["score"] == "X"
    assert study.may_be_absent(study.sources[0]) == frozenset()


def test_built_in_layouts_give_only_columns_the_library_knows() -> None:
    for layout, kinds in BUILT_IN.items():
        for kind in kinds:
            assert set(built_in(layout, kind)) <= {field.name for field in FIELDS.get(kind, ())}
    assert built_in("mark", "pupils") == {}

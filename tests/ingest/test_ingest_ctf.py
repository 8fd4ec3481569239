"""Common transfer files, old and new: pupils, free-meal spells and results, each cell traced to its line."""

import io
import time
from pathlib import Path

import pandas as pd
import pytest
from ctf_files import NEW, OLD

from evaluation.clean import clean_source
from evaluation.errors import SourceError, StudyError
from evaluation.ingest import RawTable, read_source, read_tables
from evaluation.study import load_study

IDENTITIES = ["Okonkwo", "Adaeze", "H801200001001", "A950000178301", "Whitlock", "2015-05-13", "Guardian"]
MTC = "KS2/MAT/TT/MTC"
UNSAID = [
    "PreferredForename", "FormerSurname", "FormerForename", "AttendanceYear", "SessionsPossible", "SessionsAttended",
    "SessionsAuthorised", "SessionsUnauthorised", "LastSchool", "LastSchoolLeft", "SchoolsListed",
]  # fmt: skip


def read(path: Path, content: str | bytes, kind: str = "pupils", assessment: str | None = None) -> RawTable:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (table,) = read_tables(path, path.name, "ctf", ["UPN"], kind=kind, assessment=assessment)
    return table


def line_of(text: str, part: str, which: int = 0) -> int:
    lines = [at for at, line in enumerate(text.splitlines(), start=1) if part in line]
    return lines[which]


def test_pupils_are_read_whole(tmp_path: Path) -> None:
    table = read(tmp_path / "a.xml", NEW)
    ada, ben = (table.cells.iloc[at].to_dict() for at in (0, 1))
    assert ada == {
        "School": "9992001", "UPN": "H801200001001", "FormerUPN": "A950000178301", "Surname": "Okonkwo", "Forename": "Adaeze",
        "DOB": "2015-05-13", "UniqueLearnerNumber": "1234567890", "UCI": "", "MiddleNames": "", "PreferredSurname": "Obi",
        "Sex": "F", "NCyearActual": "4", "Ethnicity": "BAFR", "EnrolStatus": "C", "FSMreviewDate": "2024-05-01",
        "InCare": "true", "CareAuthority": "999", "SENprovision": "E",
    } | dict.fromkeys(UNSAID, "") | {"SchoolsListed": "1"}  # fmt: skip
    assert (ben["Surname"], ben["InCare"], ben["SENprovision"], ben["FormerUPN"]) == ("Whitlock", "", "", "")
    assert table.cells.index.tolist() == [line_of(NEW, "<Pupil>", at) for at in (0, 1)]
    assert "version 21.0, academic year 2023/24, from school 9992001; pupils: 2" in table.faults[0].reason
    assert table.faults[0].severity == "note"


def test_old_versions_have_the_same_under_other_names_and_places(tmp_path: Path) -> None:
    table = read(tmp_path / "a.xml", OLD)
    assert table.cells[["School", "Surname", "Forename", "DOB", "Sex"]].to_numpy().tolist() == [
        ["9990045", "Okonkwo", "Adaeze", "2004-05-13", "F"],
        ["9990045", "Whitlock", "Bennet", "2003-11-02", "M"],
    ]
    assert table.cells.index.tolist() == [1, 2]
    assert "numbered by their order" in table.faults[-1].reason


CHECK_SERVICE = """<?xml version="1.0" encoding="utf-8"?><CTfile><Header><DocumentName>Common Transfer File</DocumentName>
<CTFversion>19.0</CTFversion><DateTime>2020-07-01T09:00:00</DateTime><DocumentQualifier>partial</DocumentQualifier>
<SupplierID>Multiplication Tables Check</SupplierID><SourceSchool><LEA>999</LEA><Estab>1001</Estab><URN>90875</URN>
<SchoolName>SCHOOL</SchoolName><AcademicYear>2019</AcademicYear></SourceSchool><DestSchool><LEA>999</LEA><Estab>1001</Estab>
<URN>90875</URN></DestSchool></Header><CTFpupilData><Pupil><UPN>H801200001001</UPN><Surname>OKONKWO</Surname>
<Forename>ADAEZE</Forename><DOB>2010-11-20</DOB><Gender>F</Gender><StageAssessments><KeyStage><Stage>KS2</Stage><StageAssessment>
<Locale>ENG</Locale><Year>2020</Year><Subject>MAT</Subject><Method>TT</Method><Component>MTC</Component><ResultStatus>R</ResultStatus>
<ResultQualifier>MT</ResultQualifier><Result>25</Result></StageAssessment></KeyStage></StageAssessments></Pupil></CTFpupilData></CTfile>
"""


def test_a_file_of_the_multiplication_check_service(tmp_path: Path) -> None:
    """The elements and values that the Department's service for the check states in its tests (DFEDigital/mtc, ctf.service)."""
    table = read(tmp_path / "a.xml", CHECK_SERVICE, "scores", "KS2/MAT/TT/MTC/R/MT")
    row = table.cells.iloc[0]
    assert [row[name] for name in ("School", "UPN", "Surname", "Year", "Result")] == [
        "9991001",
        "H801200001001",
        "OKONKWO",
        "2020",
        "25",
    ]
    assert "version 19.0, academic year 2019/20" in table.faults[0].reason
    assert read(tmp_path / "a.xml", CHECK_SERVICE).cells["Sex"].tolist() == ["F"]


def test_a_contact_s_name_is_never_taken_for_a_pupil_s(tmp_path: Path) -> None:
    table = read(tmp_path / "a.xml", NEW.replace("<Surname>Okonkwo</Surname>", ""))
    assert table.cells["Surname"].tolist() == ["", "Whitlock"]


def test_spells_come_one_a_row_with_whose_they_are(tmp_path: Path) -> None:
    table = read(tmp_path / "a.xml", NEW, "spells")
    assert table.cells.iloc[:, 1:].to_numpy().tolist() == [
        [
            "H801200001001",
            "A950000178301",
            "Okonkwo",
            "Adaeze",
            "2015-05-13",
            "2019-09-01",
            "2021-02-28",
            "ENG",
        ],
        ["H801200001001", "A950000178301", "Okonkwo", "Adaeze", "2015-05-13", "2023-01-10", "", "WLS"],
    ]
    assert list(table.cells)[-3:] == ["FSMstartDate", "FSMendDate", "UKcountry"]
    assert table.cells.index.tolist() == [line_of(NEW, "<FSMinstance>", at) for at in (0, 1)]


def test_a_file_without_spells_gives_an_empty_table_and_not_an_error(tmp_path: Path) -> None:
    assert read(tmp_path / "a.xml", OLD, "spells").cells.empty


@pytest.mark.parametrize(
    ("assessment", "results", "years"),
    [
        (MTC, ["23", "A"], ["2024", "2024"]),
        ("ks2/mat/tt/mtc/r/mt", ["23", "A"], ["2024", "2024"]),
        ("KS2/MAT/TT/MTC/E", ["25"], ["2024"]),
        ("KS1/MAT", ["EXS"], ["2022"]),
        ("*/*/TA", ["EXS"], ["2022"]),
    ],
)
def test_results_are_those_of_the_assessment_asked_for(
    tmp_path: Path, assessment: str, results: list[str], years: list[str]
) -> None:
    table = read(tmp_path / "a.xml", NEW, "scores", assessment)
    assert table.cells["Result"].tolist() == results
    assert table.cells["Year"].tolist() == years
    assert table.cells.index.is_unique


def test_results_that_are_not_there_or_not_told_apart_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError,
        match=r"no result is 'KS2/ENG'.*KS1/MAT/TA/SUB/R/NM, KS2/MAT/TT/MTC/E/MT, KS2/MAT/TT/MTC/R/MT",
    ):
        read(tmp_path / "a.xml", NEW, "scores", "KS2/ENG")
    with pytest.raises(SourceError, match="more than one kind of result"):
        read(tmp_path / "a.xml", NEW, "scores", "*/MAT")
    with pytest.raises(SourceError, match="gives pupils, spells, scores, and not marks"):
        read(tmp_path / "a.xml", NEW, "marks")


ENTITIES = NEW.replace("<CTfile>", '<!DOCTYPE CTfile [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><CTfile>', 1)


@pytest.mark.parametrize(
    ("content", "phrase"),
    [
        (ENTITIES.replace("Okonkwo", "&b;"), "declares a document type"),
        (
            NEW.replace("<CTfile>", '<!DOCTYPE CTfile SYSTEM "file:///etc/passwd"><CTfile>', 1),
            "declares a document type",
        ),
        (NEW[: len(NEW) // 2], "is not well-formed XML"),
        (NEW.replace("<Surname>Okonkwo</Surname>", "<Surname>Okonkwo</Name>"), "line 23 is not well-formed"),
        ("<Message><Pupil/></Message>", "its first element is 'Message'"),
        ('<?xml version="1.0"?><Message><Pupil/></Message>', "its first element is 'Message'"),
        (
            NEW.replace("<CTFpupilData>", "<CTFpupilData>" + "<a>" * 80 + "</a>" * 80),
            "nested more than 60 deep",
        ),
        ('<?xml version="1.0"?><CTfile><Header/></CTfile>', "holds no pupil"),
        ('<?xml version="1.0" encoding="martian"?><CTfile/>', "encoding is not one that is read"),
        ("UPN,Score\n1,2\n", "it is plain text"),
        (NEW.replace("Okonkwo", "x\n" * 20_000), "line 23 holds more than 10,000 characters"),
    ],
    ids=[
        "entities",
        "outside",
        "cut",
        "tags",
        "no declaration",
        "census",
        "deep",
        "no pupils",
        "encoding",
        "csv",
        "long",
    ],
)
def test_what_is_no_sound_transfer_file_is_refused_in_words(
    tmp_path: Path, content: str, phrase: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path / "a.xml", content)
    assert phrase in str(caught.value)
    assert not [identity for identity in IDENTITIES if identity in str(caught.value)]


def test_a_file_cut_anywhere_gives_its_pupils_or_an_error_in_words(tmp_path: Path) -> None:
    for at in range(0, len(NEW), 31):
        with pytest.raises(SourceError):
            read(tmp_path / "a.xml", NEW[:at] or " ")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "iso-8859-1"])
def test_names_survive_every_encoding_declared_or_not(tmp_path: Path, encoding: str) -> None:
    text = NEW.replace("Okonkwo", "Núñez")
    declared = text.replace("UTF-8", encoding.removesuffix("-sig")).encode(encoding)
    assert read(tmp_path / "a.xml", declared).cells["Surname"].tolist() == ["Núñez", "Whitlock"]
    if encoding != "utf-16":  # bytes that are not what the declaration says
        assert read(tmp_path / "a.xml", text.encode(encoding)).cells["Surname"].tolist() == [
            "Núñez",
            "Whitlock",
        ]


def test_a_whole_school_s_file_takes_seconds(tmp_path: Path) -> None:
    start, end = NEW.index("<Pupil>"), NEW.rindex("</CTFpupilData>")
    content = NEW[:start] + NEW[start:end] * 700 + NEW[end:]
    began = time.process_time()
    table = read(tmp_path / "a.xml", content)
    assert len(table.cells) == 1400
    assert time.process_time() - began < 10


STUDY = Path(__file__).with_name("small.yml")
SOURCES = """sources:
  - {name: ctf, kind: pupils, path: a.xml, wave: summer}
  - {name: check, kind: scores, path: a.xml, wave: summer, instrument: tables, assessment: KS2/MAT/TT/MTC}
"""
INSTRUMENT = (
    'instruments:\n  - {name: tables, title: "Multiplication tables check", minimum: 0, maximum: 25}\n'
)


def study_file(folder: Path, sources: str = SOURCES) -> Path:
    text = STUDY.read_text().replace("instruments:\n", INSTRUMENT).replace("sources:\n", sources)
    (folder / "small.yml").write_text(text)
    return folder / "small.yml"


def test_a_transfer_file_needs_no_columns_and_is_cleaned_like_any_other(tmp_path: Path) -> None:
    study = load_study(str(study_file(tmp_path)))
    (tmp_path / "a.xml").write_text(NEW)
    pupils, scores = (
        clean_source(study, source, read_source(tmp_path, study, source), {"9992001"})
        for source in study.sources[:2]
    )
    assert pupils.rows_in == len(pupils.rows) == 2
    assert pupils.rows["school"].tolist() == ["9992001", "9992001"]
    assert pupils.rows["dob"].tolist() == [pd.Timestamp(2015, 5, 13), pd.Timestamp(2014, 11, 2)]
    assert pupils.rows["year_group"].tolist() == ["4", "4"]
    assert pupils.rows["send"].tolist()[0] == 1
    assert scores.rows["score"].tolist()[0] == 23
    assert scores.rows["score_reason"].tolist() == ["", "A"]
    for cleaned in (pupils, scores):
        assert set(cleaned.issues["severity"]) == {"note"}
        assert not cleaned.issues["reason"].str.contains("|".join(IDENTITIES)).any()


def test_the_study_file_says_which_results_and_only_where_it_must(tmp_path: Path) -> None:
    for wrong in (
        SOURCES.replace(", assessment: KS2/MAT/TT/MTC", ""),
        SOURCES.replace("wave: summer}", "wave: summer, assessment: KS2}", 1),
    ):
        with pytest.raises(StudyError, match="assessment, such as KS2/MAT/TT/MTC"):
            load_study(str(study_file(tmp_path, wrong)))


def test_a_column_that_a_transfer_file_does_not_have_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(NEW)
    with pytest.raises(SourceError, match=r"pupils have no 'Forenames'\. Did you mean 'Forename'\?"):
        read_tables(tmp_path / "a.xml", "a.xml", "ctf", ["UPN", "Forenames"])


def test_pupils_on_one_line_do_not_share_a_number(tmp_path: Path) -> None:
    one_line = io.StringIO(NEW).read().replace("\n", "")
    spells = read(tmp_path / "a.xml", one_line, "spells")
    assert spells.cells.index.tolist() == [1, 2]


PAST = """<PreferredForename>Ada</PreferredForename><FormerSurname>Eze</FormerSurname><FormerForename>Ad</FormerForename>
<Nationality>NGA</Nationality></BasicDetails>
<Attendance><YearData><Year>2021</Year><SessionsPossible>380</SessionsPossible><SessionsAttended>300</SessionsAttended></YearData>
<YearData><Year>2022</Year><SessionsPossible>378</SessionsPossible><SessionsAttended>360</SessionsAttended>
<SessionsAuthorised>12</SessionsAuthorised><SessionsUnauthorised>6</SessionsUnauthorised></YearData></Attendance>
<SchoolHistory><School><LEA>999</LEA><Estab>45</Estab><SchoolName>Nobody</SchoolName><EntryDate>2019-09-01</EntryDate>
<LeavingDate>2022-07-20</LeavingDate></School><School><LEA>999</LEA><Estab>2001</Estab><EntryDate>2022-09-01</EntryDate></School>
</SchoolHistory><Whitlock>1</Whitlock>"""


def test_preferred_and_former_names_attendance_and_schools_are_read(tmp_path: Path) -> None:
    table = read(tmp_path / "a.xml", NEW.replace("</BasicDetails>", PAST, 1))
    ada = table.cells.iloc[0]
    assert ada[UNSAID].tolist() == [
        "Ada",
        "Eze",
        "Ad",
        "2022",
        "378",
        "360",
        "12",
        "6",
        "9990045",
        "2022-07-20",
        "3",
    ]
    assert (ada["Surname"], ada["School"]) == ("Okonkwo", "9992001")


def test_what_is_not_read_is_said_with_a_count_and_no_unknown_name_repeated(tmp_path: Path) -> None:
    table = read(tmp_path / "a.xml", NEW.replace("</BasicDetails>", PAST, 1))
    (said,) = [fault.reason for fault in table.faults if fault.reason.startswith("Not read")]
    contacts = NEW.count("<Contacts>")
    stages = NEW.count("<StageAssessments>")
    assert (
        f"Contacts {contacts}, FSMhistory {NEW.count('<FSMhistory>')}, Nationality 1, StageAssessments {stages}"
        in said
    )
    assert "elements of other names 1" in said
    assert not [name for name in IDENTITIES if name in said]


@pytest.mark.parametrize(
    ("kind", "assessment", "read_whole"),
    [("spells", None, "FSMhistory"), ("scores", MTC, "StageAssessments")],
)
def test_each_kind_of_source_says_what_it_leaves(
    tmp_path: Path, kind: str, assessment: str | None, read_whole: str
) -> None:
    table = read(tmp_path / "a.xml", NEW, kind, assessment)
    (said,) = [fault.reason for fault in table.faults if fault.reason.startswith("Not read")]
    assert read_whole not in said
    assert "SENhistory 1" in said


def test_older_names_of_stages_of_special_needs(tmp_path: Path) -> None:
    older = NEW.replace("<SEN>", "<SENstage>").replace("</SEN>", "</SENstage>")
    older = older.replace("SENprovision>", "SENstageType>").replace("<StartDate>", "<SENstageStartDate>")
    older = older.replace("</StartDate>", "</SENstageStartDate>")
    assert read(tmp_path / "a.xml", older).cells["SENprovision"].iloc[0] == "E"

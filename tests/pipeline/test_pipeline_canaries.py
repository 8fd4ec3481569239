"""A pupil number, a surname, a birth date and a folder, planted in every field: none is published, whatever else happens."""

from pathlib import Path

import pytest
from canary_study import (
    CANARIES,
    PLAN,
    STAFF,
    SURNAME,
    leaves,
    planted,
    raw_files,
    run_here,
    told,
    with_text,
    write_canary,
)
from pipeline_pages import silent

from evaluation.batch.plan import Wanted
from evaluation.disclose.leaks import KINDS, what_is_sought
from evaluation.errors import DisclosureError, EvaluationError
from evaluation.pipeline import Run, run
from evaluation.study import load_study
from evaluation.study.fields import FIELDS, RECORDS

RAW = raw_files()
FIELDS_OF_FILES = [(file, column) for file, frame in RAW.items() for column in frame]
TEXTS = list(leaves(PLAN))
# Texts of the study file that pages show: there the four must be found, not merely left out.
SHOWN = [("title",), ("about",), ("waves", 0, "title"), ("instruments", 0, "title"), ("instruments", 0, "unit"),
         ("comparison", "description"), ("words", "disadvantaged"), ("words", "others"), ("words", "treated"), ("words", "control"),
         ("analysis", "outcomes", "last", "title"), ("analysis", "models", "headline", "title"),
         ("analysis", "indicators", "treated", "label")]  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVALUATION_KEYS", f"{tmp_path}-keys")
    monkeypatch.chdir(tmp_path)
    run_here(monkeypatch)
    return tmp_path


def published(project: Path) -> Run | EvaluationError:
    """The run, or the error it ended with: then nothing stands where runs are published."""
    try:
        return run(load_study("canary", project), project, Wanted(), 1, silent)
    except EvaluationError as error:
        assert not (project / "reports" / "canary" / "latest").exists()
        assert not list((project / "reports").glob("*/canary-*"))
        return error


def check_raw(project: Path, file: str, column: str) -> None:
    write_canary(project, planted(RAW, file, column))
    found = published(project)
    if isinstance(found, Run):
        assert found.outcomes
        assert told(found.folder) == set()
    elif isinstance(found, DisclosureError):
        assert not any(canary in str(found) for canary in CANARIES)


def check_plan(project: Path, place: tuple) -> None:
    write_canary(project, RAW, with_text(place, " ".join(CANARIES)))
    found = published(project)
    if isinstance(found, Run):
        assert told(found.folder) == set()
    elif isinstance(found, DisclosureError):
        assert not any(canary in str(found) for canary in CANARIES)
    if place in SHOWN:
        assert isinstance(found, DisclosureError), place
        assert all(
            KINDS[kind] in str(found) for kind in ("pupil number", "rare name", "date of birth", "path")
        )


def test_every_field_of_every_kind_of_source_has_a_column() -> None:
    mapped = {source["kind"]: set(source["columns"]) for source in PLAN["sources"]}
    mapped["schools"] = set(PLAN["schools"]["columns"])
    assert set(mapped) == set(FIELDS)
    for kind, columns in mapped.items():
        assert {field.name for field in FIELDS[kind]} - {"pupil_id"} <= columns


def test_without_canaries_the_study_is_published_whole(project: Path) -> None:
    write_canary(project, RAW)
    found = published(project)
    assert isinstance(found, Run)
    assert not found.failed
    assert told(found.folder) == set()
    assert told(project / "data" / "raw") != set()  # the check can fail: the raw files do tell


def test_canaries_in_columns_of_all_files_at_once_are_in_no_byte_published(project: Path) -> None:
    """All columns of all records, four in each, among them: and the names of staff that stand there, which the search knows."""
    raw = RAW
    for file, column in FIELDS_OF_FILES:
        if column in (
            "Remarks",
            "Address",
            "Comment",
            "Note",
            "Teacher",
            "Class",
            "Former UPN",
            "Sex",
            "Age",
            "Sat on",
            "Gender",
        ):
            raw = planted(raw, file, column)
    for kind in RECORDS:
        for column in raw[kind]:
            raw = planted(raw, kind, column) if column not in ("Pupil", "School") else raw
    write_canary(project, raw)
    found = published(project)
    assert isinstance(found, Run)
    assert told(found.folder) == set()
    who = what_is_sought(project, "canary").who
    assert ("wilhelmina",) in who.partners[("brackenbury",)]


def test_a_member_of_staff_s_name_is_found_in_a_text_that_pages_show(project: Path) -> None:
    write_canary(project, RAW, with_text(("about",), f"Led by Mrs {STAFF}."))
    found = published(project)
    assert isinstance(found, DisclosureError)
    assert KINDS["name"] in str(found)
    assert "Brackenbury" not in str(found)


@pytest.mark.slow
@pytest.mark.parametrize(("file", "column"), [("last", "Score"), ("schools", "Name")])
def test_canaries_in_a_raw_field(project: Path, file: str, column: str) -> None:
    check_raw(project, file, column)


@pytest.mark.parametrize("place", [("about",), ("words", "treated")])
def test_canaries_in_a_text_of_the_study_file(project: Path, place: tuple) -> None:
    check_plan(project, place)


def test_a_school_s_and_a_cluster_s_own_name_is_public_though_a_pupil_has_it(project: Path) -> None:
    """The one place where a planted surname is let through: a school is called what it is called."""
    named = RAW["schools"].copy()
    named.loc[:1, ["Name", "Cluster"]] = f"{SURNAME} Green"
    write_canary(project, {**RAW, "schools": named})
    found = published(project)
    assert isinstance(found, Run)
    assert told(found.folder) == {SURNAME}


def test_how_many_fields_and_texts_are_tried() -> None:
    """The numbers that docs/leaks.md states."""
    text = (Path(__file__).parents[2] / "docs" / "leaks.md").read_text()
    assert f"{len(FIELDS_OF_FILES)} columns" in text
    assert f"{len(TEXTS)} texts" in text
    assert f"{len(CANARIES) * (len(FIELDS_OF_FILES) + len(TEXTS))} canaries" in text


@pytest.mark.slow
@pytest.mark.parametrize(("file", "column"), FIELDS_OF_FILES)
def test_canaries_in_every_raw_field_one_at_a_time(project: Path, file: str, column: str) -> None:
    check_raw(project, file, column)


@pytest.mark.slow
@pytest.mark.parametrize("place", TEXTS, ids=lambda place: ".".join(map(str, place)))
def test_canaries_in_every_text_of_the_study_file_one_at_a_time(project: Path, place: tuple) -> None:
    check_plan(project, place)

"""Planted faults: a floor for each kind, no row lost unseen, no pupil named, hardly a false alarm."""

import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from evaluation.clean import RULES, count_by_rule
from evaluation.simulate import demo_files
from evaluation.simulate.corrupt import KINDS, Corrupted, corrupt
from evaluation.simulate.identities import FORENAMES, SURNAMES
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
SEED, COUNT = 11, 6
ALLOWED = 0.005
# One fault of a kind may fall where another hides it; of six that is more than the floor leaves.
SLACK = 1


@dataclass(frozen=True)
class Measured:
    benchmark: Any
    faults: Corrupted
    clean: Any
    taken: Any
    tally: Any


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return demo_files(SEED)


@pytest.fixture(scope="module")
def measured(
    study: Study, files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Measured]:
    root = tmp_path_factory.mktemp("corruption")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        patch.setenv("EVALUATION_KEYS", f"{root}-keys")
        import corruption

        faults = corrupt(study, files, SEED, COUNT)
        clean = corruption.take_in(study, files, root)
        taken = corruption.take_in(study, faults.files, root)
        yield Measured(corruption, faults, clean, taken, corruption.tally(study, clean, faults, taken))
        del sys.modules["corruption"]


def test_there_are_many_kinds_and_each_is_planted(measured: Measured) -> None:
    assert len(KINDS) >= 25
    assert {kind.name for kind in KINDS} == set(measured.tally.planted)


def test_each_kind_is_told_of_and_put_right_as_often_as_promised(measured: Measured) -> None:
    tally = measured.tally
    short = {
        name: (what, found[name], tally.planted[name])
        for what, floors, found in (
            ("told", measured.benchmark.TOLD, tally.detected),
            ("right", measured.benchmark.RIGHT, tally.repaired),
        )
        for name, floor in floors.items()
        if found[name] + SLACK < floor * tally.planted[name]
    }
    assert not short


def test_what_nothing_can_give_away_is_not_claimed(measured: Measured) -> None:
    never = {kind.name for kind in KINDS if kind.because}
    assert not never & (measured.benchmark.TOLD.keys() | measured.benchmark.RIGHT.keys())
    assert sum(measured.tally.repaired[name] for name in never) == 0


def test_false_alarms_are_few(measured: Measured) -> None:
    assert measured.tally.false_alarms() <= ALLOWED
    cells = measured.faults.rows["columns"].sum()
    assert measured.clean.issues["row"].notna().sum() <= ALLOWED * cells


def test_every_row_of_the_corrupted_files_is_accepted_or_listed(measured: Measured) -> None:
    """Against the generator's own count of the rows it wrote, the empty ones left out."""
    rows = measured.faults.rows
    empty = sum(fault.kind == "empty row" for fault in measured.faults.planted)
    lines = measured.taken.sources
    lines = lines[lines["source"].isin(rows["source"])]
    issues = measured.taken.issues
    listed = issues[issues["severity"] == "row"].drop_duplicates(["source", "sheet", "row"])
    assert lines["rows_in"].sum() == len(rows) - empty
    lost = listed.groupby("source").size().reindex(lines["source"], fill_value=0).to_numpy()
    assert (lines["rows_accepted"] + lost).tolist() == lines["rows_in"].tolist()


def test_no_issue_names_a_pupil(measured: Measured) -> None:
    names = {name for text in (*FORENAMES.values(), SURNAMES) for name in text.split() if len(name) > 2}
    said = " ".join(measured.taken.issues["reason"].unique()) + " ".join(
        measured.taken.review["reason"].unique()
    )
    words = set(re.findall(r"[^\W\d_][\w'-]+", said))
    assert not {name for name in names if name in words}
    said = said.replace("2009-05-31 or 31/05/2009", "")  # the parsers' own example
    assert not re.search(r"[A-Z]\d{11}|\d{4}-\d\d-\d\d|\d\d?/\d\d?/\d{2}", said)


def test_every_rule_is_in_the_registry_and_counted(measured: Measured) -> None:
    issues = measured.taken.issues
    assert set(issues["rule"]) <= RULES.keys()
    counts = count_by_rule(issues)
    assert counts["count"].sum() == len(issues)
    assert counts["message"].str.endswith(".").all()
    worst = {"row": 0, "cell": 1, "note": 2}
    graver = [
        rule
        for rule, severity in issues[["rule", "severity"]].drop_duplicates().itertuples(index=False)
        if worst[severity] < worst[RULES[rule].severity]
    ]
    assert set(graver) <= {"school", "year_group"}  # cells that refuse their row


def test_the_same_seed_plants_the_same_faults_and_another_does_not(
    study: Study, files: dict[str, bytes]
) -> None:
    kinds = ["score per cent", "row repeated"]
    one, same, other = (corrupt(study, files, seed, 3, kinds) for seed in (1, 1, 2))
    assert one.files == same.files
    assert one.planted == same.planted
    assert one.planted != other.planted
    assert {fault.kind for fault in one.planted} == set(kinds)


def test_files_without_faults_come_back_as_they_were(study: Study, files: dict[str, bytes]) -> None:
    again = corrupt(study, files, 1, 0).files
    assert again.keys() == files.keys()
    for path, content in files.items():
        assert _cells(again[path]) == _cells(content) if path.endswith(".xlsx") else again[path] == content


def _cells(workbook: bytes) -> dict[str, list[list[object]]]:
    """Every sheet's cells; an empty text and no cell are one."""
    return {
        sheet.title: [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
        for sheet in load_workbook(io.BytesIO(workbook))
    }

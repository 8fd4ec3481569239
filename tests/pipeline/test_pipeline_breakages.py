"""What the command says of each way of breaking a study: its message, its exit code, and never a traceback."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pipeline_study import write_study

from evaluation import cli

Break = Callable[[Path, Path], None]  # given the project folder and the folder of raw files


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("whole")
    write_study(root)
    return root


@pytest.fixture
def command(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    root = tmp_path / "project"
    shutil.copytree(whole, root)
    monkeypatch.chdir(root)
    monkeypatch.setenv("EVALUATION_KEYS", f"{tmp_path}-keys")
    monkeypatch.setenv("COLUMNS", "500")

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["evaluation", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        said = capfd.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    call.root, call.raw = root, root / "data" / "raw" / "mine"
    return call


def plan(old: str, new: str) -> Break:
    def change(root: Path, raw: Path) -> None:
        path = root / "params" / "mine.yml"
        content = path.read_text()
        assert old in content
        path.write_text(content.replace(old, new, 1))

    return change


def raw_text(name: str, old: str, new: str) -> Break:
    def change(root: Path, raw: Path) -> None:
        content = (raw / name).read_text()
        assert old in content
        (raw / name).write_text(content.replace(old, new))

    return change


def remove(name: str) -> Break:
    return lambda root, raw: (raw / name).unlink()


def replace_with(name: str, content: bytes) -> Break:
    return lambda root, raw: (raw / name).write_bytes(content) and None


def cut_short(root: Path, raw: Path) -> None:
    pd.read_csv(raw / "test_after.csv", dtype=str).to_excel(raw / "test_after.xlsx", index=False)
    content = (raw / "test_after.xlsx").read_bytes()
    (raw / "test_after.xlsx").write_bytes(content[: len(content) // 2])
    plan('"test_after.csv"', '"test_after.xlsx"')(root, raw)


def headings_only(root: Path, raw: Path) -> None:
    path = raw / "test_after.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")


def no_comparison_school_left(root: Path, raw: Path) -> None:
    raw_text("schools.csv", "comparison", "neither")(root, raw)


REFUSED: list[tuple[str, Break, int, list[str]]] = [
    ("bad YAML", plan("synthetic: false", "synthetic: [false"), 3, ["params/mine.yml:", "not valid YAML"]),
    ("unknown key", plan("seed:", "sede:"), 3, ["params/mine.yml:9: unknown key 'sede'", "Did you mean 'seed'"]),
    ("identifier not quoted", plan('year_groups: ["4"]', "year_groups: [4]"), 3, ["must be text", "quotes"]),
    ("year group the study does not have", plan('year_groups: ["4"]', 'year_groups: ["5"]'), 3, ["year group '4' is not in this study"]),
    ("wave that does not exist", plan("wave: before, instrument", "wave: befor, instrument"), 3, ["no wave is called 'befor'", "Did you mean 'before'"]),
    ("library column that does not exist", plan('disadvantaged: "Pupil premium"', 'disadvantage: "Pupil premium"'), 3, ["Did you mean 'disadvantaged'"]),
    ("missing file", remove("test_after.csv"), 4, ["test_after.csv", "test_before.csv"]),
    ("wrong column", raw_text("pupils.csv", "Pupil premium", "Pupil prem"), 4, ["pupils.csv", "'Pupil premium'", "'Pupil prem'"]),
    ("empty file", replace_with("pupils.csv", b""), 4, ["pupils.csv", "empty"]),
    ("a workbook named CSV", replace_with("pupils.csv", b"PK\x03\x04" + b"\0" * 60), 4, ["pupils.csv", "Excel workbook"]),
    ("truncated workbook", cut_short, 4, ["test_after.xlsx", "damaged or incomplete"]),
    ("every school unknown", raw_text("schools.csv", "99920", "99930"), 5, ["No pupil row was accepted", "evaluation check mine"]),
    ("headings and no rows", headings_only, 4, ["test_after.csv", "no rows"]),
    ("population of nobody", plan('roles: ["taking part", "comparison"]', 'roles: ["taking parts"]'), 5, ["No pupil is in the population"]),
    ("indicator of a column there is not", plan("column: role,", "column: rol,"), 5, ["'rol'", "Did you mean 'role'"]),
    ("formula with an unknown variable", plan("after ~ treated + before_within", "after ~ treated + befor_within"), 6, ["headline", "befor_within"]),
    ("formula that is none", plan("(1 | school/class)", "(1 | school/class"), 6, ["headline"]),
    ("term the model does not have", plan("term: treated\n", "term: treatd\n"), 6, ["no term 'treatd'", "treated"]),
    ("nobody to compare with", no_comparison_school_left, 6, ["headline", "treated"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "code", "words"), REFUSED, ids=[line[0] for line in REFUSED])
def test_a_broken_study_is_refused_with_a_message_to_act_on(
    command, name: str, change: Break, code: int, words: list[str]
) -> None:
    change(command.root, command.raw)
    found, out, err = command("run", "mine")
    for word in words:
        assert word in err
    assert found == code
    assert "Traceback" not in out + err
    assert "A fault in the software" not in err
    assert not (command.root / "reports").exists()


def first_pupil(**cells: str) -> Break:
    def change(root: Path, raw: Path) -> None:
        table = pd.read_csv(raw / "test_after.csv", dtype=str)
        for column, value in cells.items():
            table.loc[0, column.replace("_", " ")] = value
        table.to_csv(raw / "test_after.csv", index=False)

    return change


def first_line(name: str, old: str, new: str) -> Break:
    def change(root: Path, raw: Path) -> None:
        lines = (raw / name).read_text().splitlines()
        assert old in lines[1]
        lines[1] = lines[1].replace(old, new)
        (raw / name).write_text("\n".join(lines) + "\n")

    return change


def formula_cell(root: Path, raw: Path) -> None:
    pd.read_csv(raw / "test_after.csv", dtype=str).to_excel(raw / "test_after.xlsx", index=False)
    book = openpyxl.load_workbook(raw / "test_after.xlsx")
    book.active["F2"] = "=50+50"
    book.save(raw / "test_after.xlsx")
    plan('"test_after.csv"', '"test_after.xlsx"')(root, raw)


LISTED: list[tuple[str, Break, str, int, str, list[str]]] = [
    # what was done, the list it must stand on, row, column, words of the reason
    ("impossible score", first_pupil(Standardised_score="999"), "9992000", 2, "Standardised score", ["'999'", "69 to 141"]),
    ("letter for a figure", first_pupil(Standardised_score="1O1"), "9992000", 2, "Standardised score", ["'1O1'"]),
    ("day and month swapped", first_pupil(Date_of_birth="03/01/2017"), "9992000", 2, "Date of birth", ["other way round"]),
    ("school that is not in the register", first_pupil(School="9992099"), "school not known", 2, "School", ["9992099", "nearest"]),
    ("formula cell", formula_cell, "school not known", 2, "Standardised score", ["formula"]),
    ("wrong check letter", first_pupil(UPN="A999000000000"), "9992000", 2, "UPN", ["check letter"]),
    ("year group that does not exist", first_line("pupils.csv", ",4,", ",44,"), "9992000", 2, "Year", ["'44'"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "change", "school", "row", "column", "words"), LISTED, ids=[line[0] for line in LISTED]
)
def test_a_broken_cell_is_listed_for_its_school(
    command, name: str, change: Break, school: str, row: int, column: str, words: list[str]
) -> None:
    change(command.root, command.raw)
    code, out, _ = command("check", "mine")
    assert code == 0
    lists = command.root / "data" / "processed" / "mine" / "issues"
    listed = pd.read_csv(lists / f"{school}.csv", dtype=str)
    found = listed[(listed["column"] == column) & (listed["row"] == str(row))]
    assert len(found) == 1
    for word in words:
        assert word in found["reason"].iloc[0]
    said = out + "".join(path.read_text() for path in lists.glob("*.csv"))
    assert "surnamea" not in said.lower()
    assert "2017" not in said


def test_an_unknown_study_names_those_there_are(command) -> None:
    code, _, err = command("run", "mien")
    assert (code, "Did you mean 'mine'" in err) == (3, True)


def test_reports_before_any_run_say_what_to_do(command) -> None:
    code, _, err = command("report", "mine")
    assert (code, "evaluation run mine" in err) == (8, True)


def test_outside_a_project_folder_the_command_says_where_to_be(
    command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    code, _, err = command("run", "mine")
    assert (code, "No params/ folder here or above" in err) == (3, True)


def test_a_wrong_option_is_answered_with_usage(command) -> None:
    code, _, err = command("run", "mine", "--job", "2")
    assert (code, "No such option" in err) == (2, True)


def test_a_fault_of_the_software_shows_no_data(command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("Surnamea born 01/03/2017")

    monkeypatch.setattr("evaluation.exchange.issues.receive", fail)
    code, out, err = command("check", "mine")
    assert code == cli.FAULT
    assert "ValueError at" in err
    assert "Surnamea" not in out + err

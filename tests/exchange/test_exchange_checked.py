"""What `evaluation check` says: by school and by rule, the worst first, at 80 columns; and what it does with an old store."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from exchange_study import NORTH, silent, write_study
from typer.testing import CliRunner

from evaluation.clean.issues import ISSUE_COLUMNS
from evaluation.cli import app
from evaluation.exchange.checked import MOST_SCHOOLS, NO_SCHOOL, WIDTH, Checked
from evaluation.intake import take_in
from evaluation.store import Store, write_store
from evaluation.store.schema import VERSION
from evaluation.study import load_study

ISSUES = pd.DataFrame(
    [
        ["a", "a.csv", "", 4, "Born", "dob", "cell", "1", "The cell is not a date."],
        ["a", "a.csv", "", 9, "", "duplicate", "row", "2", "The same as row 3."],
        ["a", "a.csv", "", 9, "", "total", "row", "2", "The row declares a total and names no pupil."],
        ["a", "a.csv", "", 10, "", "duplicate", "row", "2", "The same as row 3."],
        ["a", "a.csv", "", 5, "Born", "dob", "cell", "1", "The cell is not a date."],
        ["a", "a.csv", "", 5, "House", "house", "cell", "1", "The cell is not one of the houses."],
        ["a", "a.csv", "", pd.NA, "", "encoding", "note", "", "Read as Windows-1252."],
    ],
    columns=ISSUE_COLUMNS,
)
REVIEW = pd.DataFrame(
    [["a", "a.csv", "", 7, "1", "No school lists the pupil."]],
    columns=["source", "file", "sheet", "row", "school", "reason"],
)
SOURCES = pd.DataFrame(
    [["a", "a folder with a long name/" * 4 + "a.csv", "hash", 10, 8, 2]],
    columns=["source", "file", "sha256", "rows_in", "rows_accepted", "rows_listed"],
)


def checked(issues: pd.DataFrame = ISSUES, review: pd.DataFrame = REVIEW) -> Checked:
    return Checked(SOURCES, issues, review, {"1": "Oak School"}, (), "issues", None)


def test_rules_are_counted_by_school_the_gravest_first_in_the_registry_s_words() -> None:
    found = checked().by_rule()
    assert found[["school", "rule", "severity", "count"]].to_numpy().tolist() == [
        ["2", "duplicate", "row", 2],
        ["2", "total", "row", 1],
        ["1", "review", "review", 1],
        ["1", "dob", "cell", 2],
        ["1", "house", "cell", 1],
        [NO_SCHOOL, "encoding", "note", 1],
    ]
    said = found.set_index("rule")["message"]
    assert said["duplicate"] == "The row says again what another says."
    assert said["review"] == "No school lists the pupil."
    assert said["house"] == "The cell is not one of the houses."


def test_a_row_refused_by_two_rules_is_one_row_of_the_school() -> None:
    assert checked().by_school().loc["2"].to_dict() == {"row": 2, "review": 0, "cell": 0, "note": 0}


def test_the_lines_name_the_school_and_fit_a_terminal() -> None:
    lines = list(checked().lines())
    assert "Oak School (1): 1 record to review, 3 cells left empty" in lines
    assert "      2 rows    The row says again what another says." in lines
    words = [line for line in lines if len(line) > WIDTH]
    assert not [line for line in words if " " in line.strip()]  # only a name with no space in it is longer
    assert lines.index("2: 2 rows not accepted") < lines.index(
        "Oak School (1): 1 record to review, 3 cells left empty"
    )


def test_more_schools_than_a_terminal_takes_are_counted_and_whole_in_json() -> None:
    many = pd.concat([ISSUES.assign(school=f"{at:03d}") for at in range(MOST_SCHOOLS + 3)])
    found = checked(many)
    assert "4 more schools have less to put right." in list(found.lines())
    assert len(found.as_dict()["schools"]) == MOST_SCHOOLS + 4


def test_nothing_wrong_is_said_in_a_line() -> None:
    found = checked(ISSUES.head(0), REVIEW.head(0))
    assert list(found.lines())[-1] == "Every cell was accepted and every record linked."
    assert found.as_dict()["rules"] == []


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A project folder, to copy and not to change, after a first check; its keys are beside it."""
    root = tmp_path_factory.mktemp("first") / "project"
    write_study(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", f"{root}-keys")
        patch.chdir(root)
        return root, run("check", "mine", "--json")


@pytest.fixture
def checked_once(first: tuple[Path, Result], root: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    """What the first check printed, in a copy of the folder."""
    shutil.copytree(first[0], root)
    shutil.copytree(f"{first[0]}-keys", f"{root.parent}-keys")
    monkeypatch.chdir(root)
    return first[1]


def test_the_command_prints_and_gives_as_json_what_the_lists_hold(checked_once: Result, root: Path) -> None:
    found = json.loads(checked_once.stdout)
    lists = [pd.read_csv(path) for path in (root / found["lists"]).glob("*.csv") if path.stem != "to_review"]
    counted = pd.concat(lists).groupby("rule").size().to_dict()
    given = pd.DataFrame(found["rules"])
    given = given[given["severity"] != "review"]
    assert given.groupby("rule")["count"].sum().to_dict() == counted
    assert counted["upn"] == 1
    said = run("check", "mine").stdout
    assert f"North School ({NORTH}): " in said
    assert "1 cell    The cell cannot be read as what the column holds: unique pupil" in said


def test_a_store_that_nothing_can_read_is_made_again_and_another_is_left(
    checked_once: Result, root: Path
) -> None:
    folder = root / "data" / "processed" / "mine"
    assert not (folder / "store.json").exists()
    write_store(folder, take_in(load_study("mine", root), root, silent))
    whole = (folder / "store.json").read_text()
    run("check", "mine")
    assert (folder / "store.json").read_text() == whole
    (folder / "store.json").write_text(whole.replace(f'"version": {VERSION}', f'"version": {VERSION - 1}'))
    said = " ".join(run("check", "mine").stdout.split())
    assert "of another version, or damaged; it is made again from the raw files" in said
    assert "cannot be used" not in said
    assert Store(folder).read("pupils")["pupil"].nunique() == 20

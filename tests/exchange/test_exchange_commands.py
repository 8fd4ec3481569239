"""The commands `request` and `map`: what they print and write, and that a fault is a sentence."""

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result
from exchange_study import NORTH, write_study
from map_layouts import rows_of
from test_exchange_map import propose
from typer.testing import CliRunner

from evaluation.cli import app
from evaluation.errors import ReportError, StudyError
from evaluation.exchange import request_records
from evaluation.exchange.records import RECORDS
from evaluation.study import Study


@pytest.fixture
def run(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command in the project's folder."""
    write_study(root)
    monkeypatch.chdir(root)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_request_prints_what_it_asks_and_whom_it_does_not(run: Callable[..., Result], root: Path) -> None:
    done = run("request", "mine", "--contact", "the project office, extension 4")
    assert done.exit_code == 0, done.output
    first, second, third = done.stdout.splitlines()
    assert first.startswith(f"data/processed/mine/requests/{NORTH}.xlsx: North School, ")
    assert second == "Nothing is missing, so nothing is asked, of: South School."
    assert third.endswith("evaluation check mine")
    book = openpyxl.load_workbook(root / f"data/processed/mine/requests/{NORTH}.xlsx")
    assert any("extension 4" in str(cell.value) for cell in book["Read me"]["A"])


def test_request_speaks_json_and_refuses_an_unknown_school(run: Callable[..., Result]) -> None:
    done = run("request", "mine", "--school", NORTH, "--json")
    said = json.loads(done.stdout)
    assert [item["school"] for item in said["requests"]] == [NORTH]
    refused = run("request", "mine", "--school", "9992011")
    assert isinstance(refused.exception, ReportError)
    assert "No school '9992011' is asked for anything" in str(refused.exception)


def test_map_prints_yaml_or_writes_a_new_file(run: Callable[..., Result], root: Path) -> None:
    propose(root / "roll.csv", rows_of("arbor"))
    done = run("map", "roll.csv")
    assert done.exit_code == 0, done.output
    assert '  upn: "UPN (Unique Pupil Number)"' in done.stdout
    written = run("map", "roll.csv", "-o", "roll.yml")
    assert written.exit_code == 0
    assert (root / "roll.yml").read_text(encoding="utf-8") == done.stdout
    assert json.loads(run("map", "roll.csv", "--json").stdout)["kind"] == "pupils"
    refused = run("map", "roll.csv", "--kind", "pupil")
    assert isinstance(refused.exception, StudyError)
    assert "Did you mean 'pupils'?" in str(refused.exception)


def test_every_kind_of_record_has_a_template_whose_cells_are_checked(study: Study, root: Path) -> None:
    made = request_records(study, root, ["all"])
    assert [Path(name).stem for name in made.records] == list(RECORDS)
    for file in made.records:
        book = openpyxl.load_workbook(root / file)
        name = Path(file).stem
        headings = [cell.value for cell in book[name][1]]
        assert headings == [item.heading for item in RECORDS[name].items]
        checked = {str(held.sqref)[0] for held in book[name].data_validations.dataValidation}
        assert checked
        if "School" in headings:
            letter = "ABCDEFGHIJ"[headings.index("School")]
            assert letter in checked
            held = [
                item for item in book[name].data_validations.dataValidation if str(item.sqref)[0] == letter
            ]
            assert held[0].type == "list"
    assert {"9992001", "9992002"} <= {
        str(cell.value) for column in book["lists"].iter_cols() for cell in column
    }

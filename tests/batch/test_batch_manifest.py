"""A run's id follows its content, and the manifest says what it was made from."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from batch_helpers import MakeJob, WriteNotebook
from nbformat.v4 import new_output

from evaluation.batch import Manifest, Outcome, code_hash, manifest, run_id, write_manifest

DATA = {"pupils.csv": "aa", "scores.csv": "bb"}


@pytest.fixture
def code(project: Path, write_notebook: WriteNotebook, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a notebook and a package of its own."""
    write_notebook("50_school_report", "1 + 1")
    package = project / "evaluation"
    (package / "report" / "templates").mkdir(parents=True)
    (package / "errors.py").write_text("a = 1\n", encoding="utf-8")
    (package / "report" / "templates" / "table.html.j2").write_text("<table>\n", encoding="utf-8")
    monkeypatch.setattr(manifest, "PACKAGE", package)
    return project


def test_a_run_id_is_short_and_changes_with_study_data_plan_and_code() -> None:
    usual = run_id("star", DATA, "plan", "code")
    assert re.fullmatch(r"star-[0-9a-f]{10}", usual)
    assert usual == run_id("star", dict(reversed(DATA.items())), "plan", "code")
    others = {
        run_id("star", {**DATA, "scores.csv": "bc"}, "plan", "code"),
        run_id("star", {"pupils.csv": "aa"}, "plan", "code"),
        run_id("star", DATA, "another", "code"),
        run_id("star", DATA, "plan", "another"),
        run_id("star", DATA, "code", "plan"),
    }
    assert len(others | {usual}) == 6


@pytest.mark.parametrize("changed", ["errors.py", "report/templates/table.html.j2"])
def test_the_code_hash_changes_with_code_and_templates_but_not_with_line_endings(
    changed: str, code: Path
) -> None:
    usual, path = code_hash(code), code / "evaluation" / changed
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert code_hash(code) == usual
    path.write_text("b = 1\n", encoding="utf-8")
    assert code_hash(code) != usual


def test_the_code_hash_changes_with_a_notebooks_cells_and_not_with_its_outputs(code: Path) -> None:
    usual, path = code_hash(code), code / "notebooks" / "50_school_report.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[2].outputs = [new_output("stream", text="2")]
    notebook.cells[2].execution_count = 7
    nbformat.write(notebook, path)
    assert code_hash(code) == usual
    notebook.cells[2].source = "1 + 2"
    nbformat.write(notebook, path)
    assert code_hash(code) != usual


def test_two_manifests_of_one_run_differ_in_their_timings_alone(tmp_path: Path, make_job: MakeJob) -> None:
    made_from = Manifest("star", "star-1", DATA, "plan", "code", "store")
    written = []
    for seconds in (1.0, 2.0):
        outcomes = [
            Outcome(make_job(Path("n/50.ipynb")), "ok", None, "", seconds),
            Outcome(make_job(Path("n/00.ipynb"), internal=True), "failed", 4, "ValueError", seconds),
        ]
        written.append(json.loads(write_manifest(tmp_path, made_from, outcomes).read_text(encoding="utf-8")))
    first, second = written
    assert first.pop("timings") == {"site/schools/28.html": 1.0, "internal/schools/28.html": 1.0}
    assert second.pop("timings") == {"site/schools/28.html": 2.0, "internal/schools/28.html": 2.0}
    assert first == second
    assert (first["data"], first["plan"], first["code"], first["store"]) == (DATA, "plan", "code", "store")
    assert [(item["page"], item["status"], item["cell"], item["error"]) for item in first["reports"]] == [
        ("site/schools/28.html", "ok", None, ""),
        ("internal/schools/28.html", "failed", 4, "ValueError"),
    ]
    assert {"python", "numpy", "pandas", "statsmodels"} <= set(first["versions"])

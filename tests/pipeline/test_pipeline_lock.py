"""A plan locked, then changed: every report of the next run says so, with both formulas and the reason."""

from pathlib import Path

import pytest
from canary_study import run_here
from pipeline_pages import silent
from pipeline_study import write_study
from typer.testing import CliRunner

from evaluation.batch.plan import Wanted
from evaluation.cli import app
from evaluation.pipeline import run
from evaluation.study import load_study

WAS, IS_NOW = "+ disadvantaged_school + (1 | school/class)", "+ disadvantaged_school + (1 | school)"


def test_a_changed_formula_is_in_every_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_study(tmp_path)
    monkeypatch.setenv("EVALUATION_KEYS", f"{tmp_path}-keys")
    monkeypatch.chdir(tmp_path)
    run_here(monkeypatch)
    path = tmp_path / "params" / "mine.yml"
    text = path.read_text()
    wanted = Wanted(notebooks=("10_design", "20_impact", "50_school_report"))
    assert CliRunner().invoke(app, ["lock", "mine"]).exit_code == 0
    reason = 'deviations:\n  analysis.models.headline.formula: "classes were mixed"\n\nanalysis:'
    path.write_text(text.replace(WAS, IS_NOW, 1).replace("\nanalysis:", f"\n{reason}", 1))
    finished = run(load_study("mine", tmp_path), tmp_path, wanted, 1, silent)
    made = [path for path in finished.folder.glob("site/**/*.html") if path.name != "index.html"]
    assert {path.parent.name for path in made} == {"review", "schools"}
    for page in made:
        told = page.read_text()
        for said in (
            "analysis.models.headline.formula: was",
            WAS,
            IS_NOW,
            "Reason given: classes were mixed.",
        ):
            assert said in told, page.name
    again = CliRunner().invoke(app, ["lock", "mine"])
    assert "analysis.models.headline.formula" in str(again.exception)

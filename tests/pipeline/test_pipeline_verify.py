"""A run made again from its raw files: the same to the byte, or what changed and what comes out otherwise is said."""

import hashlib
import json
import re
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest
from canary_study import run_here
from pipeline_pages import published, silent
from pipeline_study import write_study
from typer.testing import CliRunner

from evaluation import verify as verification
from evaluation.batch.plan import Wanted
from evaluation.cli import app
from evaluation.errors import ModelError
from evaluation.pipeline import run
from evaluation.study import load_study
from evaluation.verify import Verified, verify


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with a run of its study."""
    root = tmp_path_factory.mktemp("made")
    write_study(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", f"{root}-keys")
        patch.chdir(root)
        run_here(patch)
        run(load_study("mine", root), root, Wanted(), 1, silent)
        yield root


@pytest.fixture
def root(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to change."""
    shutil.copytree(made, tmp_path / "copy", symlinks=True)
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"


def verified(root: Path) -> Verified:
    return verify(folder_of(root), root, 1, silent)


def folder_of(root: Path) -> Path:
    runs = root / "reports" / "mine"
    return runs / (runs / "latest").read_text().strip()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def one_less(root: Path) -> str:
    """Take one from the score in row 21, and say what it was."""
    path = root / "data" / "raw" / "mine" / "test_after.csv"
    lines = path.read_text().splitlines()
    who, _, score = lines[20].rpartition(",")
    path.write_text("\n".join([*lines[:20], f"{who},{int(score) - 1}", *lines[21:]]) + "\n")
    return score


def test_a_run_comes_out_again_and_nothing_is_touched(root: Path) -> None:
    before = published(root)
    found = verified(root)
    assert (found.changed, found.differs, found.fault) == ((), (), None)
    tables = [path.read_text().splitlines() for path in folder_of(root).glob("release/*/*.csv")]
    assert found.cells >= sum(len(lines) - 1 for lines in tables)
    assert found.pages == sum(path.is_file() for path in folder_of(root).glob("site/**/*"))
    assert published(root) == before


def test_a_changed_score_is_named_by_its_place_with_what_it_moves(root: Path) -> None:
    score = one_less(root)
    found = verified(root)
    assert "raw file test_after.csv has changed" in found.changed
    places = [line for line in found.changed if ", row " in line]
    assert places == [f"values: test_after.csv, row 21: score was {score}, is now {int(score) - 1}"]
    assert any(
        re.search(r"estimates\.csv, headline, .*: estimate was .*, is now", line) for line in found.differs
    )
    assert not any(line.startswith(("study file", "code", "library")) for line in found.changed)
    assert found.fault is not None
    assert found.fault.exit_code == 9


def test_a_changed_formula_is_named_with_both(root: Path) -> None:
    edit(root / "params" / "mine.yml", "after ~ treated + before_within +", "after ~ treated +")
    found = verified(root)
    (line,) = found.changed
    assert line.startswith(
        "study file, analysis.models.headline.formula: was after ~ treated + before_within +"
    )
    assert ", is now after ~ treated + before_school" in line
    assert any("estimates.csv" in line for line in found.differs)


def test_another_version_of_a_library_or_of_the_code_is_named(root: Path) -> None:
    manifest = folder_of(root) / "manifest.json"
    content = json.loads(manifest.read_text())
    now = content["versions"]["scipy"]
    content["versions"]["scipy"] = "1.0.0"
    manifest.write_text(json.dumps(content))
    edit(root / "notebooks" / "10_design.ipynb", "## The question", "## Question")
    found = verified(root)
    assert found.changed == (
        "code notebooks/10_design.ipynb has changed",
        f"library scipy: was 1.0.0, is now {now}",
    )
    assert [line for line in found.differs if not line.startswith("site/")] == []
    assert any(line == "site/project/review/design.html: not the same" for line in found.differs)


def test_a_published_number_that_was_edited_is_found(root: Path) -> None:
    folder = next(folder_of(root).glob("release/*"))
    path = folder / "effect_sizes.csv"
    was = path.read_bytes()
    number = re.search(rb"\d\.\d{3,}", was)
    assert number is not None
    path.write_bytes(was.replace(number[0], b"9.999", 1))
    package = folder / "datapackage.json"
    old, new = (hashlib.sha256(content).hexdigest() for content in (was, path.read_bytes()))
    edit(package, old, new)
    found = verified(root)
    assert found.changed == ()
    assert len(found.differs) == 1
    assert f"was 9.999, is now {number[0].decode()}" in found.differs[0]


def test_what_cannot_be_made_again_is_said(root: Path) -> None:
    (root / "data" / "raw" / "mine" / "test_after.csv").unlink()
    found = verified(root)
    assert "it cannot be made again: test_after.csv: no such file" in found.differs[0]
    assert found.changed == ("raw file test_after.csv is gone",)


def test_all_that_changed_is_named_where_the_run_cannot_be_made_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a choice leaves out a term that the main model has no longer, so that no model is fitted."""

    def refuse(*_: object) -> None:
        raise ModelError("analysis.choices.alone: not in the model")

    monkeypatch.setattr(verification.pipeline, "run", refuse)
    plan, manifest = root / "params" / "mine.yml", folder_of(root) / "manifest.json"
    edit(manifest, f'"scipy": "{version("scipy")}"', '"scipy": "1.0.0"')
    one_less(root)
    edit(plan, "after ~ treated + before_within +", "after ~ treated +")
    found = verified(root)
    assert found.differs[0].startswith("it cannot be made again: analysis.choices.alone:")
    raw, formula, library = found.changed
    assert raw == "raw file test_after.csv has changed"
    assert formula.startswith("study file, analysis.models.headline.formula: was")
    assert library == f"library scipy: was 1.0.0, is now {version('scipy')}"


def test_the_command(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        verification, "verify", lambda *_: Verified("mine-1", 5, 2, (), ("estimates.csv: was 1, is now 2",))
    )
    done = CliRunner().invoke(app, ["verify", folder_of(root).name])
    assert "differs: estimates.csv: was 1, is now 2" in done.output
    assert getattr(done.exception, "exit_code", done.exit_code) == 9
    assert CliRunner().invoke(app, ["verify", "mine-0"]).exit_code != 0

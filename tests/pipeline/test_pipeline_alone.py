"""A study with nobody to compare with: how the schools changed is the answer, and nothing is called an impact."""

from pathlib import Path

import pytest
from canary_study import run_here
from pipeline_pages import silent
from pipeline_study import SCHOOLS, write_study

from evaluation.batch.plan import Wanted
from evaluation.disclose import read_release
from evaluation.errors import StudyError
from evaluation.pipeline import run
from evaluation.study import load_study

ALONE = """comparison:
  kind: norm
  unit: school
  description: "the tests' national norms"
"""


def alone(path: Path) -> str:
    """The study file with all schools taking part, no model and no comparison group."""
    text = path.read_text()
    head, _, rest = text.partition("\ncomparison:\n")
    _, _, rest = rest.partition("\n# How the reports name")
    text = f"{head}\n{ALONE}\n# How the reports name{rest}"
    before, _, after = text.partition("  models:\n")
    _, _, after = after.partition("\n# The smallest number")
    return f"{before}\n# The smallest number{after}".replace(
        'population: {roles: ["taking part", "comparison"]}', 'population: {roles: ["taking part"]}'
    )


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_study(tmp_path)
    monkeypatch.setenv("EVALUATION_KEYS", f"{tmp_path}-keys")
    monkeypatch.chdir(tmp_path)
    run_here(monkeypatch)
    path = tmp_path / "params" / "mine.yml"
    path.write_text(alone(path))
    return tmp_path


def test_the_change_is_the_answer_on_every_page(root: Path) -> None:
    finished = run(load_study("mine", root), root, Wanted(), 1, silent)
    release = read_release(finished.folder / "release" / "project")
    change = release.table("changes", question="change").iloc[0]
    assert change["n_schools"] == SCHOOLS // 2
    assert release.tables["estimates"].empty
    assert set(release.table("claims", level="project")["question"]) == {"change", "change_in_gap"}
    impact = (finished.folder / "site" / "project" / "review" / "impact.html").read_text()
    assert "From the first test to the last" in impact
    assert "There is no comparison group" in impact
    for page in finished.folder.glob("site/**/*.html"):
        said = page.read_text()
        assert ">Impact<" not in said
        assert "comparison schools" not in said, page.name
    school = next(finished.folder.glob("site/project/schools/*.html")).read_text()
    assert (
        "schools counted alike, measured against the tests’ national norms" in school
        or "do not settle" in school
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: norm", "kind: matched", "models needs one named headline"),
        ("  baseline: before\n", "", "which needs a baseline"),
    ],
)
def test_a_plan_without_an_answer_is_refused(root: Path, old: str, new: str, said: str) -> None:
    path = root / "params" / "mine.yml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(StudyError, match=said):
        load_study("mine", root)

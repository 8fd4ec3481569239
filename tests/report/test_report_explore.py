"""Exploring: the store's own numbers, a fit that is the engine's, and a word on what may be asked for instead."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from evaluation.batch.plan import plan_jobs
from evaluation.disclose import Release
from evaluation.errors import ReportError
from evaluation.models import fit
from evaluation.report import explore
from evaluation.report.explore import Explored
from evaluation.report.items import Figure, Prose
from evaluation.report.numerals import number
from evaluation.simulate.analysis import analysis_data
from evaluation.simulate.truth import Truth
from evaluation.store import write_store
from evaluation.study import find_root

PARAMS = Path(__file__).parents[2] / "params" / "ssif_maths.yml"


@pytest.fixture(scope="module")
def pupils() -> pd.DataFrame:
    return analysis_data(3, Truth(effect=4.0))


@pytest.fixture
def found(pupils: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Explored:
    (tmp_path / "params").mkdir()
    shutil.copy(PARAMS, tmp_path / "params")
    write_store(tmp_path / "data" / "processed" / "ssif_maths", {"analysis": pupils})
    monkeypatch.chdir(tmp_path)
    assert find_root() == tmp_path
    return explore.explore("ssif_maths")


def test_scores_by_group_are_the_stores(found: Explored, pupils: pd.DataFrame) -> None:
    known = pupils[pupils["in_population"]].dropna(subset=["endline"])
    shown = explore.scores(found, by="year_group").groups[0].rows
    expected = known.groupby("year_group")["endline"].agg(["size", "mean", "std"])
    assert [row[0] for row in shown] == [f"Year {year}" for year in expected.index]
    for row, (size, mean, spread) in zip(shown, expected.itertuples(index=False), strict=True):
        assert row[1:] == (f"{size:,}", number(mean, 2), number(spread, 2))
    arms = {row[0] for row in explore.scores(found, "baseline", "treatment").groups[0].rows}
    assert arms == {"Pupils in taking-part schools", "Pupils in comparison schools"}
    (everyone,) = explore.scores(found).groups[0].rows
    assert everyone[:2] == ("All pupils", f"{len(known):,}")


def test_a_picture_is_of_schools_and_says_its_numbers(found: Explored, pupils: pd.DataFrame) -> None:
    shown = explore.means_figure(found, by="treatment")
    assert isinstance(shown, Figure)
    known = pupils[pupils["in_population"]].dropna(subset=["endline"])
    for side in (0, 1):
        of_schools = known[known["treated"] == side].groupby("school")["endline"].mean()
        assert number(of_schools.mean(), 1) in shown.alt
    assert isinstance(explore.means_figure(found, by="school"), Prose), "one school each"


def test_a_model_is_the_engines_and_says_whether_it_was_planned(
    found: Explored, pupils: pd.DataFrame
) -> None:
    formula = (
        "endline ~ treated + sex + (1 | school)" if "sex" in pupils else "endline ~ treated + (1 | school)"
    )
    shown = explore.model(found, formula)
    row = fit(formula, found.pupils).coefficients.loc["treated"]
    line = next(line for line in shown.groups[0].rows if line[0] == "treated")
    assert line[1:3] == (number(row["estimate"], 3), number(row["std_error"], 3))
    assert "Not in the plan" in shown.notes[1]
    assert explore.model(found).notes[1] == "As planned."
    assert "nothing is rounded or withheld" in shown.notes[0]


def test_no_page_is_made_of_it(ssif: Release) -> None:
    """No batch runs the notebook, and no other notebook imports what it does."""
    folder = PARAMS.parents[1] / "notebooks"
    jobs = plan_jobs(ssif.meta, folder, {"101"}, True, audiences=("project", "cluster", "school"))
    made = {job.notebook.stem for job in jobs}
    assert {"20_impact", "50_school_report"} <= made
    using = {path.stem for path in folder.glob("*.ipynb") if "explore" in path.read_text(encoding="utf-8")}
    assert using == {"60_explore"}
    assert made.isdisjoint(using)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda found: explore.scores(found, "endlin"), "Did you mean 'endline'"),
        (lambda found: explore.scores(found, by="year_grup"), "Did you mean 'year_group'"),
        (lambda found: explore.model(found, "endline ~ treted + (1 | school)"), "treted"),
    ],
)
def test_what_there_is_not_is_answered_with_what_there_is(found: Explored, ask, said: str) -> None:
    with pytest.raises(ReportError, match=said):
        ask(found)
    listed = str(explore.choices(found))
    for name in ("endline", "year_group", "treatment", "baseline_within"):
        assert name in listed

"""`star` from its raw file to its pages: R's numbers in the report's own table, the same pages every time."""

import json
import re
from pathlib import Path

import pytest
from pipeline_pages import pages, published, silent

from evaluation.batch.plan import Wanted
from evaluation.disclose import read_release
from evaluation.errors import ReportError
from evaluation.pipeline import Run, report, run
from evaluation.report import impact
from evaluation.study import load_study

EXPECTED = json.loads((Path(__file__).parents[1] / "reference" / "expected.json").read_text())
# METHODS' tolerances: coefficients in standard errors, the rest relative
COEFFICIENT, STANDARD_ERROR, DF, VARIANCE = 1e-6, 1e-5, 1e-5, 1e-5
TERMS = {"(Intercept)": "Intercept", "free_lunch": "disadvantaged", "small:free_lunch": "small:disadvantaged"}
GROUPS = {"teacher:school": "school:class", "school": "school", "Residual": "residual"}
SOME = Wanted(schools=("28", "52"))


@pytest.fixture(scope="module")
def first(project: Path) -> Run:
    return run(load_study("star", project), project, SOME, 1, silent)


@pytest.fixture(scope="module")
def release(first: Run):
    return read_release(first.folder / "release" / "public")


@pytest.mark.parametrize(("model", "name"), [("headline", "star_three_level"), ("gap", "star_gap")])
def test_the_release_holds_the_numbers_of_r(release, model: str, name: str) -> None:
    expected, kr = EXPECTED[name], EXPECTED[name]["kenward_roger"]
    table = release.table("estimates", model=model).set_index("term")
    assert list(table.index) == [TERMS.get(term, term) for term in expected["terms"]]
    for index, term in enumerate(table.index):
        row = table.loc[term]
        assert abs(row["estimate"] - expected["beta"][index]) <= COEFFICIENT * expected["se"][index]
        assert row["std_error"] == pytest.approx(kr["se"][index], rel=STANDARD_ERROR)
        assert row["df"] == pytest.approx(kr["df"][index], rel=DF)
        assert row["n_pupils"] == expected["n"]
        assert (row["n_schools"], row["n_classes"]) == (79, 323)
    found = release.table("variances", model=model).set_index("group")["variance"]
    for part in expected["varcorr"]:
        assert found[GROUPS[part["grp"]]] == pytest.approx(part["vcov"], rel=VARIANCE)


def test_the_report_shows_them_in_its_own_table(release) -> None:
    html = impact.estimates(release, "headline")._repr_html_()
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", html)
    # lme4 and pbkrtest: 8.3053 (2.6121), 249.4 df, p = 0.0017
    row = cells.index("8.31")
    assert cells[row : row + 4] == ["8.31", "2.61", "249.4", "0.002"]


def test_the_gap_with_a_random_slope_stands_beside_it(release) -> None:
    slope = release.table("variances", model="gap_slope", group="school", term_1="disadvantaged")
    assert len(slope) >= 1
    assert release.meta["models"]["gap"]["beside"] == "gap_slope"


def test_every_school_is_in_the_release_and_those_asked_for_have_pages(first: Run, release) -> None:
    assert release.table("descriptives", level="school", split="all")["unit"].nunique() == 79
    made = {name for name in pages(first.folder) if "/schools/" in name}
    assert made == {"site/public/schools/28.html", "site/public/schools/52.html"}
    assert not first.failed


@pytest.mark.browser
def test_the_pages_open_in_a_browser_on_a_desk_and_a_phone(first: Run, check_page) -> None:
    for path in first.index.parent.rglob("*.html"):
        check_page(path)


def test_no_small_cell_is_in_the_release(release) -> None:
    counts = release.table("descriptives")["n"].dropna()
    assert counts.min() >= 10
    differences = release.table("differences", symbol="")
    treated = differences[differences["measure"] != "progress"]
    assert treated[["n_1", "n_2"]].min().min() >= 10
    hidden = release.table("descriptives", symbol="c")
    assert len(hidden) > 0
    assert hidden[["n", "mean", "sd"]].isna().all().all()


@pytest.mark.slow
def test_two_workers_and_a_second_run_give_the_same_bytes(project: Path, first: Run) -> None:
    before = published(first.folder)
    again = run(load_study("star", project), project, SOME, 2, silent)
    assert again.folder == first.folder
    assert published(again.folder) == before


@pytest.mark.slow
def test_pages_that_read_the_release_need_no_data(project: Path, first: Run) -> None:
    before = pages(first.folder)
    wanted = Wanted(schools=("28", "52"), notebooks=("50_school_report",))
    (project / "data").rename(project / "data_away")
    try:
        again = report(load_study("star", project), project, wanted, 1, silent)
    finally:
        (project / "data_away").rename(project / "data")
    assert [item.job.page for item in again.outcomes] == ["schools/28.html", "schools/52.html"]
    assert not again.failed
    assert pages(again.folder) == before


@pytest.mark.slow
def test_a_report_that_fails_does_not_stop_the_others(project: Path, first: Run) -> None:
    notebook = project / "notebooks" / "10_design.ipynb"
    kept = notebook.read_text()
    cells = json.loads(kept)
    number, last = len(cells["cells"]), cells["cells"][-1]
    last["source"] = ["page.no_such_thing(release)"]
    notebook.write_text(json.dumps(cells))
    try:
        study = load_study("star", project)
        with pytest.raises(ReportError, match="has changed since run star-"):
            report(study, project, Wanted(notebooks=("10_design",)), 1, silent)
        again = run(study, project, Wanted(notebooks=("10_design", "90_worked_example")), 2, silent)
    finally:
        notebook.write_text(kept)
    assert [(item.job.page, item.cell, item.error) for item in again.failed] == [
        ("review/design.html", number, "AttributeError")
    ]
    assert "site/public/review/worked_example.html" in pages(again.folder)
    index = again.index.read_text()
    assert 'href="review/design.html"' not in index
    assert 'href="review/worked_example.html"' in index
    assert "AttributeError" in (again.folder / "internal" / "index.html").read_text()


def test_what_is_withheld_is_not_told_by_its_method_or_its_absence(release) -> None:
    differences = release.table("differences", level="school")
    assert set(differences.loc[differences["symbol"] == "c", "method"]) == {"withheld"}
    # The public is offered no school's gap at all: that one is missing tells nothing.
    assert set(differences["measure"]) == {"treatment", "progress"} - {"progress"}
    assert release.tables["school_gaps"].empty
    assert "n" not in release.tables["school_effects"].columns
    arms = release.table("descriptives", level="school", split="treatment", symbol="c")["unit"]
    effects = release.table("school_effects", symbol="c")["school"]
    assert len(set(arms)) > 0
    assert set(arms) <= set(effects)

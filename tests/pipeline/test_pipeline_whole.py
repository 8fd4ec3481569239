"""Every page of both studies: the same with one worker and two, on a second run, and without data; each opened."""

import shutil
from pathlib import Path

import pytest
from pipeline_pages import pages, published, silent

from evaluation.batch.plan import Wanted
from evaluation.pipeline import Run, report, run
from evaluation.simulate import write_demo
from evaluation.study import load_study

pytestmark = pytest.mark.slow
READ_RELEASE = Wanted(notebooks=("10_design", "40_cluster_report", "50_school_report"))
PAGES = {"star": 79 + 3 + 1, "ssif_maths": 10 + 3 + 3 + 1 + 10 + 3}


@pytest.fixture(scope="module", params=["star", "ssif_maths"])
def whole(request: pytest.FixtureRequest, project: Path) -> tuple[str, Path, Run, dict[str, str]]:
    study = load_study(request.param, project)
    if study.synthetic:
        write_demo(project, study.seed)
    finished = run(study, project, Wanted(), 1, silent)
    return request.param, project, finished, published(finished.folder)


def test_every_page_is_made(whole) -> None:
    name, _, finished, _ = whole
    assert not finished.failed
    assert len(pages(finished.folder)) == PAGES[name]


def test_two_workers_on_a_second_run_give_the_same_bytes(whole) -> None:
    name, project, finished, before = whole
    again = run(load_study(name, project), project, Wanted(), 2, silent)
    assert again.folder == finished.folder
    assert published(again.folder) == before


def test_pages_that_read_the_release_are_the_same_without_data(whole) -> None:
    name, project, finished, before = whole
    wanted = READ_RELEASE if name == "ssif_maths" else Wanted(notebooks=("10_design", "50_school_report"))
    shutil.move(project / "data", project / "data_away")
    try:
        again = report(load_study(name, project), project, wanted, 2, silent)
    finally:
        shutil.move(project / "data_away", project / "data")
    assert not again.failed
    assert published(finished.folder) == before


@pytest.mark.browser
def test_every_page_opens_in_a_browser_on_a_desk_and_a_phone(whole, check_page) -> None:
    _, _, finished, _ = whole
    for path in finished.folder.rglob("*.html"):
        check_page(path)

"""Opening a run: the one being made, the one named, the latest; and what is said when there is none."""

from pathlib import Path

import pandas as pd
import pytest

from evaluation.disclose import Release, write_release
from evaluation.errors import ReportError
from evaluation.report import load_analysis, open_release
from evaluation.report.load import RUN_FOLDER
from evaluation.store import write_store


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params").mkdir()
    monkeypatch.delenv(RUN_FOLDER, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(release: Release, project: Path, run: str, store: str = "") -> Path:
    folder = project / "reports" / release.meta["study"] / run
    write_release(
        Release({**release.meta, "run": run, "store": store}, release.tables), folder / "release" / "public"
    )
    (folder.parent / "latest").write_text(run + "\n", encoding="utf-8")
    return folder


def test_the_latest_run_unless_one_is_named(star: Release, project: Path) -> None:
    put(star, project, "aaaa1111")
    put(star, project, "bbbb2222")
    assert open_release("star").meta["run"] == "bbbb2222"
    assert open_release("star", "aaaa1111").meta["run"] == "aaaa1111"


def test_inside_a_run_its_own_folder_is_read(
    star: Release, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(star, project, "aaaa1111")
    aside = put(star, project, "cccc3333").rename(project / "aside")
    monkeypatch.setenv(RUN_FOLDER, str(aside))
    assert open_release("star").meta["run"] == "cccc3333"
    with pytest.raises(ReportError, match="run 'cccc3333', not 'aaaa1111'"):
        open_release("star", "aaaa1111")
    with pytest.raises(ReportError, match="study 'star', not 'other'"):
        open_release("other")


def test_no_run_says_how_to_make_one(project: Path) -> None:
    with pytest.raises(ReportError, match="Make one with `evaluation run star`"):
        open_release("star")


def test_an_unknown_run_is_named_with_the_nearest(star: Release, project: Path) -> None:
    put(star, project, "aaaa1111")
    with pytest.raises(ReportError, match=r"No run 'aaaa1112' of 'star'\. Did you mean 'aaaa1111'"):
        open_release("star", "aaaa1112")


def test_the_widest_audience_is_the_site_s_and_a_pack_s_is_had_by_name(star: Release, project: Path) -> None:
    folder = put(star, project, "aaaa1111")
    pack = Release({**star.meta, "audience": "school", "minimum_cell": 6}, star.tables)
    write_release(pack, folder / "release" / "school")
    assert open_release("star").meta["audience"] == "public"
    assert open_release("star", audience="school").meta["minimum_cell"] == 6
    with pytest.raises(
        ReportError, match="no release for audience 'cluster'; it has one for public and school"
    ):
        open_release("star", audience="cluster")


def stored(project: Path, pupils: str = "abc") -> str:
    analysis = pd.DataFrame({"pupil": list(pupils), "in_population": [True, False, True]})
    return write_store(project / "data" / "processed" / "star", {"analysis": analysis})


def test_the_store_gives_the_population(star: Release, project: Path) -> None:
    put(star, project, "aaaa1111", stored(project))
    assert list(load_analysis("star")["pupil"]) == ["a", "c"]


def test_a_store_that_has_moved_on_is_refused(star: Release, project: Path) -> None:
    put(star, project, "aaaa1111", stored(project))
    stored(project, "aac")
    with pytest.raises(ReportError, match="has changed since this run was made"):
        load_analysis("star")

"""The two fixture releases, and a release written where a notebook looks for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from report_pages import shown
from report_releases import ssif_release, star_release

from evaluation.disclose import Release, write_release
from evaluation.report.load import RUN_FOLDER
from evaluation.store import write_store


@pytest.fixture(scope="session")
def star() -> Release:
    return star_release()


@pytest.fixture(scope="session")
def ssif() -> Release:
    return ssif_release()


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Release], dict[str, str]]:
    """Publish a release to a run folder; gives the parameters every notebook shares."""

    def publish(release: Release) -> dict[str, str]:
        write_release(release, tmp_path / "release" / release.meta["audience"])
        monkeypatch.setenv(RUN_FOLDER, str(tmp_path))
        return {"study": release.meta["study"], "run": release.meta["run"]}

    return publish


@pytest.fixture
def review_page(
    published: Callable[[Release], dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Release, pd.DataFrame], list[Any]]:
    """What notebook 20 shows of a release, and of a store of its pupils."""

    def show(release: Release, pupils: pd.DataFrame) -> list[Any]:
        (tmp_path / "params").mkdir()
        monkeypatch.chdir(tmp_path)
        stored = write_store(tmp_path / "data" / "processed" / "ssif_maths", {"analysis": pupils})
        return shown("20_impact", published(Release({**release.meta, "store": stored}, release.tables)))

    return show

"""The two fixture releases, and a release written where a notebook looks for it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from report_releases import ssif_release, star_release

from evaluation.disclose import Release, write_release
from evaluation.report.load import RUN_FOLDER


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

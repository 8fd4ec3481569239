"""Keys of the studies in these tests are kept apart from anybody's own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _keys(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALUATION_KEYS", str(tmp_path_factory.mktemp("keys")))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder."""
    return tmp_path / "project"

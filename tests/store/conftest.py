"""Keys of the studies in these tests are kept apart from anybody's own."""

from pathlib import Path

import pytest
from store_study import copied, no_step, under_keys_of, write_tiny

from evaluation.intake import take_in
from evaluation.store import changes, write_store


@pytest.fixture(autouse=True)
def _keys(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALUATION_KEYS", str(tmp_path_factory.mktemp("keys")))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder."""
    return tmp_path / "project"


@pytest.fixture(scope="session")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder whose small study is taken in and stored, to copy and not to change."""
    root = tmp_path_factory.mktemp("taken_in") / "project"
    folder = root / "data" / "processed" / "tiny"
    with under_keys_of(root):
        tables = take_in(write_tiny(root), root, no_step)
        write_store(folder, tables, changes(folder, tables))
    return root


@pytest.fixture
def stored(taken_in: Path, root: Path) -> Path:
    """A copy of it, to change."""
    return copied(taken_in, root)

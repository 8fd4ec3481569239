"""A project with the small study, and its keys kept apart."""

import shutil
from pathlib import Path

import pytest
from exchange_study import TODAY, silent, write_study

from evaluation.exchange import Requested, request
from evaluation.study import Study


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVALUATION_KEYS", f"{tmp_path}-keys")
    return tmp_path / "project"


@pytest.fixture
def study(root: Path) -> Study:
    return write_study(root)


@pytest.fixture(scope="session")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Requested]:
    """A project folder whose schools have been asked, to copy and not to change; its keys are beside it."""
    root = tmp_path_factory.mktemp("asked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", f"{root}-keys")
        return root, request(write_study(root), root, [], "", TODAY, silent)


@pytest.fixture
def requested(asked: tuple[Path, Requested], study: Study, root: Path) -> Requested:
    """What the study's schools are asked, with the workbooks and the keys it was done with in the test's own folders."""
    made, found = asked
    shutil.copytree(made / "data" / "processed", root / "data" / "processed")
    shutil.copytree(f"{made}-keys", f"{root.parent}-keys")
    return found


@pytest.fixture
def blank(requested: Requested, root: Path) -> Path:
    """The workbook made for the north school."""
    return root / requested.asked[0].file


@pytest.fixture
def returned(root: Path) -> Path:
    return root / "data" / "raw" / "mine" / "returned"

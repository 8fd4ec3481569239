"""A project with the small study, and its keys kept apart."""

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


@pytest.fixture
def requested(study: Study, root: Path) -> Requested:
    return request(study, root, [], "", TODAY, silent)


@pytest.fixture
def blank(requested: Requested, root: Path) -> Path:
    """The workbook made for the north school."""
    return root / requested.asked[0].file


@pytest.fixture
def returned(root: Path) -> Path:
    return root / "data" / "raw" / "mine" / "returned"

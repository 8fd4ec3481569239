"""Pseudonym keys of these tests lie in a folder of their own; XLS and ODS files are made as in the tests of reading."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "ingest"))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVALUATION_KEYS", f"{tmp_path}-keys")
    return tmp_path

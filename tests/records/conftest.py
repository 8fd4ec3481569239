"""Pseudonym keys of these tests lie in a folder of their own."""

from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVALUATION_KEYS", str(tmp_path / "keys"))
    return tmp_path

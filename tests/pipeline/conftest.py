"""Project folders to run studies in: copies of the plan, the notebooks and the raw files, never the project itself."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with both shipped studies' plans and `star`'s data; keys are kept apart."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("params", "notebooks", "data/raw/star"):
        shutil.copytree(ROOT / folder, root / folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", str(tmp_path_factory.mktemp("keys")))
        yield root


@pytest.fixture(scope="module")
def canary_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty project folder that the tests stand in, keys apart; runs make their pages in this process."""
    from canary_study import run_here

    root = tmp_path_factory.mktemp("canary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", str(tmp_path_factory.mktemp("keys")))
        patch.chdir(root)
        run_here(patch)
        yield root

"""The pseudonym key is its owner's alone, and lies where it is neither copied nor committed with the project."""

import os
import subprocess
from pathlib import Path

import pytest

from evaluation.errors import StoreError
from evaluation.link import pseudonym_key

posix = pytest.mark.skipif(os.name != "posix", reason="permissions for others are of POSIX alone")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for keys, with the key of the study `small` in it."""
    monkeypatch.setenv("EVALUATION_KEYS", str(tmp_path / "keys"))
    pseudonym_key("small")
    return tmp_path / "keys"


@posix
@pytest.mark.parametrize("mode", [0o640, 0o620, 0o604, 0o602, 0o610, 0o601, 0o666])
def test_a_key_others_can_read_or_change_is_refused_with_what_to_do(folder: Path, mode: int) -> None:
    path = folder / "small.key"
    path.chmod(mode)
    with pytest.raises(StoreError, match=f"chmod 600 {path}") as refused:
        pseudonym_key("small")
    os.system(str(refused.value).partition(": ")[2].rpartition(": ")[2])  # as the message says
    assert len(pseudonym_key("small")) == 32


@posix
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_where_others_could_put_another_key_is_refused(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    with pytest.raises(StoreError, match="chmod 700"):
        pseudonym_key("small")
    folder.chmod(0o755)  # others may see that there is a key, and no more
    assert len(pseudonym_key("small")) == 32


@pytest.mark.parametrize("place", ["keys", "data/keys", "params"])
def test_a_key_inside_the_project_s_folder_is_refused_and_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("EVALUATION_KEYS", str(tmp_path / place))
    with pytest.raises(StoreError, match=r"may not lie in a project's folder .* point EVALUATION_KEYS"):
        pseudonym_key("small")
    assert not list(tmp_path.rglob("*.key"))


def test_a_key_inside_a_git_work_tree_is_refused_though_a_link_leads_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree, linked = tmp_path / "tree", tmp_path / "linked"
    (tree / "deep").mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", str(tree)], check=True)
    linked.symlink_to(tree / "deep")
    for folder in (tree, tree / "deep", linked, linked / "keys"):
        monkeypatch.setenv("EVALUATION_KEYS", str(folder))
        with pytest.raises(StoreError, match="may not lie in a git work tree"):
            pseudonym_key("small")
    assert not list(tmp_path.rglob("*.key"))


def test_a_key_that_was_moved_into_a_project_is_refused_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "params").mkdir()
    with pytest.raises(StoreError, match="Move it out"):
        pseudonym_key("small")

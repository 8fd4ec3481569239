"""A run is in place whole or not at all, whatever happens while it is built."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evaluation.batch import building
from evaluation.batch.build import clear_leftovers


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A study's folder with one run in it."""
    build(tmp_path / "star", "star-1", "first")
    return tmp_path / "star"


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def build(reports: Path, run: str, text: str) -> None:
    with building(reports, run) as folder:
        (folder / "site").mkdir()
        (folder / "site" / "index.html").write_text(text, encoding="utf-8")


def content(reports: Path) -> dict[str, str]:
    return {
        path.relative_to(reports).as_posix(): path.read_text()
        for path in reports.rglob("*")
        if path.is_file()
    }


def test_a_run_is_moved_into_place_and_becomes_the_latest(reports: Path) -> None:
    build(reports, "star-2", "second")
    assert content(reports) == {
        "star-1/site/index.html": "first",
        "star-2/site/index.html": "second",
        "latest": "star-2\n",
    }


def test_a_run_of_the_same_id_is_replaced_whole(reports: Path) -> None:
    with building(reports, "star-1") as folder:
        (folder / "manifest.json").write_text("{}", encoding="utf-8")
        assert (reports / "star-1" / "site" / "index.html").read_text() == "first"
    assert content(reports) == {"star-1/manifest.json": "{}", "latest": "star-1\n"}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, OSError])
@pytest.mark.parametrize("run", ["star-1", "star-2"])
def test_an_interrupted_run_leaves_everything_as_it_was(
    run: str, interruption: type[BaseException], reports: Path
) -> None:
    def half() -> None:
        with building(reports, run) as folder:
            (folder / "half.html").write_text("half", encoding="utf-8")
            raise interruption

    before = content(reports)
    with pytest.raises(interruption):
        half()
    assert content(reports) == before
    assert sorted(item.name for item in reports.iterdir()) == ["latest", "star-1"]


def test_an_interruption_between_the_two_moves_puts_the_old_run_back(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if path.name.startswith(".building"):
            raise KeyboardInterrupt
        return rename(path, target)

    before = content(reports)
    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(reports, "star-1", "second")
    assert content(reports) == before


def test_what_killed_processes_left_is_cleared_and_what_they_set_aside_comes_back(
    reports: Path, dead: int
) -> None:
    (reports / "star-1").rename(reports / f".replaced-star-1-{dead}")
    (reports / f".building-star-1-{dead}").mkdir()
    (reports / f".replaced-star-0-{dead}").mkdir()
    (reports / "star-0").mkdir()
    clear_leftovers(reports)
    assert content(reports) == {"star-1/site/index.html": "first", "latest": "star-1\n"}
    assert sorted(item.name for item in reports.iterdir()) == ["latest", "star-0", "star-1"]


def test_a_run_that_is_being_built_by_another_process_is_left_alone(reports: Path) -> None:
    other = reports / f".building-star-3-{os.getppid()}"
    other.mkdir()
    build(reports, "star-2", "second")
    assert other.is_dir()

"""Build a run aside and move it into place whole, so that nobody ever sees half of one."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from evaluation.errors import ReportError

LEFTOVER = re.compile(r"\.(?P<kind>building|replaced)-(?P<run>.+)-(?P<pid>\d+)")


@contextmanager
def building(reports: Path, run: str) -> Iterator[Path]:
    """A folder to build a run in: in place as `reports/run` afterwards, gone if building it fails.

    Parameters
    ----------
    reports : Path
        The study's folder of runs.
    run : str
        The run's id. A run of the same id is replaced, and is as it was until the new one is whole.

    Yields
    ------
    Path
        An empty folder. Once it has been moved, the text file `latest` names the run.
    """
    reports.mkdir(parents=True, exist_ok=True)
    clear_leftovers(reports)
    aside = reports / f".building-{run}-{os.getpid()}"
    aside.mkdir()
    try:
        yield aside
        _move(aside, reports / run)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _point_latest(reports, run)


def latest(reports: Path) -> Path:
    """The folder of the study's latest run.

    Raises
    ------
    ReportError
        When there is none.
    """
    pointer = reports / "latest"
    name = pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else ""
    if not name or not (reports / name).is_dir():
        raise ReportError(f"No run of {reports.name!r} yet. Make one with `evaluation run {reports.name}`.")
    return reports / name


def clear_leftovers(reports: Path) -> None:
    """Remove what processes that were killed left behind; put back a run that one had just set aside."""
    for item in sorted(reports.iterdir()):
        found = LEFTOVER.fullmatch(item.name)
        if found is None or _is_another_running(int(found["pid"])):
            continue
        place = reports / found["run"]
        if found["kind"] == "replaced" and not place.exists():
            item.rename(place)
        else:
            shutil.rmtree(item, ignore_errors=True)


def _is_another_running(pid: int) -> bool:
    return pid != os.getpid() and psutil.pid_exists(pid)


def _move(aside: Path, place: Path) -> None:
    """Folders cannot be swapped in one step everywhere: the old run is set aside for the moment it takes."""
    old = place.with_name(f".replaced-{place.name}-{os.getpid()}")
    try:
        if place.exists():
            place.rename(old)
        aside.rename(place)
    except BaseException:
        if old.exists() and not place.exists():
            old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _point_latest(reports: Path, run: str) -> None:
    """A text file where a symbolic link might do: Windows lets few people make links."""
    written = reports / f".latest-{os.getpid()}"
    written.write_text(f"{run}\n", encoding="utf-8")
    written.replace(reports / "latest")

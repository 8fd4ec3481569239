"""A written run made again from the raw files, in a folder of its own, and every number held against what was published."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from evaluation import pipeline
from evaluation.batch.made_from import changed_since, files_now
from evaluation.batch.manifest import Manifest, read_manifest
from evaluation.batch.plan import Wanted
from evaluation.disclose.package import key_columns
from evaluation.disclose.published import FOLDER
from evaluation.disclose.release import PACKAGE, read_release
from evaluation.errors import EvaluationError, StoreError
from evaluation.sources import Step
from evaluation.store import Store, change_lines, changes
from evaluation.study import load_study

SHOWN = 40
SAME = 1e-9  # relative: what another build of a numerical library may do to a number that is never published as it is


@dataclass(frozen=True, slots=True)
class Verified:
    """A run made again.

    Attributes
    ----------
    run : str
    cells : int
        Cells of published tables held against those made again.
    pages : int
        Pages and their other files, likewise.
    changed : tuple of str
        What the run was made from and is no longer as it was.
    differs : tuple of str
        Each number, page or file that comes out otherwise.
    """

    run: str
    cells: int
    pages: int
    changed: tuple[str, ...]
    differs: tuple[str, ...]

    @property
    def fault(self) -> StoreError | None:
        """The error to end with when something comes out otherwise."""
        if not self.differs:
            return None
        return StoreError(f"Run {self.run} does not come out again as it was published.")

    def lines(self) -> Iterator[str]:
        """The same for a person."""
        yield f"Run {self.run} was made again from its raw files."
        yield from (f"changed since: {line}" for line in self.changed)
        if not self.changed:
            yield "Raw files, study file, code and libraries are as they were."
        yield from (f"differs: {line}" for line in self.differs[:SHOWN])
        if len(self.differs) > SHOWN:
            yield f"... and {len(self.differs) - SHOWN:,} more."
        yield f"Held against what was published: {self.cells:,} cells of tables and {self.pages:,} pages and pictures."
        if not self.differs:
            yield "All are the same."

    def as_dict(self) -> dict[str, Any]:
        """The same for a program."""
        return asdict(self)


def verify(folder: Path, root: Path, workers: int, step: Step) -> Verified:
    """Make a run again from the raw files and compare.

    Nothing an earlier run has kept is used, and nothing of the project is changed. Figures that stand as published before
    (`docs/audiences.md`) are held to the rule by which they stand.

    Parameters
    ----------
    folder : Path
        The run's.
    root : Path
        The project folder.
    workers : int
        Reports made at a time.

    Raises
    ------
    EvaluationError
        When the run has no whole manifest, or its study no study file.
    """
    written = read_manifest(folder)
    study = load_study(written.manifest.study, root)
    with TemporaryDirectory(prefix="verify-") as place:
        _lay_out(folder, root, Path(place), study.study)
        try:
            again = pipeline.run(study, Path(place), Wanted(), workers, step).folder
        except EvaluationError as error:
            now = files_now(study, root, written.manifest.data)
            changed = changed_since(folder, written, study, root, now)
            return Verified(
                written.manifest.run, 0, 0, tuple(changed), (f"it cannot be made again: {error}",)
            )
        made = read_manifest(again).manifest
        changed = changed_since(folder, written, study, root, made.data)
        changed += _values(root, Path(place), written.manifest)
        step("comparing")
        cells, tables = _tables(folder, again)
        pages, others = _pages(folder, again, made.run, written.manifest.run)
        return Verified(written.manifest.run, cells, pages, tuple(changed), (*tables, *others))


def _lay_out(folder: Path, root: Path, place: Path, study: str) -> None:
    """A project folder to make the run in: its inputs, and the releases that were before it, as links."""
    (place / "data").mkdir()
    for name in ("params", "notebooks", "data/raw"):
        (place / name).symlink_to(root / name, target_is_directory=True)
    runs = place / "reports" / study
    (runs / FOLDER).mkdir(parents=True)
    for release in (folder / "release").iterdir():
        shutil.copytree(release, runs / FOLDER / release.name)
    own = max(path.stat().st_mtime_ns for path in folder.glob(f"release/*/{PACKAGE}"))
    for other in folder.parent.iterdir():
        packages = list(other.glob(f"release/*/{PACKAGE}"))
        if other != folder and packages and max(path.stat().st_mtime_ns for path in packages) < own:
            (runs / other.name).symlink_to(other, target_is_directory=True)


def _values(root: Path, place: Path, made: Manifest) -> list[str]:
    """What differs between the store that the run was made from and the one made again; the first, if it is still there."""
    kept, again = (folder / "data" / "processed" / made.study for folder in (root, place))
    try:
        old, new = Store(kept), Store(again)
    except StoreError:
        return [
            "the store that the run was made from is not on this machine: which values changed cannot be said"
        ]
    if new.hash == made.store:
        return []
    if old.hash != made.store:
        return ["the store has moved on since the run was made: which values changed cannot be said"]
    tables = {name: new.read(name) for name in new.tables() if name != "changes"}
    return [f"values: {line}" for line in (*change_lines(changes(kept, tables)), *_scores(old, new))]


def _scores(old: Store, new: Store) -> Iterator[str]:
    """Where each score stands that is another now."""
    who, place = ["pupil", "wave", "instrument"], ["file", "sheet", "row"]
    was = old.read("scores", [*who, "score"])
    found = new.read("scores", [*who, "score", *place]).merge(was, on=who, suffixes=("", "_was"))
    found = found[
        found["score"].notna() & found["score_was"].notna() & (found["score"] != found["score_was"])
    ]
    for file, sheet, row, before, now in found[[*place, "score_was", "score"]].itertuples(index=False):
        yield f"{file}{', sheet ' + sheet if sheet else ''}, row {row}: score was {before:g}, is now {now:g}"


def _tables(folder: Path, again: Path) -> tuple[int, list[str]]:
    """Cells compared, and what differs: of published tables to the character, of those at full precision to SAME."""
    cells, differs = 0, []
    for release in sorted(path.relative_to(folder) for path in folder.glob("release/*")):
        tables = read_release(folder / release).tables
        for name, table in tables.items():
            path = release / f"{name}.csv"
            was, is_now = _read(folder / path), _read(again / path)
            cells += was.size
            differs += [
                f"{path.as_posix()}{line}" for line in _rows(was, is_now, key_columns(table), exact=True)
            ]
    for path in sorted(path.relative_to(folder) for path in folder.glob("internal/tables/*.csv")):
        was, is_now = _read(folder / path), _read(again / path)
        keys = key_columns(pd.read_csv(folder / path))
        differs += [f"{path.as_posix()}{line}" for line in _rows(was, is_now, keys, exact=False)]
    return cells, differs


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame()
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


def _rows(was: pd.DataFrame, is_now: pd.DataFrame, keys: list[str], *, exact: bool) -> Iterator[str]:
    """What differs between a table and the same made again, a line a cell."""
    if list(was.columns) != list(is_now.columns) or len(was) != len(is_now):
        yield f": {len(was)} rows of {was.shape[1]} columns, now {len(is_now)} of {is_now.shape[1]}"
        return
    unlike = (was != is_now).to_numpy()
    if not exact:
        unlike &= ~_near(was, is_now)
    for row, column in zip(*np.nonzero(unlike), strict=True):
        where = ", ".join(text for text in was.loc[row, keys] if text)
        before, now = (str(table.iat[row, column]) or "empty" for table in (was, is_now))
        yield f", {where}: {was.columns[column]} was {before}, is now {now}"


def _near(was: pd.DataFrame, is_now: pd.DataFrame) -> np.ndarray:
    one, two = (
        table.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        for table in (was, is_now)
    )
    return np.isclose(one, two, rtol=SAME, atol=SAME)


def _pages(folder: Path, again: Path, name: str, published: str) -> tuple[int, list[str]]:
    """Files compared of site and of the pages for packs, and those that differ in more than the run's name."""
    was, is_now = _published(folder), _published(again)
    differs = [f"{path}: gone" for path in sorted(was - is_now)]
    differs += [f"{path}: new" for path in sorted(is_now - was)]
    for path in sorted(was & is_now):
        content = (again / path).read_bytes().replace(name.encode(), published.encode())
        if (folder / path).read_bytes() != content:
            differs.append(f"{path}: not the same")
    return len(was), differs


def _published(folder: Path) -> set[str]:
    found = (path for path in folder.glob("site/**/*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in found}

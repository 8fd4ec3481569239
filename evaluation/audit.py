"""A written run attacked, from its files alone: identities in what may leave, and withheld counts in the releases."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.batch.manifest import read_manifest
from evaluation.disclose import read_release
from evaluation.disclose.audit import Told, told
from evaluation.disclose.cells import KEY
from evaluation.disclose.leaks import Leak, leaks_of, publishable, what_is_sought
from evaluation.errors import DisclosureError, StoreError, nearest
from evaluation.sources import Step
from evaluation.study import AUDIENCES, find_root, load_study

READERS = {
    "public": "anybody, who has the public release",
    "project": "those who see the project’s site",
    "cluster": "cluster leads, who have every cluster’s pack and their own pupils",
    "school": "schools, who have every school’s pack and their own pupils",
}


@dataclass(frozen=True, slots=True)
class Audit:
    """A written run attacked: what was searched, whose identities were sought, and what was found.

    Attributes
    ----------
    run : str
    files : int
        Files searched.
    packs : int
        How many of them are packs.
    sought : mapping of str to int
        How many of the study's numbers, names and dates of birth were sought; empty where its rows are not on this machine.
    leaks : tuple of Leak
    releases : tuple of str
        The audiences whose releases were attacked.
    told : tuple of Told
        Withheld counts that somebody can work out.
    """

    run: str
    files: int
    packs: int
    sought: Mapping[str, int]
    leaks: tuple[Leak, ...]
    releases: tuple[str, ...]
    told: tuple[Told, ...]

    @property
    def fault(self) -> DisclosureError | None:
        """The error to end with when something was found."""
        if not self.leaks and not self.told:
            return None
        return DisclosureError(
            f"Run {self.run} holds what must not be published. Withdraw it wherever it was given, and make a new one."
        )

    def lines(self) -> Iterator[str]:
        """The audit for a person."""
        packs = f", {self.packs:,} of them packs" if self.packs else ""
        yield f"{self.files:,} files of run {self.run} were searched{packs}."
        known = ", ".join(f"{kind} ({number:,})" for kind, number in self.sought.items())
        yield (
            f"Sought of the study's pupils and staff: {known}. Of anybody: pupil numbers, paths, users, stack traces."
            if known
            else "The study's cleaned rows are not on this machine: names and dates of birth were not sought, nor numbers "
            "but those with a valid check letter."
        )
        yield from (leak.line() for leak in self.leaks)
        yield (
            f"Withheld counts were attacked with all that each reader holds: {', '.join(READERS[name] for name in self.releases)}."
            if self.releases
            else "The run's results at full precision are not on this machine: withheld counts were not sought."
        )
        yield from (item.line() for item in self.told)
        if self.fault is None:
            yield "Nothing was found that must not be published."

    def as_dict(self) -> dict[str, Any]:
        """The audit for a program."""
        return asdict(self)


def audit(folder: Path, root: Path, step: Step) -> Audit:
    """Attack a written run: search all that may leave for whatever must not.

    Parameters
    ----------
    folder : Path
        The run's.
    root : Path
        The project folder, where the study's cleaned rows are sought.

    Raises
    ------
    StoreError
        When the run has no whole manifest.
    """
    written = read_manifest(folder).manifest
    sought = what_is_sought(root, written.study)
    files = list(publishable(folder))
    packs = sum(path.is_relative_to(folder / "packs") for path in files)
    found = leaks_of(folder, sought, step)
    step("attacking the withheld counts")
    releases, recovered = _attack(folder, written.study, root)
    return Audit(written.run, len(files), packs, sought.who.counts(), found, releases, recovered)


def _attack(folder: Path, study: str, root: Path) -> tuple[tuple[str, ...], tuple[Told, ...]]:
    """The audiences attacked, and what their releases tell; none where what is true is not there to judge by."""
    tables = folder / "internal" / "tables"
    if not (tables / "atoms.csv").is_file():
        return (), ()
    planned = load_study(study, root)
    read = [
        read_release(folder / "release" / name) for name in AUDIENCES if (folder / "release" / name).is_dir()
    ]
    texts = dict.fromkeys((*KEY, "school", "treatment", "year_group", "disadvantaged"), str)
    truth, atoms = (
        pd.read_csv(
            tables / f"{name}.csv", dtype=texts, keep_default_na=False, na_values={"mean": "", "sd": ""}
        )
        for name in ("descriptives", "atoms")
    )
    names = tuple(item.meta["audience"] for item in read)
    return names, tuple(told(truth, atoms, read, [planned.policy(name) for name in names]))


def find_run(run: str, root: Path | None = None) -> Path:
    """The folder of a run, by its name or its path, or by its study's name that of the latest.

    Raises
    ------
    StoreError
        When there is none; the message names the nearest.
    """
    if (Path(run) / "manifest.json").is_file():
        return Path(run).resolve()
    reports = (root or find_root()) / "reports"
    runs = {path.parent.name: path.parent for path in reports.glob("*/*/manifest.json")}
    latest = {path.parent.name: path.read_text(encoding="utf-8").strip() for path in reports.glob("*/latest")}
    run = latest.get(run, run)
    if run not in runs:
        raise StoreError(f"No run {run!r} under reports/, and no such folder.{nearest(run, sorted(runs))}")
    return runs[run]

"""What forgetting would do, before anything is done: who is meant, what holds them, what becomes of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evaluation.batch.manifest import read_manifest
from evaluation.disclose.leaks.identities import SHORTEST
from evaluation.errors import DataError, EvaluationError
from evaluation.forget.ask import Asked
from evaluation.forget.find import Found, called_by, every_row, find, pupils_marks
from evaluation.forget.people import stored_names
from evaluation.forget.search import Searched, Sought, search
from evaluation.ingest.contents import read_bytes
from evaluation.link import pseudonym, pseudonym_key
from evaluation.sources import Step
from evaluation.store import to_replace
from evaluation.store.cache import Cache, digest_bytes
from evaluation.store.withdrawn import Withdrawals, mark, read_withdrawals
from evaluation.study import Study


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes
    ----------
    found : Found
        Their rows in the raw files.
    withdrawn : Withdrawals
        The list as it is.
    sought : Sought
        What no derived file may hold afterwards.
    holding : Searched
        What of data/processed and reports holds them now.
    raw : mapping of str to int
        Raw files that hold them, which their owner must deal with: rows in each, 0 where it is their names alone, or
        where no source reads.
    runs : tuple of Path
        Runs that used them, or cannot be shown not to have.
    unsearched : tuple of str
        What could not be searched, in sentences.
    """

    study: Study
    root: Path
    found: Found
    withdrawn: Withdrawals
    sought: Sought
    holding: Searched
    raw: Mapping[str, int]
    runs: tuple[Path, ...]
    unsearched: tuple[str, ...]

    @property
    def cache(self) -> Cache:
        """The study's cleaned rows."""
        return Cache(self.root / "data" / "processed" / self.study.study, self.withdrawn.key)

    def shown(self, path: Path) -> str:
        """A path as a person is told it: inside the project."""
        return path.relative_to(self.root).as_posix()

    def lines(self) -> Iterator[str]:
        """The plan for a person; it names nobody."""
        yield f"{len(self.found.rows):,} rows of raw files are of those to be forgotten."
        numbers = sum(item.startswith("upn|") for item in self.found.marks)
        if numbers > 1:
            yield f"{numbers:,} pupil numbers are theirs, former ones and those that followed included."
        yield from self.unsearched
        if self.found.others:
            yield (
                f"{self.found.others:,} rows have one of their names and dates of birth but another number: they stay. "
                "If they are the same pupil, forget that number too."
            )
        for path, what in self.holding.found.items():
            yield f"holds {', '.join(what)}: {self.shown(path)}"
        for run in self.runs:
            yield f"withdrawn, because it used them or may have: {self.shown(run)}"
        yield f"The store is made again without them, and params/{self.withdrawn.path.name} keeps them out."


def plan(study: Study, root: Path, asked: Asked, step: Step) -> Plan:
    """Find those asked for, wherever they are.

    Raises
    ------
    DataError
        When a pupil or school asked for is in no raw file, not in the store and not withdrawn already; not where a raw
        file is no longer there.
    EvaluationError
        When a raw file cannot be read, or the list of withdrawals is not this key's.
    """
    key = pseudonym_key(study.study)
    withdrawn = read_withdrawals(root, study.study, key)
    rows, gone = every_row(study, root, step)
    found = find(rows, asked.pupils, asked.schools)
    unsearched = [f"not searched, for it is no longer there: data/raw/{study.study}/{name}" for name in gone]
    folder = root / "data" / "processed" / study.study
    if to_replace(folder):
        unsearched.append(
            "The store cannot be read, so nothing in it could be told by what linkage had made of it; it is made again."
        )
    unsearched += _nowhere(asked, rows, withdrawn, stored_names(folder), gone)
    names = found.pupils | {pseudonym(key, study.study, item) for item in found.marks if _is_number(item)}
    sought = _sought(found, names, asked.schools)
    cache = Cache(folder, key)
    step("searching what was derived")
    holding = search([root / "data" / "processed", root / "reports"], sought, cache)
    raw = _raw_files(study, root, found, sought, cache)
    runs = tuple(_runs(study, root, raw))
    return Plan(study, root, found, withdrawn, sought, holding, raw, runs, tuple(unsearched))


def _is_number(item: str) -> bool:
    return item.startswith(("upn|", "id|"))


def _nowhere(
    asked: Asked, rows: pd.DataFrame, withdrawn: Withdrawals, stored: Collection[str], gone: Sequence[str]
) -> Iterator[str]:
    """Refuse when any of those asked for is nowhere: a number mistyped would leave somebody in.

    Where a raw file is gone nobody can know, and it is said instead.
    """
    for what, wanted in (
        ("pupil", pupils_marks(asked.pupils)),
        ("school", {mark("school", school) for school in asked.schools}),
    ):
        columns = ["school"] if what == "school" else ["upn", "former", "pupil_id"]
        there = set(rows[columns].to_numpy().ravel())
        unknown = [
            item
            for item in wanted - there
            if withdrawn.tag(item) not in withdrawn.tags
            and pseudonym(withdrawn.key, withdrawn.study, item) not in stored
        ]
        said = f"{len(unknown)} of the {len(wanted)} {what} numbers given is in no raw file nor in the store, and not withdrawn already"
        if unknown and not gone:
            raise DataError(
                f"{said}. Check it: a unique pupil number is a letter, 11 figures, and a figure or a letter."
            )
        if unknown:
            yield f"{said}; it may be in a file that is no longer there. Check it: it goes on the list as it is."


def _sought(found: Found, names: Iterable[str], schools: Iterable[str]) -> Sought:
    texts = dict.fromkeys(names, "pseudonym")
    for item in found.marks:
        kind, _, value = item.partition("|")
        if kind == "upn":
            texts[value] = "pupil number"
        elif kind == "id" and len(value) >= SHORTEST:
            texts[value] = "identifier"
    texts |= {school: "school" for school in schools if len(school) >= SHORTEST}
    called = called_by(found.rows[~found.rows["stays"]])
    called = called[(called != "").all(axis=1)]
    return Sought(texts, frozenset(zip(called["forename"], called["surname"], strict=True)))


def _raw_files(study: Study, root: Path, found: Found, sought: Sought, cache: Cache) -> dict[str, int]:
    """Raw files that hold them: by their rows, and by searching what no source names."""
    folder = root / "data" / "raw" / study.study
    held = {str(file): int(n) for file, n in found.rows.groupby("file").size().items()}
    for path in search([folder], sought, cache).found:
        held.setdefault(path.relative_to(folder).as_posix(), 0)
    return held


def _runs(study: Study, root: Path, raw: Mapping[str, int]) -> Iterator[Path]:
    """Runs but those whose every raw file is still as it was and holds none of those to be forgotten."""
    folder, raw_folder = root / "reports" / study.study, root / "data" / "raw" / study.study
    for run in sorted(item for item in folder.glob("*") if item.is_dir()):
        try:
            data = read_manifest(run).manifest.data
            files = {name: digest for name, digest in data.items() if not name.startswith("params/")}
            same = all(
                digest_bytes(read_bytes(raw_folder / name, name)) == digest for name, digest in files.items()
            )
        except EvaluationError:
            same, files = False, {}
        if not same or set(files) & set(raw):
            yield run

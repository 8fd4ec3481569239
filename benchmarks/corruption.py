"""What cleaning makes of faults planted in the demo study: which are told of, which are put right, which are missed.

    OMP_NUM_THREADS=1 python benchmarks/corruption.py

writes docs/corruption.md. tests/clean/test_clean_corruption.py holds a floor for each kind, with this file's `measure`.
"""

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from rich.progress import track

from evaluation.intake import linked, receive
from evaluation.simulate import demo_files
from evaluation.simulate.corrupt import KINDS, Corrupted, Planted, corrupt
from evaluation.study import Study, load_study

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "corruption.md"
STUDY = "ssif_maths"
SEEDS, COUNTS = (1, 2, 3, 4), (2, 6, 18)
PLACE = ["source", "sheet", "row"]
STORED = ["school", "year_group", "score", "score_reason", "censored"]
BECAUSE = {kind.name: kind.because for kind in KINDS}


@dataclass(frozen=True)
class Taken:
    """A study taken in: issues and review list, and the store's rows, by their places in the files."""

    issues: pd.DataFrame
    review: pd.DataFrame
    scores: pd.DataFrame
    pupils: pd.DataFrame
    upns: pd.Series


@dataclass
class Tally:
    """Counts over studies, by kind, and of alarms about rows without a fault."""

    planted: Counter[str] = field(default_factory=Counter)
    detected: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    cells: int = 0

    def add(self, other: "Tally") -> None:
        """Add the counts of other studies."""
        for name in ("planted", "detected", "repaired", "missed", "alarms"):
            getattr(self, name).update(getattr(other, name))
        self.cells += other.cells

    def false_alarms(self) -> float:
        """Alarms about rows without a fault, as a share of those rows' cells."""
        return self.alarms.total() / self.cells


def take_in(study: Study, files: Mapping[str, bytes], root: Path) -> Taken:
    """Read, clean and link the files, by the functions a run uses; the key of the pseudonyms is kept in `root`."""
    os.environ["EVALUATION_KEYS"] = str(root / "keys")
    folder = root / "data" / "raw" / study.study
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    received = receive(study, root, lambda *_: None)
    found = linked(study, received)
    source = {item.path: item.name for item in study.sources}
    scores = found.scores.assign(source=found.scores["file"].map(source)).set_index(PLACE)
    upns = received.scores.set_index(PLACE)["upn"].reindex(scores.index)
    by_upn = pd.Series(scores["pupil"].to_numpy(), index=upns.to_numpy())
    return Taken(
        received.issues,
        found.review,
        scores,
        found.pupils.set_index(["pupil", "wave"]),
        by_upn[by_upn.index.notna() & ~by_upn.index.duplicated()],
    )


def measure(study: Study, files: Mapping[str, bytes], clean: Taken, faults: Corrupted, root: Path) -> Tally:
    """Hold what was made of the corrupted files against what is true of them, and against the clean files."""
    taken = take_in(study, faults.files, root)
    tally = Tally()
    waves = {source.name: source.wave for source in study.sources}
    check = _Check(faults, clean, taken, waves)
    rules = {kind.name: kind.rules for kind in KINDS}
    for fault in faults.planted:
        detected, repaired = check.detected(fault, rules[fault.kind]), check.repaired(fault)
        tally.planted[fault.kind] += 1
        tally.detected[fault.kind] += detected
        tally.repaired[fault.kind] += repaired
        tally.missed[fault.kind] += not detected and not repaired
    tally.alarms.update(check.alarms())
    untouched = faults.rows[~faults.rows["touched"]]
    tally.cells = int(untouched["columns"].sum())
    return tally


class _Check:
    """One corrupted study beside its clean one."""

    def __init__(self, faults: Corrupted, clean: Taken, taken: Taken, waves: Mapping[str, str]) -> None:
        self.rows, self.clean, self.taken, self.waves = faults.rows, clean, taken, waves
        known = self.rows.dropna(subset=["origin"])
        self.now = known.set_index(["source", "sheet", "origin"])["row"]
        issues = taken.issues.assign(row=taken.issues["row"].fillna(0).astype(int))
        self.told = issues.groupby([*PLACE, "rule"]).size()
        self.reviewed = set(taken.review[PLACE].itertuples(index=False, name=None))
        self.same = self._same_pupils()

    def _same_pupils(self) -> pd.DataFrame:
        """For each pupil of the clean store the key in the corrupted one, and whether all sound rows are under it."""
        sound = self.rows[~self.rows["touched"]].dropna(subset=["origin"])
        then = pd.MultiIndex.from_frame(sound[["source", "sheet", "origin"]].astype({"origin": int}))
        now = pd.MultiIndex.from_frame(sound[PLACE])
        pairs = pd.DataFrame(
            {
                "then": self.clean.scores["pupil"].reindex(then).to_numpy(),
                "now": self.taken.scores["pupil"].reindex(now).to_numpy(),
            }
        )
        pairs = pairs.dropna(subset=["then"])
        by_pupil = pairs.groupby("then")["now"]
        return pd.DataFrame(
            {
                "now": by_pupil.first(),
                "whole": (by_pupil.nunique() == 1) & (by_pupil.count() == by_pupil.size()),
            }
        )

    def detected(self, fault: Planted, rules: tuple[str, ...]) -> bool:
        """Whether one of the rules points at the row, or at the file where the fault is the file's."""
        places = [(fault.source, fault.sheet, row) for row in fault.rows]
        if fault.whole:
            places.append((fault.source, fault.sheet, 0))
        if any((*place, rule) in self.told.index for place in places for rule in rules):
            return True
        return bool(rules) and any(place in self.reviewed for place in places)

    def repaired(self, fault: Planted) -> bool:
        """Whether the store holds what it holds without the fault, under the right pupil."""
        if fault.source in self.taken.scores.index.get_level_values(0):
            return bool(fault.origins) and all(self._score_right(fault, origin) for origin in fault.origins)
        return bool(fault.upn) and self._pupil_right(fault)

    def _score_right(self, fault: Planted, origin: int) -> bool:
        then = (fault.source, fault.sheet, origin)
        now = (fault.source, fault.sheet, self.now.get(then, 0))
        if then not in self.clean.scores.index or now not in self.taken.scores.index:
            return False
        right, stored = self.clean.scores.loc[then], self.taken.scores.loc[now]
        if not right[STORED].astype("str").equals(stored[STORED].astype("str")):
            return False
        if pd.isna(right["pupil"]):
            return bool(pd.isna(stored["pupil"]))
        return bool(stored["pupil"] == self._key(right["pupil"]))

    def _pupil_right(self, fault: Planted) -> bool:
        then = self.clean.upns.get(fault.upn)
        wave = self.waves[fault.source]
        now = self._key(then)
        if then not in self.same.index or not self.same.loc[then, "whole"]:
            return False
        if (then, wave) not in self.clean.pupils.index or (now, wave) not in self.taken.pupils.index:
            return False
        return bool(
            self.clean.pupils.loc[(then, wave)]
            .astype("str")
            .equals(self.taken.pupils.loc[(now, wave)].astype("str"))
        )

    def _key(self, then: str | None) -> str | None:
        return self.same["now"].get(then, then)

    def alarms(self) -> Counter[str]:
        """Issues about rows without a fault which the clean files do not have, by rule."""
        issues = self.taken.issues.dropna(subset=["row"]).merge(self.rows, on=PLACE)
        issues = issues[~issues["touched"]]
        before = set(
            self.clean.issues.dropna(subset=["row"])[[*PLACE, "rule"]].itertuples(index=False, name=None)
        )
        places = issues[["source", "sheet", "origin", "rule"]].itertuples(index=False, name=None)
        return Counter(place[-1] for place in places if place not in before)


def studies(seed: int, counts: tuple[int, ...]) -> tuple[dict[int, Tally], int, int]:
    """One demo study corrupted more and more; also the issues about rows of the clean one, and its cells."""
    study = load_study(STUDY, ROOT)
    files = demo_files(seed)
    tallies = {}
    with tempfile.TemporaryDirectory() as folder:
        clean = take_in(study, files, Path(folder))
        for count in counts:
            faults = corrupt(study, files, seed, count)
            tallies[count] = measure(study, files, clean, faults, Path(folder))
    rows = corrupt(study, files, seed, 0).rows
    return tallies, int(clean.issues["row"].notna().sum()), int(rows["columns"].sum())

"""What cleaning makes of faults planted in the demo study: which are told of, which are put right, which are missed.

    OMP_NUM_THREADS=1 python benchmarks/corruption.py

writes docs/corruption.md. tests/clean/test_clean_corruption.py holds a floor for each kind, with this file's `tally`.
"""

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from rich.progress import track

from evaluation.intake import linked
from evaluation.receive import receive
from evaluation.simulate import demo_files
from evaluation.simulate.corrupt import KINDS, Corrupted, Kind, Planted, corrupt
from evaluation.study import Study, load_study

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "corruption.md"
STUDY = "ssif_maths"
COUNTS = (2, 6, 18)
PLACE = ["source", "sheet", "row"]
STORED = ["school", "year_group", "score", "score_reason", "censored"]
# Shares of the faults of each kind: told of, and right in the store. Kinds read without a word have no floor of the
# first, and kinds that lose something for good (a score that cannot be read, a row given up) none of the second.
TOLD = {kind.name: 0.8 for kind in KINDS if kind.rules and not kind.because}
TOLD |= {
    "dob day and month turned, one reading": 0.4,  # without a word where the other dates are not all figures
    "rows lost from a file with a total": 0.5,  # rows added elsewhere in the sheet make the total agree
    "scores moved a row down": 0.5,  # a correlation of two dozen pairs
    "scores sorted by themselves": 0.5,
    "score filled down": 0.7,  # a common score may well stand five times in a row
}
LOSING = (
    "sex in", "sex code", "rows lost", "scores", "score filled", "score letter", "score out", "score per", "score in", "score a", "score neg",
    "score with a note", "score two", "score rounded", "year group and", "year group with", "premium in", "premium not", "sibling",
    "one birthday", "units", "row repeated with another score", "pupil in another", "cells one", "year group unr", "year group not", "year group th",
    "year group two", "yes or no", "special needs code u", "class made", "school not", "school of",
)  # fmt: skip
RIGHT = {kind.name: 0.75 for kind in KINDS if not kind.because and not kind.name.startswith(LOSING)}


@dataclass(frozen=True)
class Taken:
    """A study taken in: issues and review list, and the store's rows, by their places in the files."""

    issues: pd.DataFrame
    review: pd.DataFrame
    sources: pd.DataFrame
    scores: pd.DataFrame
    pupils: pd.DataFrame
    upns: pd.Series
    listed: pd.Series


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
    os.environ["EVALUATION_KEYS"] = f"{root}-keys"
    folder = root / "data" / "raw" / study.study
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    received = receive(study, root, lambda *_: None)
    found = linked(study, received)
    source = {item.path: item.name for item in study.sources}
    scores = found.scores.frame()
    scores = scores.assign(source=scores["file"].map(source)).set_index(PLACE)
    upns = received.scores.frame().set_index(PLACE)["upn"].reindex(scores.index)
    by_upn = pd.Series(scores["pupil"].to_numpy(), index=upns.to_numpy())
    return Taken(
        received.issues,
        found.review,
        received.sources,
        scores,
        found.pupils.frame().drop(columns=["file", "sheet", "row"]).set_index(["pupil", "wave"]),
        by_upn[by_upn.index.notna() & ~by_upn.index.duplicated()],
        received.pupils.frame().set_index(PLACE)["upn"].dropna(),
    )


def tally(study: Study, clean: Taken, faults: Corrupted, taken: Taken) -> Tally:
    """Hold what was made of the corrupted files against what is true of them, and against the clean files."""
    counts = Tally()
    check = _Check(faults, clean, taken, {source.name: source.wave for source in study.sources})
    rules = {kind.name: kind.rules for kind in KINDS}
    for fault in faults.planted:
        detected, repaired = check.detected(fault, rules[fault.kind]), check.repaired(fault)
        counts.planted[fault.kind] += 1
        counts.detected[fault.kind] += detected
        counts.repaired[fault.kind] += repaired
        counts.missed[fault.kind] += not detected and not repaired
    counts.alarms.update(check.alarms())
    counts.cells = int(faults.rows.loc[~faults.rows["touched"], "columns"].sum())
    return counts


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
        places = [(fault.source, fault.sheet, origin) for origin in fault.origins]
        upns = [self.clean.listed[place] for place in places if place in self.clean.listed.index]
        return bool(upns) and all(self._pupil_right(upn, self.waves[fault.source]) for upn in upns)

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

    def _pupil_right(self, upn: str, wave: str) -> bool:
        then = self.clean.upns.get(upn)
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


def studies(seed: int, counts: Iterable[int]) -> tuple[dict[int, Tally], Tally]:
    """One demo study corrupted more and more, by faults of each kind; and all that is listed of rows of the clean one."""
    study = load_study(STUDY, ROOT)
    files = demo_files(seed)
    tallies = {}
    with tempfile.TemporaryDirectory() as folder:
        clean = take_in(study, files, Path(folder))
        for count in counts:
            faults = corrupt(study, files, seed, count)
            tallies[count] = tally(study, clean, faults, take_in(study, faults.files, Path(folder)))
    listed = clean.issues.dropna(subset=["row"])
    cells = int(corrupt(study, files, seed, 0).rows["columns"].sum())
    return tallies, Tally(alarms=Counter(listed["rule"]), cells=cells)


def page(by_count: Mapping[int, Tally], clean: Tally, seeds: int) -> str:
    """The page, from the counts by how many faults of each kind a study has."""
    every = Tally()
    for tally in by_count.values():
        every.add(tally)
    rows = [
        f"| {kind.name} | {every.planted[kind.name]} | {every.detected[kind.name]} | {every.repaired[kind.name]} "
        f"| {every.missed[kind.name]} | {_floor(TOLD, kind)} | {_floor(RIGHT, kind)} |"
        for kind in KINDS
        if not kind.because
    ]
    never = [
        f"| {kind.name} | {every.planted[kind.name]} | {every.detected[kind.name]} | {kind.because} |"
        for kind in KINDS
        if kind.because
    ]
    alarms = [
        f"| {count} | {tally.planted.total():,} | {tally.cells:,} | {tally.alarms.total()} | {tally.false_alarms():.4%} |"
        for count, tally in by_count.items()
    ]
    commonest = ", ".join(f"`{rule}` {n}" for rule, n in every.alarms.most_common(5)) or "none"
    return PAGE_TEXT.format(
        kinds=len(KINDS),
        seeds=seeds,
        counts=", ".join(map(str, by_count)),
        rows="\n".join(rows),
        never="\n".join(never),
        alarms="\n".join(alarms),
        commonest=commonest,
        clean_alarms=clean.alarms.total(),
        clean_cells=clean.cells,
        clean_share=clean.false_alarms(),
    )


def _floor(floors: Mapping[str, float], kind: Kind) -> str:
    floor = floors.get(kind.name, 0.0)
    return f"{floor:.0%}" if floor else ""


PAGE_TEXT = """\
# Cleaning, held against planted faults

Made by `make corruption` (`benchmarks/corruption.py`): faults of {kinds} kinds, planted by
`evaluation.simulate.corrupt` in the demo study's files, all kinds in the same study, at most one fault a row; {seeds} studies
with {counts} faults of each kind (as far as there is room; two blocks of rows, or two files, of the larger kinds).
The files then come in as in a run: read, cleaned, held against one another and linked.

- **Told**: an issue, or a line of linkage's review list, points at the right row, by a rule that is about this fault;
  at the file or the part of it where the fault is a whole file's.
- **Right**: the store holds, under the right pupil, what it holds without the fault. A pupil number, name or date of birth is
  not stored: it is right when the record is under the right pupil.
- **Missed**: neither.
- The floors are shares of the faults planted, held by `tests/clean/test_clean_corruption.py`; where there is none the rule
  cannot promise any (a score that cannot be read is told of and left empty, never guessed).

| Kind of fault | Planted | Told | Right | Missed | Floor: told | Floor: right |
|---|--:|--:|--:|--:|--:|--:|
{rows}

Nothing is told of kinds that are read without a word, because they have one reading only: spaces and small letters in a
pupil number, figures of full width, marks that no one sees, a code with its meaning beside it, a year group in words, an
empty row.

## What nothing in the files can give away

| Kind of fault | Planted | Told | Why |
|---|--:|--:|---|
{never}

Such faults are found by a second reading of the papers, or not at all. Beyond these, one fault may undo another: three
rows lost and three added leave a total at the foot that agrees.

## False alarms

An alarm is an issue about a row in which no fault was planted and which the clean files do not have; the share is of the
mapped cells of those rows. At most 0.5% is allowed.

| Faults of each kind | Planted | Cells without a fault | Alarms | Share |
|--:|--:|--:|--:|--:|
{alarms}

The commonest: {commonest}. Most are true of the files though not of the row: a pupil's other rows disagree with the
one that was spoilt, and too few files say which is right.

In the clean demo studies {clean_alarms} issues point at rows, of {clean_cells:,} cells ({clean_share:.3%}): the faults the demo
itself plants, counted one by one in `tests/link/test_link_demo.py`, which finds no other.
"""


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    seeds = parser.parse_args().seeds
    by_count, clean = {count: Tally() for count in COUNTS}, Tally()
    for seed in track(range(1, seeds + 1)):
        tallies, listed = studies(seed, COUNTS)
        clean.add(listed)
        for count, tally in tallies.items():
            by_count[count].add(tally)
    PAGE.write_text(page(by_count, clean, seeds), encoding="utf-8")


if __name__ == "__main__":
    main()

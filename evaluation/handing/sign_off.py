"""What schools and clusters said of their packs, written in the register and shown on their pages."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evaluation.errors import DataError, ReportError, nearest
from evaluation.exchange.handed_over import STATES, Entry, add_entries, read_register, register_path, standing
from evaluation.handing.pack import LatestRun, Pack, level_of, open_latest, pack_path
from evaluation.pipeline import show_again
from evaluation.study import Study

NOT_MADE, NOT_SENT = "no pack yet", "not sent"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a school or cluster stands in the latest run: its state, since when and by whom, and whether its pack is still that."""

    level: str
    unit: str
    name: str
    run: str
    state: str
    date: str = ""
    by: str = ""
    note: str = ""
    changed: bool = False

    def line(self) -> str:
        """The same for a person."""
        since = f" ({self.date}, {self.by})" if self.date else ""
        note = f": {self.note}" if self.note else ""
        return (
            f"{self.name}: {self.state}{since}{note}{'; the pack has changed since' if self.changed else ''}"
        )


@dataclass(frozen=True, slots=True)
class Status:
    """How everybody stands in the latest run."""

    standings: tuple[Standing, ...]

    def lines(self) -> Iterator[str]:
        """The same for a person, and how many are signed off."""
        yield from (item.line() for item in self.standings)
        signed = sum(item.state == "signed off" for item in self.standings)
        yield f"{signed} of {len(self.standings)} signed off."

    def as_dict(self) -> dict[str, Any]:
        """The same for a program."""
        return {"packs": [asdict(item) for item in self.standings]}


def status(study: Study, root: Path) -> Status:
    """How every school and cluster stands in the latest run, from its packs and the register."""
    run = open_latest(study, root)
    known = standing(read_register(register_path(study.study, root)))
    found = []
    for job in run.jobs:
        level, path = level_of(job), pack_path(run.folder, job)
        last, digest = known.get((level, job.unit, run.folder.name)), _digest(path)
        about = (level, job.unit, job.title, run.folder.name)
        if last is None:
            found.append(Standing(*about, NOT_SENT if digest else NOT_MADE))
        else:
            changed = bool(digest) and digest != last.pack
            found.append(Standing(*about, last.state, last.date, last.by, last.note, changed))
    return Status(tuple(found))


def note_sent(study: Study, root: Path, packs: Sequence[Pack], by: str, day: str) -> None:
    """Write in the register that packs were sent, on that day (yyyy-mm-dd), by somebody named by role; on all or none.

    A pack that had been signed off is to be checked again, and its page says so.
    """
    entries = [Entry(day, pack.level, pack.unit, pack.run, pack.sha256, "sent", by) for pack in packs]
    add_entries(register_path(study.study, root), entries)
    show_again(study, root, {(pack.level, pack.unit) for pack in packs})


def sign_off(
    study: Study,
    root: Path,
    level: str,
    unit: str,
    by: str,
    day: str,
    state: str = "signed off",
    note: str = "",
) -> str:
    """Write in the register what a school or cluster said of its pack, and show it on its page and in the index.

    Returns
    -------
    str
        What was written, for a person.

    Raises
    ------
    ReportError
        When the latest run has no report for it.
    DataError
        When its pack is not there, was not sent or has changed since, or the state may not follow the last one.
    """
    if state not in STATES:
        raise DataError(f"No state {state!r}.{nearest(state, STATES)} There are: {', '.join(STATES[1:])}.")
    run = open_latest(study, root)
    digest = _pack_digest(run, level, unit)
    entry = Entry(day, level, unit, run.folder.name, digest, state, by, note)
    add_entries(register_path(study.study, root), [entry])
    show_again(study, root, {(level, unit)})
    return f"{level} {unit}: {state} by {by}, run {run.folder.name}, pack {digest[:12]}."


def _pack_digest(run: LatestRun, level: str, unit: str) -> str:
    known = {job.unit: job for job in run.jobs if level_of(job) == level}
    if unit not in known:
        raise ReportError(f"No {level} {unit!r} has a report in this run.{nearest(unit, list(known))}")
    digest = _digest(pack_path(run.folder, known[unit]))
    if not digest:
        raise DataError(
            f"{level} {unit}: run {run.folder.name} has no pack of it. Make and send it first: "
            "evaluation pack STUDY --sent --by ROLE"
        )
    return digest


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""

"""The register of what was handed over: which school or cluster was given which pack, and what it said of it.

A line is added for each event and none is ever changed, so that the register can be shown to whoever asks. It names
roles, never people.
"""

import csv
import io
import os
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from evaluation.errors import DataError, StoreError, nearest
from evaluation.study import Study

State = Literal["sent", "checked", "objection", "signed off", "withdrawn"]
STATES: tuple[str, ...] = get_args(State)
AFTER: dict[str, tuple[str, ...]] = {
    "sent": ("", *STATES),
    "checked": ("sent", "checked", "objection"),
    "objection": ("sent", "checked", "objection", "signed off"),
    "signed off": ("sent", "checked", "objection"),
    "withdrawn": ("sent", "checked", "objection", "signed off"),
}
"""The states that each may follow, for one pack."""
LONGEST = 500
_IDENTITY = re.compile(r"@|\b[A-Z]\d{11}[\dA-Z]\b")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: on a day, a unit's pack of a run (its SHA-256) came to a state; who said so, as a role, and a note."""

    date: str
    level: str
    unit: str
    run: str
    pack: str
    state: str
    by: str
    note: str = ""


HEADER = tuple(field.name for field in fields(Entry))


def register_path(study: str, root: Path) -> Path:
    """Where the register is, or will be: beside the study file."""
    return root / "params" / f"{study}.handed_over.csv"


def read_register(path: Path) -> list[Entry]:
    """Every event, oldest first; none where there is no register yet.

    Raises
    ------
    StoreError
        When the file is not such a register; the row is named.
    """
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows or tuple(rows[0]) != HEADER:
        raise StoreError(
            f"{path.name}, row 1: the headings must be {', '.join(HEADER)}. Put the file back from your copy."
        )
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(HEADER) or row[HEADER.index("state")] not in STATES:
            raise StoreError(
                f"{path.name}, row {number}: not an event of the register. Put the row right, or take it out."
            )
    if not text.endswith("\n"):
        raise StoreError(
            f"{path.name}, row {len(rows)}: the last row was not written to its end. Put it right, or take it out."
        )
    return [Entry(*row) for row in rows[1:]]


def add_entries(path: Path, entries: Iterable[Entry]) -> None:
    """Add events at the register's end, in one write, so that two people adding at once lose nothing.

    Raises
    ------
    DataError
        When one may not follow what its pack's last event says, or seems to name a person.
    StoreError
        When the register cannot be read or written.
    """
    entries = list(entries)
    known = standing(read_register(path))
    for entry in entries:
        _refuse(entry, known.get((entry.level, entry.unit, entry.run)))
    try:
        if not path.exists():
            _start(path)
        with path.open("ab", buffering=0) as stream:
            stream.write(_lines(astuple(entry) for entry in entries))
            os.fsync(stream.fileno())
    except OSError as error:
        raise StoreError(f"{path.name}: the register cannot be written ({error.strerror}).") from None


def _start(path: Path) -> None:
    """The headings alone, unless somebody else has just written them: nobody sees a register without them."""
    aside = path.with_name(f".{path.name}-{os.getpid()}-{threading.get_ident()}")
    aside.write_bytes(_lines([HEADER]))
    try:
        os.link(aside, path)
    except FileExistsError:
        return
    finally:
        aside.unlink()


def _lines(rows: Iterable[tuple[str, ...]]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(
        [" ".join(cell.split()) for cell in row] for row in rows
    )
    return stream.getvalue().encode()


def _refuse(entry: Entry, last: Entry | None) -> None:
    about = f"{entry.level} {entry.unit}"
    if entry.state not in STATES:
        raise DataError(
            f"No state {entry.state!r}.{nearest(entry.state, STATES)} There are: {', '.join(STATES)}."
        )
    if (
        not entry.by.strip()
        or _IDENTITY.search(f"{entry.by} {entry.note}")
        or len(entry.by + entry.note) > LONGEST
    ):
        raise DataError(
            f"The register takes a role, such as 'head teacher', and a note without names, addresses or pupil numbers, "
            f"{LONGEST} characters together: put it so for {about}."
        )
    same = last is not None and last.pack == entry.pack
    if entry.state != "sent" and not same:
        what = "its pack has changed since" if last else "it has not been sent its pack"
        raise DataError(
            f"{about}, run {entry.run}: {what}. Send it first: evaluation pack STUDY --sent --by ROLE"
        )
    if (last.state if last and same else "") not in AFTER[entry.state]:
        raise DataError(
            f"{about}: a pack that is {last.state if last else 'new'} cannot become {entry.state}."
        )
    if entry.state == "signed off" and last and last.state == "objection" and not entry.note.strip():
        raise DataError(f"{about}: it objected. Say in --note what was done about it.")


def standing(entries: Iterable[Entry]) -> dict[tuple[str, str, str], Entry]:
    """The last event of each unit's pack in each run, by level, unit and run."""
    return {(entry.level, entry.unit, entry.run): entry for entry in entries}


def unsigned(study: Study, root: Path, meta: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Level and unit of those that have not signed off what a run says of them; of nobody, where schools do not check."""
    if not study.reports.checked_by_schools:
        return set()
    known = standing(read_register(register_path(study.study, root)))
    units = [("school", item["school"]) for item in meta["schools"]]
    units += [("cluster", item["cluster"]) for item in meta["clusters"]]
    signed = {
        key[:2] for key, entry in known.items() if key[2] == meta["run"] and entry.state == "signed off"
    }
    return set(units) - signed

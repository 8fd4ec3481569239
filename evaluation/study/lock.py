"""The plan as it was locked, and what of it has changed since.

What is locked is all that decides an answer before any file is read (`evaluation.study.planned`): who is asked about, what is
measured and read as what, how and with what models. Where files lie, titles, words and who is shown what may change as a
study goes on.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from evaluation.errors import StudyError, nearest
from evaluation.study.model import Study
from evaluation.study.planned import planned, without_words

ABSENT = "none"


@dataclass(frozen=True, slots=True)
class Deviation:
    """A part of the plan that is not as it was locked.

    Attributes
    ----------
    part : str
        Its place in the study file, such as analysis.models.headline.formula.
    was, is_now : str
        "none" where it was, or is, not there.
    reason : str
        From the study file's `deviations`; "" where none is given.
    """

    part: str
    was: str
    is_now: str
    reason: str


@dataclass(frozen=True, slots=True)
class Lock:
    """A plan as it was locked, and the day; `digest` is the SHA-256 of the plan."""

    day: date
    plan: Mapping[str, Any]
    digest: str


def lock_path(study: Study, root: Path) -> Path:
    """Where the study's lock is."""
    return root / "params" / f"{study.study}.lock.json"


def lock_plan(study: Study, root: Path, today: date) -> Lock:
    """Lock the plan as it is today; a plan locked already keeps its lock.

    Raises
    ------
    StudyError
        When the plan was locked before and has changed since, or a lock cannot be read.
    """
    earlier = read_lock(study, root)
    if earlier is None:
        plan = planned(study)
        lock = Lock(today, plan, _digest(plan))
        written = {
            "study": study.study,
            "locked": today.isoformat(),
            "sha256": lock.digest,
            "plan": lock.plan,
        }
        text = json.dumps(written, indent=1, ensure_ascii=False) + "\n"
        with lock_path(study, root).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        return lock
    changed = [item.part for item in deviations(study, earlier)]
    if changed:
        raise StudyError(
            f"The plan was locked on {earlier.day.isoformat()} and has changed since: {', '.join(changed)}. A plan is locked "
            "once; every report lists what has changed. Say why under `deviations` in the study file."
        )
    return earlier


def read_lock(study: Study, root: Path) -> Lock | None:
    """The study's lock; None when its plan was never locked.

    Raises
    ------
    StudyError
        When the lock is not as it was written, or is another study's.
    """
    path = lock_path(study, root)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        lock = Lock(date.fromisoformat(content["locked"]), content["plan"], content["sha256"])
        whole = lock.digest == _digest(lock.plan) and content["study"] == study.study
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise StudyError(
            f"params/{path.name} is not as `evaluation lock` wrote it. Bring the file back from where it is kept."
        )
    return lock


def deviations(study: Study, lock: Lock) -> tuple[Deviation, ...]:
    """What of the plan differs from the lock, in the order of the study file; what the lock does not hold is passed over.

    Raises
    ------
    StudyError
        When the study file gives a reason for a part that is as it was locked.
    """
    held = {name: part for name, part in planned(study).items() if name in lock.plan}
    found = differing(without_words(lock.plan), held)
    changed = [part for part, _, _ in found]
    for part in study.deviations:
        if part not in changed:
            raise StudyError(
                f"params/{study.study}.yml: deviations gives a reason for {part!r}, which is as it was locked, or not in the lock."
                f"{nearest(part, changed)} Changed since: {', '.join(changed) or 'nothing'}."
            )
    return tuple(Deviation(part, was, is_now, study.deviations.get(part, "")) for part, was, is_now in found)


def unregistered(study: Study, lock: Lock) -> tuple[str, ...]:
    """Parts of the plan that the lock, made by an earlier version, does not hold: nobody can say whether they have changed."""
    return tuple(name for name, part in planned(study).items() if name not in lock.plan and part)


def differing(was: Mapping[str, Any], is_now: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Each place at which two study files, or parts of them, differ, with what stands there in either."""
    old, new = dict(_leaves(was)), dict(_leaves(is_now))
    places = [place for place in dict.fromkeys([*new, *old]) if old.get(place) != new.get(place)]
    return [(place, old.get(place, ABSENT), new.get(place, ABSENT)) for place in places]


def registration(study: Study, root: Path) -> dict[str, Any]:
    """The same for a release, in values that JSON can hold; empty when the plan was never locked."""
    lock = read_lock(study, root)
    if lock is None:
        if study.deviations:
            raise StudyError(
                f"params/{study.study}.yml: deviations are from a locked plan, and this one is not locked. "
                f"Lock it with `evaluation lock {study.study}`."
            )
        return {}
    measured = study.wave(study.analysis.outcomes[study.analysis.primary].wave).date
    return {
        "locked": lock.day.isoformat(),
        "sha256": lock.digest,
        "after_outcome": lock.day > measured,
        "deviations": [
            {"part": item.part, "was": item.was, "is_now": item.is_now, "reason": item.reason}
            for item in deviations(study, lock)
        ],
        "unregistered": list(unregistered(study, lock)),
    }


def fixed_margin(study: Study, registered: Mapping[str, Any]) -> float | None:
    """The plan's margin, where its lock shows that it was fixed before the main outcome was measured; None otherwise.

    `registered` is from `registration`.
    """
    if not registered or registered["after_outcome"]:
        return None
    since = {item["part"] for item in registered["deviations"]}
    return None if "analysis.margin" in since else study.analysis.margin


def _leaves(part: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every value with its place; items of a list by their names where they have them, a list of plain values as one."""
    if isinstance(part, Mapping):
        for name, inner in part.items():
            yield from _leaves(inner, f"{place}.{name}" if place else name)
    elif (
        isinstance(part, list) and part and all(isinstance(item, Mapping) and "name" in item for item in part)
    ):
        yield from _leaves({item["name"]: item for item in part}, place)
    elif part not in (None, [], {}):
        yield place, ", ".join(map(_said, part)) if isinstance(part, list) else _said(part)


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _digest(plan: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()

"""What identifies a pupil, a person or a machine by its shape alone."""

import contextlib
import getpass
import re
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from evaluation.clean.upn import is_valid, normalise_upn

Found = tuple[int, str]
_UPN = re.compile(r"(?<![0-9A-Za-z])[A-Za-z](?:[ -]?\d){11}[ -]?[0-9A-Za-z](?![0-9A-Za-z])")
_ULN = re.compile(r"(?<![\w./-])[1-9]\d{9}(?![\w/-]|\.\d)")
_TRACE = re.compile(
    r"Traceback \(most recent call last\)|\bFile \"[^\"\n]+\", line \d+|\bat 0x[0-9a-f]{6,}|^-{2,}> *\d+ ",
    re.MULTILINE,
)
_PATH = re.compile(
    r"(?<![\w/.:<~-])/(?:home|Users|root|tmp|var|private|mnt|media|srv|opt|usr|work|Volumes|etc|proc)/[\w.@-]"
    r"|(?<![A-Za-z])[A-Za-z]:\\+(?:Users\b|[\w .-]{2,}\\)|(?<!\\)\\\\[\w.-]{2,}\\[\w$-]+|\bfile:///?\w|(?<![\w)])~/\.?\w"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]*"
_ORDINAL = r"(\d{1,2})(?:st|nd|rd|th)?"
_END = r"(?![\w]|[-/.]\d)"
# Two-figure years after dots would be versions of libraries.
_DATES = (
    (re.compile(rf"(?<![\w.])(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}})(?:(?=T\d)|{_END})"), (1, 3, 4)),
    (re.compile(rf"(?<![\w.])(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_END}"), (4, 3, 1)),
    (re.compile(rf"(?<![\w./-])(\d{{1,2}})([-/])(\d{{1,2}})\2(\d{{2}}){_END}"), (4, 3, 1)),
    (re.compile(rf"\b{_ORDINAL}[\s-]*(?:of\s+)?{_MONTH}[\s,.-]*(\d{{4}}|\d\d)\b", re.IGNORECASE), (3, 2, 1)),
    (re.compile(rf"\b{_MONTH}[\s.]*{_ORDINAL},?\s*(\d{{4}})\b", re.IGNORECASE), (3, 1, 2)),
    (re.compile(r"(?<![\w.])((?:19|20)\d\d)(\d\d)(\d\d)(?![\w])"), (1, 2, 3)),
)
# Accounts of machines, not of people.
_ACCOUNTS = frozenset(
    [
        "root",
        "admin",
        "administrator",
        "user",
        "runner",
        "jovyan",
        "ubuntu",
        "debian",
        "docker",
        "home",
        "users",
    ]
)


def shapes(text: str, numbers: Collection[tuple[str, ...]]) -> Iterator[Found]:
    """Where a text holds pupil numbers, learner numbers, paths or stack traces, and which.

    A number written with spaces or hyphens must be a pupil's of the study, `numbers`: figures side by side in a table may
    pass for one.
    """
    for found in _UPN.finditer(text):
        upn = normalise_upn(found[0])
        if (len(upn) == len(found[0]) and is_valid(upn)) or (upn.lower(),) in numbers:
            yield found.start(), "pupil number"
    yield from ((found.start(), "learner number") for found in _ULN.finditer(text) if _is_learner(found[0]))
    yield from ((found.start(), "trace") for found in _TRACE.finditer(text))
    yield from ((found.start(), "path") for found in _PATH.finditer(text))


def _is_learner(figures: str) -> bool:
    """Whether ten figures pass the check of unique learner numbers: 10 less the weighted sum modulo 11 is the last."""
    total = sum(int(figure) * weight for figure, weight in zip(figures, range(10, 1, -1), strict=False)) % 11
    return total != 0 and 10 - total == int(figures[9])


def births(text: str, born: frozenset[tuple[int, int, int]]) -> Iterator[Found]:
    """Where a text holds one of the dates, however it is written and in either order of day and month."""
    for pattern, order in _DATES if born else ():
        for found in pattern.finditer(text):
            year, month, day = (found[group] for group in order)
            month = str(_MONTHS.index(month[:3].lower()) + 1) if month[0].isalpha() else month
            years = int(year) + (2000 if len(year) == 2 else 0)
            if {(years, int(month), int(day)), (years, int(day), int(month))} & born:
                yield found.start(), "date of birth"


def machine_places(root: Path) -> tuple[str, ...]:
    """The folders that say where this machine keeps the project, its user and its libraries."""
    folders = {root.resolve(), Path.home(), Path(tempfile.gettempdir()), Path(sys.prefix)}
    return tuple(sorted(str(folder) for folder in folders if len(folder.parts) > 1))


def user_names() -> frozenset[str]:
    """The names of whoever runs this, in lower case, but those that name no person."""
    names = {Path.home().name}
    with contextlib.suppress(OSError, KeyError, ImportError):  # no such account
        names.add(getpass.getuser())
    return frozenset(name.lower() for name in names if len(name) > 2) - _ACCOUNTS

"""One tree of errors. Each says what a person should do next, and each branch has its exit code."""

import difflib
from collections.abc import Sequence


class EvaluationError(Exception):
    """Something a person can put right; the message says what and where."""

    exit_code = 1


class StudyError(EvaluationError):
    """The study file, or the name it was asked for by, is wrong."""

    exit_code = 3


class SourceError(EvaluationError):
    """A raw file is missing, unreadable, empty or not what its name says."""

    exit_code = 4


class DataError(EvaluationError):
    """The files were read, but what they hold cannot be analysed as planned."""

    exit_code = 5


class ModelError(EvaluationError):
    """A model cannot be fitted to these data."""

    exit_code = 6


class DisclosureError(EvaluationError):
    """Something that identifies a pupil, a person or a machine would be published."""

    exit_code = 7


class ReportError(EvaluationError):
    """A report could not be made, or was asked for something that does not exist."""

    exit_code = 8


class StoreError(EvaluationError):
    """The store, or a run, is missing or is not the one expected."""

    exit_code = 9


def nearest(name: str, choices: Sequence[str]) -> str:
    """The end of a message: the choice nearest to a name that is none of them, or nothing when none is near."""
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""

"""Raw tables to typed tables, and an issue for every cell and row that could not be accepted."""

from evaluation.clean.issues import ISSUE_COLUMNS, Cleaned
from evaluation.clean.kinds import clean_source
from evaluation.clean.marks import MARK
from evaluation.clean.names import normalise_names
from evaluation.clean.register import clean_register

__all__ = [
    "ISSUE_COLUMNS",
    "MARK",
    "Cleaned",
    "clean_register",
    "clean_source",
    "normalise_names",
]

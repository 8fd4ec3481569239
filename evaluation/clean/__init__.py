"""Raw tables to typed tables, and an issue for every cell and row that could not be accepted."""

from evaluation.clean.issues import ISSUE_COLUMNS, Cleaned
from evaluation.clean.marks import MARK, clean_marks
from evaluation.clean.names import normalise_names
from evaluation.clean.register import clean_register
from evaluation.clean.source import clean_source

__all__ = [
    "ISSUE_COLUMNS",
    "MARK",
    "Cleaned",
    "clean_marks",
    "clean_register",
    "clean_source",
    "normalise_names",
]

"""Raw tables to typed tables, and an issue for every cell and row that could not be accepted."""

from evaluation.clean.across import check_across
from evaluation.clean.counts import count_by_rule, count_by_school
from evaluation.clean.issues import ISSUE_COLUMNS, Cleaned
from evaluation.clean.kinds import clean_source
from evaluation.clean.marks import MARK
from evaluation.clean.names import normalise_names
from evaluation.clean.records_across import check_records
from evaluation.clean.register import clean_register
from evaluation.clean.rules.registry import RULES, Rule, wording

__all__ = [
    "ISSUE_COLUMNS",
    "MARK",
    "RULES",
    "Cleaned",
    "Rule",
    "check_across",
    "check_records",
    "clean_register",
    "clean_source",
    "count_by_rule",
    "count_by_school",
    "normalise_names",
    "wording",
]

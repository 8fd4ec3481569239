"""One key for each pupil across sources and waves; whoever cannot be linked for certain goes to a review list."""

from evaluation.link.decisions import DECISIONS, Decision, read_decisions
from evaluation.link.linking import REVIEW_COLUMNS, Linked, link, listed_pupils, pupil_keys
from evaluation.link.pseudonyms import key_path, pseudonym, pseudonym_key

__all__ = [
    "DECISIONS",
    "REVIEW_COLUMNS",
    "Decision",
    "Linked",
    "key_path",
    "link",
    "listed_pupils",
    "pseudonym",
    "pseudonym_key",
    "pupil_keys",
    "read_decisions",
]

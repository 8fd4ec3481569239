"""Rows that are no pupil's: totals, remarks, and headings repeated further down."""

import re
from collections.abc import Mapping

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.ingest import RawTable, collapse
from evaluation.study.fields import IDENTIFYING, NAME

_FOOT = re.compile(
    r"(grand |sub-?|class |school |cohort |overall |year group )?(totals?|averages?|mean|median|count|sum|number of|"
    r"printed|exported|end of|maximum|minimum|standard deviation|all pupils|boys|girls)\b",
    re.IGNORECASE,
)
_CERTAIN = ("upn", "pupil_id", "dob")


def headings_again(text: pd.DataFrame, columns: Mapping[str, str]) -> pd.Series:
    """Rows at least half of whose filled cells, two or more, are the headings of their columns."""
    same = pd.concat(
        [text[name].str.casefold() == collapse(heading).casefold() for name, heading in columns.items()],
        axis=1,
    ).sum(axis=1)
    return (same >= min(2, len(columns))) & (2 * same >= (text != "").sum(axis=1))


def foot_rows(text: pd.DataFrame) -> pd.Series:
    """Rows that name no pupil: nothing in those columns, or a word for totals and neither number nor birthday."""
    who = text[[name for name in text if name in IDENTIFYING or name == NAME.name]]
    filled = (who != "").sum(axis=1)
    word = who.apply(lambda column: column.str.match(_FOOT))
    certain = [name for name in _CERTAIN if name in who]
    others = (who[certain].mask(word[certain], "") != "").any(axis=1)
    return (filled == 0) | (word.any(axis=1) & ((filled == 1) | ~others))


def no_pupils(
    table: RawTable, text: pd.DataFrame, columns: Mapping[str, str]
) -> tuple[pd.Series, list[pd.DataFrame]]:
    """Which rows are no pupil's, and an issue for each."""
    headings = headings_again(text, columns)
    foot = foot_rows(text) & ~headings
    place = {"source": table.source, "file": table.file, "sheet": table.sheet, "row": text.index}
    rows = pd.DataFrame(place, index=text.index)
    issues = [
        issues_at(rows[headings], "heading", "row", "The row repeats the headings."),
        issues_at(rows[foot], "total", "row", "The row names no pupil: a total, a heading or a remark."),
    ]
    return headings | foot, issues

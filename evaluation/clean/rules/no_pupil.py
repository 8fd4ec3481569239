"""Rows that are no pupil's: headings, units, totals, remarks and staff."""

import re
from collections.abc import Mapping

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.rules.headings_below import headings_again, other_order, unit_rows
from evaluation.ingest import RawTable
from evaluation.study.fields import IDENTIFYING, NAME

_FOOT = re.compile(
    r"(grand |sub-?|class |school |cohort |overall |year group )?(totals?|averages?|mean|median|count|sum|number of|"
    r"printed|exported|end of|maximum|minimum|standard deviation|all pupils|boys|girls)\b",
    re.IGNORECASE,
)
# Other words for totals, believed only where nothing else in the row says who it is about.
_SUMMARY = re.compile(
    r"(?:the )?(?:whole |all |this |our )?(?:class|cohort|year|school|year group)(?: \w{1,6})?|\w+ class|all|ave?\.?|avg\.?|"
    r"n ?[=:] ?\d*|\d{1,2} ?[a-z]{1,2}|st\.? ?dev\.?|s\.?d\.?|range|quartiles?|%.*|(?:per ?cent|percentage|proportion).*|"
    r".*\b(?:average|averages|avg|ave|mean|median|totals?|on roll|at or above|expected standard)\b.*|"
    r"page \d+(?: of \d+)?|pupils? \d+|national(?: .*)?|(?:la|lea|mat|trust|school)(?: figures?)?",
    re.IGNORECASE,
)
_TITLED = re.compile(
    r"(?:mr|mrs|ms|mx|dr|sir|teacher|tutor|class teacher|ta|teaching assistant|head)\b\.?.*", re.IGNORECASE
)
_CERTAIN = ("upn", "pupil_id", "dob")
_NAMES = ("surname", "forename", NAME.name)


def foot_rows(text: pd.DataFrame) -> pd.Series:
    """Rows that name no pupil: nothing in those columns, or a word for totals and neither number nor birthday."""
    who = text[[name for name in text if name in IDENTIFYING or name == NAME.name]]
    filled = (who != "").sum(axis=1)
    word = who.apply(lambda column: column.str.match(_FOOT))
    certain = [name for name in _CERTAIN if name in who]
    # A number or a birthday has figures; a remark or a page's number in its column has none, or few.
    figures = {"upn": 4, "dob": 4, "pupil_id": 1}
    numbered = {name: who[name].mask(word[name], "").str.count(r"\d") >= figures[name] for name in certain}
    others = pd.DataFrame(numbered, index=text.index, dtype="bool").any(axis=1)
    alone = (filled == 1) & ~others
    summary = _any_cell(who[alone], _SUMMARY).reindex(text.index, fill_value=False)
    # Where both names have a column of their own, a pupil's row has more than one cell filled.
    single = alone & ((text != "").sum(axis=1) == 1) & ({"surname", "forename"} <= set(text))
    return (filled == 0) | (word.any(axis=1) & ((filled == 1) | ~others)) | summary | single


def staff_rows(text: pd.DataFrame) -> pd.Series:
    """Rows of a grown-up by title, with neither a number nor a birthday: the teacher on a class list."""
    certain = text[[name for name in _CERTAIN if name in text]]
    doubtful = text.loc[~(certain != "").any(axis=1), [name for name in text if name in _NAMES]]
    return _any_cell(doubtful, _TITLED).reindex(text.index, fill_value=False)


def _any_cell(text: pd.DataFrame, pattern: re.Pattern[str]) -> pd.Series:
    """Rows one of whose cells is wholly of the pattern."""
    found = {name: [bool(pattern.fullmatch(cell)) for cell in text[name]] for name in text}
    return pd.DataFrame(found, index=text.index, dtype="bool").any(axis=1)


def no_pupils(
    table: RawTable, text: pd.DataFrame, columns: Mapping[str, str]
) -> tuple[pd.Series, list[pd.DataFrame]]:
    """Which rows are no pupil's, and an issue for each; the first that holds of these is given."""
    turned, below = other_order(text, columns)
    place = {"source": table.source, "file": table.file, "sheet": table.sheet, "row": text.index}
    rows = pd.DataFrame(place, index=text.index)
    known = pd.Series(False, index=text.index)
    issues = []
    for rule, found in (
        ("heading", headings_again(text, columns) | turned),
        ("other_order", below),
        ("units", unit_rows(text)),
        ("total", foot_rows(text)),
        ("staff", staff_rows(text)),
    ):
        issues.append(issues_at(rows[found & ~known], rule, "row", _REASONS[rule]))
        known |= found
    return known, issues


_REASONS = {
    "heading": "The row repeats the headings.",
    "other_order": "The headings above this row stand in another order than at the top of the sheet; none of it was used. Make one "
    "table of it.",
    "units": "The row says how its columns are measured or filled, and names no pupil.",
    "total": "The row names no pupil: a total, a heading or a remark.",
    "staff": "The row names a grown-up by title, with neither number nor date of birth.",
}

"""What the marks of a whole column mean: ticks beside blanks, and figures for the sexes."""

from collections.abc import Iterable, Mapping

import pandas as pd

from evaluation.study.fields import ALSO_CALLED, Field

_TICKS = frozenset(["y", "yes", "true", "t", "1", "1.0", "x", "*", "✓", "✔", "☑"])
_NEEDS = frozenset(["k", "e", "s", "a", "p", "sen support", "ehcp", "ehc plan"])
_FIGURES = {"1": "M", "1.0": "M", "2": "F", "2.0": "F"}
_SEX_UNKNOWN = frozenset(["0", "0.0", "9", "9.0"])
# With fewer blanks than this share, a blank is more likely a gap than a no.
_BLANKS = 0.1
_ENOUGH, _MANY = 5, 20
_OF_GROUPS = frozenset(["class", "year_group", "school"])

TICKED = "Only one mark and blanks occur in this column: the mark was read as yes and a blank as no."
NEEDED = "Only codes of a special need and blanks occur in this column: a blank was read as no special need."
EMPTY = "Every cell of this column is blank: it was not collected, or left out of the export. It was read as not known."
CONSTANT = "Every row says the same in this column. Is it the right column, and filled in?"
SPARSE = "Only {:,} of {:,} rows have this filled in. Does it stand in the first row of each group alone? Fill it down."
FIGURES = "The sexes are given as figures: 1 was read as male, 2 as female."


def settle_columns(text: pd.DataFrame, fields: Iterable[Field]) -> tuple[pd.DataFrame, dict[str, str]]:
    """The text with such columns in words the parsers know, and for each what was assumed."""
    assumed: dict[str, str] = {}
    for field in fields:
        if field.name not in text:
            continue
        column = text[field.name]
        if field.parser == "sex":
            settled, remark = _sexes(column)
        elif field.parser in ("yes_no", "attendance"):
            settled, remark = _ticks(column, field.name)
        else:
            continue
        if remark:
            text, assumed[field.name] = text.assign(**{field.name: settled}), remark
    return text, assumed


def sparse_columns(text: pd.DataFrame, fields: Iterable[Field], columns: Mapping[str, str]) -> dict[str, str]:
    """What to say of mapped columns that hold nothing, the same throughout, or hardly anything where rows of a group have one value."""
    said: dict[str, str] = {}
    for field in fields:
        if field.name not in text or field.name not in columns or len(text) < _ENOUGH:
            continue
        filled = int((text[field.name] != "").sum())
        if not filled and field not in ALSO_CALLED:  # most pupils have no other name
            said[field.name] = EMPTY
        elif field.parser == "yes_no" and len(text) >= _MANY and text[field.name].nunique() == 1:
            said[field.name] = CONSTANT
        elif field.name in _OF_GROUPS and filled * 2 < len(text):
            said[field.name] = SPARSE.format(filled, len(text))
    return said


def _ticks(column: pd.Series, name: str) -> tuple[pd.Series, str]:
    blank = column == ""
    marks = set(column[~blank].str.casefold())
    if blank.mean() < _BLANKS or not marks:
        return column, ""
    if len(marks) == 1 and marks <= _TICKS:
        return column.mask(blank, "N").mask(~blank, "Y"), TICKED
    if name == "send" and marks <= _NEEDS:
        return column.mask(blank, "N"), NEEDED
    return column, ""


def _sexes(column: pd.Series) -> tuple[pd.Series, str]:
    marks = set(column[column != ""])
    if not marks & _FIGURES.keys() or not marks <= _FIGURES.keys() | _SEX_UNKNOWN:
        return column, ""
    return column.map(lambda mark: _FIGURES.get(mark, "")), FIGURES

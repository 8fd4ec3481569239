"""Headings again further down a sheet, in their first order or in another, and a row of units under them."""

import re
from collections.abc import Mapping

import pandas as pd

from evaluation.ingest import collapse

_UNIT = re.compile(
    r"[(\[]?(?:(?:d{1,2}|m{1,3}|y{2,4})(?:[-/. ](?:d{1,2}|m{1,3}|y{2,4})){1,2}|m ?[/,] ?f|y ?[/,] ?n|yes ?[/,] ?no|text|string|"
    r"numbers?|numeric|integer|dates?|letters?|marks?|points?|raw|scaled?|standardised|years?|months?|years?[: ]months?|"
    r"per ?cent|%|(?:out of|max(?:imum)?|/)[ .:]?\d{1,3}|\d{1,3} ?(?:[-–]|to) ?\d{1,3}|required|optional|mandatory|"
    r"13 characters?|\d{1,2} (?:characters?|digits?|figures?))[)\]]?",
    re.IGNORECASE,
)
_TOP = 2  # rows below the headings in which units may stand


def headings_again(text: pd.DataFrame, columns: Mapping[str, str]) -> pd.Series:
    """Rows at least half of whose filled cells, two or more, are the headings of their columns, or a joined one's part."""
    return _is_heading_row(text, _in_place(text, columns), len(columns))


def _in_place(text: pd.DataFrame, columns: Mapping[str, str]) -> pd.Series:
    """How many cells of each row are the heading of their column, or a part of it."""
    found = {name: text[name].str.casefold().isin(_parts(heading)) for name, heading in columns.items()}
    return pd.DataFrame(found, index=text.index).sum(axis=1)


def _is_heading_row(text: pd.DataFrame, headings: pd.Series, columns: int) -> pd.Series:
    return (headings >= min(2, columns)) & (2 * headings >= (text != "").sum(axis=1))


def _parts(heading: str) -> set[str]:
    """A heading, and every run of its words: a heading joined of two rows comes again as two."""
    words = collapse(heading).casefold().split()
    return {
        " ".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)
    }


def other_order(text: pd.DataFrame, columns: Mapping[str, str]) -> tuple[pd.Series, pd.Series]:
    """Rows of headings that stand above other columns than the file's first, and the rows below them.

    A second table pasted below the first with its columns in another order would be read under the wrong headings;
    its rows end where the headings stand in their first order again.
    """
    headings = {name: collapse(heading).casefold() for name, heading in columns.items()}
    others = {name: set(headings.values()) - {own} for name, own in headings.items()}
    moved = pd.DataFrame(
        {name: text[name].str.casefold().isin(others[name]) for name in columns}, index=text.index
    ).sum(axis=1)
    again = _in_place(text, columns)
    turned = (moved >= 1) & _is_heading_row(text, moved + again, len(columns))
    if not turned.any():
        return turned, turned
    restored = headings_again(text, columns) & ~turned
    state = pd.Series(float("nan"), index=text.index).mask(turned, 1.0).mask(restored, 0.0)
    return turned, state.ffill().eq(1.0) & ~turned


def unit_rows(text: pd.DataFrame) -> pd.Series:
    """Rows at the top all of whose cells say what a column is measured in, or how it is to be filled."""
    units = [
        any(cells) and all(_UNIT.fullmatch(cell) for cell in cells if cell)
        for cells in text.iloc[:_TOP].itertuples(index=False)
    ]
    return pd.Series(units, index=text.index[:_TOP], dtype="bool").reindex(text.index, fill_value=False)

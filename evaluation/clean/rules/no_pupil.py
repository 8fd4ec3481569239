"""Rows that are no pupil's: units, totals, remarks, and headings repeated further down."""

import re
from collections.abc import Callable, Mapping

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.ingest import RawTable, collapse
from evaluation.study.fields import IDENTIFYING, NAME

_FOOT = re.compile(
    r"(grand |sub-?|class |school |cohort |overall |year group )?(totals?|averages?|mean|median|count|sum|number of|"
    r"printed|exported|end of|maximum|minimum|standard deviation|all pupils|boys|girls)\b",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"[(\[]?(?:(?:d{1,2}|m{1,3}|y{2,4})(?:[-/. ](?:d{1,2}|m{1,3}|y{2,4})){1,2}|m ?[/,] ?f|y ?[/,] ?n|yes ?[/,] ?no|text|string|"
    r"numbers?|numeric|integer|dates?|letters?|marks?|points?|raw|scaled?|standardised|years?|months?|years?[: ]months?|"
    r"per ?cent|%|(?:out of|max(?:imum)?|/)[ .:]?\d{1,3}|\d{1,3} ?(?:[-–]|to) ?\d{1,3}|required|optional|mandatory|"
    r"13 characters?|\d{1,2} (?:characters?|digits?|figures?))[)\]]?",
    re.IGNORECASE,
)
_TOP = 2  # rows below the headings in which units may stand
_CERTAIN = ("upn", "pupil_id", "dob")


def headings_again(text: pd.DataFrame, columns: Mapping[str, str]) -> pd.Series:
    """Rows at least half of whose filled cells, two or more, are the headings of their columns, or a joined one's part."""
    alike = {name: list(map(_part_of(heading), text[name])) for name, heading in columns.items()}
    same = pd.DataFrame(alike, index=text.index, dtype="bool").sum(axis=1)
    return (same >= min(2, len(columns))) & (2 * same >= (text != "").sum(axis=1))


def _part_of(heading: str) -> Callable[[str], bool]:
    whole = collapse(heading).casefold()
    return lambda cell: (
        bool(cell)
        and (cell.casefold() == whole or (" " in whole and f" {whole} ".find(f" {cell.casefold()} ") >= 0))
    )


def unit_rows(text: pd.DataFrame) -> pd.Series:
    """Rows at the top all of whose cells say what a column is measured in, or how it is to be filled."""
    units = [
        any(cells) and all(_UNIT.fullmatch(cell) for cell in cells if cell)
        for cells in text.iloc[:_TOP].itertuples(index=False)
    ]
    return pd.Series(units, index=text.index[:_TOP], dtype="bool").reindex(text.index, fill_value=False)


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
    units = unit_rows(text) & ~headings
    foot = foot_rows(text) & ~headings & ~units
    place = {"source": table.source, "file": table.file, "sheet": table.sheet, "row": text.index}
    rows = pd.DataFrame(place, index=text.index)
    issues = [
        issues_at(rows[headings], "heading", "row", "The row repeats the headings."),
        issues_at(
            rows[units],
            "units",
            "row",
            "The row says how its columns are measured or filled, and names no pupil.",
        ),
        issues_at(rows[foot], "total", "row", "The row names no pupil: a total, a heading or a remark."),
    ]
    return headings | units | foot, issues

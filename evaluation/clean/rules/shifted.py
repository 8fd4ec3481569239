"""Rows whose cells stand one column beside their headings."""

from collections.abc import Mapping

import pandas as pd

from evaluation.clean.parse import Parser
from evaluation.ingest import RawTable, collapse

# Columns whose cells can be told from those of another; in a name or a label anything goes.
_TELLING = ("upn", "dob", "sex", "year_group", "disadvantaged", "eal", "send", "score", "test_date", "school")
_FEWEST = 2
_SIDES = {1: "right", -1: "left"}


def shifted_rows(
    table: RawTable,
    columns: Mapping[str, str],
    parsed: Mapping[str, pd.DataFrame],
    parsers: Mapping[str, Parser],
) -> pd.Series:
    """A reason for each row two or more of whose cells are refused where they stand and accepted one column on.

    The shift may begin at any column: a cell too many or too few, in a file that hides it by leaving the row
    as long as the others.
    """
    places = {
        name: table.cells.columns.tolist().index(collapse(columns[name]))
        for name in _TELLING
        if name in parsed and name in columns
    }
    if len(places) < _FEWEST:
        return pd.Series(dtype="str")
    wrong = pd.concat([parsed[name]["reason"] != "" for name in places], axis=1).sum(axis=1)
    reasons = {
        row: _reason(side)
        for row in wrong.index[wrong >= _FEWEST]
        if (side := _side(table.cells.loc[row].tolist(), places, parsers))
    }
    return pd.Series(reasons, dtype="str")


def _reason(side: int) -> str:
    return f"Cells of this row stand one column to the {_SIDES[side]} of their headings; none of it was used."


def _side(cells: list[str], places: Mapping[str, int], parsers: Mapping[str, Parser]) -> int:
    """1 when the cells from some column on stand too far to the right, -1 to the left, 0 for neither."""
    cells = [collapse(cell) for cell in cells]
    for start in range(len(cells)):
        for side in _SIDES:
            moved = cells[:start] + ([*cells[start + 1 :], ""] if side == 1 else ["", *cells[start:-1]])
            if _all_accepted(moved, places, parsers):
                return side
    return 0


def _all_accepted(cells: list[str], places: Mapping[str, int], parsers: Mapping[str, Parser]) -> bool:
    filled = [name for name, place in places.items() if cells[place]]
    return len(filled) > _FEWEST and all(not parsers[name](cells[places[name]]).reason for name in filled)

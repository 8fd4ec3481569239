"""Totals of a ledger held against the lines above them."""

from collections.abc import Mapping

import pandas as pd

from evaluation.clean.amounts import parse_money
from evaluation.clean.issues import note
from evaluation.ingest import RawTable

_MONEY = ("budget", "actual", "forecast")
_HALF_A_PENNY = 0.005


def ledger_totals(
    table: RawTable, text: pd.DataFrame, totals: pd.Series, columns: Mapping[str, str]
) -> list[pd.DataFrame]:
    """A note for each total that is the sum neither of the lines since the total before it, nor of all so far.

    Every line counts whose sum can be read, whether or not the rest of its row can: the total is the file's own.

    Parameters
    ----------
    text : DataFrame
        The mapped cells of the table.
    totals : Series of bool
        The rows that are totals, or headings repeated.
    """
    found = []
    for name in _MONEY:
        if name not in text:
            continue
        pounds = pd.Series(
            [parse_money(cell).value if cell else None for cell in text[name]], text.index, dtype="float64"
        )
        above = pounds.where(~totals, 0.0).fillna(0.0).cumsum()
        before = 0.0
        for row in totals.index[totals & pounds.notna()]:
            stated, all_so_far = pounds[row], above[row]
            if min(abs(stated - all_so_far), abs(stated - (all_so_far - before))) > _HALF_A_PENNY:
                reason = (
                    f"Row {row} gives a total of £{stated:,.2f}, but the lines above it come to £{all_so_far:,.2f}"
                    + (f", those since the last total to £{all_so_far - before:,.2f}" if before else "")
                    + ". Lines may be missing, repeated or mistyped."
                )
                found.append(note(table, "money_differs", reason, columns[name]))
            before = all_so_far
    return found

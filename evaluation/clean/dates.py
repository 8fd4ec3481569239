"""Dates, and the order of day and month, decided for a whole column from the evidence in it."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Literal

from evaluation.clean.parse import Parsed, Parser

Order = Literal["day first", "month first", "unsettled", "by its neighbour", "contradictory", "not needed"]

_NOTES = {
    "unsettled": "No date in this column can tell whether day or month comes first; read with the day first.",
    "by its neighbour": "No date in this column can tell whether day or month comes first; read with the month first, as the "
    "other dates here.",
    "month first": "Dates in this column have the month first, and were read so.",
    "contradictory": "Some dates in this column have the day first and some the month first; those that read both ways "
    "were not accepted.",
}

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ][\d:.]+Z?)?", re.ASCII)
_NUMERIC = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?: 0?0:00(?::00)?)?", re.ASCII)
_NAMED = re.compile(r"(\d{1,2})[-/. ]([a-z]{3,9})[-/. ](\d{4})", re.ASCII | re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def date_order(texts: Iterable[str]) -> Order:
    """The order of day and month in a column: a first or second number above 12 is the evidence.

    "unsettled" when no date can tell, "contradictory" when dates tell both, "not needed" when no date is
    all figures.
    """
    numeric = [(int(match[1]), int(match[2])) for text in texts if (match := _NUMERIC.fullmatch(text))]
    day_first = any(first > 12 for first, _ in numeric)
    month_first = any(second > 12 for _, second in numeric)
    if day_first and month_first:
        return "contradictory"
    if day_first or month_first:
        return "day first" if day_first else "month first"
    return "unsettled" if any(first != second for first, second in numeric) else "not needed"


def date_orders(columns: Mapping[str, Iterable[str]]) -> dict[str, Order]:
    """The order of day and month in each date column of a table.

    A column that cannot tell is read with the month first when the columns that can tell all have it so.
    """
    orders = {name: date_order(texts) for name, texts in columns.items()}
    told = {order for order in orders.values() if order in ("day first", "month first", "contradictory")}
    if told == {"month first"}:
        return {name: "by its neighbour" if order == "unsettled" else order for name, order in orders.items()}
    return orders


def order_note(order: Order) -> str:
    """What the issue list says of a column read in this order; "" when nothing need be said."""
    return _NOTES.get(order, "")


def parse_date(order: Order) -> Parser:
    """A parser for dates as yyyy-mm-dd, with the month's name, or all figures in the given order.

    In a contradictory column a date that reads both ways is not accepted; in an unsettled one it is read
    day first.
    """

    def parse(text: str) -> Parsed:
        if match := _ISO.fullmatch(text):
            return _date(match[1], match[2], match[3])
        if match := _NAMED.fullmatch(text):
            month = match[2][:3].lower()
            return _date(match[3], _MONTHS.index(month) + 1 if month in _MONTHS else 0, match[1])
        if match := _NUMERIC.fullmatch(text):
            return _numeric_date(int(match[1]), int(match[2]), match[3], order)
        return Parsed(reason="is not a date such as 2009-05-31 or 31/05/2009")

    return parse


def _numeric_date(first: int, second: int, year: str, order: Order) -> Parsed:
    if order == "contradictory" and first <= 12 and second <= 12 and first != second:
        return Parsed(
            reason="reads both ways, and the column has dates with the day first and with the month first"
        )
    month_first = order in ("month first", "by its neighbour") or (order == "contradictory" and second > 12)
    return _date(year, *((first, second) if month_first else (second, first)))


def _date(year: str, month: str | int, day: str | int) -> Parsed:
    try:
        return Parsed(dt.date(int(year), int(month), int(day)))
    except ValueError:
        return Parsed(reason="is not a date in the calendar")

"""Dates, and the order of day and month, decided for a whole column from the evidence in it."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Literal

from evaluation.clean.parse import Parsed, Parser

Order = Literal[
    "day first",
    "month first",
    "mostly day first",
    "mostly month first",
    "unsettled",
    "by its neighbour",
    "contradictory",
    "not needed",
]

_NOTES = {
    "unsettled": "No date in this column can tell whether day or month comes first; read with the day first.",
    "by its neighbour": "No date in this column can tell whether day or month comes first; read with the month first, as the "
    "other dates here.",
    "month first": "Dates in this column have the month first, and were read so.",
    "mostly day first": "Dates in this column have the day first, but for a few with the month first; those that read both "
    "ways were read with the day first.",
    "mostly month first": "Dates in this column have the month first, but for a few with the day first; those that read both "
    "ways were read with the month first.",
    "contradictory": "Some dates in this column have the day first and some the month first; those that read both ways "
    "were not accepted.",
}
# One date in the other order for so many in the first is a slip, and no reason to doubt the rest.
_FEW = 10

_TIME = r"(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?Z?)?"
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME, re.ASCII)
_NUMERIC = re.compile(r"(\d{1,2}) ?[-/. ] ?(\d{1,2}) ?[-/. ] ?(\d{4}|\d\d)" + _TIME, re.ASCII)
_NAMED = re.compile(
    r"(?:[a-z]{3,9},? )?(\d{1,2})(?:st|nd|rd|th)?[-/., ]*([a-z]{3,9})[-/., ]+(\d{4}|\d\d)",
    re.ASCII | re.IGNORECASE,
)
_NAMED_MONTH_FIRST = re.compile(
    r"([a-z]{3,9})[-/., ]+(\d{1,2})(?:st|nd|rd|th)?[-/., ]+(\d{4}|\d\d)", re.ASCII | re.IGNORECASE
)
_SERIAL = re.compile(r"([2-5]\d{4})(?:\.\d+)?", re.ASCII)
_RUN_ON = re.compile(r"\d{7,8}", re.ASCII)
_AGE = re.compile(r"\d{1,2}(?::\d{1,2})?|\d{1,2} ?(?:years?|yrs?|y)\b.*", re.ASCII | re.IGNORECASE)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\\", "-"))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EXCEL_DAY_ZERO = dt.date(1899, 12, 30)

SHORT_YEAR = "has a year of two figures; the century was taken from the study's dates"
SERIAL = "is a spreadsheet's day number; read as the date it stands for"
RUN_ON = "is a date without marks between its figures; read as one"
OTHER_ORDER = "has day and month the other way round than the rest of the column; read as it can only be"


def date_order(texts: Iterable[str]) -> Order:
    """The order of day and month in a column: a first or second number above 12 is the evidence.

    "unsettled" when no date can tell; "contradictory" when dates tell both, and "mostly ..." when ten tell
    the one for each that tells the other; "not needed" when no date is all figures.
    """
    plain = (text.translate(_DASHES) for text in texts)
    numeric = [(int(match[1]), int(match[2])) for text in plain if (match := _NUMERIC.fullmatch(text))]
    day_first = sum(first > 12 for first, _ in numeric)
    month_first = sum(second > 12 for _, second in numeric)
    if day_first and month_first:
        if day_first >= _FEW * month_first:
            return "mostly day first"
        return "mostly month first" if month_first >= _FEW * day_first else "contradictory"
    if day_first or month_first:
        return "day first" if day_first else "month first"
    return "unsettled" if any(first != second for first, second in numeric) else "not needed"


def date_orders(columns: Mapping[str, Iterable[str]]) -> dict[str, Order]:
    """The order of day and month in each date column of a table.

    A column that cannot tell is read with the month first when the columns that can tell all have it so.
    """
    orders = {name: date_order(texts) for name, texts in columns.items()}
    told = {order for order in orders.values() if order not in ("unsettled", "not needed")}
    if told == {"month first"}:
        return {name: "by its neighbour" if order == "unsettled" else order for name, order in orders.items()}
    return orders


def order_note(order: Order) -> str:
    """What the issue list says of a column read in this order; "" when nothing need be said."""
    return _NOTES.get(order, "")


def parse_date(order: Order, latest: int) -> Parser:
    """A parser for dates as yyyy-mm-dd, with the month's name, all figures in the given order, or a day number.

    In a contradictory column a date that reads both ways is not accepted; in an unsettled one it is read
    day first. A year of two figures is of this century unless that would be after the year `latest`.
    """

    def parse(text: str) -> Parsed:
        text = text.translate(_DASHES)
        if match := _ISO.fullmatch(text):
            return _date(int(match[1]), int(match[2]), int(match[3]))
        if match := _NUMERIC.fullmatch(text):
            return _numeric_date(int(match[1]), int(match[2]), match[3], order, latest)
        if match := _NAMED.fullmatch(text):
            return _full(match[3], _month(match[2]), int(match[1]), latest)
        if match := _NAMED_MONTH_FIRST.fullmatch(text):
            return _full(match[3], _month(match[1]), int(match[2]), latest)
        if match := _SERIAL.fullmatch(text):
            return Parsed(_EXCEL_DAY_ZERO + dt.timedelta(days=int(match[1])), remark=SERIAL)
        if _RUN_ON.fullmatch(text):
            return _run_on(text)
        what = (
            "an age, not a date of birth"
            if _AGE.fullmatch(text)
            else "not a date such as 2009-05-31 or 31/05/2009"
        )
        return Parsed(reason=f"is {what}")

    return parse


def _numeric_date(first: int, second: int, year: str, order: Order, latest: int) -> Parsed:
    if order == "contradictory" and first <= 12 and second <= 12 and first != second:
        return Parsed(
            reason="reads both ways, and the column has dates with the day first and with the month first"
        )
    month_first = order in ("month first", "mostly month first", "by its neighbour")
    mixed = order in ("mostly day first", "mostly month first", "contradictory")
    turned = mixed and (first if month_first else second) > 12
    month, day = (first, second) if month_first != turned else (second, first)
    return _full(year, month, day, latest, OTHER_ORDER if turned and order != "contradictory" else "")


def _full(year: str, month: int, day: int, latest: int, remark: str = "") -> Parsed:
    """A date whose year has two or four figures."""
    if len(year) == 4:
        return _date(int(year), month, day, remark)
    century = 2000 if 2000 + int(year) <= latest else 1900
    return _date(century + int(year), month, day, remark or SHORT_YEAR)


def _run_on(text: str) -> Parsed:
    """yyyymmdd, or ddmmyyyy that may have lost its leading zero."""
    whole = text.zfill(8)
    year_first = _date(int(whole[:4]), int(whole[4:6]), int(whole[6:]), RUN_ON)
    if whole[:2] in ("19", "20") and year_first.value:
        return year_first
    return _date(int(whole[4:]), int(whole[2:4]), int(whole[:2]), RUN_ON)


def _month(word: str) -> int:
    short = word[:3].lower()
    return _MONTHS.index(short) + 1 if short in _MONTHS else 0


def _date(year: int, month: int, day: int, remark: str = "") -> Parsed:
    try:
        return Parsed(dt.date(year, month, day), remark=remark)
    except ValueError:
        return Parsed(reason="is not a date in the calendar")

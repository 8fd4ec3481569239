"""Amounts as people write them: pounds, hours, days and whole numbers."""

import re

from evaluation.clean.parse import Parsed

_MONEY = re.compile(
    r"(?P<open>\()? ?(?P<before>[-+−–])? ?(?:£|GBP)? ?(?P<within>[-−–])? ?"
    r"(?P<pounds>\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d+)(?P<pence>\.\d*)? ?(?:GBP)?"
    r"(?P<close>\))? ?(?P<after>[-−–]|CR)?",
    re.ASCII | re.IGNORECASE,
)
_NIL = frozenset(["-", "–", "—", "−", "nil", "none", "£-", "£ -", "£0"])
_FRACTIONS = str.maketrans({"½": ".5", "¼": ".25", "¾": ".75"})
_HOUR, _MINUTE = r"(?:h|hr|hrs|hour|hours)", r"(?:m|min|mins|minute|minutes)"
_CLOCK = re.compile(r"(?:(\d+) days?, )?(\d+):([0-5]\d)(?::[0-5]\d)?", re.ASCII)
_HOURS = re.compile(rf"(\d+(?:\.\d+)?|\.\d+) ?{_HOUR}?", re.ASCII)
_HOURS_MINUTES = re.compile(rf"(\d+) ?{_HOUR}(?: and|,)? ?([0-5]?\d) ?{_MINUTE}?", re.ASCII)
_MINUTES = re.compile(rf"(\d+(?:\.\d+)?) ?{_MINUTE}", re.ASCII)
_DAYS = re.compile(r"(\d+(?:\.\d+)?|\.\d+) ?(?:days?|d)?", re.ASCII)
HALF_DAY = frozenset(
    ["half", "half day", "half a day", "half-day", "am", "pm", "a.m.", "p.m.", "am only", "pm only"]
)
_WHOLE_DAY = frozenset(["full", "full day", "whole day", "all day"])
_WHOLE = re.compile(r"\d+(?:\.0+)?", re.ASCII)


def parse_money(text: str) -> Parsed:
    """Pounds: a sign, brackets or CR for less than nought, commas or spaces between thousands."""
    if text.casefold() in _NIL:
        return Parsed(0.0, remark="stands for nothing in an account; read as £0")
    match = _MONEY.fullmatch(text)
    if match is None or bool(match["open"]) != bool(match["close"]):
        return Parsed(reason="is not an amount in pounds such as £1,234.50 or (1,234.50)")
    marks = [match["open"], match["before"] not in (None, "+"), match["within"], match["after"]]
    if sum(map(bool, marks)) > 1:
        return Parsed(reason="has more than one mark for less than nought")
    pounds = float(re.sub("[, ]", "", match["pounds"]) + (match["pence"] or ""))
    credit = (match["after"] or "").upper() == "CR"
    remark = "is marked as a credit; read as less than nought" if credit else ""
    return Parsed(-pounds if any(marks) else pounds, remark=remark)


def parse_hours(text: str) -> Parsed:
    """Hours written as 1.5, 1h30, 1:30, 1 hr 30 mins or 90 min."""
    plain = text.casefold().translate(_FRACTIONS)
    if match := _CLOCK.fullmatch(plain):
        return Parsed(24.0 * int(match[1] or 0) + int(match[2]) + int(match[3]) / 60)
    if match := _HOURS.fullmatch(plain):
        return Parsed(float(match[1]))
    if match := _HOURS_MINUTES.fullmatch(plain):
        return Parsed(int(match[1]) + int(match[2]) / 60)
    if match := _MINUTES.fullmatch(plain):
        return Parsed(float(match[1]) / 60)
    return Parsed(reason="is not a number of hours such as 1.5, 1h30, 1:30 or 90 min")


def parse_days(text: str) -> Parsed:
    """Days: a number, half a day, am or pm."""
    plain = text.casefold().translate(_FRACTIONS)
    if plain in HALF_DAY or plain in _WHOLE_DAY:
        return Parsed(0.5 if plain in HALF_DAY else 1.0)
    match = _DAYS.fullmatch(plain)
    return (
        Parsed(float(match[1]))
        if match
        else Parsed(reason="is not a number of days such as 0.5, half day or 2")
    )


def parse_count(text: str) -> Parsed:
    """A whole number."""
    if _WHOLE.fullmatch(text):
        return Parsed(int(float(text)))
    return Parsed(reason="is not a whole number")

"""Scores: a number on the instrument's scale, a censored number, or a code that says why there is none."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from evaluation.clean.parse import Parsed, Parser, parse_number
from evaluation.study import Instrument

NOT_ACCEPTED = "not accepted"
BLANK = "blank"
CONFLICT = "conflict"
OTHER_CODE = "other code"  # letters of no known code are not kept: they may be initials

_CENSORED = re.compile(r"([<>≤≥])=?\s*([\d.]+)", re.ASCII)
_AGE = re.compile(
    r"(\d{1,2})\s*(?::|y(?:ears?|rs?)?\s*,?)\s*(\d{1,2})\s*(?::00|m(?:onths?|ths?)?)?",
    re.ASCII | re.IGNORECASE,
)
_SHORT_CODE = re.compile(r"[A-Za-z]{1,3}", re.ASCII)
_WORDS = {
    "absent": "absent",
    "abs": "absent",
    "blank": BLANK,
    "missing": "missing",
    "left": "left",
    "n/a": "n/a",
    "not sat": "absent",
    "did not sit": "absent",
    "not tested": "absent",
    "left school": "left",
    "tbc": "missing",
    "null": "missing",
    **dict.fromkeys(["-", "--", "\u2013", "\u2014", ".", "..", "...", "\u2026", "?"], BLANK),
}
# Key stage outcomes and teacher assessments, multiplication check, and the published tables' symbols.
_CODES = frozenset(
    [
        "A",
        "B",
        "T",
        "Q",
        "CA",
        "D",
        "J",
        "L",
        "U",
        "X",
        "Z",
        "H",
        "M",
        "F",
        "N",
        "S",
        "P",
        "NS",
        "AS",
        "NA",
        "EXS",
        "GDS",
        "WTS",
        "PKS",
        "BLW",
        "EXP",
        "EXP+",
        "EXP-",
        "SUPP",
        "NE",
        "NP",
        "LOWCOV",
        "SP",
        "RE",
        "NEW",
        "UNAVAIL",
    ]
)


class Mark(NamedTuple):
    """A score (NaN when there is none), the reason there is none, and at which end it is censored."""

    score: float
    reason: str = ""
    censored: str = ""


MISSING = float("nan")


def parse_score(instrument: Instrument, *, short_codes: bool, marked: bool) -> Parser:
    """A parser for one instrument's scores.

    Parameters
    ----------
    instrument : Instrument
        Its minimum and maximum bound what is accepted.
    short_codes : bool
        Whether any one to three letters stand for a missing score.
    marked : bool
        Whether the column marks censored scores, as in "<70". If it does not, a score at either bound of the
        instrument is taken to be censored there, but for raw scores: no mark and full marks are scores.
    """
    limits = f"{instrument.minimum:g} to {instrument.maximum:g}"

    def parse(text: str) -> Parsed:
        if code := _code(text, short_codes):
            return Parsed(Mark(MISSING, code))
        if _AGE.fullmatch(text):
            return Parsed(reason="is an age (years:months), not a score")
        censored = _CENSORED.fullmatch(text)
        number = parse_number(censored[2] if censored else text)
        if number.reason:
            return Parsed(reason=f"is neither a score from {limits} nor a code for a missing score")
        if not instrument.minimum <= number.value <= instrument.maximum:
            return Parsed(reason=f"is outside the scores the test can give, {limits}")
        if censored:
            return Parsed(Mark(number.value, "", "low" if censored[1] in "<≤" else "high"))
        at_bound = (
            {}
            if marked or instrument.score == "raw"
            else {instrument.minimum: "low", instrument.maximum: "high"}
        )
        return Parsed(Mark(number.value, "", at_bound.get(number.value, "")))

    return parse


def parse_age(text: str) -> Parsed:
    """An age as years:months (7:5, 7y 5m; 7:05:00 where a spreadsheet took it for a time): whole months.

    Decimals are refused: 7.5 may be seven and a half, or seven years and five months.
    """
    match = _AGE.fullmatch(text)
    if match is None:
        return Parsed(reason="is not an age as years:months, such as 7:05")
    years, months = int(match[1]), int(match[2])
    if months > 11 or not 2 <= years <= 20:
        return Parsed(reason="is not an age as years:months: years from 2 to 20, months from 0 to 11")
    return Parsed(12 * years + months)


def missing_code(text: str) -> bool:
    """Whether the text is a known code or word for a score that is missing."""
    return bool(_code(text, short_codes=False))


def _code(text: str, short_codes: bool) -> str:
    if word := _WORDS.get(text.casefold()):
        return word
    if text.upper() in _CODES:
        return text.upper()
    return OTHER_CODE if short_codes and _SHORT_CODE.fullmatch(text) else ""


def mostly_scores(texts: Iterable[str]) -> bool:
    """Whether at least half of a column's texts that are no known code are numbers, censored ones included.

    Only then may unknown letters be codes: in a column of another kind they may be a pupil's initials or
    name.
    """
    others = [text for text in texts if text and not _code(text, short_codes=False)]
    numbers = [text for text in others if not parse_number(text.lstrip("<>≤≥= ")).reason]
    return 2 * len(numbers) >= len(others)

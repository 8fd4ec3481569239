"""Scores with marks about them, as people and spreadsheets leave them: "104*", "104 (A)", "104,5"."""

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from evaluation.clean.parse import Parsed, Parser, parse_number
from evaluation.study import Instrument

MANY = 0.2
FEW = 3
ENOUGH, NARROWEST, WIDEST = 30, 0.4, 2.0

_MARKED = re.compile(
    r"['=]*\s*([<>≤≥]?=?\s*\d+(?:[.,]\d{1,2})?)\s*"
    r"(?:[*†‡#?!~^.]+|[(\[][A-Za-z*†‡?]{1,4}[)\]]|pts?\.?|points?|marks?)?",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"\d+(?:[.,]\d+)?\s*%", re.ASCII)


def tidy_score(text: str) -> str:
    """The number in a cell, a mark before or after it left aside and a decimal comma made a point."""
    match = _MARKED.fullmatch(text)
    return match[1].replace(",", ".") if match else text


def scale_doubt(texts: Iterable[str], instrument: Instrument) -> str:
    """What to say of a column whose numbers are not like the test's scores; "" when they may well be.

    Many outside the scale: percentiles or raw marks have numbers inside it too, which look right. Noughts far below all
    other numbers: absences, most likely. Far less or far more spread than the test's norm: another scale.
    """
    parsed = [parse_number(tidy_score(text).lstrip("<>≤≥= ")) for text in texts if text]
    numbers = np.array([number.value for number in parsed if not number.reason])
    outside = int(((numbers < instrument.minimum) | (numbers > instrument.maximum)).sum())
    if outside > MANY * len(numbers):
        return _OUTSIDE.format(outside, len(numbers))
    noughts = int((numbers == 0).sum())
    scored = numbers[numbers > 0]
    if (
        instrument.minimum == 0
        and noughts >= FEW
        and (not len(scored) or scored.min() > MANY * instrument.maximum)
    ):
        return _NOUGHTS.format(noughts)
    if instrument.norm_sd and len(numbers) >= ENOUGH:
        spread = float(numbers.std()) / instrument.norm_sd
        if not NARROWEST <= spread <= WIDEST:
            return _SPREAD.format(float(numbers.std()), instrument.norm_sd)
    return ""


_OUTSIDE = (
    "{:,} of the {:,} numbers in this column are outside the scores the test can give. Is it the "
    "right column, and are they scores and not raw marks or percentiles?"
)
_NOUGHTS = "{:,} scores are nought, and all others far above. Were these pupils absent? Then the cells should be empty."
_SPREAD = (
    "The numbers in this column have a standard deviation of {:.1f}; the test's is {:g}. Are they its scores?"
)


def tidied(parser: Parser, percent: bool) -> Parser:
    """A parser that tries a cell again without its marks; `percent` when the test's scores are percentages."""

    def parse(text: str) -> Parsed:
        result = parser(text)
        if not result.reason:
            return result
        if _PERCENT.fullmatch(text):
            if percent:
                return parser(text.rstrip("% ").replace(",", "."))
            return Parsed(reason="is a percentage, and the test's scores are not")
        plain = tidy_score(text)
        again = parser(plain) if plain != text else result
        if again.reason:
            return again
        return replace(again, remark="has marks beside the number, or a decimal comma; the number was used")

    return parse

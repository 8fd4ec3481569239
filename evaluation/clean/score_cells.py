"""Scores with marks about them, as people and spreadsheets leave them: "104*", "104 (A)", "104,5"."""

import re
from collections.abc import Iterable
from dataclasses import replace

from evaluation.clean.parse import Parsed, Parser, parse_number
from evaluation.study import Instrument

MANY = 0.2

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
    """What to say of a column many of whose numbers the test cannot give; "" when few or none are so.

    Percentiles or raw marks in place of scores have numbers inside the scale too, which look right.
    """
    parsed = [parse_number(tidy_score(text).lstrip("<>≤≥= ")) for text in texts if text]
    numbers = [number.value for number in parsed if not number.reason]
    outside = sum(not instrument.minimum <= number <= instrument.maximum for number in numbers)
    if outside <= MANY * len(numbers):
        return ""
    return (
        f"{outside:,} of the {len(numbers):,} numbers in this column are outside the scores the test can give. Is it the "
        "right column, and are they scores and not raw marks or percentiles?"
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

"""Scores with marks about them, as people and spreadsheets leave them: "104*", "104 (A)", "104,5"."""

import re
from dataclasses import replace

from evaluation.clean.parse import Parsed, Parser

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

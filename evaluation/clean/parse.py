"""One small function for each kind of cell: its value, or the reason it has none.

Each takes the text of a cell that is not empty, whitespace collapsed. A reason continues a sentence whose
subject is the cell, and never repeats what the cell holds: `issues.py` decides whether that may be shown.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaluation.clean.names import unscrambled
from evaluation.clean.upn import NO_NUMBER, has_upn_shape, is_valid, mended_upn, normalise_upn

_WHOLE = re.compile(r"(\d+)\.0+", re.ASCII)
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)
_BESIDE_NAME = re.compile(r"\s*(?:[(\[{][^)\]}]*[)\]}]|[*†‡#^~!]+$)")
_BESIDE_ANSWER = re.compile(r"(yes|no|y|n)\b\s*[-–—(:,;/].*", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_YEAR_GROUP = re.compile(
    r"(?:(?:national curriculum |nc )?year(?: group)?|yr|yg|y|nc)?[ .]*0*(\d{1,2})(?:\.0+)?", re.ASCII
)
_RECEPTION = {"r", "yr", "yr r", "year r", "reception", "rec", "fs2", "eyfs2", "foundation 2"}
_NURSERY = {"n", "n1", "n2", "nursery", "nursery 1", "nursery 2", "fs1", "eyfs1", "foundation 1", "e1", "e2"}
_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7"}
_WORDS |= {"eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13"}
_SEXES = {"m": "M", "male": "M", "boy": "M", "b": "M", "f": "F", "female": "F", "girl": "F", "g": "F"}
_NO_NAME = {"#n/a", "#ref!", "#value!", "#name?", "n/a", "not known", "unknown"}
_YES = {"y", "yes", "true", "t", "1", "1.0", "eligible"}
_NO = {"n", "no", "false", "f", "0", "0.0", "not eligible"}
_SEND = {
    "k": 1,
    "e": 1,
    "s": 1,
    "a": 1,
    "p": 1,
    "sen support": 1,
    "sen": 1,
    "school action": 1,
    "school action plus": 1,
    "a+": 1,
    "statement": 1,
    "ehc": 1,
    "ehcp": 1,
    "ehc plan": 1,
    "education, health and care plan": 1,
    "no sen provision": 0,
    "no special educational need": 0,
    "no sen": 0,
    "none": 0,
}
_SEND_CODES = _SEND | {"n": 0}  # as in "K - SEN Support"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A cell's value, or the reason it could not be accepted and whether its whole row is then refused.

    `remark` says, of a cell that was accepted, how it had to be read.
    """

    value: Any = None
    reason: str = ""
    refuses_row: bool = False
    remark: str = ""


Parser = Callable[[str], Parsed]


def parse_column(text: pd.Series, parser: Parser) -> pd.DataFrame:
    """A column's `value` (None where there is none), `reason` ("" where accepted), `refuses_row` and `remark`.

    Each distinct text is parsed once.
    """
    cells = text.tolist()
    parsed = {item: parser(item) if item else Parsed() for item in set(cells)}
    results = [parsed[item] for item in cells]
    return pd.DataFrame(
        {
            "value": pd.Series([result.value for result in results], index=text.index, dtype="object"),
            "reason": pd.Series([result.reason for result in results], index=text.index, dtype="str"),
            "refuses_row": pd.Series(
                [result.refuses_row for result in results], index=text.index, dtype="bool"
            ),
            "remark": pd.Series([result.remark for result in results], index=text.index, dtype="str"),
        }
    )


def parse_identifier(text: str) -> Parsed:
    """An identifier: text as it stands, but that a whole number loses the ".0" some exports add."""
    if _ROUNDED.fullmatch(text):
        return Parsed(reason="is a number that a spreadsheet has rounded: export it as text")
    whole = _WHOLE.fullmatch(text)
    return Parsed(whole[1] if whole else text)


def parse_upn(text: str) -> Parsed:
    """A unique pupil number whose check letter agrees, its letters O and I read as figures if it then does."""
    upn = normalise_upn(text)
    if is_valid(upn):
        return Parsed(upn)
    if upn in NO_NUMBER:
        return Parsed(remark=f"is the code {upn}, for a pupil without a number")
    if mended := mended_upn(upn):
        return Parsed(
            mended, remark="has a letter O or I for the figure 0 or 1; read so, as its check letter agrees"
        )
    if not has_upn_shape(upn):
        return Parsed(reason="is not a unique pupil number: a letter, 11 figures, and a figure or a letter")
    return Parsed(
        reason="is not a valid unique pupil number: its check letter does not agree with its figures"
    )


def parse_name(text: str) -> Parsed:
    """A name: letters, and few figures; one whose UTF-8 was read as cp1252 is put right."""
    if text.casefold() in _NO_NAME:
        return Parsed(reason="says that there is no name")
    if not any(mark.isalpha() for mark in text):
        return Parsed(reason="has no letters, so it is not a name")
    if text.startswith(("=", "#")):
        return Parsed(reason="is a formula or an error of a spreadsheet")
    if sum(mark.isdigit() for mark in text) > 2:
        return Parsed(reason="has figures in it, so it is not a name")
    plain = unscrambled(text)
    if plain != text:
        return Parsed(
            plain, remark="has letters scrambled by a wrong encoding; they were put right for linking"
        )
    bare = _BESIDE_NAME.sub("", text).strip()
    if bare != text and any(map(str.isalpha, bare)):
        return Parsed(bare, remark="has a mark, or something in brackets, beside the name; the name was used")
    return Parsed(text, remark=next((said for marks, said in _ODD if any(map(text.__contains__, marks))), ""))


_ODD = (
    ("\ufffd?", "has lost a letter to a wrong encoding; kept as it is"),
    ("&/+", "may hold two pupils' names; kept as it is"),
    ("0123456789", "has a figure in it; kept as it is"),
)


def parse_text(text: str) -> Parsed:
    """Any text."""
    return Parsed(text)


def parse_number(text: str) -> Parsed:
    """A plain decimal number."""
    if not _NUMBER.fullmatch(text):
        return Parsed(reason="is not a number")
    return Parsed(float(text))


def parse_sex(text: str) -> Parsed:
    """M or F."""
    value = _SEXES.get(text.casefold().partition(" - ")[0])
    return Parsed(value) if value else Parsed(reason="is neither M nor F")


def parse_yes_no(text: str) -> Parsed:
    """1 for yes, 0 for no."""
    word = text.casefold()
    if word in _YES | _NO:
        return Parsed(int(word in _YES))
    if beside := _BESIDE_ANSWER.fullmatch(word):
        return Parsed(int(beside[1] in _YES), remark="has more beside its yes or no, which was left aside")
    return Parsed(reason="is neither Y nor N")


def parse_send(text: str) -> Parsed:
    """1 for a special educational need or disability, by census code (N, K, E, older ones) or yes and no."""
    code, dash, _ = text.casefold().partition(" - ")
    value = _SEND.get(text.casefold(), _SEND_CODES.get(code) if dash else None)
    if value is not None:
        return Parsed(value)
    plain = parse_yes_no(text)
    return (
        Parsed(plain.value)
        if not plain.reason
        else Parsed(reason="is not a code for special needs: N, K, E, Y or 0, 1")
    )


def parse_year_group(study_groups: Iterable[str]) -> Parser:
    """A parser giving the study's own name for a year group written as Y4, Year 4, 04 or 4."""
    names = {_plain_year(name): name for name in study_groups}
    wanted = ", ".join(names.values())

    def parse(text: str) -> Parsed:
        plain = _plain_year(text)
        if plain in names:
            return Parsed(names[plain])
        if plain in ("n", "r") or (plain.isdigit() and int(plain) <= 13):
            return Parsed(reason=f"is a year group this study does not cover ({wanted})", refuses_row=True)
        return Parsed(reason=f"is not a year group. This study's are: {wanted}")

    return parse


def _plain_year(text: str) -> str:
    word = text.casefold()
    if word in _RECEPTION | _NURSERY:
        return "r" if word in _RECEPTION else "n"
    match = _YEAR_GROUP.fullmatch(word)
    return match[1] if match else _WORDS.get(word.removeprefix("year "), word)


def parse_choice(values: Iterable[str]) -> Parser:
    """A parser for an attribute with a list of values, upper and lower case alike."""
    known = {value.casefold(): value for value in values}

    def parse(text: str) -> Parsed:
        value = known.get(text.casefold())
        return Parsed(value) if value else Parsed(reason=f"is not one of: {', '.join(known.values())}")

    return parse

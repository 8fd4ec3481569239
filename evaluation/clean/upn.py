"""Unique pupil numbers and their check letter."""

import re
from collections.abc import Iterable

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(LETTERS)} | {
    str(figure): figure for figure in range(10)
}
# Codes of the looked-after collections for pupils without a number.
NO_NUMBER = frozenset(["UN1", "UN2", "UN3", "UN4", "UN5"])
_ALIKE = str.maketrans({"O": "0", "I": "1"})
UPN_SHAPE = rf"^[{LETTERS}][0-9]{{11}}[0-9{LETTERS}]$"


def normalise_upn(text: str) -> str:
    """A pupil number in upper case without spaces, hyphens or other marks."""
    return re.sub(r"[\W_]+", "", text).upper()


def has_upn_shape(upn: str) -> bool:
    """Whether a normalised number is a letter, 11 figures, and a figure or (temporary numbers) a letter."""
    return re.fullmatch(UPN_SHAPE, upn) is not None


def check_letter(upn: str) -> str:
    """The check letter that positions 2 to 13 of a well-shaped number call for.

    The Department for Education's rule: the sum of value x position, modulo 23, indexes the letters; a
    letter in the last position is valued by its place among them.
    """
    return LETTERS[sum(_VALUES[mark] * position for position, mark in enumerate(upn[1:], start=2)) % 23]


def is_valid(upn: str) -> bool:
    """Whether a normalised number has the shape of one and the check letter its figures call for."""
    return has_upn_shape(upn) and check_letter(upn) == upn[0]


def mended_upn(upn: str) -> str:
    """The number with the letters O and I, which no number has, and L among its figures, read as 0 and 1.

    "" when that changes nothing, or its check letter does not agree.
    """
    mended = upn[:1] + upn[1:12].replace("L", "1").translate(_ALIKE) + upn[12:].translate(_ALIKE)
    return mended if mended != upn and is_valid(mended) else ""


def numbers_note(texts: Iterable[str]) -> str:
    """What to say of a column of numbers: how many were tidied and how many are temporary; "" for neither."""
    tidied = temporary = 0
    for text in texts:
        upn = normalise_upn(text)
        if is_valid(upn):
            tidied += upn != text
            temporary += upn[-1].isalpha()
    counts = [
        (tidied, "Numbers with small letters, spaces or marks in them, which were read without"),
        (temporary, "Temporary numbers, which end in a letter and are replaced later"),
    ]
    return " ".join(f"{what}: {number:,}." for number, what in counts if number)

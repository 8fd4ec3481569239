"""Unique pupil numbers and their check letter."""

import re

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_VALUES = {letter: value for value, letter in enumerate(LETTERS)} | {
    str(figure): figure for figure in range(10)
}
UPN_SHAPE = rf"^[{LETTERS}][0-9]{{11}}[0-9{LETTERS}]$"


def normalise_upn(text: str) -> str:
    """A pupil number in upper case without spaces."""
    return "".join(text.split()).upper()


def has_upn_shape(upn: str) -> bool:
    """Whether a normalised number is a letter, 11 figures, and a figure or (temporary numbers) a letter."""
    return re.fullmatch(UPN_SHAPE, upn) is not None


def check_letter(upn: str) -> str:
    """The check letter that positions 2 to 13 of a well-shaped number call for.

    The Department for Education's rule: the sum of value x position, modulo 23, indexes the letters; a
    letter in the last position is valued by its place among them.
    """
    return LETTERS[sum(_VALUES[mark] * position for position, mark in enumerate(upn[1:], start=2)) % 23]

"""Unique pupil numbers and their check letter."""

import re

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_SHAPE = re.compile(rf"[{LETTERS}]\d{{11}}[\d{LETTERS}]", re.ASCII)


def normalise_upn(text: str) -> str:
    """A pupil number in upper case without spaces."""
    return "".join(text.split()).upper()


def has_upn_shape(upn: str) -> bool:
    """Whether a normalised number is a letter, 11 figures, and a figure or (temporary numbers) a letter."""
    return _SHAPE.fullmatch(upn) is not None


def check_letter(upn: str) -> str:
    """The check letter that positions 2 to 13 of a well-shaped number call for.

    The Department for Education's rule: the sum of value x position, modulo 23, indexes the letters; a
    letter in the last position is valued by its place among them.
    """
    values = (LETTERS.index(mark) if mark in LETTERS else int(mark) for mark in upn[1:])
    return LETTERS[sum(value * position for position, value in enumerate(values, start=2)) % 23]

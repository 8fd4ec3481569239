"""How numbers are written: the only place where anything is rounded."""

import math
from datetime import date

MINUS = "−"


def number(value: float, places: int = 1) -> str:
    """A plain number, with a true minus sign and never a negative nought."""
    text = f"{value:,.{places}f}"
    if float(text.replace(",", "")) == 0:
        text = text.removeprefix("-")
    return text.replace("-", MINUS)


def exact(value: float, places: int = 1) -> str:
    """A number that somebody chose: with the usual places, or as many as it was given."""
    return number(value, places) if round(value, places) == value else f"{value:,.12g}".replace("-", MINUS)


def count(value: float) -> str:
    """A whole number."""
    return f"{round(value):,}"


def size(value: float, places: int = 1) -> str:
    """A number without its sign."""
    return number(abs(value), places)


def interval(low: float, high: float, places: int = 1) -> str:
    """Both ends of an interval, for a table's cell."""
    return f"{number(low, places)} to {number(high, places)}"


def probability(value: float) -> str:
    """A p-value to three places; very small ones as a bound."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def percentage(value: float) -> str:
    """A proportion as a whole percentage."""
    return f"{number(100 * value, 0)}%"


def known(value: float | None) -> bool:
    """Whether there is a number to write."""
    return value is not None and not math.isnan(value)


def listed(words: list[str], joint: str = "and") -> str:
    """Words as a list in a sentence."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"


def capital(text: str) -> str:
    """The text with a capital to start a sentence."""
    return text[:1].upper() + text[1:]


def day(iso: str) -> str:
    """A day, such as 1 September 2025, from its ISO form."""
    given = date.fromisoformat(iso)
    return f"{given.day} {given:%B %Y}"

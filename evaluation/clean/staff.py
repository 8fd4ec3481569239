"""Who is who among staff, by whatever a register calls them."""

import re

import pandas as pd

from evaluation.clean.names import normalise_name

INITIALS = 3  # so few letters are many people's
_TITLES = frozenset(["mr", "mrs", "miss", "ms", "mx", "dr", "prof", "rev"])
# What registers write for a person that is no name.
_ROLES = frozenset(
    [
        "maths",
        "math",
        "mathematics",
        "lead",
        "leader",
        "teacher",
        "teaching",
        "assistant",
        "class",
        "head",
        "headteacher",
        "deputy",
        "senior",
        "school",
        "other",
    ]
)


def staff_names(persons: pd.Series) -> pd.Series:
    """What people are called, without titles, accents, case and the order of first and family name; NA for nobody."""
    known = {person: _plain(person) for person in persons.dropna().unique()}
    return persons.map(known).astype("str")


def name_words(person: str) -> list[str]:
    """The words of a person called by a name, without titles and roles; none for initials, a number or an address."""
    words = [word for word in person.replace(",", " ").split() if word.casefold() not in _TITLES | _ROLES]
    named = max(map(len, words), default=0) > INITIALS and not re.search(r"[\d@]", person)
    return words if named else []


def _plain(person: str) -> str | None:
    parts = [normalise_name(part) for part in re.split(r"[\s,.]+", person)]
    parts = [part for part in parts if part and part not in _TITLES]
    initials = all(len(part) == 1 for part in parts)
    return "".join(parts if initials else sorted(parts)) or None


def staff_keys(rows: pd.DataFrame, column: str) -> pd.Series:
    """A member of staff told from others: by name or number; by initials only within a school, but for a leader of many."""
    name = staff_names(rows[column])
    if column == "leader":
        return name
    own = (name.str.len() > INITIALS) | name.str.contains(r"\d", na=False)
    return name.where(own, name + "|" + rows["school"].fillna(""))

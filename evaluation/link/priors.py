"""What agreement says: for each comparison and level the share of true pairs (m) and of other pairs (u) that reach it.

A class of 28 cannot train these, so they are stored. docs/linkage.md says where each comes from. Names: u of an exact
agreement is the name's own frequency in the files at hand. School and year group: u is the chance that two rows of
the files at hand agree. Both say more than any stored figure could.
"""

from typing import NamedTuple


class Level(NamedTuple):
    """A level of a comparison: a condition on the columns of both sides (`_l`, `_r`), m, u, and the column of frequencies."""

    name: str
    condition: str
    m: float
    u: float
    frequency: str = ""


ELSE = "ELSE"


def similar(left: str, right: str, least: float) -> str:
    """A condition: one slip of a key in a name of four letters or more, or a Jaro-Winkler similarity."""
    slip = f"(least(length({left}), length({right})) >= 4 AND damerau_levenshtein({left}, {right}) <= 1)"
    return f"({slip} OR jaro_winkler_similarity({left}, {right}) >= {least})"


def within(left: str, right: str) -> str:
    """A condition: the parts of one name are among those of the other."""
    return f"(contains({left}, {right}) OR contains({right}, {left}))"


_SWAPPED = (
    f"({similar('surname_l', 'forename_r', 0.92)} AND {similar('forename_l', 'surname_r', 0.92)}) "
    "OR (whole_l = whole_r AND surname_l <> surname_r)"
)
_MOVED = "(forename_parts_l <> forename_parts_r AND list_has_all(string_split(trim({0}), ' '), string_split(trim({1}), ' ')))"
_PART_MOVED = f"({_MOVED.format('whole_l', 'whole_r')} OR {_MOVED.format('whole_r', 'whole_l')})"
_INITIAL = "left(forename_l, 1) = left(forename_r, 1)"
_SEVERAL = "contains(trim(forename_parts_l), ' ') AND contains(trim(forename_parts_r), ' ')"

SURNAME = (
    Level("same", "surname_l = surname_r", 0.89, 0.005, "surname"),
    # An exchange of both names is one event: what it says stands with the forename, and here only the surname's share.
    Level("exchanged", _SWAPPED, 0.9, 0.005),
    Level("part", f"{within('surname_parts_l', 'surname_parts_r')} OR {_PART_MOVED}", 0.025, 0.002),
    Level("similar", similar("surname_l", "surname_r", 0.92), 0.05, 0.004),
    Level("somewhat similar", "jaro_winkler_similarity(surname_l, surname_r) >= 0.8", 0.01, 0.02),
    Level("other", ELSE, 0.025, 0.97),
)
FORENAME = (
    Level("same", "forename_l = forename_r", 0.86, 0.006, "forename_key"),
    Level("exchanged", _SWAPPED, 0.01, 0.006),
    Level("variant", "forename_key_l = forename_key_r", 0.03, 0.006, "forename_key"),
    Level("part", within("forename_parts_l", "forename_parts_r"), 0.025, 0.004),
    # "Mohammed Hassan" and "Mohammed Hussain": brothers as soon as one pupil. A slip of one key is still a slip.
    Level(
        "other second name", f"{_SEVERAL} AND damerau_levenshtein(forename_l, forename_r) > 1", 0.004, 0.01
    ),
    Level("similar", f"{_INITIAL} AND {similar('forename_l', 'forename_r', 0.92)}", 0.045, 0.006),
    Level("initial", f"{_INITIAL} AND least(length(forename_l), length(forename_r)) = 1", 0.01, 0.002),
    Level(
        "somewhat similar",
        f"{_INITIAL} AND jaro_winkler_similarity(forename_l, forename_r) >= 0.8",
        0.008,
        0.02,
    ),
    # People seldom slip on a name's first letter, and give twins names that rhyme.
    Level("rhyming", similar("forename_l", "forename_r", 0.8), 0.004, 0.01),
    Level("other", ELSE, 0.012, 0.94),
)
BORN = (
    Level("same", "born_l = born_r", 0.94, 1 / 330),
    Level("day and month exchanged", "born_l = turned_r", 0.012, 1 / 900),
    Level("another year", "right(born_l, 4) = right(born_r, 4)", 0.008, 1 / 500),
    # What is entered where only the year is known.
    Level(
        "first of January",
        "left(born_l, 4) = left(born_r, 4) AND '0101' IN (right(born_l, 4), right(born_r, 4))",
        0.005,
        0.003,
    ),
    Level("one figure", "damerau_levenshtein(born_l, born_r) <= 1", 0.02, 0.03),
    Level(
        "another month or day",
        "left(born_l, 6) = left(born_r, 6) OR left(born_l, 4) || right(born_l, 2) = left(born_r, 4) || right(born_r, 2)",
        0.01,
        0.05,
    ),
    Level("other", ELSE, 0.008, 0.9),
)
SEX = (
    Level("same", "sex_l = sex_r", 0.985, 0.52),
    Level("other", ELSE, 0.015, 0.48),
)
# Both against the chance agreement in the files at hand.
SAME_SCHOOL = 0.95
SAME_COHORT = 0.97
# The share of records that have a true match somewhere, before anything is known of them.
MATCHED = 0.85

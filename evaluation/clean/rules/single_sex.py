"""Sexes that a school for one sex does not have."""

import pandas as pd

from evaluation.clean.issues import issues_at

_ONLY = {"boys": "M", "boy": "M", "m": "M", "male": "M", "girls": "F", "girl": "F", "f": "F", "female": "F"}


def single_sex(
    every: pd.DataFrame, register: pd.DataFrame | None, columns: pd.Series
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Leave empty the sex of a pupil whose school, by the register, is for the other.

    Where more than half of a school's pupils are so the register, or the whole column, is the more likely
    fault: each is noted, and nothing is changed.
    """
    if register is None or register["gender"].isna().all():
        return every, []
    only = register.set_index("school")["gender"].str.casefold().map(_ONLY).dropna()
    expected = every["school"].astype("str").map(only)
    other = every["sex"].notna() & expected.notna() & (every["sex"].astype("str") != expected)
    many = other.groupby([every["source"], every["school"]]).transform("mean") > 0.5
    few = other & ~many
    reason = "The school is for the other sex, by the register; the sex was left empty."
    doubt = "The school is for the other sex, by the register, but most of its pupils here are not. Nothing was changed."
    issues = [
        issues_at(every[few], "sex_of_school", "cell", reason, columns[few]),
        issues_at(every[other & many], "sex_of_school", "note", doubt, columns[other & many]),
    ]
    return every.assign(sex=every["sex"].mask(few)), issues

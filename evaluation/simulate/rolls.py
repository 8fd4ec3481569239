"""Which pupils are on which school's roll at each wave: those who move, those who join, and their numbers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.simulate.identities import check_letter, temporary, wrong_letter
from evaluation.simulate.schools import COMPARISON, SCHOOLS
from evaluation.simulate.truth import WAVES

RECEIVER = "9992004"
LEFT_BY_ONE = ("9992002", "9992110")  # one taking part, one comparison
JOINERS, TEMPORARY, WRONG_ON_ROLL = 2, 5, 2
NAMES = {school.laestab: school.name for school in SCHOOLS}


@dataclass(frozen=True, slots=True)
class Rolls:
    """The pupils on roll at each wave, `school` and `class` as they then are, and where pupils moved or joined.

    Attributes
    ----------
    waves : one frame a wave, indexed by the pupil's position in the population.
    moved, joined : positions of pupils at the receiving school by endline who were elsewhere, or nowhere, before.
    """

    waves: dict[str, pd.DataFrame]
    moved: list[int]
    joined: list[int]


def draw_rolls(rng: np.random.Generator, pupils: pd.DataFrame) -> Rolls:
    """Rolls at each wave: some pupils join or move to one school before the last, some numbers are unusual."""
    pupils = _unusual_numbers(rng, pupils).assign(school_name=pupils["school"].map(NAMES))
    settled = pupils.index[pupils[list(WAVES)].notna().all(axis=1)]
    moved = [_one(rng, pupils, settled, school) for school in LEFT_BY_ONE]
    here = settled[pupils.loc[settled, "school"] == RECEIVER]
    joined = [int(pupil) for pupil in rng.choice(here, size=JOINERS, replace=False)]
    last = pupils.copy()
    last.loc[moved, "school"], last.loc[moved, "school_name"] = RECEIVER, NAMES[RECEIVER]
    last.loc[moved, "class"] = last.loc[moved, "year_group"] + "A"
    before = pupils.drop(index=joined)
    return Rolls({"baseline": before, "midpoint": before, "endline": last}, moved, joined)


def _one(rng: np.random.Generator, pupils: pd.DataFrame, settled: pd.Index, school: str) -> int:
    return int(rng.choice(settled[pupils.loc[settled, "school"] == school]))


def _unusual_numbers(rng: np.random.Generator, pupils: pd.DataFrame) -> pd.DataFrame:
    """Temporary numbers for some pupils; for others a wrong check letter, everywhere they are listed."""
    comparison = [school.laestab for school in SCHOOLS if school.role == COMPARISON]
    able = pupils.index[~pupils["school"].isin(comparison)]
    who = rng.choice(able, size=TEMPORARY + WRONG_ON_ROLL, replace=False)
    upn = pupils["upn"].copy()
    upn[who[:TEMPORARY]] = upn[who[:TEMPORARY]].map(temporary)
    upn[who[TEMPORARY:]] = upn[who[TEMPORARY:]].map(wrong_letter)
    return pupils.assign(upn=upn)


def unusual_numbers(roll: pd.DataFrame) -> dict[str, int]:
    """How many numbers on a roll are temporary, and how many have a check letter that does not fit."""
    from_body = roll["upn"].str[1:].map(check_letter)
    return {
        "upn_temporary": int((~roll["upn"].str[-1].str.isdigit()).sum()),
        "upn_wrong_letter": int((roll["upn"].str[0] != from_body).sum()),
    }

"""Invented names, dates of birth and unique pupil numbers for synthetic pupils."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.simulate.schools import AUTHORITY

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
# The autumn in which the pupils of a year group started school, aged four.
STARTED = {"2": 2021, "4": 2019, "7": 2016}

FORENAMES = {
    "F": """Aaliyah Aisha Alice Amara Amelia Anaïs Anya Ava Beatrice Bethan Chloé Daisy Edith Eleanor Elif Ella
        Emily Erin Esmé Evie Fatima Florence Freya Grace Hana Hannah Harriet Imogen Isla Ivy Jasmine Jia Kadija
        Keira Lara Leila Lily Maisie Maya Mia Nadia Niamh Nora Olivia Phoebe Poppy Priya Renée Rosa Ruby Safiya
        Sara Siân Sophie Tilly Uma Violet Willow Yasmin Zoë""",
    "M": """Aarav Adam Ahmed Alfie André Archie Arjun Arlo Arthur Benjamin Bilal Caleb Callum Charlie Daniel David
        Dylan Edward Elijah Ethan Ewan Felix Finlay François Freddie George Hamza Harrison Harry Hugo Ibrahim
        Isaac Jack Jacob Jayden José Joshua Kai Kofi Leo Liam Logan Louis Luca Lucas Marcus Mohammed Noah Oliver
        Omar Oscar Reuben Rhys Ryan Samuel Seán Theo Toby Tyler William Yusuf Zachary""",
}
SURNAMES = """Abbott Adeyemi Ahmed Akhtar Allen Anderson Bailey Baker Begum Bell Bennett Beck Brown Burton Carter
    Chaudhry Chen Clarke Collins Cooper Cox D'Arcy D'Souza Davies Dixon Edwards Ellis Evans Fernández Fisher Fletcher
    Foster García Gibson Graham Gray Green Griffiths Hall Harris Hassan Hill Holmes Hughes Hunter Hussain Jackson
    James Johnson Jones Kaur Kelly Khan King Knight Lawson Lee Lewis Löwe Marshall Martin Mason Matthews Mensah Miller
    Mitchell Moore Morgan Murphy Murray Nguyen Núñez O'Brien O'Connor O'Neill Okafor Osei Owen Palmer Parker Patel
    Phillips Powell Price Rahman Richardson Roberts Robinson Rogers Russell Scott Shah Shaw Simpson Singh Smith
    Smith-Jones Stevens Stewart Taylor Thomas Thompson Turner Walker Walsh Ward Watson White Williams Wilson Wood
    Wright Young"""


def identify(rng: np.random.Generator, pupils: pd.DataFrame) -> pd.DataFrame:
    """`pupils` with upn, forename, surname and dob (datetime64); no two pupils share a full name."""
    upn = pd.Series(_numbers(pupils), index=pupils.index)
    forename = pd.Series("", index=pupils.index)
    surname = pd.Series("", index=pupils.index)
    for sex, names in FORENAMES.items():
        who = pupils.index[pupils["sex"] == sex]
        first, last = np.array(names.split()), np.array(SURNAMES.split())
        pair = rng.choice(len(first) * len(last), size=len(who), replace=False)
        forename[who], surname[who] = first[pair % len(first)], last[pair // len(first)]
    return pupils.assign(upn=upn, forename=forename, surname=surname, dob=_births(rng, pupils))


def _numbers(pupils: pd.DataFrame) -> list[str]:
    """Unique pupil numbers in the invented authority: school, year of starting school, serial number."""
    serial = pupils.groupby(["school", "year_group"], sort=False).cumcount() + 1
    rows = zip(pupils["school"], pupils["year_group"], serial, strict=True)
    bodies = (
        f"{AUTHORITY}{school[3:]}{STARTED[year] % 100:02d}{number:03d}" for school, year, number in rows
    )
    return [check_letter(body) + body for body in bodies]


def _births(rng: np.random.Generator, pupils: pd.DataFrame) -> npt.NDArray[np.datetime64]:
    """Dates of birth from 1 September to 31 August, the fifth year before starting school."""
    first = np.array([np.datetime64(f"{STARTED[year] - 5}-09-01") for year in pupils["year_group"]])
    return (first + rng.integers(0, 365, size=len(pupils))).astype("datetime64[ns]")


def check_letter(body: str) -> str:
    """The check letter of a unique pupil number's other twelve characters.

    LETTERS[sum over positions 2..13 of (value x position) mod 23]; a letter in position 13 (a temporary number)
    is valued by its place in LETTERS. Source: Department for Education, unique pupil numbers guide.
    """
    values = [int(mark) if mark.isdigit() else LETTERS.index(mark) for mark in body]
    return LETTERS[sum(value * position for position, value in enumerate(values, start=2)) % len(LETTERS)]


def temporary(upn: str) -> str:
    """A temporary number in place of a permanent one: a letter at the end, and its own check letter."""
    body = upn[1:-1] + LETTERS[int(upn[-1])]
    return check_letter(body) + body


def wrong_letter(upn: str) -> str:
    """The number with a check letter that does not fit the rest."""
    return LETTERS[(LETTERS.index(upn[0]) + 7) % len(LETTERS)] + upn[1:]

"""The pupils of the synthetic project and the scores they would be given, drawn from a seed."""

from math import sqrt

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.simulate.schools import SCHOOLS, TAKING_PART
from evaluation.simulate.truth import WAVES, Truth

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Generator = np.random.Generator

CLASS_SIZES = (22, 30)
EAL, SEND, SEND_DISADVANTAGED = 0.18, 0.13, 0.26


def draw_pupils(rng: Generator, truth: Truth) -> pd.DataFrame:
    """Every pupil of the project's year groups, school by school and class by class.

    Returns
    -------
    One row a pupil: `place` (the school's position in SCHOOLS), school, class, year_group, sex, disadvantaged,
    eal, send (0/1), then one column a wave: the score in whole points before censoring, NaN where there is none.
    """
    place, room, labels, years = _classes(rng)
    n = len(place)
    share = np.array([school.share for school in SCHOOLS])
    disadvantaged = (rng.random(n) < share[place]).astype(np.int64)
    scores = _scores(rng, truth, place, room, disadvantaged)
    odds = np.array(truth.missing)[:, disadvantaged].T
    scores[rng.random(scores.shape) < odds] = np.nan
    laestabs = np.array([school.laestab for school in SCHOOLS])
    return pd.DataFrame(
        {
            "place": place,
            "school": laestabs[place],
            "class": labels[room],
            "year_group": years[room],
            "sex": np.where(rng.random(n) < 0.5, "F", "M"),
            "disadvantaged": disadvantaged,
            "eal": (rng.random(n) < EAL).astype(np.int64),
            "send": (rng.random(n) < np.where(disadvantaged, SEND_DISADVANTAGED, SEND)).astype(np.int64),
            **dict(zip(WAVES, scores.T, strict=True)),
        }
    )


def _classes(rng: Generator) -> tuple[Integers, Integers, npt.NDArray, npt.NDArray]:
    """Each pupil's school and class as positions (n pupils), each class's label and year group (n classes)."""
    rooms = [
        (place, f"{year}{'ABCDEFGH'[number]}", year)
        for place, school in enumerate(SCHOOLS)
        for year in school.year_groups
        for number in range(school.classes)
    ]
    sizes = rng.integers(*CLASS_SIZES, endpoint=True, size=len(rooms))
    places, labels, years = (np.array(column) for column in zip(*rooms, strict=True))
    room = np.repeat(np.arange(len(rooms)), sizes)
    return places[room], room, labels, years


def _scores(rng: Generator, truth: Truth, place: Integers, room: Integers, disadvantaged: Integers) -> Floats:
    """Scores at each wave in whole points, uncensored and complete (n pupils x n waves)."""
    taking_part = np.array([school.role == TAKING_PART for school in SCHOOLS], dtype=float)
    reached = np.array(truth.reached)
    schools = carried(rng, truth, len(SCHOOLS), truth.school_sd, truth.intake * taking_part)
    gaps = truth.gap + carried(rng, truth, len(SCHOOLS), truth.gap_sd)
    gaps += np.outer(taking_part, truth.gap_change * reached)
    schools += truth.others_mean + np.outer(taking_part, truth.effect * reached)
    classes = carried(rng, truth, int(room[-1]) + 1, truth.class_sd)
    pupils = carried(rng, truth, len(place), truth.pupil_sd)
    return np.rint(schools[place] + gaps[place] * disadvantaged[:, None] + classes[room] + pupils)


def carried(rng: Generator, truth: Truth, n: int, sd: float, start: Floats | float = 0.0) -> Floats:
    """Deviations at each wave (n x n waves) of constant variance, each wave's carried on from the last.

    An autoregression: neighbouring waves correlate as the square root of `truth.correlation`, baseline and
    endline as `truth.correlation`. A mean of `start` at baseline fades likewise.
    """
    carry = sqrt(truth.correlation)
    fresh = sd * rng.standard_normal((n, len(WAVES)))
    waves = [start + fresh[:, 0]]
    for wave in range(1, len(WAVES)):
        waves.append(carry * waves[-1] + sqrt(1 - carry**2) * fresh[:, wave])
    return np.column_stack(waves)

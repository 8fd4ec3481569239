"""A synthetic study as the models see it, without files: for calibration over many seeds."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.simulate.population import draw_pupils
from evaluation.simulate.schools import SCHOOLS, SUPPORTING, TAKING_PART
from evaluation.simulate.truth import WAVES, Truth

SCHOOL_MEANS = ("baseline", "disadvantaged")


def analysis_data(seed: int, truth: Truth | None = None) -> pd.DataFrame:
    """The analysis table of one synthetic study, every pupil linked.

    Parameters
    ----------
    seed : the study's random seed; the same seed gives the same table.
    truth : what is true of the study; the demo study's own when absent.

    Returns
    -------
    One row a pupil, with the columns the analysis table of a real study has: pupil, school, class, year_group,
    sex, disadvantaged, eal, send, phase, role, cluster, joined_late, treated, the outcomes with their
    `_censored` flags, in_population, and school means and deviations of baseline and disadvantage.
    """
    truth = truth or Truth()
    table = draw_pupils(np.random.default_rng([seed, 0]), truth)
    place = table.pop("place").to_numpy()
    table.insert(0, "pupil", [f"synthetic-{number}" for number in range(len(table))])
    for name in ("phase", "role", "cluster"):
        table[name] = np.array([getattr(school, name) for school in SCHOOLS])[place]
    table["joined_late"] = False
    flags = ["disadvantaged", "eal", "send"]
    table[flags] = table[flags].astype(float)
    table["treated"] = (table["role"] == TAKING_PART).astype(int)
    for wave, (low, high) in zip(WAVES, truth.bounds, strict=True):
        score = table[wave]
        table[f"{wave}_censored"] = np.where(score < low, "low", np.where(score > high, "high", ""))
        table[wave] = score.clip(low, high)
    table["in_population"] = table["role"] != SUPPORTING
    for name in SCHOOL_MEANS:
        mean = _school_means(place, table[name].to_numpy(), table["in_population"].to_numpy())
        table[f"{name}_school"] = mean
        table[f"{name}_within"] = table[name] - mean
    return table


def _school_means(
    place: npt.NDArray[np.int64], values: npt.NDArray[np.float64], included: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Each pupil's school's mean over included pupils with a value; NaN where a school has none."""
    kept = included & ~np.isnan(values)
    count = np.bincount(place[kept], minlength=len(SCHOOLS)).astype(float)
    total = np.bincount(place[kept], weights=values[kept], minlength=len(SCHOOLS))
    means = np.full(len(SCHOOLS), np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return means[place]

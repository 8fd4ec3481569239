"""How finely the means of a run are given."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evaluation.disclose.rounding import step
from evaluation.impact import Results

STANDARD_SD = 15


@dataclass(frozen=True, slots=True)
class Precision:
    """For each outcome, `widths`: the range of scores that one pupil's must be left with, in the outcome's units."""

    widths: Mapping[str, float]

    def step(self, outcome: str, n: float) -> float:
        """The step to which a mean of `n` scores is rounded: one pupil moves it by less, whatever the pupil's score."""
        return step(self.widths[outcome] / n)


def precision(results: Results, score_width: float) -> Precision:
    """The precision of a release: a standardised point is a fifteenth of the norm's, else the project's, standard deviation."""
    table = results.tables["descriptives"]
    spread = table[(table["level"] == "project") & (table["split"] == "all")].set_index("outcome")["sd"]
    norms = {item["name"]: item["norm_sd"] for item in results.meta["outcomes"]}
    sds = {name: float(norm or spread.get(name, np.nan)) for name, norm in norms.items()}
    points = {name: (sd if np.isfinite(sd) else STANDARD_SD) / STANDARD_SD for name, sd in sds.items()}
    return Precision({name: score_width * point for name, point in points.items()})

"""How finely the figures of a run are given: the policy's width in each outcome's units, and the run's salt."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evaluation.disclose.rounding import blurred_count, blurred_mean, step, to_step
from evaluation.impact import Results

STANDARD_SD = 15


@dataclass(frozen=True, slots=True)
class Precision:
    """What rounding rests on.

    Attributes
    ----------
    widths
        For each outcome, the range of scores that one pupil's must be left with, in the outcome's units.
    salt
        Seeds the small random changes of this run.
    blur
        Whether figures by disadvantage have one.
    """

    widths: Mapping[str, float]
    salt: bytes
    blur: bool

    def step(self, outcome: str, n: float) -> float:
        """The step to which a mean of `n` scores is rounded: one pupil moves it by less, whatever the pupil's score."""
        return step(self.widths[outcome] / n)

    def blurs(self, level: str, split: str) -> bool:
        """Whether a split's figures carry a random change: by disadvantage, but not in a school's own pack."""
        return self.blur and "disadvantaged" in split

    def count(self, n: int, cell: str) -> int:
        """A blurred count."""
        return blurred_count(n, self.salt, cell)

    def mean(self, value: float, n: int, outcome: str, cell: str) -> float:
        """A blurred mean, to the finest step."""
        return to_step(blurred_mean(value, n, self.widths[outcome], self.salt, cell), step(0))


def precision(results: Results, score_width: float, blur: bool) -> Precision:
    """The precision of a release: a standardised point is a fifteenth of the norm's, else the project's, standard deviation."""
    table = results.tables["descriptives"]
    spread = table[(table["level"] == "project") & (table["split"] == "all")].set_index("outcome")["sd"]
    norms = {item["name"]: item["norm_sd"] for item in results.meta["outcomes"]}
    sds = {name: float(norm or spread.get(name, np.nan)) for name, norm in norms.items()}
    points = {name: (sd if np.isfinite(sd) else STANDARD_SD) / STANDARD_SD for name, sd in sds.items()}
    return Precision({name: score_width * point for name, point in points.items()}, results.salt, blur)

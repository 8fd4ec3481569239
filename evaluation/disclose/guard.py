"""The last pupil's score: what somebody who knows every other pupil of a school can make of its figures.

Each figure shown is, to them, the missing pupil's scores times known weights, give or take half the step it is rounded to.
Where all the figures about the same pupils together leave a range narrower than the policy's, one of them is given more coarsely.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from evaluation.disclose.rounding import next_step, step, to_step

COARSEST = 20.0


@dataclass(slots=True)
class Figure:
    """A figure about pupils of one school.

    Attributes
    ----------
    name
        What stands for it: its table, its school, and what tells the school's figures apart.
    value
        At full precision.
    weights
        Of one pupil's score on each outcome in the figure: 1 / n for a mean.
    about
        The group the pupils are in, by split: {"year_group": "year 4"}; empty for all the school's.
    step
        What it is rounded to.
    shown
        The value published; None when it is withheld.
    fixed
        Whether it was published before, and so stays as it is.
    """

    name: tuple[str, ...]
    value: float
    weights: Mapping[str, float]
    about: Mapping[str, str]
    step: float = 0.0
    shown: float | None = None
    fixed: bool = False

    def keep_to(self, widths: Mapping[str, float], before: tuple[float, float] | None) -> None:
        """Round it as finely as one pupil's part in it allows, or as it was published before, to the step it had."""
        if before is not None:
            (self.shown, self.step), self.fixed = before, True
            return
        self.step = step(max(widths[name] * abs(weight) for name, weight in self.weights.items()))
        self.shown = to_step(self.value, self.step)

    def coarsen(self) -> None:
        """Give it to the next step, or not at all."""
        self.step = next_step(self.step)
        self.shown = to_step(self.value, self.step) if self.step <= COARSEST else None


def guard(figures: Sequence[Figure], widths: Mapping[str, float]) -> None:
    """Coarsen figures of one school until no pupil's score on any outcome can be told to within the width.

    Parameters
    ----------
    figures
        Of one school, changed in place.
    widths
        For each outcome the range of scores that must stay possible, in the outcome's units.
    """
    chains = [
        [item for item in figures if all(about.get(split) == group for split, group in item.about.items())]
        for about in _kinds(figures)
    ]
    # A figure given more coarsely may cut a range that was wide enough, so every chain is looked at until none is tight.
    while any(_loosen(chain, widths) for chain in chains):
        pass


def _loosen(chain: Sequence[Figure], widths: Mapping[str, float]) -> bool:
    """Coarsen a chain until it leaves the widths, or nothing in it can give way; whether anything was coarsened."""
    coarsened = False
    while (tight := _tight(chain, widths)) is not None:
        loose = [
            item for item in chain if not item.fixed and item.shown is not None and tight in item.weights
        ]
        if not loose:
            return coarsened
        min(reversed(loose), key=lambda item: item.step / abs(item.weights[tight])).coarsen()
        coarsened = True
    return coarsened


def _kinds(figures: Sequence[Figure]) -> list[dict[str, str]]:
    """The kinds of pupil that figures tell apart: every combination of a group of each split."""
    kinds: list[dict[str, str]] = [{}]
    for split in sorted({name for item in figures for name in item.about}):
        groups = sorted({item.about[split] for item in figures if split in item.about})
        kinds = [{**kind, split: group} for kind in kinds for group in groups]
    return kinds


def _tight(chain: Sequence[Figure], widths: Mapping[str, float]) -> str | None:
    """An outcome of which the chain leaves too narrow a range, or None."""
    shown = [item for item in chain if item.shown is not None]
    for outcome, width in widths.items():
        if any(outcome in item.weights for item in shown) and spread(shown, outcome) < width * (1 - 1e-6):
            return outcome
    return None


def spread(figures: Sequence[Figure], outcome: str) -> float:
    """The width of the range of the pupil's score on an outcome that figures shown leave possible."""
    outcomes = sorted({name for item in figures for name in item.weights})
    rows = np.array([[item.weights.get(name, 0.0) for name in outcomes] for item in figures])
    error = np.array([(item.shown or 0.0) - item.value for item in figures])
    half = np.array([item.step / 2 for item in figures]) + 1e-9
    found = []
    for sign in (1, -1):
        goal = np.array([sign * (name == outcome) for name in outcomes], dtype=float)
        ends = linprog(
            goal, np.vstack([rows, -rows]), np.concatenate([error + half, half - error]), bounds=(None, None)
        )
        if ends.status == 3:
            return np.inf
        found.append(sign * ends.fun)
    return float(found[1] - found[0])

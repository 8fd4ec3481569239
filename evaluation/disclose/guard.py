"""The last pupil's score: what somebody who knows every other pupil of a school can make of its figures.

Each figure shown is, to them, the missing pupil's score times a known weight, give or take half the step it is rounded to.
Where all the figures about the same pupils together leave a range narrower than the policy's, one of them is given more coarsely.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from evaluation.disclose.rounding import next_step, step, to_step

COARSEST = 20.0
ROUNDING = 1e-9  # of what is shown, in the computer's numbers


@dataclass(slots=True)
class Figure:
    """A figure about pupils of one school.

    Attributes
    ----------
    name
        What stands for it: its table, its school, and what tells the school's figures apart.
    value
        At full precision.
    outcome
        The outcome whose scores it is made of.
    weight
        Of one pupil's score in it, above 0: 1 / n for a mean.
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
    outcome: str
    weight: float
    about: Mapping[str, str]
    step: float = 0.0
    shown: float | None = None
    fixed: bool = False

    def keep_to(self, widths: Mapping[str, float], before: tuple[float, float] | None) -> None:
        """Round it as finely as one pupil's part in it allows, or as it was published before, to the step it had."""
        if before is not None:
            (self.shown, self.step), self.fixed = before, True
            return
        self.step = step(widths[self.outcome] * self.weight)
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
        [item for item in figures if item.outcome == outcome and _in(about, item)]
        for outcome in widths
        for about in _kinds(figures)
    ]
    # A figure given more coarsely may cut a range that was wide enough, so every chain is looked at until none is tight.
    while any(_loosen(chain, widths[chain[0].outcome]) for chain in chains if chain):
        pass


def _kinds(figures: Sequence[Figure]) -> list[dict[str, str]]:
    """The kinds of pupil that figures tell apart: every combination of a group of each split."""
    kinds: list[dict[str, str]] = [{}]
    for split in sorted({name for item in figures for name in item.about}):
        groups = sorted({item.about[split] for item in figures if split in item.about})
        kinds = [{**kind, split: group} for kind in kinds for group in groups]
    return kinds


def _in(kind: Mapping[str, str], figure: Figure) -> bool:
    """Whether a figure is about pupils of a kind, among others."""
    return all(kind.get(split) == group for split, group in figure.about.items())


def _loosen(chain: Sequence[Figure], width: float) -> bool:
    """Coarsen a chain until it leaves the width, or nothing in it can give way; whether anything was coarsened."""
    coarsened = False
    while spread([item for item in chain if item.shown is not None]) < width * (1 - 1e-6):
        loose = [item for item in chain if not item.fixed and item.shown is not None]
        if not loose:
            return coarsened
        min(reversed(loose), key=lambda item: item.step / item.weight).coarsen()
        coarsened = True
    return coarsened


def spread(figures: Sequence[Figure]) -> float:
    """The width of the range of a pupil's score that figures shown of one outcome leave possible, the pupil in all of them."""
    low, high = -inf, inf
    for item in figures:
        off, half = (item.shown or 0.0) - item.value, item.step / 2 + ROUNDING
        low, high = max(low, (off - half) / item.weight), min(high, (off + half) / item.weight)
    return high - low

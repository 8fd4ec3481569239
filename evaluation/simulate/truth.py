"""What is true of the synthetic project: its effects and variances, and what the headline should find."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import norm

from evaluation.simulate.schools import SCHOOLS, TAKING_PART

WAVES = ("baseline", "midpoint", "endline")


@dataclass(frozen=True, slots=True)
class Truth:
    """The parameters of the synthetic project; effects in points of a test with mean 100 and sd 15.

    Attributes
    ----------
    others_mean : mean of pupils who are not disadvantaged, in a school of average intake.
    school_share, class_share : shares of the variance between schools, and between classes in a school.
    correlation : of baseline with endline, the same between schools, between classes and between pupils.
    gap : disadvantaged pupils minus others, before the project.
    gap_sd : standard deviation of the gap from school to school.
    effect : of taking part, on pupils who are not disadvantaged, at endline.
    gap_change : what taking part adds for disadvantaged pupils, at endline.
    reached : the part of the effect there at each wave.
    intake : taking-part schools at baseline, minus comparison schools of the same disadvantage. It fades as
        `correlation` does, so that schools are comparable given their baseline.
    bounds : lowest and highest score given as a number at each wave; beyond them a score is censored.
    missing : share of pupils without a score at each wave (pupils who are not disadvantaged, disadvantaged).
    """

    sd: float = 15.0
    others_mean: float = 101.5
    school_share: float = 0.09
    class_share: float = 0.04
    correlation: float = 0.65
    gap: float = -6.0
    gap_sd: float = 1.0
    effect: float = 2.0
    gap_change: float = 0.75
    reached: tuple[float, float, float] = (0.0, 0.5, 1.0)
    intake: float = -2.0
    bounds: tuple[tuple[int, int], ...] = ((70, 130), (69, 141), (70, 130))
    missing: tuple[tuple[float, float], ...] = ((0.015, 0.03), (0.025, 0.045), (0.035, 0.055))

    @property
    def school_sd(self) -> float:
        """Standard deviation between schools, in points."""
        return self.sd * sqrt(self.school_share)

    @property
    def class_sd(self) -> float:
        """Standard deviation between classes of a school, in points."""
        return self.sd * sqrt(self.class_share)

    @property
    def pupil_sd(self) -> float:
        """Standard deviation between pupils of a class who are alike in disadvantage, in points."""
        shares = np.array([school.share for school in SCHOOLS])
        of_gap = self.gap**2 * float(np.mean(shares * (1 - shares)))
        return sqrt(self.sd**2 * (1 - self.school_share - self.class_share) - of_gap)


@dataclass(frozen=True, slots=True)
class Estimands:
    """The true values of the plan's two questions, in points of the recorded endline score.

    Attributes
    ----------
    headline : average effect of taking part over the pupils of taking-part schools.
    gap_change : the effect on disadvantaged pupils minus the effect on others, over the same schools.
    """

    headline: float
    gap_change: float


def estimands(truth: Truth) -> Estimands:
    """What the plan's questions should find, on the scale the scores are recorded on.

    Rounding leaves means alone, but a score held at the lowest or highest value cannot show the whole effect,
    so these are a little below the effects on the underlying scale. They are expectations over pupils,
    classes and schools, exact for normal scores.
    """
    schools = [school for school in SCHOOLS if school.role == TAKING_PART]
    weights = np.array([school.classes * len(school.year_groups) for school in schools], dtype=float)
    shares = np.array([school.share for school in schools])
    mean = truth.others_mean + truth.intake * truth.correlation
    variance = truth.school_sd**2 + truth.class_sd**2 + truth.pupil_sd**2
    others = _recorded_effect(truth, mean, sqrt(variance), truth.effect)
    disadvantaged = _recorded_effect(
        truth, mean + truth.gap, sqrt(variance + truth.gap_sd**2), truth.effect + truth.gap_change
    )
    share = float(np.average(shares, weights=weights))
    return Estimands(
        headline=(1 - share) * others + share * disadvantaged,
        gap_change=disadvantaged - others,
    )


def _recorded_effect(truth: Truth, mean: float, sd: float, effect: float) -> float:
    low, high = truth.bounds[-1]
    return recorded_mean(mean + effect, sd, low, high) - recorded_mean(mean, sd, low, high)


def recorded_mean(mean: float, sd: float, low: int, high: int) -> float:
    """The mean of a normal score rounded to whole points and held between `low` and `high`.

    E[Y] = low + the sum over k = low + 1 .. high of P(Y >= k).
    """
    steps = np.arange(low + 1, high + 1) - 0.5
    return low + float(norm.sf(steps, loc=mean, scale=sd).sum())

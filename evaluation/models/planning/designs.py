"""The designs a power calculation knows: one function each, giving degrees of freedom and standard error.

Names, standard errors and degrees of freedom are Dong and Maynard's (PowerUp!, J. Res. Educ. Effectiveness 6:24-67, 2013),
in lower case; the gap's are Dong, Kelcey and Spybrook's for a moderator at the lowest level (Spybrook, Kelcey and Dong,
J. Educ. Behav. Stat. 41:605-627, 2016; J. Exp. Educ. 86:489-514, 2018). docs/power.md has them in one table.

Effects and standard errors are in standard deviations of the outcome. Arguments mean the same in every design:

n : units, all of them in `ira1`, otherwise in each cluster (the harmonic mean if unequal)
J : clusters, all of them in a design of two levels, otherwise in each cluster of the level above
K : clusters of the third level
p : share of what is allocated that goes to treatment
icc, icc_3 : share of the outcome's variance between clusters at level 2, at level 3
r2_1, r2_2, r2_3 : share of each level's variance that covariates explain
g : covariates at the level of the degrees of freedom (the allocated level, or the random blocks')
omega, omega_3 : variance of the effect between clusters at level 2, at level 3, over the outcome's variance between them
r2_t2, r2_t3 : share of the effect's variance that covariates of that level explain
share : share of the units of a cluster on the one side of the gap
slope_variance, slope_variance_3 : variance of the gap between clusters at level 2, at level 3, over the outcome's variance
sd_change : standard deviation between clusters of their changes
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Precision:
    """What a design can tell: degrees of freedom of the test, and standard error of the effect in standard deviations."""

    df: float
    std_error: float


def ira1(*, n: float, p: float = 0.5, r2_1: float = 0.0, g: float = 0) -> Precision:
    """Single units allocated (model 1)."""
    return Precision(n - g - 2, sqrt((1 - r2_1) / (p * (1 - p) * n)))


def bira2_1c(*, n: float, J: float, p: float = 0.5, r2_1: float = 0.0, g: float = 0) -> Precision:
    """Units allocated within blocks: block dummies and one effect for all (model 2.1)."""
    return Precision(J * (n - 1) - g - 1, sqrt((1 - r2_1) / (p * (1 - p) * J * n)))


def bira2_1f(*, n: float, J: float, p: float = 0.5, r2_1: float = 0.0, g: float = 0) -> Precision:
    """Units allocated within blocks: an effect for each block, about these blocks alone (model 2.2)."""
    return Precision(J * (n - 2) - g, sqrt((1 - r2_1) / (p * (1 - p) * J * n)))


def bira2_1r(
    *,
    n: float,
    J: float,
    icc: float,
    omega: float,
    p: float = 0.5,
    r2_1: float = 0.0,
    r2_t2: float = 0.0,
    g: float = 0,
) -> Precision:
    """Units allocated within blocks, whose effects vary at random (model 2.3)."""
    variance = icc * omega * (1 - r2_t2) + (1 - icc) * (1 - r2_1) / (p * (1 - p) * n)
    return Precision(J - g - 1, sqrt(variance / J))


def bira3_1r(
    *,
    n: float,
    J: float,
    K: float,
    icc: float,
    icc_3: float,
    omega: float,
    omega_3: float,
    p: float = 0.5,
    r2_1: float = 0.0,
    r2_t2: float = 0.0,
    r2_t3: float = 0.0,
    g: float = 0,
) -> Precision:
    """Units allocated within clusters within blocks, the effects of both varying at random (model 2.4)."""
    units = (1 - icc - icc_3) * (1 - r2_1) / (p * (1 - p) * n)
    variance = icc_3 * omega_3 * (1 - r2_t3) + (icc * omega * (1 - r2_t2) + units) / J
    return Precision(K - g - 1, sqrt(variance / K))


def cra2(
    *, n: float, J: float, icc: float, p: float = 0.5, r2_1: float = 0.0, r2_2: float = 0.0, g: float = 0
) -> Precision:
    """Clusters allocated (model 3.1)."""
    variance = icc * (1 - r2_2) + (1 - icc) * (1 - r2_1) / n
    return Precision(J - g - 2, sqrt(variance / (p * (1 - p) * J)))


def cra3(
    *,
    n: float,
    J: float,
    K: float,
    icc: float,
    icc_3: float,
    p: float = 0.5,
    r2_1: float = 0.0,
    r2_2: float = 0.0,
    r2_3: float = 0.0,
    g: float = 0,
) -> Precision:
    """Top clusters of three levels allocated (model 3.2)."""
    units = (1 - icc - icc_3) * (1 - r2_1) / n
    variance = icc_3 * (1 - r2_3) + (icc * (1 - r2_2) + units) / J
    return Precision(K - g - 2, sqrt(variance / (p * (1 - p) * K)))


def bcra3_2f(
    *,
    n: float,
    J: float,
    K: float,
    icc: float,
    p: float = 0.5,
    r2_1: float = 0.0,
    r2_2: float = 0.0,
    g: float = 0,
) -> Precision:
    """Clusters allocated within blocks: an effect for each block, about these blocks alone (model 4.1).

    Here `icc` is a share of the variance within blocks.
    """
    variance = icc * (1 - r2_2) + (1 - icc) * (1 - r2_1) / n
    return Precision(K * (J - 2) - g, sqrt(variance / (p * (1 - p) * J * K)))


def bcra3_2r(
    *,
    n: float,
    J: float,
    K: float,
    icc: float,
    icc_3: float,
    omega_3: float,
    p: float = 0.5,
    r2_1: float = 0.0,
    r2_2: float = 0.0,
    r2_t3: float = 0.0,
    g: float = 0,
) -> Precision:
    """Clusters allocated within blocks, whose effects vary at random (model 4.2)."""
    units = (1 - icc - icc_3) * (1 - r2_1) / n
    variance = icc_3 * omega_3 * (1 - r2_t3) + (icc * (1 - r2_2) + units) / (p * (1 - p) * J)
    return Precision(K - g - 1, sqrt(variance / K))


def cra2_gap(
    *, n: float, J: float, icc: float, share: float, slope_variance: float, p: float = 0.5, r2_1: float = 0.0
) -> Precision:
    """Clusters allocated; the effect on the one side of a gap between units less that on the other.

    The df are J - 2 with a random slope; without one they are those of the units, n J - J - 2.
    """
    units = (1 - icc) * (1 - r2_1) / (share * (1 - share) * n)
    df = J - 2 if slope_variance > 0 else n * J - J - 2
    return Precision(df, sqrt((slope_variance + units) / (p * (1 - p) * J)))


def cra3_gap(
    *,
    n: float,
    J: float,
    K: float,
    icc: float,
    icc_3: float,
    share: float,
    slope_variance: float,
    slope_variance_3: float,
    p: float = 0.5,
    r2_1: float = 0.0,
) -> Precision:
    """Top clusters of three levels allocated; the effect on the one side of a gap between units less that on the other.

    The df are those of the highest level at which the gap varies: K - 2, J K - K - 2, or n J K - J K - K - 2.
    """
    units = (1 - icc - icc_3) * (1 - r2_1) / (share * (1 - share) * n)
    variance = slope_variance_3 + (slope_variance + units) / J
    df = J * K - K - 2 if slope_variance > 0 else n * J * K - J * K - K - 2
    return Precision(K - 2 if slope_variance_3 > 0 else df, sqrt(variance / (p * (1 - p) * K)))


def change(*, J: float, sd_change: float) -> Precision:
    """Nothing allocated and nobody compared with: the mean of clusters' changes, by Student's t for one sample."""
    return Precision(J - 1, sd_change / sqrt(J))


DESIGNS: dict[str, Callable[..., Precision]] = {
    "ira1": ira1,
    "bira2_1c": bira2_1c,
    "bira2_1f": bira2_1f,
    "bira2_1r": bira2_1r,
    "bira3_1r": bira3_1r,
    "cra2": cra2,
    "cra3": cra3,
    "bcra3_2f": bcra3_2f,
    "bcra3_2r": bcra3_2r,
    "cra2-gap": cra2_gap,
    "cra3-gap": cra3_gap,
    "change": change,
}

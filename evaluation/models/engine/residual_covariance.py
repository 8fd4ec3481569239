"""The residual covariance of two responses: how sums over rows with both, or only one, combine under it.

R = [[r11, r21], [r21, r22]]. A row with both responses adds C'R^-1 C, which is linear in the entries of W = R^-1; a row with
one alone adds its own over r11 or r22. So five sums are weighed by functions of R, whose derivatives are plain:
dW = -W E W for a change E of R.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.models.engine.elimination import Jet, Key, directions

# A determinant below this, of responses of unit size, is nothing.
NOTHING = 1e-12


@dataclass(frozen=True, slots=True)
class Weighing:
    """Weights (5,) of the sums, and log|R| over all rows, with derivatives in (r11, r21, r22) under keys from `first` on."""

    weights: dict[Key, np.ndarray]
    logdet: dict[Key, float]


def weigh(r: np.ndarray, counts: Sequence[int], first: int) -> Weighing:
    """Weights of the sums of [both: 11, both: 12 and 21, both: 22, first alone: 11, second alone: 22].

    Parameters
    ----------
    r : ndarray, shape (2, 2)
    counts : sequence of int
        Rows with both, with the first alone, and with the second alone.
    first : int
        The number of r11 among the parameters; r21 and r22 follow.

    Raises
    ------
    LinAlgError
        When R is singular.
    """
    if np.linalg.det(r) < NOTHING:
        raise np.linalg.LinAlgError("the residual covariance is singular")
    w, units = np.linalg.inv(r), directions((2,))
    both, alone = counts[0], np.array(counts[1:])
    diagonal = np.diag(r)
    inside = [np.diag(unit) for unit in units]
    weights: dict[Key, np.ndarray] = {(): _five(w, 1 / diagonal)}
    logdet: dict[Key, float] = {(): float(both * np.linalg.slogdet(r)[1] + alone @ np.log(diagonal))}
    for i, unit in enumerate(units):
        turned = w @ unit @ w
        weights[first + i,] = _five(-turned, -inside[i] / diagonal**2)
        logdet[first + i,] = float(both * np.vdot(w, unit) + alone @ (inside[i] / diagonal))
        for j in range(i, len(units)):
            bent = turned @ units[j] @ w
            square = inside[i] * inside[j]
            weights[first + i, first + j] = _five(bent + bent.T, 2 * square / diagonal**3)
            trace = -both * np.vdot(turned, units[j]) - alone @ (square / diagonal**2)
            logdet[first + i, first + j] = float(trace)
    return Weighing(weights, logdet)


def _five(w: np.ndarray, alone: np.ndarray) -> np.ndarray:
    return np.array([w[0, 0], w[0, 1], w[1, 1], *alone])


def combine(weighing: Weighing, sums: np.ndarray) -> Jet:
    """The weighted sum of five sums (5, ...), with its derivatives."""
    return {key: np.tensordot(weight, sums, 1) for key, weight in weighing.weights.items()}

"""A wild bootstrap's p as a function of the value under test.

The value is measured from the estimate, tau = (estimate - value) / standard error, so that tau is the data's own t (both
without CR1's factor, which cancels). Imposing the value makes the scores linear in tau, and each pattern of weights gives

    t*(tau) = (a + b tau) / root(d0 + 2 d1 tau + d2 tau^2).

So |t*| = |tau| is a quartic in tau. Its real roots are the only places where p jumps: they are found for every pattern,
and p is known everywhere without a grid.
"""

from dataclasses import dataclass

import numpy as np

# Tied when the two sides of (a + b tau)^2 = tau^2 (d0 + 2 d1 tau + d2 tau^2), in units of the squared standard error,
# differ by less than this, or this share of the right: far above rounding error, far below the gap between patterns that
# truly differ. Both sides are squares, since the root of a variance that is zero but for rounding is not near zero.
TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Patterns:
    """The bootstrap t of each pattern of weights. Each part is an ndarray of shape (B,)."""

    a: np.ndarray
    b: np.ndarray
    d0: np.ndarray
    d1: np.ndarray
    d2: np.ndarray


def tally(found: Patterns, tau: float) -> tuple[int, int]:
    """How many patterns' |t*| is above |tau|, and how many are tied with it."""
    threshold = tau**2 * (found.d0 + 2 * found.d1 * tau + found.d2 * tau**2)
    gap = (found.a + found.b * tau) ** 2 - threshold
    tolerance = TIE * np.maximum(threshold, 1)
    return int((gap > tolerance).sum()), int((np.abs(gap) <= tolerance).sum())


def accepted(found: Patterns, alpha: float) -> tuple[tuple[float, float], ...]:
    """All tau with p >= alpha, ties counted as half: ascending pieces (low, high), the outer ends perhaps infinite.

    Single values, at which patterns tie that differ on either side, are passed over.
    """
    jumps, p = _curve(found)
    edges = np.concatenate([[-np.inf], jumps, [np.inf]])
    # Jumps closer than this are one, parted by rounding. The other tolerance is alpha's, which is 1 less a decimal.
    wide = np.diff(edges) > TIE
    low, high, inside = edges[:-1][wide], edges[1:][wide], p[wide] >= alpha - TIE
    change = np.diff(inside.astype(int), prepend=0, append=0)
    return tuple(zip(low[change[:-1] == 1].tolist(), high[change[1:] == -1].tolist(), strict=True))


def _curve(found: Patterns) -> tuple[np.ndarray, np.ndarray]:
    """Where p jumps, in ascending tau (K,), and p between the jumps (K + 1,).

    A pattern that changes nothing, such as the data's own, has no term left in its quartic, and is tied throughout.
    """
    quartics = _quartics(found)
    differs = quartics.any(axis=0)
    quartics = quartics[:, differs]
    roots = _real_roots(quartics)
    below, beyond = roots[:1] - 1 - np.abs(roots[:1]), roots[-1:] + 1 + np.abs(roots[-1:])
    points = np.vstack([below, (roots[1:] + roots[:-1]) / 2, beyond])
    above = np.polynomial.polynomial.polyval(points, quartics[:, None], tensor=False) > 0
    order = np.argsort(roots, axis=None)
    steps = np.diff(above.astype(int), axis=0).ravel()[order]
    first = above[0].sum() + np.count_nonzero(~differs) / 2
    return roots.ravel()[order], (first + np.concatenate([[0], np.cumsum(steps)])) / differs.size


def _quartics(found: Patterns) -> np.ndarray:
    """(a + b tau)^2 - tau^2 (d0 + 2 d1 tau + d2 tau^2), positive where |t*| > |tau|: (5, B), lowest power first.

    What is zero but for rounding is made so.
    """
    a = np.where(np.abs(found.a) > TIE, found.a, 0.0)
    bends = found.d2 > TIE**2
    square = found.b**2 - found.d0
    square = np.where(np.abs(square) > TIE, square, 0.0)
    return np.array([a**2, 2 * a * found.b, square, -2 * found.d1 * bends, -found.d2 * bends])


def _real_roots(quartics: np.ndarray) -> np.ndarray:
    """Real roots (4, B) of quartics (5, B), each column ascending; 0, where p does not jump, for those that are not real.

    They are eigenvalues of companion matrices. Where the highest coefficient is less than the constant, and may be zero,
    the powers are reversed and the roots inverted, which leaves out a root at infinity. Where both are zero, the one term
    left never changes sign.
    """
    turned = quartics[0] > np.abs(quartics[4])
    rows = np.where(turned, quartics[::-1], quartics).T
    companion = np.zeros((len(rows), 4, 4))
    companion[:, 1:, :-1] = np.eye(3)
    companion[:, :, -1] = -rows[:, :4] / np.where(rows[:, 4:] == 0, 1.0, rows[:, 4:])
    found = np.linalg.eigvals(companion).T
    real = np.where((found.imag == 0) & ~(turned & (found == 0)), found.real, np.nan)
    roots = np.divide(1, real, out=real, where=turned)
    return np.sort(np.where(np.isnan(roots), 0.0, roots), axis=0)

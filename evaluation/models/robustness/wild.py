"""The wild cluster bootstrap of one contrast of a least-squares fit, from each cluster's cross-products.

Restricted and studentised (Cameron, Gelbach and Miller, REStat 90:414, 2008), in the form that visits no rows (Roodman,
MacKinnon, Nielsen and Webb, Stata Journal 19:4, 2019; MacKinnon, Nielsen and Webb, J Econometrics 232:272, 2023). With
A = X'X, estimates b, a contrast c, q = A^-1 c and r the value under test, cluster j's scores are

    s_j(r) = X_j'(y_j - X_j b) + (c'b - r) X_j'X_j q / c'q.

Weights w give S = sum w_j s_j; the bootstrap estimate less r, q'S; and, but for CR1's J/(J - 1) (n - 1)/(n - p), its
variance sum v_j^2, with v_j = w_j q's_j - q'X_j'X_j A^-1 S. Weights of 1 give the t of the data themselves. That factor
is on both sides of every comparison, so that it cancels in p and in the interval.

The interval is every r with p(r) >= 1 - level, found exactly: see `wild_curve`. Far from the estimate only the data and
their mirror image, as a rule, are above the rest, so that p falls to 1/2^J, ties counted as half. At 95% the interval is
therefore the whole line with four clusters or fewer, but not with five, where it is so only if ties count in full
(2/32 > 0.05): a note says so.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.errors import ModelError
from evaluation.models.robustness.wild_curve import Patterns, accepted, tally

# Signs are enumerated while they have at most this many patterns.
LIMIT = 2**12
# An arm of this many clusters or fewer makes the bootstrap fail.
FEW = 3
# An eigenvalue below this share of the largest is zero, and so is a score below this share of what it was summed from.
NOTHING = 1e-10
# Webb's (2014) six points: mean 0, variance 1.
WEBB = np.sqrt([1.5, 1, 0.5, 0.5, 1, 1.5]) * [-1, -1, -1, 1, 1, 1]
# Weights held at once, so that many clusters take no more memory than few.
HELD = 2**21


@dataclass(frozen=True, slots=True)
class WildBootstrap:
    """A contrast's wild cluster bootstrap.

    Attributes
    ----------
    estimate : float
        By least squares.
    level : float
    clusters : int
    std_error : float or None
        CR1, with the factor J/(J - 1) (n - 1)/(n - p).
    statistic : float or None
        t of the value under test.
    p_value : float or None
        Two-sided: the share of patterns whose |t*| is above |t|, ties counted as half. The data are one of the patterns, so
        that p is never below 1/2^J (enumerated) or 1/(2 draws + 2) (sampled).
    interval : tuple of (low, high)
        The values p does not reject at 1 - level, in ascending pieces: there may be several, and an end may be infinite.
        p jumps at an end, which belongs to neither side. Empty when there is a reason.
    patterns : int
        How many were compared: 2^J, or the draws and the data themselves.
    ties : int
        How many of them, the data included, tie. Counted in full they would add ties/(2 patterns) to p (Webb's bounds).
    weights : str
        "rademacher-enumerated" or "webb".
    notes : tuple of str
        What a reader must be told beside p.
    reason : str or None
        Why there is no p, or None.
    """

    estimate: float
    level: float
    clusters: int
    std_error: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    interval: tuple[tuple[float, float], ...] = ()
    patterns: int = 0
    ties: int = 0
    weights: str = ""
    notes: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Fit:
    """The unrestricted fit: estimate c'b, its standard error without CR1's factor, and the rank of A.

    In units of that standard error each cluster's scores are at_estimate + tau per_unit (J, p), tau being how far the value
    under test is below the estimate; times q (p,), they are its part in the contrast. spread (J, p) is q'X_j'X_j A^-1.
    """

    estimate: float
    std_error: float
    rank: int
    at_estimate: np.ndarray
    per_unit: np.ndarray
    q: np.ndarray
    spread: np.ndarray


def wild_bootstrap(
    xx: np.ndarray,
    xy: np.ndarray,
    contrast: np.ndarray,
    *,
    n: int,
    seed: int,
    null: float = 0.0,
    level: float = 0.95,
    arms: Sequence[int] = (),
    limit: int = LIMIT,
    draws: int = 9_999,
) -> WildBootstrap:
    """Test that contrast'b = null, and invert the test.

    Parameters
    ----------
    xx : ndarray, shape (J, p, p)
        X_j'X_j of each cluster. Clusters without rows do not count.
    xy : ndarray, shape (J, p)
        X_j'y_j. Sums of centred columns keep more digits than those of raw ones.
    contrast : ndarray, shape (p,)
    n : int
        Rows in all.
    seed : int
        For Webb's weights. They go to the clusters in order of their scores, so that neither the order of rows, nor the
        clusters' names, nor units matter.
    arms : sequence of int
        Clusters in each arm, to be warned of few; see `evaluation.models.robustness.arms`.
    limit, draws : int
        Signs are enumerated while they have at most `limit` patterns; else Webb's weights are drawn `draws` times.

    Raises
    ------
    ModelError
        When sums are not finite or of the wrong shape, or the contrast is not estimable.
    """
    _require_sums(xx, xy, contrast)
    held = np.einsum("jpp->j", xx) > 0
    fit, clusters = _fit(xx[held], xy[held], contrast), int(held.sum())
    if reason := _reason(fit, clusters, n):
        return WildBootstrap(fit.estimate, level, clusters, reason=reason)
    enumerated = 2**clusters <= limit
    found = _patterns(fit, _signs(clusters) if enumerated else _webb(clusters, draws, seed))
    tau = (fit.estimate - null) / fit.std_error
    above, tied = tally(found, tau)
    p_value, each = (above + tied / 2) / len(found.a), 2 if enumerated else 1
    patterns, ties = len(found.a) * each, tied * each
    factor = math.sqrt(clusters / (clusters - 1) * (n - 1) / (n - fit.rank))
    pieces = np.reshape(accepted(found, 1 - level), (-1, 2))
    ends = fit.estimate - fit.std_error * pieces[::-1, ::-1]
    return WildBootstrap(
        estimate=fit.estimate,
        level=level,
        clusters=clusters,
        std_error=fit.std_error * factor,
        statistic=tau / factor,
        p_value=p_value,
        interval=tuple((low, high) for low, high in ends.tolist()),
        patterns=patterns,
        ties=ties,
        weights="rademacher-enumerated" if enumerated else "webb",
        notes=_notes(arms, 1 - level, p_value, ties / (2 * patterns), 2 * patterns // each),
    )


def _require_sums(xx: np.ndarray, xy: np.ndarray, contrast: np.ndarray) -> None:
    terms = len(contrast)
    if np.shape(xy) != (len(xy), terms) or np.shape(xx) != (len(xy), terms, terms):
        raise ModelError(
            f"The wild bootstrap of a contrast of {terms} terms needs X'y of shape (J, {terms}) and X'X of shape "
            f"(J, {terms}, {terms}); these are {np.shape(xy)} and {np.shape(xx)}."
        )
    if not (np.isfinite(xx).all() and np.isfinite(xy).all() and np.isfinite(contrast).all()):
        raise ModelError("The wild bootstrap needs finite sums: drop rows with missing or infinite values.")


def _fit(xx: np.ndarray, xy: np.ndarray, contrast: np.ndarray) -> _Fit:
    inverse, rank = _inverse(xx.sum(axis=0), contrast)
    q = inverse @ contrast
    b = inverse @ xy.sum(axis=0)
    b = b + inverse @ (xy - xx @ b).sum(axis=0)  # once more, so that the scores sum to zero within rounding
    scores, leverage = xy - xx @ b, xx @ q
    std_error = float(np.linalg.norm(scores @ q))
    summed = np.linalg.norm((np.abs(xy) + np.abs(xx) @ np.abs(b)) @ np.abs(q))
    if std_error <= NOTHING * summed:
        std_error = 0.0
    at_estimate, per_unit = scores / (std_error or 1.0), leverage / (contrast @ q)
    # Clusters in an order of their own, whatever their names: by their scores, free of units and of rounding.
    order = np.lexsort(np.round(at_estimate * np.sqrt(np.diag(inverse) * (contrast @ q)), 9).T)
    return _Fit(
        estimate=float(contrast @ b),
        std_error=std_error,
        rank=rank,
        at_estimate=at_estimate[order],
        per_unit=per_unit[order],
        q=q,
        spread=(leverage @ inverse)[order],
    )


def _inverse(total: np.ndarray, contrast: np.ndarray) -> tuple[np.ndarray, int]:
    """An inverse of X'X, general where terms are collinear, and its rank; refused if the contrast is not estimable."""
    scale = np.sqrt(np.where(np.diag(total) > 0, np.diag(total), 1.0))
    size, axes = np.linalg.eigh(total / np.outer(scale, scale))
    held = size > NOTHING * size[-1]
    kept = axes[:, held]
    wanted = contrast / scale
    outside = wanted - kept @ (kept.T @ wanted)
    if not contrast.any() or np.linalg.norm(outside) > np.sqrt(NOTHING) * np.linalg.norm(wanted):
        raise ModelError(
            "The contrast is not estimable, because it is zero or the model's terms are collinear: drop a term."
        )
    root = kept / np.sqrt(size[held]) / scale[:, None]
    return root @ root.T, kept.shape[1]


def _reason(fit: _Fit, clusters: int, n: int) -> str | None:
    if clusters < 2:
        return "The wild cluster bootstrap needs at least two clusters, and there is one."
    if n <= fit.rank:
        return f"No residual is left: {n} rows for {fit.rank} terms."
    if fit.std_error == 0:
        return "The cluster-robust standard error is zero, so that t is undefined: residuals cancel out in each cluster."
    return None


def _signs(clusters: int) -> Iterator[np.ndarray]:
    """Signs (2^(J - 1), J), the last cluster's being 1: a pattern and its mirror image have the same |t*|."""
    yield 1.0 - 2 * ((np.arange(2 ** (clusters - 1))[:, None] >> np.arange(clusters)) & 1)


def _webb(clusters: int, draws: int, seed: int) -> Iterator[np.ndarray]:
    """The data's own weights, then Webb's at random, some rows (B, J) at a time."""
    rng = np.random.default_rng(seed)
    yield np.ones((1, clusters))
    step = max(1, HELD // clusters)
    for start in range(0, draws, step):
        yield WEBB[rng.integers(0, len(WEBB), (min(step, draws - start), clusters))]


def _patterns(fit: _Fit, chunks: Iterator[np.ndarray]) -> Patterns:
    z0, z1 = fit.at_estimate @ fit.q, fit.per_unit @ fit.q
    found = []
    for w in chunks:
        v0 = w * z0 - w @ fit.at_estimate @ fit.spread.T
        v1 = w * z1 - w @ fit.per_unit @ fit.spread.T
        products = (np.einsum("bj,bj->b", *pair) for pair in ((v0, v0), (v0, v1), (v1, v1)))
        found.append(np.array([w @ z0, w @ z1, *products]))
    return Patterns(*np.hstack(found))


def _notes(arms: Sequence[int], alpha: float, p: float, half: float, most: int) -> tuple[str, ...]:
    """What a reader must be told. Ties counted in full would add `half` to p, which is at least 1/most."""
    notes = []
    if arms and min(arms) <= FEW:
        notes.append(
            f"An arm has only {min(arms)} cluster{'s' * (min(arms) > 1)}: with {FEW} or fewer the wild cluster bootstrap "
            "fails, as a rule by rejecting far too seldom. Rely on randomisation inference or Kenward-Roger."
        )
    if alpha <= 1 / most:
        notes.append(f"p is at least 1/{most} here: nothing can be rejected at {alpha:.3g}.")
    elif alpha <= 2 / most:
        notes.append(
            f"p is at least 1/{most} here, the data and their mirror image counting half as ties; were ties counted in full "
            f"it would be at least 2/{most}, and nothing could be rejected at {alpha:.3g}."
        )
    elif p < alpha <= p + half:
        notes.append(
            f"p is below {alpha:.3g} only because ties count half; counted in full they would make it {p + half:.3g}."
        )
    return tuple(notes)

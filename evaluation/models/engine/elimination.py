"""Elimination of the random effects, innermost level first, with first and second derivatives.

With relative covariance V / s2 = A = I + sum_l Z_l D_l Z_l', everything that the likelihood, its derivatives,
Kenward-Roger's and Satterthwaite's methods need of the data is log|A| and M = C'A^-1 C, C being all columns of the model,
with their first and second derivatives in the entries of the D_l. Eliminating a level with B = Z'A~^-1 C,
S = Z'A~^-1 Z (A~ holding the levels inside it) takes from M, group by group (Woodbury's identity),

    B' K B,  K = D (I + SD)^-1,   and adds log|I + SD| to log|A|.

The work is linear in the number of groups at every level, and runs over all groups of a level at once: the group
is the last axis of each array. A factor that crosses the innermost one is a level of a single group, whose effects are
those of all its own groups side by side (see `crossed.py`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from evaluation.models.engine.problem import Level, Problem


@dataclass(frozen=True, slots=True)
class Moments:
    """log|A| and M = C'A^-1 C with derivatives in the r variance parameters.

    Attributes
    ----------
    logdet : float
    logdet_1, logdet_2 : ndarray, shapes (r,) and (r, r)
    m, m_1, m_2 : ndarray, shapes (c, c), (r, c, c) and (r, r, c, c)
    """

    logdet: float
    logdet_1: np.ndarray
    logdet_2: np.ndarray
    m: np.ndarray
    m_1: np.ndarray
    m_2: np.ndarray


@dataclass(frozen=True, slots=True)
class Conditional:
    """A level's effects given everything else: regression E (c, q, G) on the columns, relative variance K (q, q, G)."""

    regression: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True, slots=True)
class _Solution:
    """One level solved: with R = (I + DS)^-1, K = DR', H = SR, E = KB and Y = R'B of the module's equations."""

    k: np.ndarray
    r_transposed: np.ndarray
    h: np.ndarray
    e: np.ndarray
    y: np.ndarray
    logdet: float


# A quantity with its derivatives: () is the value, (i,) a first and (i, j), i <= j, a second derivative.
Key = tuple[int, ...]
Jet = dict[Key, np.ndarray]


@lru_cache(maxsize=64)
def directions(blocks: tuple[int, ...]) -> list[np.ndarray]:
    """dD/d(parameter) (q, q) of one level: the lower triangle of each term's block, column by column."""
    size, start, units = sum(blocks), 0, []
    for block in blocks:
        for column in range(start, start + block):
            for row in range(column, start + block):
                unit = np.zeros((size, size))
                unit[row, column] = unit[column, row] = 1.0
                units.append(unit)
        start += block
    return units


@dataclass(frozen=True, slots=True)
class Start:
    """Where elimination begins: quantities with derivatives in parameters inside every level (none, but for two responses).

    Attributes
    ----------
    total : mapping
        C'C (c, c), and its derivatives.
    levels : sequence of mapping
        Z'C (c, q, G) of each level, and their derivatives.
    logdet : mapping
        log|A| without random effects, and its derivatives.
    """

    total: Jet
    levels: Sequence[Jet]
    logdet: dict[Key, float]


def eliminate(problem: Problem, factors: Sequence[np.ndarray], start: Start | None = None) -> Moments:
    """Moments at the relative Cholesky factors (q, q) of the levels, outermost first."""
    units = [_side_by_side(directions(level.blocks), level.copies) for level in problem.levels]
    factors = _expanded(problem, factors)
    start = start or Start({(): problem.total}, [{(): level.products} for level in problem.levels], {})
    total, jets, logdet = dict(start.total), [dict(jet) for jet in start.levels], dict(start.logdet)
    end = sum(map(len, units))
    count = end + sum(len(key) == 1 for key in total)
    for depth in reversed(range(len(units))):
        at, first = problem.levels[depth].own, end - len(units[depth])
        own = {first + i: unit for i, unit in enumerate(units[depth])}
        rest = slice(
            problem.fixed.start if depth == 0 else 0, None
        )  # at last only fixed terms and outcome are asked for
        solution = _solve(jets[depth][()][at], jets[depth][()][rest], factors[depth])
        _add_logdet(logdet, jets[depth], at, solution, own)
        if depth == 0:
            total = {key: value[rest, rest] for key, value in total.items()}
            _subtract_own(total, jets[0][()][rest], solution, own)
        else:
            for key, pairs in _own_changes(jets[depth][()], solution, own):
                _subtract(key, pairs, total, jets[:depth], problem.levels[: depth + 1])
        for key, pairs in _inner_changes(jets[depth], at, rest, solution, own):
            _subtract(key, pairs, total, jets[:depth], problem.levels[: depth + 1])
        end = first
    return _moments(logdet, total, count)


def conditionals(problem: Problem, factors: Sequence[np.ndarray]) -> list[Conditional]:
    """Each level's conditional regression and relative variance, outermost first."""
    jets: list[Jet] = [{(): level.products} for level in problem.levels]
    factors = _expanded(problem, factors)
    found: list[Conditional] = []
    for depth in reversed(range(len(jets))):
        b = jets[depth][()]
        solution = _solve(b[problem.levels[depth].own], b, factors[depth])
        found.append(Conditional(solution.e, solution.k))
        _subtract((), [(b, solution.e)], {(): problem.total}, jets[:depth], problem.levels[: depth + 1])
    return found[::-1]


def _side_by_side(matrices: list[np.ndarray], copies: int) -> list[np.ndarray]:
    return matrices if copies == 1 else [np.kron(np.eye(copies), matrix) for matrix in matrices]


def _expanded(problem: Problem, factors: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [_side_by_side([f], level.copies)[0] for f, level in zip(factors, problem.levels, strict=True)]


def _solve(s: np.ndarray, b: np.ndarray, factor: np.ndarray) -> _Solution:
    inverse, logdet = _invert(np.eye(len(s))[:, :, None] + _congruence(factor.T, s))
    k = _congruence(factor, inverse)
    sk = _apply(k, s)
    r_transposed = np.eye(len(s))[:, :, None] - sk
    h = s - _apply(s, sk)
    return _Solution(k, r_transposed, h, _apply(k, b), _apply(r_transposed, b), logdet)


def _congruence(a: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """a M a' for each M of matrices (q, q, G)."""
    return np.einsum("ab,bcg,dc->adg", a, matrices, a, optimize=len(a) > 1)


def _apply(matrices: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Each group's matrix (q, q, G) on its columns (c, q, G)."""
    if len(matrices) == 1:
        return matrices * columns
    if matrices.shape[-1] == 1:
        return (columns[..., 0] @ matrices[..., 0].T)[..., None]
    return np.einsum("abg,cbg->cag", matrices, columns)


def _invert(matrices: np.ndarray) -> tuple[np.ndarray, float]:
    """Inverses of positive definite matrices (q, q, G), and the sum of their log determinants."""
    if len(matrices) == 1:
        return 1 / matrices, float(np.log(matrices).sum())
    if len(matrices) == 2:
        (a, b), (_, d) = matrices
        determinant = a * d - b * b
        return np.array([[d, -b], [-b, a]]) / determinant, float(np.log(determinant).sum())
    stacked = np.moveaxis(matrices, -1, 0)
    return np.moveaxis(np.linalg.inv(stacked), 0, -1), float(np.linalg.slogdet(stacked)[1].sum())


def _add_logdet(
    logdet: dict[Key, float], b: Jet, own: np.ndarray, at: _Solution, units: dict[int, np.ndarray]
) -> None:
    """Add the level's log|I + SD| and its derivatives: `units` by the level's parameters, `b` has those inside it."""

    def add(key: Key, amount: float) -> None:
        logdet[key] = logdet.get(key, 0.0) + float(amount)

    add((), at.logdet)
    h_sum = at.h.sum(axis=-1)
    bent = _second_traces(at.h, list(units.values()))
    for row, (i, unit) in enumerate(units.items()):
        add((i,), np.vdot(h_sum, unit))
        for column in range(row, len(units)):
            add((i, i + column - row), -bent[row, column])
    for key, db in b.items():
        if key:
            add(key, np.vdot(at.k, db[own]))
    inside = sorted(key[0] for key in b if len(key) == 1)
    k_ds = {i: _apply(b[i,][own], at.k) for i in inside}
    for j in inside:
        for i in (i for i in inside if i <= j):
            add((i, j), -np.einsum("abg,bag->", k_ds[i], k_ds[j]))
        half = _apply(at.r_transposed, b[j,][own])
        spread = np.tensordot(at.r_transposed, half, ([1, 2], [0, 2]))
        for i, unit in units.items():
            add((i, j), np.vdot(spread, unit))


def _second_traces(h: np.ndarray, units: Sequence[np.ndarray]) -> np.ndarray:
    """Sums over groups of tr(H U H W) for each pair of units."""
    if h.shape[-1] == 1:
        turned = [h[..., 0] @ unit for unit in units]
        return np.array([[np.vdot(a, b.T) for b in turned] for a in turned])
    q, flat = len(h), h.reshape(len(h) ** 2, -1)
    pairs, stacked = (flat @ flat.T).reshape(q, q, q, q), np.array(units)
    half = np.tensordot(stacked, pairs, ([1, 2], [1, 2])).reshape(len(units), -1)
    return half @ stacked.transpose(0, 2, 1).reshape(len(units), -1).T


def _own_changes(
    b: np.ndarray, at: _Solution, units: dict[int, np.ndarray]
) -> Iterator[tuple[Key, list[tuple[np.ndarray, np.ndarray]]]]:
    """B'KB and its derivatives in the level's own parameters, as pairs (a, b) of (c, q, G) whose sum of a'b it is."""
    yield (), [(b, at.e)]
    uy = {i: unit @ at.y for i, unit in units.items()}
    huy = {i: _apply(at.h, uy[i]) for i in units}
    for i in units:
        yield (i,), [(at.y, uy[i])]
        for j in range(i, max(units) + 1):
            yield (i, j), [(uy[i], -huy[j]), (huy[j], -uy[i])]


def _subtract_own(total: Jet, b: np.ndarray, at: _Solution, units: dict[int, np.ndarray]) -> None:
    """Take the same from the total alone, in two multiplications for all parameters: the outermost level has most of the work."""
    c, q, groups = at.y.shape
    stacked, flat = np.array(list(units.values())), at.y.reshape(c * q, groups)
    total[()] = total[()] - b.reshape(c, -1) @ at.e.reshape(c, -1).T
    once = (flat @ flat.T).reshape(c, q, c, q)
    first = np.tensordot(stacked, once, ([1, 2], [1, 3]))
    huy = np.array([_apply(at.h, unit @ at.y) for unit in stacked])
    twice = (flat @ huy.reshape(-1, groups).T).reshape(c, q, len(units), c, q)
    second = np.tensordot(stacked, twice, ([1, 2], [4, 1]))
    start = min(units)
    for i in units:
        total[i,] = -first[i - start]
        for j in range(i, max(units) + 1):
            part = second[i - start, :, j - start]
            total[i, j] = part + part.T


def _inner_changes(
    b: Jet, own: np.ndarray, rest: slice, at: _Solution, units: dict[int, np.ndarray]
) -> Iterator[tuple[Key, list[tuple[np.ndarray, np.ndarray]]]]:
    """Derivatives of B'KB that have to do with the parameters of the levels inside, as pairs."""
    inside = sorted(key[0] for key in b if len(key) == 1)
    uy = {i: unit @ at.y for i, unit in units.items()} if inside else {}
    r = {i: b[i,][rest] - _apply(b[i,][own], at.e) for i in inside}
    kr = {i: _apply(at.k, r[i]) for i in inside}
    for j in inside:
        yield (j,), [(b[j,][rest], at.e), (at.e, r[j])]
        for i in (i for i in inside if i <= j):
            ddb = b[i, j]
            curved = ddb[rest] - _apply(ddb[own], at.e)
            yield (i, j), [(ddb[rest], at.e), (at.e, curved), (r[i], kr[j]), (kr[j], r[i])]
        dy = _apply(at.r_transposed, r[j])
        for i in units:
            yield (i, j), [(dy, uy[i]), (uy[i], dy)]


def _subtract(
    key: Key,
    pairs: Iterable[tuple[np.ndarray, np.ndarray]],
    total: Jet,
    outside: Sequence[Jet],
    levels: Sequence[Level],
) -> None:
    """Take sums of a'b from the total and from the products of each level outside the last of `levels`."""
    for a, b in pairs:
        sums = a.reshape(len(a), -1) @ b.reshape(len(b), -1).T
        total[key] = total.get(key, 0.0) - sums
        for depth, jet in enumerate(outside):
            own = levels[depth].own
            if levels[depth].size == 1:
                jet[key] = jet.get(key, 0.0) - sums[own].T[..., None]
                continue
            change = np.einsum("kqg,cqg->ckg", a[own], b)
            for level in reversed(levels[depth + 1 :]):
                change = np.add.reduceat(change, level.starts, axis=-1)
            jet[key] = jet.get(key, 0.0) - change


def _moments(logdet: dict[Key, float], total: Jet, r: int) -> Moments:
    c = len(total[()])
    logdet_1, logdet_2 = np.zeros(r), np.zeros((r, r))
    m_1, m_2 = np.zeros((r, c, c)), np.zeros((r, r, c, c))
    for i in range(r):
        logdet_1[i], m_1[i] = logdet[i,], total[i,]
        for j in range(i, r):
            logdet_2[i, j] = logdet_2[j, i] = logdet[i, j]
            m_2[i, j] = m_2[j, i] = total[i, j]
    return Moments(logdet.get((), 0.0), logdet_1, logdet_2, total[()], m_1, m_2)

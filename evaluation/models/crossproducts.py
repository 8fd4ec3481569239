"""The sums a fit needs of the rows. After them no step touches a row again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.errors import ModelError
from evaluation.models.design import Design
from evaluation.models.grouping import Grouping

# A column whose part outside the earlier columns is smaller than this share of its variance is collinear.
COLLINEAR = 1e-10


@dataclass(frozen=True, slots=True)
class LevelProducts:
    """Sums over the rows of each group of one level.

    Attributes
    ----------
    name : str
    products : ndarray, shape (c, q, G)
        Z'C of each group, C being all columns of the model.
    own : ndarray of int, shape (q,)
        Where the level's effects stand among the columns.
    starts : ndarray of int, shape (G of the level outside,)
        The first group of each parent; groups of one parent stand side by side.
    blocks : tuple of int
        Sizes of its random terms.
    """

    name: str
    products: np.ndarray
    own: np.ndarray
    starts: np.ndarray
    blocks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CrossProducts:
    """Cross-products of the columns C = [random effects, fixed terms, outcome], in working units.

    Working units: random effects have mean square 1; fixed terms and outcome are centred, if the model has an
    intercept, and have mean square 1. So nothing depends on the units of the data.

    Attributes
    ----------
    n : int
    total : ndarray, shape (c, c)
    levels : tuple of LevelProducts, outermost first
    terms : tuple of str, length p
        Fixed terms kept. In C they stand just before the outcome, which is last.
    dropped_terms : tuple of str
        Fixed terms that are combinations of the ones before them.
    transform : ndarray, shape (p, p)
        Coefficients in the data's units are `transform @ working * y_scale`, but for `y_shift`.
    y_shift, y_scale : float
        The outcome's origin, in units of the intercept, and its unit.
    z_scales : tuple of ndarray, shape (q,) each
    """

    n: int
    total: np.ndarray
    levels: tuple[LevelProducts, ...]
    terms: tuple[str, ...]
    dropped_terms: tuple[str, ...]
    transform: np.ndarray
    y_shift: float
    y_scale: float
    z_scales: tuple[np.ndarray, ...]

    @property
    def p(self) -> int:
        return len(self.terms)

    @property
    def fixed(self) -> slice:
        """Where the fixed terms stand in C."""
        return slice(len(self.total) - self.p - 1, len(self.total) - 1)


def cross_products(design: Design) -> CrossProducts:
    """Sum a design's rows: one pass, whatever the number of groups.

    Raises
    ------
    ModelError
        When there are no more rows than fixed terms.
    """
    x, shift, scale = _standardise_terms(design)
    kept = _independent(x @ x.T / len(design.y))
    if len(kept) >= len(design.y):
        raise ModelError(
            f"{design.spec.formula!r} has {len(kept)} fixed terms for {len(design.y)} rows of data."
        )
    y_shift = float(design.y.mean()) if _has_intercept(design) else 0.0
    y = design.y - y_shift
    y_scale = float(np.sqrt(y @ y / len(y)))
    z_scales = tuple(np.sqrt((level.z**2).mean(axis=1)) for level in design.levels)
    z, places = _distinct([level.z / s[:, None] for level, s in zip(design.levels, z_scales, strict=True)])
    columns = np.array([*z, *x[kept], y / y_scale])
    return CrossProducts(
        n=len(y),
        total=columns @ columns.T,
        levels=_level_products(design, columns, places),
        terms=tuple(design.terms[i] for i in kept),
        dropped_terms=design.empty_terms + tuple(t for i, t in enumerate(design.terms) if i not in kept),
        transform=_to_data_units(shift[kept], scale[kept]),
        y_shift=y_shift,
        y_scale=y_scale,
        z_scales=z_scales,
    )


def _has_intercept(design: Design) -> bool:
    return design.terms[:1] == ("Intercept",)


def _standardise_terms(design: Design) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fixed terms (p, n) centred (if there is an intercept) and scaled; the shifts and scales (p,) that did it."""
    shift = np.zeros(len(design.x))
    if _has_intercept(design):
        shift[1:] = design.x[1:].mean(axis=1)
    x = design.x - shift[:, None]
    size = np.sqrt(np.einsum("pn,pn->p", design.x, design.x) / len(design.y))
    scale = np.sqrt(np.einsum("pn,pn->p", x, x) / len(design.y))
    nothing_left = scale <= 1e-10 * size
    x[nothing_left] = 0
    scale[nothing_left] = 1
    return x / scale[:, None], shift, scale


def _independent(gram: np.ndarray) -> list[int]:
    """Columns that are no combination of the ones before them, by Cholesky's steps on their Gram matrix."""
    rest, kept = gram.copy(), []
    for i in range(len(rest)):
        if rest[i, i] > COLLINEAR:
            kept.append(i)
            rest -= np.outer(rest[i], rest[i]) / rest[i, i]
    return kept


def _to_data_units(shift: np.ndarray, scale: np.ndarray) -> np.ndarray:
    transform = np.diag(1 / scale)
    transform[:1] -= shift / scale  # shifts are zero unless the first term is the intercept
    return transform


def _distinct(blocks: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Random-effect columns (n,) once each, and where each level's stand: levels often share the intercept."""
    distinct: list[np.ndarray] = []
    places = []
    for block in blocks:
        place = []
        for column in block:
            same = (i for i, other in enumerate(distinct) if np.array_equal(other, column))
            place.append(next(same, len(distinct)))
            if place[-1] == len(distinct):
                distinct.append(column)
        places.append(np.array(place, dtype=np.intp))
    return distinct, places


def _group_sums(grouping: Grouping, columns: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Sums (c, G) over each group of the columns (c, n) times a weight (n,)."""
    weighted = columns if (weight == 1).all() else columns * weight
    return np.array([np.bincount(grouping.codes, row, grouping.size) for row in weighted])


def _level_products(
    design: Design, columns: np.ndarray, places: Sequence[np.ndarray]
) -> tuple[LevelProducts, ...]:
    """Z'C of each group: rows are summed into the innermost groups, and those into the groups around them."""
    if not design.levels:
        return ()
    innermost = design.levels[-1].grouping
    sums = {z: _group_sums(innermost, columns, columns[z]) for z in set(np.concatenate(places).tolist())}
    products: list[LevelProducts] = []
    for level, place in zip(reversed(design.levels), reversed(places), strict=True):
        starts = np.flatnonzero(np.diff(level.parents, prepend=-1))
        stacked = np.stack([sums[z] for z in place], axis=1)
        products.append(LevelProducts(level.grouping.name, stacked, place, starts, level.blocks))
        sums = {z: np.add.reduceat(s, starts, axis=1) for z, s in sums.items()}
    return tuple(reversed(products))

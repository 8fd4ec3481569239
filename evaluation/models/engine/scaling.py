"""Working units: columns centred and scaled so that nothing in a fit depends on the units of the data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.errors import ModelError
from evaluation.models.sums.crossproducts import CrossProducts, unpack

# A column whose part outside the earlier columns is smaller than this share of its variance is collinear.
COLLINEAR = 1e-10
# A column whose spread is below this share of its size is a constant.
CONSTANT = 1e-10


@dataclass(frozen=True, slots=True)
class Units:
    """The columns of a problem in terms of the b columns summed, and the way back to the data's units.

    Attributes
    ----------
    effects : mapping of int to ndarray, shape (b,)
        The random effects' columns by their place among those summed, with mean square 1.
    effect_scales : mapping of int to float
        What those were divided by.
    kept : tuple of int
        Which of the fixed terms asked for are no combination of the ones before them; p of them.
    fixed : ndarray, shape (p, b)
    transform : ndarray, shape (p, p)
        Coefficients in the data's units are `transform @ working * y_scale + y_shift`.
    outcome : ndarray, shape (b,)
    y_shift : ndarray, shape (p,)
        The outcome's origin, which the intercept takes up; zero but there.
    y_scale : float
    """

    effects: dict[int, np.ndarray]
    effect_scales: dict[int, float]
    kept: tuple[int, ...]
    fixed: np.ndarray
    transform: np.ndarray
    outcome: np.ndarray
    y_shift: np.ndarray
    y_scale: float

    @property
    def columns(self) -> np.ndarray:
        """All of them, (c, b): random effects, fixed terms, outcome."""
        return np.array([*self.effects.values(), *self.fixed, self.outcome])


def working_units(cross: CrossProducts, fixed: Sequence[int]) -> Units:
    """Units for the fixed terms at these places, the outcome, and the random effects.

    Fixed terms and outcome are centred where the first term is the intercept.

    Raises
    ------
    ModelError
        For a constant outcome, or no more rows than fixed terms.
    """
    gram = unpack(cross.products.sum(axis=1))
    centred = tuple(fixed[:1]) == (0,)
    x, shift, scale = _standardised(cross, gram, np.array(fixed), centred)
    kept = independent(x @ gram @ x.T / cross.n)
    if len(kept) >= cross.n:
        raise ModelError(f"{cross.spec.formula!r} has {len(kept)} fixed terms for {cross.n} rows of data.")
    outcome, y_shift, y_scale = _standardised(cross, gram, np.array([len(gram) - 1]), centred)
    if not outcome.any():
        value = gram[0, -1] / gram[0, 0] + cross.origin[-1]
        raise ModelError(
            f"The outcome {cross.spec.outcome!r} is {value:g} in every row: there is nothing to explain."
        )
    effects, effect_scales = _effects(cross, gram)
    transform = np.diag(1 / scale[kept])
    transform[:1] -= shift[kept] / scale[kept]  # shifts are zero unless the first term is the intercept
    return Units(
        effects=effects,
        effect_scales=effect_scales,
        kept=tuple(kept),
        fixed=x[kept],
        transform=transform,
        outcome=outcome[0],
        y_shift=np.where(np.arange(len(kept)) == 0, y_shift[0], 0.0),
        y_scale=float(y_scale[0]),
    )


def _standardised(
    cross: CrossProducts, gram: np.ndarray, places: np.ndarray, centred: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns (k, b) centred, if so, and scaled; the shifts and scales (k,) that did it. Constants become zero."""
    mean = gram[0, places] / gram[0, 0] + cross.origin[places]
    shift = np.where(places == 0, 0.0, mean) if centred else np.zeros(len(places))
    raw = np.eye(len(gram))[places]
    raw[:, 0] += cross.origin[places]
    columns = raw.copy()
    columns[:, 0] -= shift
    scale = np.sqrt(_squares(columns, gram) / cross.n)
    nothing_left = scale <= CONSTANT * np.sqrt(_squares(raw, gram) / cross.n)
    columns[nothing_left] = 0
    scale[nothing_left] = 1
    return columns / scale[:, None], shift, scale


def _squares(columns: np.ndarray, gram: np.ndarray) -> np.ndarray:
    return np.maximum(np.einsum("ka,ab,kb->k", columns, gram, columns), 0.0)


def independent(gram: np.ndarray) -> list[int]:
    """Columns that are no combination of the ones before them, by Cholesky's steps on their Gram matrix."""
    rest, kept = gram.copy(), []
    for i in range(len(rest)):
        if rest[i, i] > COLLINEAR:
            kept.append(i)
            rest -= np.outer(rest[i], rest[i]) / rest[i, i]
    return kept


def _effects(cross: CrossProducts, gram: np.ndarray) -> tuple[dict[int, np.ndarray], dict[int, float]]:
    """The random effects' columns (b,) and their scales, each once: levels often share the intercept."""
    columns, scales = {}, {}
    for place in dict.fromkeys(place for effects in cross.layout.effects for place in effects):
        column = np.eye(len(gram))[place]
        column[0] += cross.origin[place]
        scales[place] = float(np.sqrt(_squares(column[None], gram)[0] / cross.n))
        columns[place] = column / (scales[place] or 1.0)
    return columns, scales

"""From a frame and a formula to arrays: complete rows, model matrices, nested groupings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from formulaic.errors import FormulaicError

from evaluation.errors import ModelError, nearest
from evaluation.models.grouping import Grouping, factorise, interact, nest
from evaluation.models.spec import ModelSpec, read_formula


@dataclass(frozen=True, slots=True)
class Level:
    """The random effects of one grouping factor.

    Attributes
    ----------
    grouping : Grouping
    parents : ndarray of int, shape (G,)
        Each group's parent in the level outside it.
    effects : tuple of str, length q
        Names of the random effects.
    blocks : tuple of int, summing to q
        Sizes of its terms: effects of one term are correlated, those of two terms are not.
    z : ndarray, shape (q, n)
    """

    grouping: Grouping
    parents: np.ndarray
    effects: tuple[str, ...]
    blocks: tuple[int, ...]
    z: np.ndarray


@dataclass(frozen=True, slots=True)
class Design:
    """Everything a fit needs of the data: y (n,), X by rows of terms (p, n), and the levels, outermost first."""

    spec: ModelSpec
    frame: pd.DataFrame
    n_dropped: int
    y: np.ndarray
    terms: tuple[str, ...]
    x: np.ndarray
    empty_terms: tuple[str, ...]
    levels: tuple[Level, ...]


def build_design(spec: ModelSpec, data: pd.DataFrame) -> Design:
    """Take the complete rows of the columns a formula names, and make its arrays.

    Raises
    ------
    ModelError
        For a column that is not there, text or infinite values, no complete rows, a constant outcome,
        crossed factors, or more random effects than groups can tell apart.
    """
    frame, n_dropped = _complete_rows(spec, data)
    y = _outcome(spec, frame)
    fixed = _matrix(spec.fixed, frame)
    x = _rows(fixed)
    _require_finite(x, list(fixed.columns))
    slices = fixed.model_spec.term_slices.items()
    empty = tuple(str(term) for term, part in slices if part.start == part.stop)
    levels = _levels(spec, frame)
    return Design(spec, frame, n_dropped, y, tuple(map(str, fixed.columns)), x, empty, levels)


def _complete_rows(spec: ModelSpec, data: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    _require_columns(spec, data)
    frame = data.loc[:, list(spec.columns)]
    complete = np.ones(len(frame), dtype=bool)
    for name in spec.columns:
        complete &= frame[name].notna().to_numpy()
    if not complete.any():
        gaps = {name: int(frame[name].isna().sum()) for name in spec.columns}
        worst = max(gaps, key=lambda name: gaps[name])
        raise ModelError(
            f"No row has a value in every column of {spec.formula!r}; {worst!r} is empty in {gaps[worst]} of "
            f"{len(frame)} rows."
        )
    if not complete.all():
        frame = frame[complete]
    return frame.assign(**_plain_columns(frame)), int((~complete).sum())


def _plain_columns(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Nullable numbers as floats, and categories without unused levels."""
    plain: dict[str, pd.Series] = {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            plain[str(name)] = column.cat.remove_unused_categories()
        elif pd.api.types.is_extension_array_dtype(column.dtype) and pd.api.types.is_numeric_dtype(
            column.dtype
        ):
            plain[str(name)] = column.astype(float)
    return plain


def _require_columns(spec: ModelSpec, data: pd.DataFrame) -> None:
    for name in spec.columns:
        if name not in data.columns:
            columns = [str(column) for column in data.columns]
            hint = nearest(name, columns) or f" There are {', '.join(columns)}."
            raise ModelError(f"{spec.formula!r} names the column {name!r}, which is not in the data.{hint}")


def _outcome(spec: ModelSpec, frame: pd.DataFrame) -> np.ndarray:
    for name in read_formula(spec.outcome).required_variables:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise ModelError(
                f"The outcome {name!r} holds text, not numbers; a multilevel model needs a score."
            )
    matrix = _matrix(f"0 + {spec.outcome}", frame)
    if matrix.shape[1] != 1:
        raise ModelError(f"The outcome {spec.outcome!r} must be one column of numbers.")
    y = _rows(matrix)
    _require_finite(y, [spec.outcome])
    if np.ptp(y[0]) == 0:
        raise ModelError(
            f"The outcome {spec.outcome!r} is {y[0, 0]:g} in every row: there is nothing to explain."
        )
    return y[0]


def _matrix(formula: str, frame: pd.DataFrame) -> pd.DataFrame:
    try:
        with np.errstate(all="ignore"):  # what a logarithm makes of a zero is refused later, by name
            return read_formula(formula).get_model_matrix(frame, na_action="ignore", output="pandas")
    except FormulaicError as error:
        raise ModelError(f"{formula!r} cannot be worked out: {str(error).splitlines()[0]}") from error


def _rows(matrix: pd.DataFrame) -> np.ndarray:
    """The columns of a model matrix as the rows of an array, contiguous for the sums that follow."""
    rows = np.empty((matrix.shape[1], len(matrix)))
    for row, (_, column) in zip(rows, matrix.items(), strict=True):
        row[:] = column.to_numpy()
    return rows


def _require_finite(rows: np.ndarray, names: Sequence[str]) -> None:
    for row, name in zip(rows, names, strict=True):
        if not np.isfinite(row).all():
            bad = int((~np.isfinite(row)).sum())
            raise ModelError(
                f"{name!r} is infinite or not a number in {bad} rows; correct them or leave them empty."
            )


def _levels(spec: ModelSpec, frame: pd.DataFrame) -> tuple[Level, ...]:
    columns = {name for term in spec.random for name in term.group}
    factors = {name: factorise(frame[name]) for name in columns}
    names = dict.fromkeys(term.group for term in spec.random)
    groupings, parents = nest([interact(group, factors) for group in names])
    levels = [
        _level(spec, frame, grouping, parent) for grouping, parent in zip(groupings, parents, strict=True)
    ]
    return tuple(levels)


def _level(spec: ModelSpec, frame: pd.DataFrame, grouping: Grouping, parents: np.ndarray) -> Level:
    matrices = [_matrix(term.effects, frame) for term in spec.random if term.name == grouping.name]
    effects = tuple(str(name) for matrix in matrices for name in matrix.columns)
    z = np.concatenate([_rows(matrix) for matrix in matrices])
    _require_finite(z, effects)
    nothing = [name for name, row in zip(effects, z, strict=True) if not row.any()]
    if nothing:
        raise ModelError(
            f"The random effect {nothing[0]!r} of {grouping.name} is 0 in every row: leave it out."
        )
    if len(set(effects)) < len(effects):
        raise ModelError(
            f"Two random terms of {grouping.name} in {spec.formula!r} share an effect; name it once."
        )
    if grouping.size <= len(effects):
        wanted = f"{len(effects)} random effect" + "s" * (len(effects) > 1)
        raise ModelError(
            f"{grouping.name} has {grouping.size} group{'s' * (grouping.size > 1)}, too few for {wanted} "
            f"({', '.join(effects)}): leave some out of the formula."
        )
    if grouping.size * len(effects) >= len(frame):
        raise ModelError(
            f"{grouping.name} has as many random effects as there are rows ({len(frame)}), so that they cannot "
            "be told apart from the residual: leave that term out."
        )
    return Level(grouping, parents, effects, tuple(matrix.shape[1] for matrix in matrices), z)

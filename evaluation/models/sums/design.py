"""From frames and a formula to the columns whose products a model needs."""

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import formulaic
import numpy as np
import pandas as pd
from formulaic.errors import DataMismatchWarning, FormulaicError
from formulaic.materializers import PandasMaterializer

from evaluation.errors import ModelError, nearest
from evaluation.models.sums.spec import ModelSpec, read_formula, variables

CONSTANT = "Intercept"
WIDE: dict[str, type] = {"b": bool, "i": np.int64, "u": np.int64}
_COLUMN = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Layout:
    """What frames are turned into: the columns of a model, the constant first and the outcome last.

    Attributes
    ----------
    names : tuple of str, length b
    fixed : tuple of int
        Where the fixed terms stand among the columns.
    effects : tuple of tuple of int
        Where each random term's effects stand.
    empty_terms : tuple of str
        Fixed terms without a column, having one level only.
    matrices : tuple of formulaic.ModelSpec
        How formulaic makes the fixed terms and each random term's effects.
    sources : tuple of (int, int)
        The matrix and the column in it of each name but the first and last.
    categories : mapping of str to Index
        The levels that text and categories have over all frames, where there are several.
    """

    names: tuple[str, ...]
    fixed: tuple[int, ...]
    effects: tuple[tuple[int, ...], ...]
    empty_terms: tuple[str, ...]
    matrices: tuple[formulaic.ModelSpec, ...]
    sources: tuple[tuple[int, int], ...]
    categories: Mapping[str, pd.Index]


def complete_rows(spec: ModelSpec, data: pd.DataFrame) -> pd.DataFrame:
    """The columns a formula names, of the rows that have a value in each.

    Raises
    ------
    ModelError
        For a column that is not there, or is there twice.
    """
    _require_columns(spec, data)
    frame = pd.DataFrame({name: data[name] for name in spec.columns}, data.index, copy=False)
    gaps = np.zeros(len(frame), dtype=bool)
    for name in spec.columns:
        dtype = frame[name].dtype
        if dtype.kind not in "biu" or isinstance(dtype, pd.api.extensions.ExtensionDtype):
            gaps |= frame[name].isna().to_numpy()
    return frame[~gaps] if gaps.any() else frame


def _require_columns(spec: ModelSpec, data: pd.DataFrame) -> None:
    for name in spec.columns:
        if name not in data.columns:
            columns = [str(column) for column in data.columns]
            hint = nearest(name, columns) or f" There are {', '.join(columns)}."
            raise ModelError(f"{spec.formula!r} names the column {name!r}, which is not in the data.{hint}")
        if not data.columns.is_unique and (data.columns == name).sum() > 1:
            raise ModelError(
                f"{spec.formula!r} names the column {name!r}, which the data have twice: rename one."
            )


def lay_out(
    spec: ModelSpec, frame: pd.DataFrame, categories: Mapping[str, pd.Index]
) -> tuple[Layout, np.ndarray]:
    """The layout that complete rows give, and their columns (b, n), the outcome's being last.

    Raises
    ------
    ModelError
        For text or infinite values, an outcome that is not a number, or an effect named twice.
    """
    plain = _plain(frame, categories)
    parts = [spec.fixed, *(term.effects for term in spec.random)]
    matrices = [_matrix(None, part, plain) for part in parts]
    sources: dict[str, tuple[int, int]] = {}
    for m, matrix in enumerate(matrices):
        for k, name in enumerate(matrix.names):
            sources.setdefault(name, (m, k))
    sources.pop(CONSTANT, None)
    place = {CONSTANT: 0} | {name: i for i, name in enumerate(sources, 1)}
    fixed, *effects = (tuple(place[name] for name in matrix.names) for matrix in matrices)
    slices = matrices[0].made.term_slices.items()
    layout = Layout(
        names=(*place, spec.outcome),
        fixed=fixed,
        effects=tuple(effects),
        empty_terms=tuple(str(term) for term, part in slices if part.start == part.stop),
        matrices=tuple(matrix.made for matrix in matrices),
        sources=tuple(sources.values()),
        categories=categories,
    )
    return layout, _columns(spec, layout, plain, matrices)


def columns(spec: ModelSpec, layout: Layout, frame: pd.DataFrame) -> np.ndarray:
    """The columns (b, n) of complete rows of another frame, in the data's own units."""
    plain = _plain(frame, layout.categories)
    parts = [spec.fixed, *(term.effects for term in spec.random)]
    matrices = [_matrix(made, part, plain) for made, part in zip(layout.matrices, parts, strict=True)]
    return _columns(spec, layout, plain, matrices)


def fixed_columns(spec: ModelSpec, layout: Layout, frame: pd.DataFrame) -> np.ndarray:
    """The fixed terms (p, n) of a frame that need not have the outcome."""
    plain = _plain(frame, layout.categories)
    return _rows(_matrix(layout.matrices[0], spec.fixed, plain), len(frame))


def effect_columns(spec: ModelSpec, layout: Layout, frame: pd.DataFrame, term: int) -> np.ndarray:
    """A random term's effects (q, n) of a frame that need not have the outcome."""
    plain = _plain(frame, layout.categories)
    return _rows(_matrix(layout.matrices[term + 1], spec.random[term].effects, plain), len(frame))


def _plain(frame: pd.DataFrame, categories: Mapping[str, pd.Index]) -> pd.DataFrame:
    """Numbers of any kind as NumPy's widest, text of any kind as text, and categories without unused levels, or with those of all frames."""
    plain: dict[str, pd.Series] = {}
    for name, column in frame.items():
        if name in categories:
            plain[str(name)] = pd.Series(_labelled(column, categories[str(name)]), frame.index)
        elif isinstance(column.dtype, pd.CategoricalDtype):
            plain[str(name)] = column.cat.remove_unused_categories()
        elif pd.api.types.is_numeric_dtype(column.dtype):
            wide = WIDE.get(column.dtype.kind, np.float64)
            if column.dtype != wide:
                plain[str(name)] = column.astype(wide)
        elif pd.api.types.is_string_dtype(column.dtype) and column.dtype not in ("object", "str"):
            plain[str(name)] = column.astype(object)  # formulaic knows no other kind of text
    return frame.assign(**plain) if plain else frame


def _labelled(column: pd.Series, known: pd.Index) -> pd.Categorical:
    codes = known.get_indexer(pd.Index(column.astype(object)))
    if (codes < 0).any():
        raise ModelError(
            f"{column.name!r} has labels that were not in the fit, which knows {', '.join(map(str, known))}."
        )
    return pd.Categorical.from_codes(codes, known)


@dataclass(frozen=True, slots=True)
class _Matrix:
    """A part of a formula worked out: the columns' names, the columns (n,) or 1.0, and how formulaic makes them again."""

    made: formulaic.ModelSpec
    names: tuple[str, ...]
    columns: tuple[np.ndarray | float, ...]


def _matrix(made: formulaic.ModelSpec | None, part: str, frame: pd.DataFrame) -> _Matrix:
    """A part of a formula, as `made` for an earlier frame or else anew.

    Formulaic takes longer over one part than a small fit takes, so that columns of numbers as they stand are not given to it.
    """
    names = _own_columns(part)
    numbers = names and all(name == CONSTANT or frame[name].dtype.kind in "iuf" for name in names)
    if names and numbers and (made is None or names == tuple(made.column_names)):
        columns = (1.0 if name == CONSTANT else frame[name].to_numpy() for name in names)
        return _Matrix(made or _of_numbers(part, names), names, tuple(columns))
    matrix = _materialise(made or read_formula(part), part, frame)
    columns = (column.to_numpy() for _, column in matrix.items())
    return _Matrix(matrix.model_spec, tuple(map(str, matrix.columns)), tuple(columns))


@lru_cache(maxsize=256)
def _own_columns(part: str) -> tuple[str, ...] | None:
    """The columns of a part that is a sum of columns as they stand, the constant among them; None for any other."""
    factors = [list(map(str, term.factors)) for term in read_formula(part)]
    names = [CONSTANT if factor == ["1"] else factor[0] for factor in factors if len(factor) == 1]
    plain = len(names) == len(factors) and all(map(_COLUMN.fullmatch, names))
    return tuple(names) if plain and names else None


@lru_cache(maxsize=256)
def _of_numbers(part: str, names: tuple[str, ...]) -> formulaic.ModelSpec:
    """How formulaic makes a part whose columns are numbers: whatever the numbers are."""
    matrix = _materialise(read_formula(part), part, pd.DataFrame({name: [1.0] for name in names}))
    return matrix.model_spec


def _materialise(
    made: formulaic.Formula | formulaic.ModelSpec, part: str, frame: pd.DataFrame
) -> formulaic.ModelMatrix:
    maker = PandasMaterializer(frame)
    try:
        # What a logarithm makes of a zero is refused later, by name.
        with np.errstate(all="ignore"), warnings.catch_warnings(action="error", category=DataMismatchWarning):
            return maker.get_model_matrix(made, na_action="ignore", output="pandas")
    except DataMismatchWarning as error:
        raise ModelError(f"A column of {part!r} has labels that were not in the fit.") from error
    except (FormulaicError, TypeError) as error:  # a date, say, is neither a number nor a label
        raise ModelError(f"{part!r} cannot be worked out: {str(error).splitlines()[0]}") from error
    finally:  # it is in a cycle of references, and would keep the frame until the collector comes
        vars(maker).clear()


def _rows(matrix: _Matrix, n: int) -> np.ndarray:
    """The columns of a model matrix as the rows of an array, contiguous for the sums that follow."""
    rows = np.empty((len(matrix.columns), n))
    for row, column in zip(rows, matrix.columns, strict=True):
        row[:] = column
    return rows


def _columns(spec: ModelSpec, layout: Layout, frame: pd.DataFrame, matrices: Sequence[_Matrix]) -> np.ndarray:
    found = np.empty((len(layout.names), len(frame)))
    found[0] = 1.0
    for row, (m, k) in zip(found[1:-1], layout.sources, strict=True):
        row[:] = matrices[m].columns[k]
    found[-1] = _outcome(spec, frame)
    _require_finite(found, layout.names)
    if spec.offset:
        found[-1] -= numbers(spec.offset, "offset", frame)
    return found


def _outcome(spec: ModelSpec, frame: pd.DataFrame) -> np.ndarray:
    for name in variables(spec.outcome):
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise ModelError(
                f"The outcome {name!r} holds text, not numbers; a multilevel model needs a score."
            )
    if _COLUMN.fullmatch(spec.outcome):
        return frame[spec.outcome].to_numpy(dtype=float)
    matrix = _matrix(None, f"0 + {spec.outcome}", frame)
    if len(matrix.columns) != 1:
        raise ModelError(f"The outcome {spec.outcome!r} must be one column of numbers.")
    return _rows(matrix, len(frame))[0]


def weights(spec: ModelSpec, frame: pd.DataFrame) -> np.ndarray | None:
    """What each row counts for, (n,): its residual variance is the model's over this. None where all count alike."""
    if not spec.weights:
        return None
    found = numbers(spec.weights, "weights", frame)
    if (found <= 0).any():
        raise ModelError(
            f"{spec.weights!r} is zero or less in {int((found <= 0).sum())} rows; a weight must be above zero. Leave such "
            "rows out, or empty."
        )
    return found


def numbers(name: str, role: str, frame: pd.DataFrame) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(frame[name]):
        raise ModelError(f"{name!r} holds text, not numbers, and cannot be the {role}.")
    found = frame[name].to_numpy(dtype=float)
    _require_finite(found[None], [name])
    return found


def _require_finite(rows: np.ndarray, names: Sequence[str]) -> None:
    if np.isfinite(
        rows.sum()
    ):  # one pass, right unless finite values overflow, which the second look settles
        return
    for row, name in zip(rows, names, strict=True):
        if not np.isfinite(row).all():
            bad = int((~np.isfinite(row)).sum())
            raise ModelError(
                f"{name!r} is infinite or not a number in {bad} rows; correct them or leave them empty."
            )

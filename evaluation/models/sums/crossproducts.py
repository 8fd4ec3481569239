"""The sums a model needs of the rows, cell by cell. They add up over batches, and after them no step touches a row.

A cell is a combination of the model's grouping columns that occurs: a class of a school, say. For each cell the sums
of products of all pairs of columns are kept; every group, block and total is a sum of cells.
"""

import builtins
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.models.sums.design import Layout, columns, complete_rows, lay_out, weights
from evaluation.models.sums.grouping import Factor, combinations, factorise
from evaluation.models.sums.spec import ModelSpec, parse_formula

Map = Callable[..., Iterable[Any]]
_Plan = tuple[Layout, np.ndarray, list[str]]


@dataclass(frozen=True, slots=True)
class CrossProducts:
    """Sums of products over the rows of each of K cells, of b columns less their origin.

    Attributes
    ----------
    spec : ModelSpec
    layout : Layout
    origin : ndarray, shape (b,)
        What was taken off each column, so that sums of squares keep their digits; 0 for the constant.
    factors : mapping of str to Factor
        Each grouping column's level in each cell.
    products : ndarray, shape (b (b + 1) / 2, K)
        The upper triangle of C'C (C'WC with weights) of each cell, row by row.
    counts : ndarray of int, shape (K,)
        Rows of each cell.
    log_weights : float
        The sum of the weights' logarithms.
    n_dropped : int
        Rows left out for missing values.
    """

    spec: ModelSpec
    layout: Layout
    origin: np.ndarray
    factors: Mapping[str, Factor]
    products: np.ndarray
    counts: np.ndarray
    log_weights: float
    n_dropped: int

    @property
    def n(self) -> int:
        return int(self.counts.sum())


def cross_products(
    formula: str,
    batches: pd.DataFrame | Iterable[Any],
    *,
    weights: str | None = None,
    offset: str | None = None,
    cluster: str | Sequence[str] = (),
    crossed: bool = False,
    map: Map = builtins.map,
) -> CrossProducts:
    """Sum what a model needs of a frame, or of batches of one that need never be in memory together.

    Parameters
    ----------
    formula : str
        As for `fit`.
    batches : DataFrame or iterable
        One frame, or several, or what `map` makes frames of. Several are gone through twice or three times (for the levels of
        text columns, then for the sums), so they must be able to start again: a list, or an object whose `__iter__` reads
        anew, such as a store's batches.
    weights, offset : str, optional
        Columns: as for `fit`.
    cluster : str or sequence of str
        Columns to divide the sums by besides the formula's groups, so that `inference("cr2", cluster=...)` or an
        allocation's blocks can use them.
    crossed : bool
        As for `fit`.
    map : callable
        What applies a function to every batch, in order. An executor's `map` shares the work, and nothing else opens a batch:
        with Dask's they may be futures, as in `cross_products(formula, client.compute(frame.to_delayed()),
        map=client.get_executor().map)`. An executor takes all batches at once, so give it futures or paths (and a `map` that
        reads them) rather than frames that fill the memory.

    Raises
    ------
    ModelError
        For data that cannot carry the model (see `fit`), or a formula that needs all rows at once.
    """
    clusters = (cluster,) if isinstance(cluster, str) else tuple(cluster)
    spec = parse_formula(formula).using(weights, offset, clusters, crossed)
    if isinstance(batches, pd.DataFrame):
        return sum_frame(spec, batches)
    return sum_batches(spec, batches, map)


def sum_frame(spec: ModelSpec, data: pd.DataFrame) -> CrossProducts:
    """The sums of one frame."""
    frame = complete_rows(spec, data)
    _require_rows(spec, data, len(frame))
    layout, values = lay_out(spec, frame, {})
    return sum_columns(spec, layout, frame, values, origin_of(values), len(data) - len(frame))


def sum_batches(spec: ModelSpec, batches: Iterable[Any], map: Map) -> CrossProducts:
    """The sums of batches, laid out by the first that has complete rows, with the levels of them all."""
    if iter(batches) is batches:
        raise ModelError(
            "These batches can be gone through once only, and a model needs them more often: give a list of frames, or an "
            "object whose __iter__ starts again."
        )
    first, (layout, origin, named) = _first(spec, batches, map)
    if named:
        found = list(map(partial(_labels, spec, named), batches))
        unions = {name: _levels([labels[name] for labels in found]) for name in named}
        [(layout, origin, _)] = map(partial(_lay_out, spec, unions), [first])
    return _gather(map(partial(_sum_batch, spec, layout, origin), batches))


def _require_rows(spec: ModelSpec, data: pd.DataFrame, kept: int) -> None:
    if kept:
        return
    gaps = {name: int(data[name].isna().sum()) for name in spec.columns}
    worst = max(gaps, key=lambda name: gaps[name])
    raise ModelError(
        f"No row has a value in every column of {spec.formula!r}; {worst!r} is empty in {gaps[worst]} of {len(data)} rows."
    )


def _first(spec: ModelSpec, batches: Iterable[Any], map: Map) -> tuple[Any, _Plan]:
    """The first batch that has complete rows, and what it says of all. Batches are opened by `map` alone."""
    for batch in batches:
        [found] = map(partial(_lay_out, spec, {}), [batch])
        if found:
            return batch, found
    raise ModelError(f"No row of any batch has a value in every column of {spec.formula!r}.")


def _lay_out(spec: ModelSpec, categories: Mapping[str, pd.Index], data: pd.DataFrame) -> _Plan | None:
    """Layout, origin (b,) and the columns whose levels the layout depends on; None without complete rows."""
    frame = complete_rows(spec, data)
    if not len(frame):
        return None
    layout, values = lay_out(spec, frame, categories)
    _require_separable(spec, layout)
    return layout, origin_of(values), _categorical(layout, frame)


def _require_separable(spec: ModelSpec, layout: Layout) -> None:
    """Refuse what a batch alone cannot tell, or what more levels than the batch's would change."""
    factors = _factors(layout)
    numbers = {name for expr, (kind, names) in factors.items() if kind != "categorical" for name in names}
    for expr, (kind, names) in factors.items():
        column = expr in names or re.fullmatch(r"C\(\s*(\w+|`[^`]+`)\s*(,.*)?\)", expr)
        stateful = any(expr in made.transform_state for made in layout.matrices)
        if stateful or (kind == "categorical" and (not column or names & numbers)):
            raise ModelError(
                f"{expr!r} in {spec.formula!r} needs all rows at once, and these come in batches: make it a column of the data "
                "beforehand."
            )


def _factors(layout: Layout) -> dict[str, tuple[str, set[str]]]:
    """The expressions of fixed terms and effects: whether categorical or numerical, and the columns of each."""
    found: dict[str, tuple[str, set[str]]] = {}
    for made in layout.matrices:
        columns = {factor.expr: set(map(str, names)) for factor, names in made.factor_variables.items()}
        found |= {expr: (kind.value, columns[expr]) for expr, (kind, _) in made.encoder_state.items()}
    return found


def _categorical(layout: Layout, frame: pd.DataFrame) -> list[str]:
    """The columns whose levels the fixed terms and effects depend on."""
    used = (names for kind, names in _factors(layout).values() if kind == "categorical")
    return sorted(set[str]().union(*used) & set(frame.columns))


def _labels(spec: ModelSpec, named: Sequence[str], data: pd.DataFrame) -> dict[str, pd.Series]:
    """The labels that occur in a batch."""
    frame = complete_rows(spec, data)
    return {name: frame[name].drop_duplicates() for name in named}


def _levels(labels: Sequence[pd.Series]) -> pd.Index:
    """The labels of all batches: in their order where all are of one category, else sorted."""
    together = pd.concat([part for part in labels if len(part)], ignore_index=True)
    return pd.Index(factorise(together).levels)


def _sum_batch(spec: ModelSpec, layout: Layout, origin: np.ndarray, data: pd.DataFrame) -> CrossProducts:
    frame = complete_rows(spec, data)
    values = columns(spec, layout, frame)
    return sum_columns(spec, layout, frame, values, origin, len(data) - len(frame))


def origin_of(values: np.ndarray) -> np.ndarray:
    origin = values.mean(axis=1)
    origin[0] = 0.0
    return origin


def sum_columns(
    spec: ModelSpec,
    layout: Layout,
    frame: pd.DataFrame,
    values: np.ndarray,
    origin: np.ndarray,
    n_dropped: int,
) -> CrossProducts:
    """Sum products of the columns (b, n), which are the caller's to lose."""
    factors = {name: factorise(frame[name]) for name in spec.keys}
    parts, cells = combinations(list(factors.values()), len(frame))
    size = len(parts[0]) if parts else 1
    values -= origin[:, None]
    weight = weights(spec, frame)
    return CrossProducts(
        spec=spec,
        layout=layout,
        origin=origin,
        factors={
            name: replace(factor, codes=part)
            for (name, factor), part in zip(factors.items(), parts, strict=True)
        },
        products=row_products(values, cells, size, weight),
        counts=np.bincount(cells, minlength=size),
        log_weights=0.0 if weight is None else float(np.log(weight).sum()),
        n_dropped=n_dropped,
    )


def row_products(values: np.ndarray, cells: np.ndarray, size: int, weight: np.ndarray | None) -> np.ndarray:
    sums = []
    for i, row in enumerate(values):
        left = row if weight is None else row * weight
        for other in values[i:]:
            product = other if i == 0 and weight is None else left * other
            sums.append(np.bincount(cells, product, size))
    return np.array(sums)


def _gather(parts: Iterable[CrossProducts]) -> CrossProducts:
    """All parts together, combined whenever those that wait have more cells than the rest: few more are held than come out."""
    waiting: list[CrossProducts] = []
    for part in parts:
        waiting.append(part)
        if sum(len(other.counts) for other in waiting[1:]) > 2 * len(waiting[0].counts):
            waiting = [combine(waiting)]
    return combine(waiting)


def combine(parts: Sequence[CrossProducts]) -> CrossProducts:
    """The sums of several batches together. They must have one layout and one origin."""
    first = parts[0]
    factors = {
        name: _joined([part.factors[name] for part in parts if len(part.counts)]) for name in first.factors
    }
    rows = sum(len(part.counts) for part in parts)
    codes, cells = combinations(list(factors.values()), rows)
    size = len(codes[0]) if codes else 1
    stacked = np.concatenate([part.products for part in parts], axis=1)
    counts = np.concatenate([part.counts for part in parts])
    return replace(
        first,
        factors={
            name: replace(factor, codes=part)
            for (name, factor), part in zip(factors.items(), codes, strict=True)
        },
        products=np.array([np.bincount(cells, row, size) for row in stacked]),
        counts=np.bincount(cells, counts, size).astype(np.int64),
        log_weights=sum(part.log_weights for part in parts),
        n_dropped=sum(part.n_dropped for part in parts),
    )


def _joined(factors: Sequence[Factor]) -> Factor:
    labels = np.concatenate([factor.levels[factor.codes] for factor in factors])
    return factorise(pd.Series(labels, dtype=object))


def unpack(packed: np.ndarray) -> np.ndarray:
    """Symmetric matrices (b, b, K) from their upper triangles (b (b + 1) / 2, K)."""
    b = int(np.sqrt(2 * len(packed)))
    full = np.empty((b, b, *packed.shape[1:]))
    rows, cols = np.triu_indices(b)
    full[rows, cols] = full[cols, rows] = packed
    return full

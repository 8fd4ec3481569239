"""The sums that a model of two responses needs: five for each pair of columns, by which responses a row has."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import block_diag

from evaluation.errors import ModelError
from evaluation.models.engine.estimate import require_identified
from evaluation.models.engine.pose import group_sums
from evaluation.models.engine.problem import Level, Problem
from evaluation.models.engine.scaling import Units, working_units
from evaluation.models.sums.crossproducts import CrossProducts, origin_of, row_products, sum_columns, unpack
from evaluation.models.sums.design import complete_rows, lay_out
from evaluation.models.sums.grouping import Factor, Grouping, combinations, factorise, interact, nest
from evaluation.models.sums.spec import ModelSpec, parse_formula


@dataclass(frozen=True, slots=True)
class PairedSums:
    """Sums over rows with [both: 11, both: 12 and 21, both: 22, first alone: 11, second alone: 22], and their problem.

    Attributes
    ----------
    responses : tuple of str
    scales : tuple of float
        The responses' units.
    counts : tuple of int
        Rows with both, with the first alone, with the second alone.
    n_dropped : int
    total : ndarray, shape (5, c, c)
    levels : tuple of ndarray, shape (5, c, q, G) each
    problem : Problem
        With independent residuals of variance 1, in working units of each response.
    """

    responses: tuple[str, str]
    scales: tuple[float, float]
    counts: tuple[int, int, int]
    n_dropped: int
    total: np.ndarray
    levels: tuple[np.ndarray, ...]
    problem: Problem


@dataclass(frozen=True, slots=True)
class _Response:
    """One response: its columns (b, n) less their origin, which rows have it (n,), its sums over those, and its units."""

    spec: ModelSpec
    values: np.ndarray
    present: np.ndarray
    cross: CrossProducts
    units: Units

    def term(self, name: str) -> str:
        return f"{self.spec.outcome}: {name}"


def paired_sums(outcome: str, baseline: str, data: pd.DataFrame) -> PairedSums:
    """Sum the rows that have either response and every other column of both formulas.

    Raises
    ------
    ModelError
        For formulas without the same groups, responses that are not columns, or data that cannot carry the model.
    """
    specs = parse_formula(outcome), parse_formula(baseline)
    _require_alike(*specs, data)
    frame = _rows(specs, data)
    one, other = (_response(spec, frame) for spec in specs)
    factors = {name: factorise(frame[name]) for name in specs[0].keys}
    parts, cells = combinations(list(factors.values()), len(frame))
    by_cell = {
        name: Factor(part, factor.levels) for (name, factor), part in zip(factors.items(), parts, strict=True)
    }
    sums, counts = _five(one, other, cells, len(parts[0]) if parts else 1)
    if not counts[0]:
        raise ModelError(
            f"No row has both {one.spec.outcome!r} and {other.spec.outcome!r}, so that nothing says how they go together: fit "
            "each alone."
        )
    groups = dict.fromkeys(term.group for term in specs[0].random)
    groupings, parents = nest([interact(group, by_cell) for group in groups], may_cross=False)
    turn = _columns(one, other)
    total = np.einsum("ca,fabk,db->fcd", turn, sums, turn, optimize=True)
    own = [_places(one, other, grouping) for grouping in groupings]
    levels = tuple(
        _with_columns(sums, grouping, turn, places) for grouping, places in zip(groupings, own, strict=True)
    )
    problem = _problem(one, other, groupings, parents or [], own, total, levels)
    require_identified(problem)
    return PairedSums(
        responses=(specs[0].outcome, specs[1].outcome),
        scales=(one.units.y_scale, other.units.y_scale),
        counts=counts,
        n_dropped=len(data) - len(frame),
        total=total,
        levels=levels,
        problem=problem,
    )


def _require_alike(one: ModelSpec, other: ModelSpec, data: pd.DataFrame) -> None:
    if {term.group for term in one.random} != {term.group for term in other.random}:
        raise ModelError(
            f"{one.formula!r} and {other.formula!r} need the same groups, since their effects are fitted together."
        )
    for spec in (one, other):
        if spec.outcome not in data.columns or not pd.api.types.is_numeric_dtype(data[spec.outcome]):
            raise ModelError(f"The response {spec.outcome!r} must be a column of numbers in the data.")
    if one.outcome == other.outcome:
        raise ModelError(f"Both formulas have the response {one.outcome!r}: name two.")
    for spec, response in ((one, other.outcome), (other, one.outcome)):
        if response in spec.columns:
            raise ModelError(
                f"{response!r} is a response, and cannot be among the terms of {spec.formula!r} as well: leave it out there."
            )
        if len({term.group for term in spec.random}) < len(spec.random):
            raise ModelError(
                f"{spec.formula!r} has several random terms of one group, and here all its effects are correlated: write one, "
                "such as (1 + x | school)."
            )


def _rows(specs: Sequence[ModelSpec], data: pd.DataFrame) -> pd.DataFrame:
    responses = [spec.outcome for spec in specs]
    needed = sorted({name for spec in specs for name in spec.columns} - set(responses))
    for spec in specs:
        complete_rows(spec, data.iloc[:0])  # names a column that is not there
    kept = data[needed].notna().all(axis=1) & data[responses].notna().any(axis=1)
    frame = data.loc[kept, [*needed, *responses]]
    for response in responses:
        if not frame[response].notna().any():
            raise ModelError(f"No row has {response!r} and every other column of both formulas.")
    return frame


def _response(spec: ModelSpec, frame: pd.DataFrame) -> _Response:
    present = frame[spec.outcome].notna().to_numpy()
    filled = frame[list(spec.columns)].assign(
        **{spec.outcome: frame[spec.outcome].astype(float).fillna(frame[spec.outcome].mean())}
    )
    layout, values = lay_out(spec, filled, {})
    origin = origin_of(values[:, present])
    cross = sum_columns(spec, layout, filled[present], values[:, present], origin, 0)
    units = working_units(cross, layout.fixed)
    return _Response(spec, values - origin[:, None], present, cross, units)


def _five(
    one: _Response, other: _Response, cells: np.ndarray, size: int
) -> tuple[np.ndarray, tuple[int, int, int]]:
    """The five sums (5, b, b, K) over the columns of both responses, and the rows of each kind."""
    both, first, second = (
        one.present & other.present,
        one.present & ~other.present,
        other.present & ~one.present,
    )
    stacked = np.concatenate([one.values, other.values])
    b, split = len(stacked), len(one.values)
    a, z = slice(None, split), slice(split, None)
    sums = np.zeros((5, b, b, size))
    joint = unpack(row_products(stacked[:, both], cells[both], size, None))
    sums[0, a, a], sums[2, z, z] = joint[a, a], joint[z, z]
    sums[1, a, z], sums[1, z, a] = joint[a, z], joint[z, a]
    sums[3, a, a] = unpack(row_products(one.values[:, first], cells[first], size, None))
    sums[4, z, z] = unpack(row_products(other.values[:, second], cells[second], size, None))
    return sums, (int(both.sum()), int(first.sum()), int(second.sum()))


def _columns(one: _Response, other: _Response) -> np.ndarray:
    """The problem's columns (c, b): effects and fixed terms of the first, then of the second, and the responses last."""
    effects = block_diag(
        *(np.array(list(r.units.effects.values())).reshape(-1, len(r.values)) for r in (one, other))
    )
    fixed = block_diag(one.units.fixed, other.units.fixed)
    return np.vstack([effects, fixed, np.concatenate([one.units.outcome, other.units.outcome])])


def _places(one: _Response, other: _Response, grouping: Grouping) -> list[tuple[_Response, int, int]]:
    """A group's effects: the response, the place among its columns summed, and among the problem's columns."""
    found, start = [], 0
    for response in (one, other):
        terms = zip(response.spec.random, response.cross.layout.effects, strict=True)
        places = [place for term, effects in terms if term.name == grouping.name for place in effects]
        among = list(response.units.effects)
        found += [(response, place, start + among.index(place)) for place in places]
        start += len(among)
    return found


def _with_columns(
    sums: np.ndarray, grouping: Grouping, turn: np.ndarray, places: list[tuple[_Response, int, int]]
) -> np.ndarray:
    """The five sums (5, c, q, G) of each group."""
    grouped = group_sums(sums.reshape(-1, sums.shape[-1]), grouping).reshape(*sums.shape[:3], -1)
    own = turn[[at for _, _, at in places]]
    return np.einsum("ca,fabg,qb->fcqg", turn, grouped, own, optimize=True)


def _problem(
    one: _Response,
    other: _Response,
    groupings: Sequence[Grouping],
    parents: Sequence[np.ndarray],
    own: Sequence[list[tuple[_Response, int, int]]],
    total: np.ndarray,
    levels: Sequence[np.ndarray],
) -> Problem:
    alike = [0, 2, 3, 4]
    n = int(one.present.sum() + other.present.sum())
    posed = tuple(
        _level(grouping, parent, places, products[alike].sum(axis=0), n)
        for grouping, parent, places, products in zip(groupings, parents, own, levels, strict=True)
    )
    pair = (one, other)
    named = [(r, [r.cross.layout.names[place] for place in r.cross.layout.fixed]) for r in pair]
    whole = total[alike].sum(axis=0)
    return Problem(
        n=n,
        log_weights=0.0,
        mean_weight=1.0,
        blocks=whole[..., None],
        block_sizes=np.array([n]),
        total=whole,
        levels=posed,
        groupings=tuple(groupings),
        terms=tuple(r.term(names[k]) for r, names in named for k in r.units.kept),
        dropped_terms=tuple(
            r.term(name) for r, names in named for k, name in enumerate(names) if k not in r.units.kept
        ),
        kept=(),
        columns=_columns(one, other),
        transform=block_diag(*(r.units.transform * r.units.y_scale for r in pair)),
        y_shift=np.concatenate([r.units.y_shift for r in pair]),
        y_scale=1.0,
    )


def _level(
    grouping: Grouping,
    parent: np.ndarray,
    places: list[tuple[_Response, int, int]],
    products: np.ndarray,
    n: int,
) -> Level:
    effects = tuple(r.term(r.cross.layout.names[place]) for r, place, _ in places)
    if grouping.size <= len(effects):
        groups = f"{grouping.size} group{'s' * (grouping.size > 1)}"
        raise ModelError(
            f"{grouping.name} has {groups}, too few for {len(effects)} random effects ({', '.join(effects)})."
        )
    if grouping.size * len(effects) >= n:
        raise ModelError(
            f"{grouping.name} has as many random effects as there are responses ({n}), so that they cannot be told apart from "
            "the residuals: leave that term out."
        )
    return Level(
        name=grouping.name,
        effects=effects,
        blocks=(len(effects),),
        products=products,
        own=np.array([at for _, _, at in places], dtype=np.intp),
        scales=np.array([r.units.effect_scales[place] / r.units.y_scale for r, place, _ in places]),
        starts=np.flatnonzero(np.diff(parent, prepend=-1)),
    )

"""The groups a term compares, and every row of a sample as it would be in each: what a standardised difference averages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import formulaic
import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.models.sums.spec import read_formula

# Differences between designs smaller than this are rounding.
NOTHING = 1e-8


@dataclass(frozen=True, slots=True)
class Settings:
    """The groups a term compares: two for a main effect, four for an interaction of two.

    Attributes
    ----------
    labels : tuple of str, length S
        Such as `treated = 1, disadvantaged = 0`.
    signs : ndarray, shape (S,)
        1 or -1: the term is their signed sum, a difference or a difference in differences.
    designs : ndarray, shape (S, n, p)
        The rows of the model matrix, were every row in that group and all else as it is.
    members : ndarray of bool, shape (S, n)
        The rows that are in that group.
    """

    labels: tuple[str, ...]
    signs: np.ndarray
    designs: np.ndarray
    members: np.ndarray


@dataclass(frozen=True, slots=True)
class _Factor:
    """A factor of a term: its expression, the column of data it is made from, and its columns, reference level left out."""

    expression: str
    variable: str
    columns: pd.DataFrame

    @property
    def of_groups(self) -> bool:
        return bool(self.columns.isin([0.0, 1.0]).all(axis=None))


def settings(matrix: formulaic.ModelMatrix, frame: pd.DataFrame, terms: Sequence[str], term: str) -> Settings:
    """What `term` compares, in the model matrix of `frame` reduced to `terms`.

    Where the term is part of an interaction, its coefficient is the difference at the reference of the other factors (0 for
    numbers); these are then held there in every setting, so that the settings say the same.

    Raises
    ------
    ModelError
        When the term is not a difference between groups: a factor takes values other than 0 and 1, say.
    """
    own, others = _factors(matrix.model_spec, frame, term)
    held = dict(_reference(factor, frame, term) for factor in others)
    moved = _moved(own, frame, term)
    groups = [factor.variable for factor in (*others, *own) if factor.of_groups]
    labels, designs, members = [], [], []
    choices = list(product((0, 1), repeat=len(moved)))
    for choice in choices:
        values = held | {name: pair[side] for (name, pair), side in zip(moved.items(), choice, strict=True)}
        labels.append(", ".join(f"{name} = {_shown(value)}" for name, value in values.items()))
        designs.append(_design(matrix.model_spec, frame, values, terms))
        members.append(np.logical_and.reduce([frame[name] == values[name] for name in groups]))
    signs = np.array([(-1) ** choice.count(0) for choice in choices])
    _require_alone(np.tensordot(signs, designs, axes=1), list(terms).index(term), term)
    return Settings(tuple(labels), signs, np.array(designs), np.array(members))


def _factors(
    model_spec: formulaic.ModelSpec, frame: pd.DataFrame, term: str
) -> tuple[list[_Factor], list[_Factor]]:
    """The factors of the term itself, and the further ones of interactions it is part of."""
    own = next(part.term.factors for part in model_spec.structure if term in part.columns)
    wider = [part.term.factors for part in model_spec.structure if set(own) < set(part.term.factors)]
    others = dict.fromkeys(factor for factors in wider for factor in factors if factor not in own)
    variables = {factor: model_spec.factor_variables[factor] for factor in (*own, *others)}
    made = {factor: _factor(factor.expr, used, frame) for factor, used in variables.items()}
    return [made[factor] for factor in own], [made[factor] for factor in others]


def _factor(expression: str, used: Iterable[str], frame: pd.DataFrame) -> _Factor:
    variables = {str(name) for name in used} & set(frame.columns)
    if len(variables) != 1:
        raise ModelError(f"{expression!r} is not made from one column of the data")
    columns = read_formula(f"1 + {expression}").get_model_matrix(frame, na_action="ignore")
    return _Factor(expression, variables.pop(), pd.DataFrame(columns).drop(columns="Intercept").astype(float))


def _moved(own: Sequence[_Factor], frame: pd.DataFrame, term: str) -> dict[str, tuple[Any, Any]]:
    """The two values of each column of data between which a term goes from 0 to 1."""
    for factor in own:
        if not factor.of_groups:
            raise ModelError(
                f"{factor.expression!r} takes other values than 0 and 1, and so is no difference of groups"
            )
    for names in product(*(map(str, factor.columns) for factor in own)):
        if ":".join(names) == term:
            return {
                factor.variable: (_value(frame, factor, None), _value(frame, factor, name))
                for factor, name in zip(own, names, strict=True)
            }
    raise ModelError(f"{term!r} is one group's level, not its difference from a reference")


def _value(frame: pd.DataFrame, factor: _Factor, column: str | None) -> Any:
    """The one value of a factor's variable where one of its columns is 1, or where all are 0."""
    rows = (factor.columns == 0).all(axis=1) if column is None else factor.columns[column] == 1
    values = frame.loc[rows.to_numpy(), factor.variable].unique()
    if len(values) != 1:
        raise ModelError(f"{factor.expression!r} does not tell single values of {factor.variable!r} apart")
    return values.tolist()[0]


def _reference(factor: _Factor, frame: pd.DataFrame, term: str) -> tuple[str, Any]:
    """The column of a factor that the term interacts with, and the value at which it adds nothing."""
    if factor.of_groups:
        return factor.variable, _value(frame, factor, None)
    column = frame[factor.variable]
    if factor.expression.strip("`") != factor.variable or not column.min() <= 0 <= column.max():
        raise ModelError(
            f"{term!r} is the difference where {factor.expression!r} is 0, and no row is near that: put centred values "
            "in a column of the data"
        )
    return factor.variable, 0


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _design(
    model_spec: formulaic.ModelSpec, frame: pd.DataFrame, values: Mapping[str, Any], terms: Sequence[str]
) -> np.ndarray:
    columns = {
        name: pd.Series([value] * len(frame), frame.index, frame[name].dtype)
        for name, value in values.items()
    }
    matrix = model_spec.get_model_matrix(frame.assign(**columns), na_action="ignore")
    return pd.DataFrame(matrix)[list(terms)].to_numpy(dtype=float)


def _require_alone(difference: np.ndarray, place: int, term: str) -> None:
    """The signed sum of the designs (n, p) must be 1 for the term and 0 elsewhere, or the settings compare something else."""
    wanted = np.arange(difference.shape[1]) == place
    if np.abs(difference - wanted).max() > NOTHING:
        raise ModelError(
            f"{term!r} changes together with other terms, and so is no difference of groups by itself"
        )

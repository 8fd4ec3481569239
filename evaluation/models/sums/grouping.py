"""Nested grouping factors: which cell belongs to which group, and which group to which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.errors import ModelError


@dataclass(frozen=True, slots=True)
class Factor:
    """A column of labels as codes (n,) into its sorted levels (G,)."""

    codes: np.ndarray
    levels: np.ndarray


@dataclass(frozen=True, slots=True)
class Grouping:
    """One grouping factor.

    Attributes
    ----------
    name : str
        Its columns joined by colons, outermost first.
    labels : tuple of ndarray, shape (G,) each
        What each column holds for each group.
    codes : ndarray of int, shape (n,)
        The group of each row, or of each cell of rows.
    """

    name: str
    labels: tuple[np.ndarray, ...]
    codes: np.ndarray

    @property
    def size(self) -> int:
        return len(self.labels[0])

    def level_names(self) -> list[str]:
        """Names of the groups, `school:class` for nested ones."""
        return [":".join(map(str, parts)) for parts in zip(*self.labels, strict=True)]


def factorise(column: pd.Series) -> Factor:
    """Codes and sorted levels of a column without missing values; unused categories are left out."""
    codes, levels = pd.factorize(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        order = np.argsort(column.cat.categories.get_indexer(pd.Index(levels)))
    else:
        order = _sorted_order(levels)
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return Factor(rank[codes], np.asarray(levels, dtype=object)[order])


def _sorted_order(levels: pd.Index) -> np.ndarray:
    try:
        return np.argsort(levels.to_numpy(), kind="stable")
    except TypeError:  # a mixture of text and numbers sorts as text
        return np.argsort(levels.astype(str).to_numpy(), kind="stable")


def combinations(factors: Sequence[Factor], n: int) -> tuple[list[np.ndarray], np.ndarray]:
    """The combinations of levels that occur, in order: their code in each factor, (K,) each, and each row's place (n,)."""
    codes, parts, count = np.zeros(n, dtype=np.intp), list[np.ndarray](), 1
    for factor in factors:
        size = len(factor.levels)
        pairs, codes = _compress(codes * size + factor.codes, count * size)
        parts = [*(part[pairs // size] for part in parts), pairs % size]
        count = len(pairs)
    return parts, codes


def _compress(keys: np.ndarray, space: int) -> tuple[np.ndarray, np.ndarray]:
    """Sorted distinct keys, and each row's position among them; like np.unique, without sorting the rows."""
    if space > 4 * len(keys) + 1000:
        return np.unique(keys, return_inverse=True)
    present = np.zeros(space, dtype=bool)
    present[keys] = True
    position = np.cumsum(present) - 1
    return np.flatnonzero(present), position[keys]


def interact(names: Sequence[str], factors: Mapping[str, Factor]) -> Grouping:
    """The grouping factor whose groups are the combinations that occur in the data."""
    chosen = [factors[name] for name in names]
    parts, codes = combinations(chosen, len(chosen[0].codes))
    labels = tuple(factor.levels[part] for factor, part in zip(chosen, parts, strict=True))
    return Grouping(":".join(names), labels, codes)


def nest(groupings: Sequence[Grouping], may_cross: bool) -> tuple[list[Grouping], list[np.ndarray] | None]:
    """Order groupings from outermost to innermost, groups of one parent side by side.

    Returns
    -------
    groupings : list of Grouping
    parents : list of ndarray of int, or None
        For each grouping, the parent in the grouping before it (all 0 for the first); None when two are crossed.

    Raises
    ------
    ModelError
        When two factors are crossed but may not be, naming them.
    """
    ordered: list[Grouping] = []
    parents: list[np.ndarray] = []
    for grouping in sorted(groupings, key=lambda g: g.size):
        parent = np.zeros(grouping.size, dtype=np.intp)
        if ordered:
            parent[grouping.codes] = ordered[-1].codes
            if (parent[grouping.codes] != ordered[-1].codes).any():
                if may_cross:
                    return sorted(groupings, key=lambda g: g.size), None
                first, second = (g.name for g in groupings if g.name in (grouping.name, ordered[-1].name))
                raise ModelError(_crossed(first, second))
        order = np.argsort(parent, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        labels = tuple(label[order] for label in grouping.labels)
        ordered.append(Grouping(grouping.name, labels, rank[grouping.codes]))
        parents.append(parent[order])
    return ordered, parents


def _crossed(first: str, second: str) -> str:
    return (
        f"{first} and {second} are crossed: each has groups that meet several of the other's. If {second} is within "
        f"{first}, and only its labels are used again, write (1 | {first}/{second}). If they are truly crossed, as primary "
        "and secondary schools are, say so: crossed=True."
    )

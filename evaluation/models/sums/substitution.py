"""A term's values changed group by group, in the sums alone: what the data would be under another allocation."""

from dataclasses import replace

import numpy as np

from evaluation.errors import ModelError
from evaluation.models.sums.crossproducts import CrossProducts, unpack
from evaluation.models.sums.grouping import Grouping

# A column whose variance within a unit is below this share of its variance altogether does not vary there.
ALIKE = 1e-9


def unit_values(cross: CrossProducts, term: str, units: Grouping) -> np.ndarray:
    """A fixed term's value (G,) in each unit.

    Raises
    ------
    ModelError
        When it varies within a unit.
    """
    place = cross.layout.names.index(term)
    sums = unpack(cross.products)[np.ix_([0, place], [0, place])]
    grouped = np.array([[np.bincount(units.codes, s, units.size) for s in row] for row in sums])
    count, first, second = grouped[0, 0], grouped[0, 1], grouped[1, 1]
    spread = second - first**2 / count
    whole = second.sum() - first.sum() ** 2 / count.sum()
    if (spread > ALIKE * whole).any():
        raise ModelError(
            f"{term!r} varies within a {units.name}, so that it was not allocated by {units.name}."
        )
    return first / count + cross.origin[place]


def substitute(cross: CrossProducts, term: str, values: np.ndarray) -> CrossProducts:
    """The sums as they would be if `term` had these values (K,) in the cells.

    Interactions of the term change with it: a column `term:x` is `values` times x, and x must be a column too.

    Raises
    ------
    ModelError
        When a column depends on the term in another way.
    """
    names = cross.layout.names
    turn = np.broadcast_to(np.eye(len(names)), (len(values), len(names), len(names))).copy()
    for place, other in _dependent(cross, term).items():
        turn[:, place] = 0.0
        turn[:, place, other] = values
        turn[:, place, 0] += (values * cross.origin[other] if other else 0.0) - cross.origin[place]
    products = unpack(cross.products).transpose(2, 0, 1)
    turned = turn @ products @ turn.transpose(0, 2, 1)
    rows, columns = np.triu_indices(len(names))
    return replace(cross, products=np.ascontiguousarray(turned[:, rows, columns].T))


def _dependent(cross: CrossProducts, term: str) -> dict[int, int]:
    """The columns that hold the term, each with the column it multiplies there: the constant's, for the term itself."""
    names, made, found = cross.layout.names, _made_of(cross), dict[int, int]()
    for place, name in enumerate(names):
        parts = name.split(":")
        if term in parts:
            parts.remove(term)
            rest = ":".join(parts) or names[0]
            if rest not in names:
                raise ModelError(
                    f"{name!r} cannot change with {term!r}, since {rest!r} is no term of the model: add it."
                )
            found[place] = names.index(rest)
        elif made.get(name, set()) & made[term]:
            raise ModelError(
                f"{name!r} is made from the same column as {term!r}, and how it would change is not in the sums: leave it "
                "out, or compare two arms at a time."
            )
    return found


def _made_of(cross: CrossProducts) -> dict[str, set[str]]:
    """The columns of data that each fixed term and random effect is made from."""
    found: dict[str, set[str]] = {}
    for matrix in cross.layout.matrices:
        for part in matrix.structure:
            used = {str(name) for factor in part.term.factors for name in matrix.factor_variables[factor]}
            found |= dict.fromkeys(part.columns, used & set(cross.spec.columns))
    return found

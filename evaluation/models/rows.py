"""What a fitted model says of single rows: expected outcomes and residuals."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.models.engine.estimate import Estimate
from evaluation.models.engine.group_effects import group_effects
from evaluation.models.engine.problem import Problem
from evaluation.models.inference.tables import coefficients
from evaluation.models.sums import design
from evaluation.models.sums.crossproducts import CrossProducts
from evaluation.models.sums.grouping import Grouping
from evaluation.models.sums.spec import variables


def predict(
    cross: CrossProducts,
    problem: Problem,
    fitted: Estimate,
    data: pd.DataFrame,
    effects: bool,
    new_groups: bool,
) -> pd.Series:
    """Expected outcome of each row of `data`, on its index; missing where a column needed is."""
    needed = _needed(cross, effects)
    for name in needed:
        if name not in data.columns:
            raise ModelError(f"Prediction needs the column {name!r}, which is not in the data.")
    complete = data[needed].notna().all(axis=1).to_numpy()
    frame = data.loc[complete, needed]
    x = design.fixed_columns(cross.spec, cross.layout, frame)[list(problem.kept)]
    expected = coefficients(problem, fitted) @ x
    if cross.spec.offset:
        expected += design.numbers(cross.spec.offset, "offset", frame)
    if effects:
        expected += _group_part(cross, problem, fitted, frame, new_groups)
    found = np.full(len(data), np.nan)
    found[complete] = expected
    return pd.Series(found, index=data.index, name="expected")


def residuals(
    cross: CrossProducts, problem: Problem, fitted: Estimate, data: pd.DataFrame | None, kind: str
) -> pd.Series:
    """Outcome less its expectation, of the rows used."""
    if kind not in ("conditional", "marginal"):
        raise ModelError(f"There are no {kind!r} residuals; choose conditional or marginal.")
    if data is None:
        raise ModelError(
            "Residuals need the rows, and this model was fitted to cross-products: subtract predict(data) from the outcome."
        )
    frame = design.complete_rows(cross.spec, data)
    outcome = design.columns(cross.spec, cross.layout, frame)[-1]
    expected = predict(cross, problem, fitted, frame, kind == "conditional", False).to_numpy()
    if cross.spec.offset:
        outcome = outcome + design.numbers(cross.spec.offset, "offset", frame)
    return pd.Series(outcome - expected, index=frame.index, name="residual")


def _needed(cross: CrossProducts, effects: bool) -> list[str]:
    parts = [cross.spec.fixed, *((term.effects for term in cross.spec.random) if effects else ())]
    used = {name for part in parts for name in variables(part)}
    used |= {name for term in cross.spec.random for name in term.group} if effects else set()
    used |= {cross.spec.offset} - {""}
    return sorted(used)


def _group_part(
    cross: CrossProducts, problem: Problem, fitted: Estimate, frame: pd.DataFrame, new_groups: bool
) -> np.ndarray:
    found = np.zeros(len(frame))
    by_level = group_effects(problem, fitted)
    for grouping, effects in zip(problem.groupings, by_level, strict=True):
        terms = [k for k, term in enumerate(cross.spec.random) if term.name == grouping.name]
        group = _group_of(grouping, [frame[name] for name in cross.spec.random[terms[0]].group])
        if (group < 0).any() and not new_groups:
            raise ModelError(
                f"{int((group < 0).sum())} rows are of a {grouping.name} that was not in the fit; with "
                "new_groups=True they count as of an average one."
            )
        z = np.concatenate([design.effect_columns(cross.spec, cross.layout, frame, k) for k in terms])
        own = np.where(group >= 0, effects.mean[:, group], 0.0)
        found += np.einsum("qn,qn->n", z, own)
    return found


def _group_of(grouping: Grouping, columns: Sequence[pd.Series]) -> np.ndarray:
    """The group of each row (n,), -1 for one that is not known."""
    known = pd.MultiIndex.from_arrays([pd.Index(label, dtype=object) for label in grouping.labels])
    return known.get_indexer(pd.MultiIndex.from_arrays([column.astype(object) for column in columns]))

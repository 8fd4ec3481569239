"""Fit a multilevel model to a frame, to batches of one, or to summed cross-products."""

from collections.abc import Iterable

import pandas as pd

from evaluation.errors import ModelError
from evaluation.models.engine.estimate import estimate
from evaluation.models.engine.pose import pose
from evaluation.models.fitted import FittedModel
from evaluation.models.sums.crossproducts import CrossProducts, cross_products


def fit(
    formula: str | CrossProducts,
    data: pd.DataFrame | Iterable[pd.DataFrame] | None = None,
    *,
    reml: bool = True,
    weights: str | None = None,
    offset: str | None = None,
    crossed: bool = False,
) -> FittedModel:
    """Fit a multilevel model by REML, or by maximum likelihood.

    Parameters
    ----------
    formula : str or CrossProducts
        lme4's notation: `score ~ baseline + treated + (1 | school/class)`. Without a random term the fit is least squares.
        Or what `cross_products` summed, which needs no data.
    data : DataFrame or iterable of DataFrame
        One row a pupil. Rows with missing values in a column of the formula are left out, and counted. Batches are summed one
        at a time, as by `cross_products`.
    reml : bool
    weights : str, optional
        A column of weights: a row's residual variance is the model's divided by its weight, as lme4's.
    offset : str, optional
        A column taken off the outcome beforehand.
    crossed : bool
        Whether grouping factors may cross, as primary and secondary schools do for pupils followed across the move. Otherwise
        that is refused: more often than not it is a class label used again in every school.

    Raises
    ------
    ModelError
        When the model cannot be fitted to these data; the message says why.
    """
    if isinstance(formula, CrossProducts):
        if data is not None or weights or offset or crossed:
            raise ModelError(
                "Cross-products are fitted as they were summed: give everything else to cross_products."
            )
        cross = formula
    elif data is None:
        raise ModelError(f"{formula!r} needs data: a frame, or batches of one.")
    else:
        cross = cross_products(formula, data, weights=weights, offset=offset, crossed=crossed)
    return fit_cross_products(cross, reml, data if isinstance(data, pd.DataFrame) else None)


def fit_cross_products(cross: CrossProducts, reml: bool, data: pd.DataFrame | None) -> FittedModel:
    """Fit to sums; `data` are the rows they were summed from, where these are at hand."""
    problem = pose(cross)
    fitted = FittedModel(cross, problem, estimate(problem, reml), data)
    if not fitted.diagnostics.converged:
        raise ModelError(
            f"{cross.spec.formula!r} did not converge: the data say next to nothing about one of its variances. "
            "Leave out a random slope or a level."
        )
    return fitted

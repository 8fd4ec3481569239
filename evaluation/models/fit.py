"""Fit a multilevel model to a frame."""

import pandas as pd

from evaluation.errors import ModelError
from evaluation.models.crossproducts import cross_products
from evaluation.models.design import build_design
from evaluation.models.estimate import estimate
from evaluation.models.fitted import FittedModel
from evaluation.models.spec import parse_formula


def fit(formula: str, data: pd.DataFrame, *, reml: bool = True) -> FittedModel:
    """Fit a multilevel model by REML, or by maximum likelihood.

    Parameters
    ----------
    formula : str
        lme4's notation: `score ~ baseline + treated + (1 | school/class)`. Without a random term the fit is least squares.
    data : DataFrame
        One row a pupil. Rows with missing values in a column of the formula are left out, and counted.
    reml : bool

    Raises
    ------
    ModelError
        When the model cannot be fitted to these data; the message says why.
    """
    design = build_design(parse_formula(formula), data)
    products = cross_products(design)
    fitted = FittedModel(design, products, estimate(products, reml))
    if not fitted.diagnostics.converged:
        raise ModelError(
            f"{formula!r} did not converge: the data say next to nothing about one of its variances. "
            "Leave out a random slope or a level."
        )
    return fitted

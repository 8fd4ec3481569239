"""Least squares on group means: the simplest analysis that respects the clusters."""

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.models.engine.problem import Problem
from evaluation.models.engine.scaling import independent
from evaluation.models.inference.tables import coefficient_table


def group_means(problem: Problem, totals: np.ndarray) -> pd.DataFrame:
    """Coefficients by term, from the unweighted regression of each cluster's mean outcome on its mean fixed terms.

    Terms whose means are combinations of those before them (a covariate centred in each cluster) are left out.

    Parameters
    ----------
    totals : ndarray, shape (c, c, J)
        C'C of each cluster; sums of columns are its products with the intercept.

    Raises
    ------
    ModelError
        Without an intercept, or with no more clusters than terms.
    """
    if problem.terms[:1] != ("Intercept",):
        raise ModelError("group means need a model with an intercept")
    x = problem.fixed
    means = totals[x.start :, x.start] / totals[x.start, x.start]
    gram = means[:-1] @ means[:-1].T / totals.shape[-1]
    kept = independent(gram)  # beside the terms' own size, so that means of nothing but rounding are nothing
    df = totals.shape[-1] - len(kept)
    if df < 1:
        raise ModelError(f"{totals.shape[-1]} clusters are too few for {len(kept)} terms")
    inverse = np.linalg.inv(gram[np.ix_(kept, kept)] * totals.shape[-1])
    beta = inverse @ means[kept] @ means[-1]
    residual = means[-1] - beta @ means[kept]
    transform = problem.transform[np.ix_(kept, kept)]
    variance = np.diag(transform @ inverse @ transform.T) * (residual @ residual) / df
    estimates = transform @ beta * problem.y_scale + problem.y_shift[kept]
    terms = [problem.terms[k] for k in kept]
    return coefficient_table(terms, estimates, np.sqrt(variance) * problem.y_scale, np.full(len(kept), df))

"""Tables of coefficients and joint tests under each method of inference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models import cr2, kenward_roger, satterthwaite
from evaluation.models.crossproducts import CrossProducts
from evaluation.models.design import Design
from evaluation.models.estimate import Estimate

METHODS = ("kenward-roger", "satterthwaite", "cr2", "wald")
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class JointTest:
    """An F test that several coefficients are all zero."""

    statistic: float
    df_num: int
    df_denom: float
    p_value: float
    method: str


def coefficients(products: CrossProducts, fitted: Estimate) -> np.ndarray:
    """Fixed effects (p,) in the units of the data."""
    beta = products.transform @ fitted.solved.beta * products.y_scale
    beta[:1] += products.y_shift  # zero unless the first term is the intercept
    return beta


def table(design: Design, products: CrossProducts, fitted: Estimate, method: str) -> pd.DataFrame:
    """Estimate, std_error, df, statistic, p_value and 95% interval of each term.

    Raises
    ------
    ModelError
        For a method that is not one of METHODS, Kenward-Roger after maximum likelihood, or CR2 without groups.
    """
    variance, df = _variance_and_df(design, products, fitted, method)
    std_error = np.sqrt(variance) * products.y_scale
    found = coefficient_table(products.terms, coefficients(products, fitted), std_error, df)
    if method == "satterthwaite" and fitted.optimum.singular:
        found.attrs["note"] = (
            "A variance is on its boundary, where Satterthwaite's degrees of freedom jump to those of least "
            "squares: use Kenward-Roger."
        )
    return found


def coefficient_table(
    terms: Sequence[str], estimates: np.ndarray, std_error: np.ndarray, df: np.ndarray
) -> pd.DataFrame:
    """The table from estimates, standard errors and degrees of freedom, by Student's t."""
    statistic = estimates / std_error
    reach = stats.t.ppf((1 + LEVEL) / 2, df) * std_error
    return pd.DataFrame(
        {
            "estimate": estimates,
            "std_error": std_error,
            "df": df,
            "statistic": statistic,
            "p_value": 2 * stats.t.sf(np.abs(statistic), df),
            "ci_low": estimates - reach,
            "ci_high": estimates + reach,
        },
        index=pd.Index(terms, name="term"),
    )


def _variance_and_df(
    design: Design, products: CrossProducts, fitted: Estimate, method: str
) -> tuple[np.ndarray, np.ndarray]:
    """Each term's variance, for an outcome in working units, and its degrees of freedom."""
    to_data, s2 = products.transform, fitted.sigma2
    if method == "kenward-roger":
        adjusted = _adjusted(products, fitted)
        return s2 * _forms(to_data, adjusted.covariance), kenward_roger.degrees_of_freedom(adjusted, to_data)
    if method == "cr2":
        found = _clusters(design, products, fitted)
        return np.diag(cr2.covariance(found, to_data)), cr2.degrees_of_freedom(found, to_data)
    model = s2 * _forms(to_data, fitted.solved.phi)
    if method == "satterthwaite":
        theta = fitted.optimum.theta
        df = satterthwaite.degrees_of_freedom(
            fitted.solved, fitted.moments, fitted.structure, theta, s2, to_data
        )
        return model, df
    if method == "wald":
        return model, np.full(len(model), np.inf)
    raise ModelError(f"There is no inference method {method!r}; choose from {', '.join(METHODS)}.")


def _forms(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """row matrix row' for each row."""
    return np.einsum("ka,ab,kb->k", rows, matrix, rows)


def _adjusted(products: CrossProducts, fitted: Estimate) -> kenward_roger.Adjusted:
    if not fitted.reml:
        raise ModelError(
            "Kenward-Roger inference needs a REML fit; this one is maximum likelihood (reml=False)."
        )
    return kenward_roger.adjust(fitted.moments, products.p)


def _clusters(design: Design, products: CrossProducts, fitted: Estimate) -> cr2.Clusters:
    if not design.levels:
        raise ModelError(f"CR2 needs clusters, and {design.spec.formula!r} has no groups: add (1 | school).")
    return cr2.clusters(design, products, fitted)


def joint_test(
    design: Design, products: CrossProducts, fitted: Estimate, terms: Sequence[str], method: str
) -> JointTest:
    """Test that the coefficients of `terms` are all zero: Kenward-Roger's scaled F, or CR2's HTZ.

    Raises
    ------
    ModelError
        For an unknown term or method.
    """
    rows = [products.terms.index(term) for term in known_terms(products, terms)]
    contrast = products.transform[rows]
    effect = coefficients(products, fitted)[rows] / products.y_scale
    if method == "kenward-roger":
        adjusted = _adjusted(products, fitted)
        statistic, df = kenward_roger.joint(adjusted, contrast, effect / np.sqrt(fitted.sigma2))
    elif method == "cr2":
        statistic, df = cr2.joint(_clusters(design, products, fitted), contrast, effect)
    else:
        raise ModelError(f"There is no joint test {method!r}; choose kenward-roger or cr2.")
    return JointTest(statistic, len(rows), df, float(stats.f.sf(statistic, len(rows), df)), method)


def known_terms(products: CrossProducts, terms: Sequence[str]) -> Sequence[str]:
    """The terms, once each is known to be in the model."""
    if not terms:
        raise ModelError("A joint test needs at least one term.")
    for term in terms:
        if term not in products.terms:
            why = "was dropped as collinear" if term in products.dropped_terms else "is not in the model"
            raise ModelError(f"The term {term!r} {why}; the model's terms are {', '.join(products.terms)}.")
    return terms

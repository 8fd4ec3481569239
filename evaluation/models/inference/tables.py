"""Tables of coefficients and joint tests under each method of inference."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import special, stats

from evaluation.errors import ModelError, nearest
from evaluation.models.engine.estimate import Estimate
from evaluation.models.engine.problem import Problem
from evaluation.models.inference import cr2, kenward_roger, satterthwaite
from evaluation.models.inference.cr2 import Clusters
from evaluation.models.inference.one_cluster import rests_on_one_cluster

METHODS = ("kenward-roger", "satterthwaite", "cr2", "wald")
LEVEL = 0.95
COLUMNS = ("estimate", "std_error", "df", "statistic", "p_value", "ci_low", "ci_high")


@dataclass(frozen=True, slots=True)
class JointTest:
    """An F test that several coefficients are all zero."""

    statistic: float
    df_num: int
    df_denom: float
    p_value: float
    method: str


def coefficients(problem: Problem, fitted: Estimate) -> np.ndarray:
    """Fixed effects (p,) in the units of the data."""
    return problem.transform @ fitted.solved.beta * problem.y_scale + problem.y_shift


def table(problem: Problem, fitted: Estimate, method: str, clusters: Clusters | None) -> pd.DataFrame:
    """Estimate, std_error, df, statistic, p_value and 95% interval of each term; CR2 needs clusters.

    A term that rests on one cluster alone has no CR2 error, and `attrs["note"]` says so.

    Raises
    ------
    ModelError
        For a method that is not one of METHODS, or Kenward-Roger after maximum likelihood.
    """
    variance, df = _variance_and_df(problem, fitted, method, clusters)
    std_error = np.sqrt(variance) * problem.y_scale
    found = coefficient_table(problem.terms, coefficients(problem, fitted), std_error, df)
    if method == "satterthwaite" and fitted.optimum.singular:
        found.attrs["note"] = (
            "A variance is on its boundary, where Satterthwaite's degrees of freedom jump to those of least "
            "squares: use Kenward-Roger."
        )
    if method == "cr2" and found["std_error"].isna().any():
        found.attrs["note"] = _on_one_cluster(found.index[found["std_error"].isna()])
    return found


def _on_one_cluster(terms: Iterable[str]) -> str:
    return (
        f"No cluster-robust error holds for {', '.join(terms)}, resting on one cluster alone, whose own variation cannot be told "
        "from it: use Kenward-Roger, which borrows the variation between the others."
    )


def coefficient_table(
    terms: Sequence[str], estimates: np.ndarray, std_error: np.ndarray, df: np.ndarray
) -> pd.DataFrame:
    """The table from estimates, standard errors and degrees of freedom, by Student's t."""
    statistic = estimates / std_error
    reach = special.stdtrit(df, (1 + LEVEL) / 2) * std_error
    p_value = 2 * special.stdtr(df, -np.abs(statistic))
    columns = [estimates, std_error, df, statistic, p_value, estimates - reach, estimates + reach]
    return pd.DataFrame(np.column_stack(columns), pd.Index(terms, name="term"), list(COLUMNS))


def _variance_and_df(
    problem: Problem, fitted: Estimate, method: str, clusters: Clusters | None
) -> tuple[np.ndarray, np.ndarray]:
    """Each term's variance, for an outcome in working units, and its degrees of freedom."""
    to_data, s2 = problem.transform, fitted.sigma2
    if method == "kenward-roger":
        adjusted = _adjusted(problem, fitted)
        return s2 * _forms(to_data, adjusted.covariance), kenward_roger.degrees_of_freedom(adjusted, to_data)
    if method == "cr2" and clusters is not None:
        alone = [rests_on_one_cluster(clusters.information, contrast) for contrast in to_data]
        variance = np.where(alone, np.nan, np.diag(cr2.covariance(clusters, to_data)))
        return variance, np.where(alone, np.nan, cr2.degrees_of_freedom(clusters, to_data))
    model = s2 * _forms(to_data, fitted.solved.phi)
    if method == "satterthwaite":
        return model, _satterthwaite_df(fitted, to_data)
    if method == "wald":
        return model, np.full(len(model), np.inf)
    raise ModelError(
        f"There is no inference method {method!r}.{nearest(method, METHODS)} Choose from {', '.join(METHODS)}."
    )


def _satterthwaite_df(fitted: Estimate, contrasts: np.ndarray) -> np.ndarray:
    return satterthwaite.degrees_of_freedom(
        fitted.solved, fitted.moments, fitted.structure, fitted.optimum.theta, fitted.sigma2, contrasts
    )


def _forms(rows: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """row matrix row' for each row."""
    return np.einsum("ka,ab,kb->k", rows, matrix, rows)


def _adjusted(problem: Problem, fitted: Estimate) -> kenward_roger.Adjusted:
    if not fitted.reml:
        raise ModelError(
            "Kenward-Roger inference needs a REML fit; this one is maximum likelihood (reml=False)."
        )
    return kenward_roger.adjust(fitted.moments, problem.p)


def joint_test(
    problem: Problem,
    fitted: Estimate,
    terms: Sequence[str],
    method: str,
    clusters: Clusters | None,
    alike: bool = False,
) -> JointTest:
    """Test that the coefficients of `terms` are all zero, or `alike`: Kenward-Roger's scaled F, Satterthwaite's, or CR2's HTZ.

    Raises
    ------
    ModelError
        For an unknown term or method.
    """
    rows = [problem.terms.index(term) for term in known_terms(problem, terms)]
    contrast = problem.transform[rows]
    effect = coefficients(problem, fitted)[rows] / problem.y_scale
    if alike:
        terms, contrast, effect = terms[1:], contrast[1:] - contrast[0], effect[1:] - effect[0]
    if not terms:
        raise ModelError("Whether coefficients are alike needs two of them.")
    if method == "kenward-roger":
        adjusted = _adjusted(problem, fitted)
        statistic, df = kenward_roger.joint(adjusted, contrast, effect / np.sqrt(fitted.sigma2))
    elif method == "cr2" and clusters is not None:
        alone = [rests_on_one_cluster(clusters.information, row) for row in contrast]
        if any(alone):
            raise ModelError(_on_one_cluster(term for term, one in zip(terms, alone, strict=True) if one))
        statistic, df = cr2.joint(clusters, contrast, effect)
    elif method == "satterthwaite":
        scaled = effect / np.sqrt(fitted.sigma2)
        statistic, df = satterthwaite.joint(
            contrast, scaled, fitted.solved.phi, partial(_satterthwaite_df, fitted)
        )
    else:
        raise ModelError(f"There is no joint test {method!r}; choose kenward-roger, satterthwaite or cr2.")
    return JointTest(statistic, len(effect), df, float(stats.f.sf(statistic, len(effect), df)), method)


def known_terms(problem: Problem, terms: Sequence[str]) -> Sequence[str]:
    """The terms, once each is known to be in the model."""
    if not terms:
        raise ModelError("A joint test needs at least one term.")
    for term in terms:
        if term not in problem.terms:
            why = "was dropped as collinear" if term in problem.dropped_terms else "is not in the model"
            raise ModelError(f"The term {term!r} {why}; the model's terms are {', '.join(problem.terms)}.")
    return terms

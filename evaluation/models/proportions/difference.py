"""Yes/no outcomes: differences in percentage points, with inference for few clusters. docs/proportions.md has the reasons.

The headline is a linear probability multilevel model with CR2: its coefficients are differences of proportions, and CR2 does
not need the variance of an outcome, which for yes and no follows from its proportion, to be alike in all groups.
Beside it stand the same model with Kenward-Roger, which does, and a logistic GEE, whose probabilities stay within 0 and 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import formulaic
import numpy as np
import pandas as pd
from scipy import stats

from evaluation.errors import ModelError, nearest
from evaluation.models.fit import fit
from evaluation.models.fitted import FittedModel
from evaluation.models.inference.one_cluster import rests_on_one_cluster
from evaluation.models.proportions import gee
from evaluation.models.proportions.settings import Settings, settings
from evaluation.models.sums.spec import ModelSpec, parse_formula, read_formula

LINEAR_CR2 = "linear probability, CR2"
LINEAR_KENWARD_ROGER = "linear probability, Kenward-Roger"
LOGISTIC = "logistic GEE, Kauermann-Carroll"
LEVEL = 0.95
POINTS = 100  # percentage points in a proportion of 1
# Proportions, and their standard errors, below this are rounding.
ROUNDING = 1e-9
ALIKE = "clusters of the same group have the very same proportions, so that nothing can be learnt from how they vary"


@dataclass(frozen=True, slots=True)
class ProportionDifference:
    """A difference between proportions, in percentage points, by every method that applies.

    Attributes
    ----------
    term : str
    estimate, std_error : float
        Percentage points (for a term that is no difference of groups: for each unit of it).
    df, p_value, ci_low, ci_high : float
        Two-sided t test and 95% interval.
    method : str
        Whose figures these are: the first row of `methods`.
    n, n_dropped, clusters : int
        Rows used, rows left out for missing values, and outermost groups.
    n_outside : int
        Rows for which the linear model's fixed part is below 0 or above 1.
    proportions : DataFrame
        By setting, such as `treated = 1`: its rows `n`, the proportion `observed` in them, and standardised proportions (were every
        row in that setting and all else as it is) by `linear` and, where there is one, `logistic`; in per cent. Empty
        for a term that is no difference of groups.
    methods : DataFrame
        By method: estimate, std_error, df, statistic, p_value, ci_low, ci_high, note. A method that does not apply has no row.
    reason : str
        Why a method has no row; empty when all have.
    """

    term: str
    estimate: float
    std_error: float
    df: float
    p_value: float
    ci_low: float
    ci_high: float
    method: str
    n: int
    n_dropped: int
    clusters: int
    n_outside: int
    proportions: pd.DataFrame
    methods: pd.DataFrame
    reason: str


@dataclass(frozen=True, slots=True)
class _Sample:
    """The rows used: their frame, y (n,), model matrix, the terms kept, those columns x (n, p), and clusters from 0 (n,)."""

    frame: pd.DataFrame
    y: np.ndarray
    matrix: formulaic.ModelMatrix
    terms: list[str]
    x: np.ndarray
    clusters: np.ndarray


def proportion_difference(
    formula: str, data: pd.DataFrame, term: str, *, logistic: bool = True
) -> ProportionDifference:
    """How far a term moves the proportion of an outcome of 0 and 1, in percentage points.

    Parameters
    ----------
    formula : str
        As for `fit`: `reached ~ treated + baseline + (1 | school/class)`. The outermost groups are the clusters of every method.
    data : DataFrame
        One row a pupil; the outcome holds 0 and 1, or False and True.
    term : str
        A fixed term. For `treated:disadvantaged` the result is a difference in differences of proportions; for a term that is part of an
        interaction it is the difference at the other factor's reference.
    logistic : bool
        Whether the logistic GEE and standardised proportions are worked out beside, which takes as long as all else.

    Raises
    ------
    ModelError
        When the outcome is not of that kind, there are no clusters, the term is not in the model, or `fit` refuses the model.
    """
    spec = parse_formula(formula)
    binary = _binary(spec, data)
    linear = fit(formula, binary)
    _require_term(linear, term)
    sample = _sample(spec, binary, linear)
    n_outside = _outside(linear, sample)
    rows, reasons = _linear_rows(linear, term, sample, n_outside)
    compared, by_logistic = None, np.empty(0)
    try:
        if logistic:
            compared = settings(sample.matrix, sample.frame, sample.terms, term)
            rows[LOGISTIC], by_logistic = _logistic_row(sample, compared)
    except ModelError as error:
        reasons.append(f"There is no {LOGISTIC}: {error}.")
    headline = next(iter(rows))
    return ProportionDifference(
        term=term,
        estimate=rows[headline]["estimate"],
        std_error=rows[headline]["std_error"],
        df=rows[headline]["df"],
        p_value=rows[headline]["p_value"],
        ci_low=rows[headline]["ci_low"],
        ci_high=rows[headline]["ci_high"],
        method=headline,
        n=len(sample.y),
        n_dropped=len(data) - len(sample.y),
        clusters=int(sample.clusters.max()) + 1,
        n_outside=n_outside,
        proportions=_proportions(linear, sample, compared, by_logistic),
        methods=pd.DataFrame.from_dict(rows, orient="index").rename_axis("method"),
        reason=" ".join(reasons),
    )


def _binary(spec: ModelSpec, data: pd.DataFrame) -> pd.DataFrame:
    """The data with the outcome as 0.0 and 1.0."""
    name = spec.outcome.strip("`")
    if name not in data.columns:
        hint = nearest(name, [str(column) for column in data.columns])
        raise ModelError(f"The outcome {spec.outcome!r} must be a column of the data, holding 0 and 1.{hint}")
    others = [value for value in data[name].dropna().unique() if value not in (0, 1)]
    if others:
        raise ModelError(
            f"The outcome {name!r} must hold 0 and 1, or False and True; it also holds {len(others)} other "
            f"value{'s' * (len(others) > 1)}. For a score, use fit."
        )
    if not spec.random:
        raise ModelError(f"{spec.formula!r} has no clusters: add a random term such as (1 | school).")
    return data.assign(**{name: data[name].map(float, na_action="ignore").astype(float)})


def _require_term(linear: FittedModel, term: str) -> None:
    _, *terms = linear.coefficients.index
    if linear.coefficients.index[0] != "Intercept":
        raise ModelError(
            f"{linear.formula!r} has no intercept, so that its terms are not differences: leave out '0 +'."
        )
    if term not in terms:
        why = "was dropped as collinear" if term in linear.dropped_terms else "is no difference in the model"
        raise ModelError(f"The term {term!r} {why}; choose from {', '.join(terms)}.{nearest(term, terms)}")


def _sample(spec: ModelSpec, binary: pd.DataFrame, linear: FittedModel) -> _Sample:
    frame = binary.loc[:, list(spec.columns)].dropna()
    for name in frame.select_dtypes("category"):
        frame[name] = frame[name].cat.remove_unused_categories()
    matrix = read_formula(spec.fixed).get_model_matrix(frame, na_action="ignore")
    terms = [str(name) for name in linear.coefficients.index]
    outermost = next(iter(linear.n_groups))
    columns = next(list(random.group) for random in spec.random if random.name == outermost)
    return _Sample(
        frame,
        frame[spec.outcome.strip("`")].to_numpy(),
        matrix,
        terms,
        matrix[terms].to_numpy(dtype=float),
        frame.groupby(columns, observed=True).ngroup().to_numpy(),
    )


def _linear_rows(
    linear: FittedModel, term: str, sample: _Sample, n_outside: int
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The linear model's rows, CR2 first where it applies, and why it does not."""
    outside = f"{n_outside} of {len(sample.y)} fitted proportions lie outside 0 to 100%" if n_outside else ""
    rows, reasons = {}, []
    gradient = np.array([name == term for name in sample.terms], dtype=float)
    if rests_on_one_cluster(_information(sample), gradient):
        reasons.append(f"There is no {LINEAR_CR2}: {gee.ONE_CLUSTER}.")
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            cr2 = linear.inference("cr2").to_dict("index")[term]
        if cr2["std_error"] > ROUNDING:
            rows[LINEAR_CR2] = _points(cr2, outside)
        else:
            reasons.append(f"There is no {LINEAR_CR2}: {ALIKE}.")
    alike = "takes the variance to be alike whatever the proportion"
    kenward_roger = linear.inference("kenward-roger").to_dict("index")[term]
    rows[LINEAR_KENWARD_ROGER] = _points(kenward_roger, "; ".join(filter(None, (alike, outside))))
    return rows, reasons


def _information(sample: _Sample) -> np.ndarray:
    """X'X (K, p, p) of each cluster, columns scaled to mean square 1."""
    x = sample.x / np.sqrt(np.mean(sample.x**2, axis=0))
    clusters = [x[sample.clusters == number] for number in range(sample.clusters.max() + 1)]
    return np.array([rows.T @ rows for rows in clusters])


def _points(row: Mapping[Any, float], note: str) -> dict[str, Any]:
    """A row of a table of coefficients, in percentage points."""
    in_points = {name: POINTS * row[name] for name in ("estimate", "std_error", "ci_low", "ci_high")}
    return {str(name): value for name, value in row.items()} | in_points | {"note": note}


def _logistic_row(sample: _Sample, compared: Settings) -> tuple[dict[str, Any], np.ndarray]:
    """The logistic GEE's standardised difference, and the proportions it is made of."""
    _require_both_outcomes(sample, compared)
    fitted = gee.logistic_gee(sample.y, sample.x, sample.clusters)
    proportions, gradient = gee.standardised(fitted.beta, compared.designs, compared.signs)
    std_error, df = gee.inference(fitted, gradient)
    if std_error < ROUNDING:
        raise ModelError(ALIKE)
    estimate = float(compared.signs @ proportions)
    statistic, reach = estimate / std_error, float(stats.t.ppf((1 + LEVEL) / 2, df)) * std_error
    row = {
        "estimate": estimate,
        "std_error": std_error,
        "df": df,
        "statistic": statistic,
        "p_value": 2 * float(stats.t.sf(abs(statistic), df)),
        "ci_low": estimate - reach,
        "ci_high": estimate + reach,
    }
    return _points(row, f"standardised; working correlation {fitted.correlation:.3f}"), proportions


def _require_both_outcomes(sample: _Sample, compared: Settings) -> None:
    """Everyone, or no one, in a group: the commonest way to have no log odds, said in its own words."""
    for label, members in zip(compared.labels, compared.members, strict=True):
        outcomes = np.unique(sample.y[members])
        if len(outcomes) == 1:
            raise ModelError(
                f"the outcome is {outcomes[0]:g} in all {members.sum()} rows with {label}, so that log odds are infinite"
            )


def _outside(linear: FittedModel, sample: _Sample) -> int:
    fixed = sample.x @ linear.coefficients["estimate"].to_numpy()
    return int(((fixed < -ROUNDING) | (fixed > 1 + ROUNDING)).sum())


def _proportions(
    linear: FittedModel, sample: _Sample, compared: Settings | None, logistic: np.ndarray
) -> pd.DataFrame:
    if compared is None:
        return pd.DataFrame()
    coefficients = linear.coefficients["estimate"].to_numpy()
    found = pd.DataFrame(
        {
            "n": compared.members.sum(axis=1),
            "observed": [
                POINTS * sample.y[rows].mean() if rows.any() else np.nan for rows in compared.members
            ],
            "linear": POINTS * (compared.designs @ coefficients).mean(axis=1),
        },
        index=pd.Index(compared.labels, name="setting"),
    )
    return found.assign(logistic=POINTS * logistic) if len(logistic) else found

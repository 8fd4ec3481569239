"""One contrast under every method of inference, so that a reader sees whether the finding hangs on the choice."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.models.fitted import FittedModel
from evaluation.models.inference.clustering import cluster_totals, independent, with_cluster
from evaluation.models.inference.tables import COLUMNS, coefficient_table, known_terms
from evaluation.models.robustness.group_means import group_means
from evaluation.models.robustness.randomisation import DRAWS, Allocation, randomisation_test
from evaluation.models.robustness.second_engine import second_engine
from evaluation.models.robustness.wild_fitted import wild_cluster_bootstrap
from evaluation.models.sums.substitution import unit_values

ALPHA = 0.05

Answer = tuple[dict[str, float], str]


def inference_panel(
    result: FittedModel,
    term: str,
    cluster: str | None = None,
    allocation: Allocation | None = None,
    *,
    seed: int = 0,
    draws: int = DRAWS,
) -> pd.DataFrame:
    """A fixed term by method: estimate, std_error, df, statistic, p_value, ci_low, ci_high, and a note.

    Methods: kenward-roger, satterthwaite, cr2, wild-bootstrap, randomisation, group-means, statsmodels. Where a method does not
    apply its numbers are missing and the note says why. `agreement` puts the table in a sentence.

    Parameters
    ----------
    term : str
    cluster : str, optional
        Clusters of CR2, the bootstrap and the means; the outermost groups when absent.
    allocation : Allocation, optional
        As for `randomisation_test`.
    seed : int
        Of bootstrap weights and allocations, where these are sampled.
    draws : int
        Of allocations, where these are sampled.

    Raises
    ------
    ModelError
        For a term, cluster or allocation that is not known.
    """
    known_terms(result.problem, [term])
    asked = [cluster, allocation.unit, allocation.blocks] if allocation else [cluster]
    for column in filter(None, asked):
        with_cluster(result.cross, result.problem, result.data, column)
    rows: dict[str, Callable[[], Answer]] = {
        "kenward-roger": lambda: _model(result, term, "kenward-roger", None),
        "satterthwaite": lambda: _model(result, term, "satterthwaite", None),
        "cr2": lambda: _model(result, term, "cr2", cluster),
        "wild-bootstrap": lambda: _wild(result, term, cluster, seed),
        "randomisation": lambda: _randomised(result, term, allocation, seed, draws),
        "group-means": lambda: _means(result, term, cluster),
        "statsmodels": lambda: _second(result, term),
    }
    table = pd.DataFrame([_row(name, make) for name, make in rows.items()])
    return table.set_index("method")[[*COLUMNS, "note"]]


def _row(name: str, make: Callable[[], Answer]) -> dict[str, object]:
    try:
        numbers, note = make()
    except ModelError as error:
        numbers, note = {}, f"not available: {error}"
    return {"method": name, **{column: numbers.get(column, np.nan) for column in COLUMNS}, "note": note}


def _model(result: FittedModel, term: str, method: str, cluster: str | None) -> Answer:
    table = result.inference(method, cluster)
    numbers, note = _numbers(table, term), table.attrs.get("note", "")
    if np.isnan(numbers["std_error"]):
        raise ModelError(note)
    return numbers, note if method == "satterthwaite" else ""


def _wild(result: FittedModel, term: str, cluster: str | None, seed: int) -> Answer:
    found = wild_cluster_bootstrap(result, term, cluster, seed=seed)
    if found.std_error is None or found.statistic is None or found.p_value is None:
        raise ModelError(found.reason or "the bootstrap does not apply")
    kind = (
        "sign patterns, all of them"
        if found.weights == "rademacher-enumerated"
        else "draws of Webb's weights"
    )
    notes = [f"least squares; {found.patterns} {kind}", *found.notes]
    if len(found.interval) > 1:
        pieces = ", ".join(f"{low:.4g} to {high:.4g}" for low, high in found.interval)
        notes.append(f"interval in pieces: {pieces}")
    numbers = {
        "estimate": found.estimate,
        "std_error": found.std_error,
        "statistic": found.statistic,
        "p_value": found.p_value,
        "ci_low": found.interval[0][0],
        "ci_high": found.interval[-1][1],
    }
    return numbers, "; ".join(notes)


def _randomised(
    result: FittedModel, term: str, allocation: Allocation | None, seed: int, draws: int
) -> Answer:
    found = randomisation_test(result, term, allocation, draws=draws, seed=seed)
    if found.reason:
        raise ModelError(found.reason)
    units = f"{found.unit} within {found.blocks}" if found.blocks else found.unit
    how = f"all {found.compared}" if found.exact else f"{found.compared} drawn"
    note = f"{found.name} over {how} allocations of {units}; the smallest p it can reach is {found.smallest_p:.2g}"
    if found.undefined:
        note += (
            f"; the model cannot be fitted under {found.undefined} of them, which count against the finding"
        )
    if found.note:
        note += f"; {found.note}"
    estimate = _numbers(result.inference("wald"), term)["estimate"]
    return {"estimate": estimate, "statistic": found.statistic, "p_value": found.p_value}, note


def _means(result: FittedModel, term: str, cluster: str | None) -> Answer:
    cross, problem = with_cluster(result.cross, result.problem, result.data, cluster)
    clusters = independent(cross, problem, cluster)
    try:
        unit_values(cross, term, clusters)
    except ModelError as error:
        raise ModelError(f"{term!r} varies within a {clusters.name}, and means compare whole ones") from error
    table = group_means(problem, cluster_totals(cross, problem, clusters))
    if term not in table.index:
        raise ModelError("other terms' means determine the term's")
    left_out = [name for name in result.problem.terms if name not in table.index]
    note = f"without {', '.join(left_out)}, which group means cannot show" if left_out else ""
    return _numbers(table, term), note


def _second(result: FittedModel, term: str) -> Answer:
    found = second_engine(result)
    if found.verdict == "not fitted" or found.terms.empty:
        raise ModelError(found.reason)
    second = found.terms[["second_estimate", "second_std_error"]].to_numpy(dtype=float)
    estimates, errors = second.T
    table = coefficient_table(list(found.terms.index), estimates, errors, np.full(len(second), np.inf))
    return _numbers(table, term), found.reason


def _numbers(table: pd.DataFrame, term: str) -> dict[str, float]:
    return dict(
        zip(COLUMNS, table[list(COLUMNS)].to_numpy(dtype=float)[table.index.get_loc(term)], strict=True)
    )


def agreement(panel: pd.DataFrame) -> str:
    """One sentence on whether the methods of a panel agree that the effect differs from zero, at 5%.

    statsmodels has no small-sample inference, so that it is no vote.
    """
    given: pd.Series = panel["p_value"].drop("statsmodels", errors="ignore").dropna()
    if given.empty:
        return "No method applies."
    least = f"{given.min():.2g} ({given.idxmin()})"
    most = f"{given.max():.2g} ({given.idxmax()})"
    below = given < ALPHA
    if below.any() and not below.all():
        names = ", ".join(given.index[below])
        return (
            f"The methods do not agree: {names} would call the effect different from zero at 5%, and "
            f"{', '.join(given.index[~below])} would not; p runs from {least} to {most}."
        )
    finding = "differs from zero" if below.all() else "cannot be told from zero"
    if len(given) == 1:
        return f"Only one method applies, and by it the effect {finding} at 5%: p is {least}."
    count = "Both" if len(given) == 2 else f"All {len(given)}"
    return f"{count} methods that apply agree that the effect {finding} at 5%: p runs from {least} to {most}."

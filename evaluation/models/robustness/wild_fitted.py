"""The wild cluster bootstrap of a fitted model's term: its least-squares coefficient, tested from its clusters' sums."""

from collections.abc import Sequence
from dataclasses import replace

from evaluation.models.fitted import FittedModel
from evaluation.models.inference.clustering import cluster_totals, independent, with_cluster
from evaluation.models.inference.tables import known_terms
from evaluation.models.robustness.arms import clusters_by_arm
from evaluation.models.robustness.wild import WildBootstrap, wild_bootstrap


def wild_cluster_bootstrap(
    result: FittedModel,
    term: str,
    cluster: str | None = None,
    *,
    null: float = 0.0,
    draws: int = 9_999,
    seed: int = 0,
) -> WildBootstrap:
    """Test that a term's least-squares coefficient is `null`, and invert the test; in the units of the data.

    Parameters
    ----------
    cluster : str, optional
        A column in which each outermost group has one value; the outermost groups when absent.
    draws, seed : int
        Of weights, where there are too many clusters for all patterns of signs.

    Raises
    ------
    ModelError
        For a term or cluster that is not known.
    """
    known_terms(result.problem, [term])
    cross, problem = with_cluster(result.cross, result.problem, result.data, cluster)
    totals = cluster_totals(cross, problem, independent(cross, problem, cluster))
    x, row = problem.fixed, problem.terms.index(term)
    products = totals[x.start :, x.start :].transpose(2, 0, 1)
    xx, xy = products[:, :-1, :-1], products[:, :-1, -1]
    unit, shift = problem.y_scale, float(problem.y_shift[row])
    found = wild_bootstrap(
        xx,
        xy,
        problem.transform[row],
        n=problem.n,
        seed=seed,
        null=(null - shift) / unit,
        arms=clusters_by_arm(xx, _factors(problem.terms, term), 0)
        if problem.terms[0] == "Intercept" and row
        else (),
        draws=draws,
    )
    return replace(
        found,
        estimate=found.estimate * unit + shift,
        std_error=None if found.std_error is None else found.std_error * unit,
        interval=tuple((low * unit + shift, high * unit + shift) for low, high in found.interval),
    )


def _factors(terms: Sequence[str], term: str) -> list[int]:
    """Where a term stands, or the factors of a product that are terms themselves."""
    factors = term.split(":")
    return [terms.index(name) for name in factors] if set(factors) <= set(terms) else [terms.index(term)]

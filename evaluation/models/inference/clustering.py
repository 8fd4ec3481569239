"""The clusters of cluster-robust inference: the outermost groups, or a column's."""

import numpy as np
import pandas as pd

from evaluation.errors import ModelError, nearest
from evaluation.models.engine.estimate import Estimate
from evaluation.models.engine.pose import group_sums, pose
from evaluation.models.engine.problem import Problem
from evaluation.models.inference import cr2
from evaluation.models.inference.cr2 import Clusters
from evaluation.models.sums.crossproducts import CrossProducts, sum_frame, unpack
from evaluation.models.sums.grouping import Grouping, interact


def robust(
    cross: CrossProducts, problem: Problem, fitted: Estimate, data: pd.DataFrame | None, cluster: str | None
) -> Clusters:
    """What CR2 needs of the clusters that a column names, or of the outermost groups.

    Raises
    ------
    ModelError
        For no clusters, a column that is not known, weights, or groups that lie in several clusters.
    """
    if cross.spec.weights:
        raise ModelError(
            "CR2 is not available with weights: its working model is the fitted one without them. Use Kenward-Roger."
        )
    cross, problem = with_cluster(cross, problem, data, cluster)
    grouping = independent(cross, problem, cluster)
    return cr2.clusters(problem, fitted, cluster_totals(cross, problem, grouping), grouping)


def with_cluster(
    cross: CrossProducts, problem: Problem, data: pd.DataFrame | None, cluster: str | None
) -> tuple[CrossProducts, Problem]:
    """The same sums and problem, divided by a further column where need be."""
    if cluster is None or cluster in cross.factors:
        return cross, problem
    names = {grouping.name for grouping in problem.groupings}
    if cluster in names:
        return cross, problem
    if data is None:
        known = ", ".join(sorted({*cross.factors, *names}))
        raise ModelError(
            f"{cluster!r} was not summed; name it as cluster= of cross_products, or choose from {known}."
        )
    if cluster not in data.columns:
        hint = nearest(cluster, list(map(str, data.columns)))
        raise ModelError(f"The cluster {cluster!r} is not a column of the data.{hint}")
    divided = sum_frame(cross.spec.divided_by(cluster), data)
    if divided.n != cross.n:
        raise ModelError(f"{cluster!r} is empty in {cross.n - divided.n} of the rows used: fill it in first.")
    return divided, pose(divided)


def find(cross: CrossProducts, problem: Problem, cluster: str | None) -> Grouping:
    """The cluster of each cell."""
    if cluster is None and problem.groupings:
        return problem.groupings[0]
    name = cluster or next(iter(cross.spec.clusters), "")
    if not name:
        raise ModelError(
            f"Clusters are needed, and {cross.spec.formula!r} has no groups: add (1 | school), or name a cluster."
        )
    for grouping in problem.groupings:
        if grouping.name == name:
            return grouping
    return interact([name], cross.factors)


def independent(cross: CrossProducts, problem: Problem, cluster: str | None) -> Grouping:
    """The cluster of each cell, where clusters are independent.

    Raises
    ------
    ModelError
        For no clusters, or crossed factors.
    """
    if any(level.copies > 1 for level in problem.levels):
        raise ModelError(
            f"{cross.spec.formula!r} has crossed factors, which leave no clusters independent: use Kenward-Roger."
        )
    return find(cross, problem, cluster)


def cluster_totals(cross: CrossProducts, problem: Problem, grouping: Grouping) -> np.ndarray:
    """C'C (c, c, J) of each cluster, in the problem's working units."""
    sums = unpack(group_sums(cross.products, grouping))
    return np.einsum("cbg,db->cdg", np.tensordot(problem.columns, sums, 1), problem.columns)

"""Random linked tables of the shapes that releases have: schools in clusters, areas and a project, split one way or several."""

import numpy as np
import pandas as pd

from evaluation.disclose.margins import margins
from evaluation.disclose.system import System

LABELS = {"sex": ["boys", "girls"], "disadvantaged": ["yes", "no"], "prior": ["low", "middle", "high"]}


def linked(number: int) -> tuple[System, pd.DataFrame, int]:
    """The table of a number: a system, its cells and the minimum it is to be protected with.

    Three to six schools in two clusters and, in every other table, in two areas that cut across them; one split, two, or two crossed;
    schools know their own pupils in one table of three.
    """
    rng = np.random.default_rng([20260101, number])
    schools = int(rng.integers(3, 7))
    names = [[], ["sex"], ["disadvantaged"], ["prior"], ["sex", "disadvantaged"]][int(rng.integers(1, 5))]
    crossed = len(names) > 1 and bool(rng.integers(2))
    splits = [[name] for name in names] + ([names] if crossed else [])
    minimum = int(rng.choice([5, 6, 10]))
    grid = pd.MultiIndex.from_product(
        [range(schools), *(LABELS[name] for name in names)], names=["school", *names]
    ).to_frame(index=False)
    mean = rng.gamma(1.2, 2.5 * minimum / max(len(names), 1), size=len(grid))
    grid["n"] = rng.poisson(mean)
    grid["cluster"], grid["area"] = grid["school"] % 2, grid["school"] // 3
    hierarchies = [["cluster", "school"]] + ([["area", "school"]] if number % 2 else [])
    return *margins(grid, hierarchies, splits, "school" if number % 3 == 0 else None), minimum

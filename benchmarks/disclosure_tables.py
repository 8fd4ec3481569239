"""Random linked tables of the shapes that releases have: schools in clusters, areas and a project, split one way or several."""

import numpy as np
import pandas as pd
from margins import margins

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


SHARES = {
    "sex": ["boys", "girls"],
    "disadvantaged": ["yes", "no"],
    "english": ["additional", "first", "unknown"],
    "needs": ["plan", "support", "none"],
    "prior": ["low", "other"],
}


def country(schools: int, areas: int, regions: int) -> tuple[System, pd.DataFrame]:
    """One cohort of a country: schools in areas in regions, each split five ways into twelve groups.

    Cohorts are spread as those of Hampshire's primaries in 2019 (a median of 33 or so, one in twenty under 10, few over 125), with one
    school in six a secondary of about 180; areas of England have from 20 schools to 500. Shares vary between schools and, of
    English as an additional language, between areas too.
    """
    rng = np.random.default_rng(20260102)
    weight = np.exp(rng.normal(0, 0.65, areas))
    area = np.sort(rng.choice(areas, schools, p=weight / weight.sum()))
    primary = np.exp(rng.normal(3.5, 0.7, schools)).clip(2, 150)
    size = np.where(rng.random(schools) < 0.16, rng.normal(180, 55, schools).clip(20), primary).astype(int)
    additional = (rng.beta(1, 6, areas)[area] * rng.gamma(2, 0.5, schools)).clip(0, 0.95)
    plan, support, unknown = rng.beta(2, 45, schools), rng.beta(6, 36, schools), rng.beta(1, 150, schools)
    shares = [
        [np.full(schools, 0.51)],
        [rng.beta(1.6, 4.2, schools)],
        [additional * (1 - unknown), (1 - additional) * (1 - unknown)],
        [plan, support * (1 - plan)],
        [rng.beta(4, 14, schools)],
    ]
    pupil = np.repeat(np.arange(schools), size)
    groups = {
        name: (rng.random(len(pupil))[:, None] > np.cumsum(np.column_stack(share), axis=1)[pupil]).sum(axis=1)
        for name, share in zip(SHARES, shares, strict=True)
    }
    table = (
        pd.DataFrame({"school": pupil, **groups, "n": 1}).groupby(["school", *SHARES], sort=False)["n"].sum()
    )
    nobody = [
        pd.DataFrame({"school": range(schools), **{name: i % len(SHARES[name]) for name in SHARES}, "n": 0})
        for i in range(3)
    ]
    table = pd.concat([table.reset_index(), *nobody], ignore_index=True)
    table = table.assign(area=area[table["school"]], region=(area * regions // areas)[table["school"]])
    for name, labels in SHARES.items():
        table[name] = np.array(labels)[table[name]]
    return margins(table, [["region", "area", "school"]], [[name] for name in SHARES], "school")

"""Which method for a yes/no outcome keeps its promises with few schools: simulated studies, all methods side by side.

    python benchmarks/proportions.py --studies 1000 --jobs 1

writes its tables into docs/proportions.md. With --keep FILE, finished cells are kept there and a later run goes on from them.
Every study of a cell draws its schools' sizes (15 to 60 pupils), their proportions (beta, with the intraclass correlation
wanted) and their pupils anew; the average proportions, and so the true difference, are exact.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from proportions_tables import FAY_GRAUBARD, MANCL_DEROUEN, MEANS, METHODS, UNCORRECTED, put, tables
from rich.progress import track
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models import fit
from evaluation.models.proportions import gee
from evaluation.models.proportions.difference import LINEAR_CR2, LINEAR_KENWARD_ROGER, LOGISTIC

SCHOOLS, CORRELATIONS = (6, 10, 20), (0.0, 0.05, 0.15)
SIZES = (15, 60)
DISADVANTAGED = (0.15, 0.5)  # shares of a school's pupils
GAP = 0.25
SLOPE_CORRELATION = 0.7  # of a school's two proportions, on the scale of their normal scores
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Design:
    """Who is treated, what is compared, and how large it is when there is something."""

    title: str
    share: float
    proportions: tuple[float, ...]
    effect: float
    formula: str = "reached ~ treated + (1 | school)"
    term: str = "treated"


DESIGNS = {
    "half": Design("Half the schools treated", 1 / 2, (0.6, 0.85), 0.10),
    "third": Design("A third of the schools treated, an outcome few reach", 1 / 3, (0.1,), 0.15),
    "gap": Design(
        "Half the schools treated, disadvantaged x treated",
        1 / 2,
        (0.85,),
        0.15,
        "reached ~ treated * disadvantaged + (1 + disadvantaged | school)",
        "treated:disadvantaged",
    ),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One set of conditions; `effect` is the true difference."""

    design: str
    schools: int
    correlation: float
    proportion: float
    effect: float


class Result(NamedTuple):
    """What a method found in one study, as proportions and not percentage points."""

    estimate: float
    std_error: float
    df: float


def cells() -> list[Cell]:
    """Every set of conditions, without an effect and with."""
    return [
        Cell(name, schools, correlation, proportion, effect)
        for name, design in DESIGNS.items()
        for schools, correlation, proportion in product(SCHOOLS, CORRELATIONS, design.proportions)
        for effect in (0.0, design.effect)
    ]


def draw(cell: Cell, rng: np.random.Generator) -> pd.DataFrame:
    """The pupils of one study."""
    treated = (np.arange(cell.schools) < max(2, round(cell.schools * DESIGNS[cell.design].share))).astype(int)
    school = np.repeat(np.arange(cell.schools), rng.integers(SIZES[0], SIZES[1] + 1, cell.schools))
    if cell.design == "gap":
        share = rng.uniform(*DISADVANTAGED, cell.schools)
        disadvantaged = (rng.random(len(school)) < share[school]).astype(int)
        means = np.array(
            [np.full(cell.schools, cell.proportion), cell.proportion - GAP + cell.effect * treated]
        )
    else:
        disadvantaged = np.zeros(len(school), dtype=int)
        means = (cell.proportion + cell.effect * treated)[None]
    probability = _school_proportions(means, cell.correlation, rng)[disadvantaged, school]
    reached = (rng.random(len(school)) < probability).astype(float)
    return pd.DataFrame(
        {"school": school, "treated": treated[school], "disadvantaged": disadvantaged, "reached": reached}
    )


def _school_proportions(means: np.ndarray, correlation: float, rng: np.random.Generator) -> np.ndarray:
    """Beta proportions (k, J) with these means, pupils of a school correlated so, and a school's proportions with one another."""
    if correlation == 0:
        return means
    k = len(means)
    scores = rng.multivariate_normal(
        np.zeros(k), np.full((k, k), SLOPE_CORRELATION) + (1 - SLOPE_CORRELATION) * np.eye(k), means.shape[1]
    )
    precision = 1 / correlation - 1
    return stats.beta.ppf(stats.norm.cdf(scores.T), means * precision, (1 - means) * precision)


def analyse(data: pd.DataFrame, design: Design) -> dict[str, Result]:
    """What every method that applies makes of one study: what `proportion_difference` shows, and others."""
    linear = fit(design.formula, data)
    found = {}
    for name, method in ((LINEAR_CR2, "cr2"), (LINEAR_KENWARD_ROGER, "kenward-roger")):
        row = linear.inference(method).to_dict("index")[design.term]
        found[name] = Result(row["estimate"], row["std_error"], row["df"])
    with suppress(ModelError):  # counted as a study without a GEE
        found |= _logistic(data, design.term)
    return found if ":" in design.term else found | {MEANS: _school_means(data)}


def _logistic(data: pd.DataFrame, term: str) -> dict[str, Result]:
    """One GEE with four covariances: ours, Mancl and DeRouen's (2001), Fay and Graubard's (2001), and uncorrected."""
    names = term.split(":")
    x = _columns(data[names].to_numpy(dtype=float))
    fitted = gee.logistic_gee(data["reached"].to_numpy(), x, data["school"].to_numpy())
    grid = np.array(list(product((0.0, 1.0), repeat=len(names))))
    signs = (-1) ** (len(names) - grid.sum(axis=1))
    designs = np.repeat(_columns(grid)[:, None], len(data), axis=1)
    proportions, gradient = gee.standardised(fitted.beta, designs, signs)
    m = np.linalg.inv(fitted.information.sum(axis=0))
    hat = fitted.information @ m
    mancl = np.linalg.solve(np.eye(len(m)) - hat, fitted.scores[..., None])[..., 0]
    fay = fitted.scores / np.sqrt(1 - np.minimum(0.75, np.diagonal(hat, axis1=1, axis2=2)))
    estimate, df = float(signs @ proportions), float(len(hat) - len(m))
    found = {LOGISTIC: Result(estimate, *gee.inference(fitted, gradient))}
    for name, scores, own_df in (
        (MANCL_DEROUEN, mancl, df),
        (FAY_GRAUBARD, fay, df),
        (UNCORRECTED, fitted.scores, np.inf),
    ):
        found[name] = Result(estimate, float(np.sqrt(((scores @ m @ gradient) ** 2).sum())), own_df)
    return found


def _columns(factors: np.ndarray) -> np.ndarray:
    """Intercept, factors and, of two factors, their product."""
    product_ = [factors.prod(axis=1, keepdims=True)] if factors.shape[1] > 1 else []
    return np.hstack([np.ones((len(factors), 1)), factors, *product_])


def _school_means(data: pd.DataFrame) -> Result:
    """The unweighted difference between schools' proportions, with a pooled variance."""
    means = data.groupby(["treated", "school"])["reached"].mean()
    control, treated = (means.loc[arm].to_numpy() for arm in (0, 1))
    df = len(means) - 2
    pooled = (((control - control.mean()) ** 2).sum() + ((treated - treated.mean()) ** 2).sum()) / df
    error = np.sqrt(pooled * (1 / len(control) + 1 / len(treated)))
    return Result(float(treated.mean() - control.mean()), float(error), float(df))


def simulate(cell: Cell, studies: int) -> list[dict[str, object]]:
    """A row a method: how many studies it gave a result for, rejected no difference in, and whose interval held the truth."""
    seed = [list(DESIGNS).index(cell.design), cell.schools, round(100 * cell.correlation)]
    rng = np.random.default_rng([*seed, round(100 * cell.proportion), round(100 * cell.effect)])
    found = [analyse(draw(cell, rng), DESIGNS[cell.design]) for _ in range(studies)]
    return [
        asdict(cell) | {"method": method, "studies": studies} | _summary(found, method, cell.effect)
        for method in METHODS
    ]


def _summary(found: list[dict[str, Result]], method: str, effect: float) -> dict[str, float]:
    results = [study[method] for study in found if method in study]
    estimate = np.array([result.estimate for result in results])
    reach = np.array([stats.t.ppf((1 + LEVEL) / 2, result.df) * result.std_error for result in results])
    return {
        "given": len(results),
        "rejected": int((np.abs(estimate) > reach).sum()),
        "covered": int((np.abs(estimate - effect) <= reach).sum()),
        "bias": float((estimate - effect).mean()) if results else np.nan,
    }


def run(studies: int, jobs: int, keep: Path | None) -> pd.DataFrame:
    """A row a cell and method, in the order of `cells`; cells already kept are not run again."""
    done = pd.read_csv(keep) if keep and keep.exists() else pd.DataFrame(columns=["studies"])
    done = done[done["studies"] == studies]
    names = list(Cell.__dataclass_fields__)
    kept = {tuple(row) for row in done[names].itertuples(index=False)} if len(done) else set()
    wanted = [cell for cell in cells() if tuple(asdict(cell).values()) not in kept]
    parts = [done] if len(done) else []
    for rows in track(_spread(wanted, studies, jobs), "cells", total=len(wanted)):
        parts.append(pd.DataFrame(rows))
        if keep:
            pd.concat(parts).to_csv(keep, index=False)
    order = {tuple(asdict(cell).values()): i for i, cell in enumerate(cells())}
    found = pd.concat(parts, ignore_index=True)
    place = [order[tuple(row)] for row in found[names].itertuples(index=False)]
    return found.assign(place=place).sort_values("place", kind="stable", ignore_index=True)


def _spread(wanted: list[Cell], studies: int, jobs: int) -> Iterator[list[dict[str, object]]]:
    work = partial(simulate, studies=studies)
    if jobs == 1:
        yield from map(work, wanted)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, wanted)


def main() -> None:
    """Simulate, and put the tables into the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=1000, help="simulated studies a cell")
    parser.add_argument("--jobs", type=int, default=1, help="processes that share the work")
    parser.add_argument("--keep", type=Path, help="a CSV file of finished cells, to go on from")
    chosen = parser.parse_args()
    found = run(chosen.studies, chosen.jobs, chosen.keep)
    sections = {name: (design.title, design.effect) for name, design in DESIGNS.items()}
    put(Path(__file__).name, tables(found, chosen.studies, sections))


if __name__ == "__main__":
    main()

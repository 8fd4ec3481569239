"""Whether tests at 5% reject a true null in 5% of studies: simulated studies, few schools and many, tested by every method.

    python benchmarks/calibration.py --studies 10000 --jobs 2

writes docs/calibration.csv, and from it docs/calibration.md and docs/images/calibration.png (these alone with --redraw).
Some studies of every cell go to R's pbkrtest as well (calibration.R). With --cells '6-*' the cells of that pattern are
printed, and nothing is written. A study depends on its cell and number only, so results are the same for any --jobs.
"""

import argparse
import multiprocessing
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_page import RESULTS, write_page
from rich.console import Console
from rich.progress import track

from evaluation.models import CrossProducts, FittedModel, fit
from evaluation.models.robustness.wild import wild_bootstrap
from evaluation.models.sums.crossproducts import origin_of, sum_columns, unpack
from evaluation.models.sums.design import Layout, lay_out
from evaluation.models.sums.spec import parse_formula

SCHOOLS = (6, 10, 20, 40)
CORRELATIONS = (0.0, 0.05, 0.15, 0.3)
EQUAL = 24
# A coefficient of variation of 0.66 about the same mean; each study draws each school's size from these.
UNEQUAL = (6, 10, 16, 24, 36, 52)
EFFECT = 0.4  # standard deviations of the outcome at a given baseline
BASELINE = 0.6
BASELINE_BETWEEN = 0.15  # schools' share of the baseline's variance
DRAWS = 999  # of the bootstrap's weights, where signs are too many to enumerate
GAP_SCHOOLS, GAP_CORRELATION, GAP_SIZES = 8, 0.15, (24, 90)
SLOPE_SDS = (0.0, 0.2, 0.4)
GAP_STUDIES = 2000  # at most
SEED = 20140930
BLOCK = 100
COMPARE = Path(__file__).with_suffix(".R")

MAIN = "score ~ baseline + treated + (1 | school)"
INTERCEPT = "score ~ baseline + treated * disadvantaged + (1 | school)"
SLOPE = "score ~ baseline + treated * disadvantaged + (1 + disadvantaged | school)"
FACTS = {
    "formula": MAIN,
    "effect": EFFECT,
    "equal": EQUAL,
    "unequal": ", ".join(map(str, UNEQUAL)),
    "baseline": BASELINE,
    "between": BASELINE_BETWEEN,
    "draws": DRAWS,
    "gap_schools": GAP_SCHOOLS,
    "gap_correlation": GAP_CORRELATION,
}
INFERENCE = ("wald", "satterthwaite", "kenward-roger", "cr2")
WILD = "wild-bootstrap"


@dataclass(frozen=True, slots=True)
class Cell:
    """One set of conditions. `size` is pupils a school, 0 for unequal sizes.

    With a slope's standard deviation the question is treatment's effect on a gap, and the gap varies from school to school.
    """

    schools: int
    correlation: float
    size: int = EQUAL
    slope_sd: float | None = None

    @property
    def name(self) -> str:
        parts = [self.schools, f"{self.correlation:g}", self.size or "unequal"]
        return "-".join(map(str, parts if self.slope_sd is None else [*parts, f"{self.slope_sd:g}"]))

    @property
    def term(self) -> str:
        return "treated" if self.slope_sd is None else "treated:disadvantaged"

    @property
    def conditions(self) -> dict[str, object]:
        """The columns that tell cells apart."""
        return {
            "term": self.term,
            "schools": self.schools,
            "correlation": self.correlation,
            "sizes": str(self.size or "unequal"),
            "slope_sd": np.nan if self.slope_sd is None else self.slope_sd,
        }

    @property
    def methods(self) -> tuple[str, ...]:
        return (*INFERENCE, WILD) if self.slope_sd is None else ("intercept", "slope", "cr2")


CELLS = [
    *(Cell(*chosen) for chosen in product(SCHOOLS, CORRELATIONS, (EQUAL, 0))),
    *(Cell(GAP_SCHOOLS, GAP_CORRELATION, *chosen) for chosen in product(GAP_SIZES, SLOPE_SDS)),
]

Columns = Mapping[str, np.ndarray]
# What rejects all values outside: one interval, or a bootstrap's pieces.
Pieces = Sequence[tuple[float, float]]


def draw(cell: Cell, study: int) -> Columns:
    """The pupils of one study, half its schools treated to no effect."""
    rng = np.random.default_rng([SEED, CELLS.index(cell), study])
    sizes = np.full(cell.schools, cell.size) if cell.size else rng.choice(UNEQUAL, cell.schools)
    school = np.repeat(np.arange(cell.schools), sizes)
    normal = rng.standard_normal
    between, within = np.sqrt([BASELINE_BETWEEN, 1 - BASELINE_BETWEEN])
    baseline = between * normal(cell.schools)[school] + within * normal(len(school))
    effects, errors = normal(cell.schools)[school], normal(len(school))
    score = BASELINE * baseline + np.sqrt(cell.correlation) * effects + np.sqrt(1 - cell.correlation) * errors
    disadvantaged = (np.arange(len(school)) % 3 == 0).astype(float)
    if cell.slope_sd:
        score += cell.slope_sd * normal(cell.schools)[school] * disadvantaged
    return {
        "school": school,
        "treated": (school % 2).astype(float),
        "baseline": baseline,
        "disadvantaged": disadvantaged,
        "score": score,
    }


def sums(formula: str, study: Columns) -> CrossProducts:
    """The study's cross-products, without another reading of the formula: that would cost more than the fit."""
    layout = _layout(formula)
    products = [
        np.prod([study[part] for part in name.split(":")], axis=0, dtype=float) for name in layout.names[1:]
    ]
    values = np.array([np.ones(len(study["score"])), *products])
    frame = pd.DataFrame({"school": study["school"]})
    return sum_columns(parse_formula(formula), layout, frame, values, origin_of(values), 0)


@cache
def _layout(formula: str) -> Layout:
    example = pd.DataFrame(draw(CELLS[0], 0))
    return lay_out(parse_formula(formula), example, {})[0]


def analyse(cell: Cell, study: int) -> list[tuple[Pieces, float, bool]]:
    """Each method's 95% interval and degrees of freedom, and whether its model is at the boundary."""
    columns = draw(cell, study)
    if cell.slope_sd is None:
        result = fit(sums(MAIN, columns))
        tests = [_interval(result, method, cell.term) for method in INFERENCE]
        return [*tests, (wild(result.cross, study), np.nan, False)]
    plain, slope = fit(sums(INTERCEPT, columns)), fit(sums(SLOPE, columns))
    asked = ((plain, "kenward-roger"), (slope, "kenward-roger"), (plain, "cr2"))
    return [_interval(result, method, cell.term) for result, method in asked]


def _interval(result: FittedModel, method: str, term: str) -> tuple[Pieces, float, bool]:
    table, row = result.inference(method), result.problem.terms.index(term)
    low, high, df = (float(table[name].to_numpy()[row]) for name in ("ci_low", "ci_high", "df"))
    return [(low, high)], df, result.diagnostics.at_boundary


def wild(cross: CrossProducts, seed: int) -> Pieces:
    """The wild cluster bootstrap's interval for the effect of treatment."""
    x = list(cross.layout.fixed)
    blocks = np.moveaxis(unpack(cross.products), -1, 0)
    contrast = np.array([cross.layout.names[place] == "treated" for place in x], dtype=float)
    xx, xy = blocks[:, x][:, :, x], blocks[:, x, -1]
    found = wild_bootstrap(xx, xy, contrast, n=cross.n, seed=seed, draws=DRAWS)
    if found.reason:
        raise RuntimeError(found.reason)
    return found.interval


def block(cell: Cell, start: int, stop: int) -> np.ndarray:
    """Studies start to stop of a cell: (studies, methods, 4) of null rejected, effect found, df, at the boundary.

    An effect added to the scores of treated schools moves the interval by as much, and changes nothing else.
    """
    found = [
        [
            (_outside(pieces, 0.0), _outside(pieces, -EFFECT), df, boundary)
            for pieces, df, boundary in analyse(cell, s)
        ]
        for s in range(start, stop)
    ]
    return np.array(found, dtype=float)


def _outside(pieces: Pieces, value: float) -> bool:
    return not any(low <= value <= high for low, high in pieces)


def simulate(cells: Sequence[Cell], studies: int, jobs: int) -> pd.DataFrame:
    """One row a cell and method."""
    work = [
        (cell, start, min(start + BLOCK, total))
        for cell in cells
        for total in [studies if cell.slope_sd is None else min(studies, GAP_STUDIES)]
        for start in range(0, total, BLOCK)
    ]
    parts: dict[Cell, list[np.ndarray]] = {cell: [] for cell in cells}
    for (cell, _, _), found in zip(work, _spread(work, jobs), strict=True):
        parts[cell].append(found)
    return pd.DataFrame([row for cell in cells for row in _summary(cell, np.concatenate(parts[cell]))])


def _spread(work: list[tuple[Cell, int, int]], jobs: int) -> Iterator[np.ndarray]:
    columns = list(zip(*work, strict=True))
    if jobs == 1:
        yield from track(map(block, *columns), "fitting", total=len(work))
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        yield from track(pool.map(block, *columns), "fitting", total=len(work))


def _summary(cell: Cell, found: np.ndarray) -> Iterator[dict[str, object]]:
    """Rates and their Monte Carlo errors over the studies (studies, methods, 4) of a cell."""
    studies = len(found)
    for i, method in enumerate(cell.methods):
        rejected, power, _, boundary = found[:, i].mean(axis=0)
        yield {
            **cell.conditions,
            "method": method,
            "studies": studies,
            "rejected": rejected,
            "rejected_error": np.sqrt(rejected * (1 - rejected) / studies),
            "power": power,
            "power_error": np.sqrt(power * (1 - power) / studies),
            "median_df": np.median(found[:, i, 2]),
            "at_boundary": boundary if method != WILD else np.nan,
        }


def compare(cells: Sequence[Cell], studies: int) -> pd.DataFrame:
    """The largest relative difference of Kenward-Roger's p from pbkrtest's in the first studies of each cell."""
    chosen = [(cell, study) for cell in cells if cell.slope_sd is None for study in range(studies)]
    frames, ours = [], []
    for number, (cell, study) in enumerate(track(chosen, "writing studies for pbkrtest")):
        columns = draw(cell, study)
        ours.append(fit(sums(MAIN, columns)).coefficients.loc["treated", "p_value"])
        frames.append(pd.DataFrame({"study": number, **columns}))
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "studies.csv"), Path(folder, "p.csv")
        pd.concat(frames).to_csv(asked, index=False)
        subprocess.run(["Rscript", str(COMPARE), str(asked), str(answered)], check=True)
        theirs = pd.read_csv(answered)["p_value"].to_numpy()
    found = pd.DataFrame([cell.conditions | {"method": "kenward-roger"} for cell, _ in chosen])
    found["pbkrtest_difference"] = np.abs(np.array(ours) / theirs - 1)
    largest = found.groupby(list(found.columns[:-1]), as_index=False, dropna=False).max()
    return largest.assign(pbkrtest_studies=studies)


def main() -> None:
    """Simulate, compare, write the results and their page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=10_000, help="studies a cell")
    parser.add_argument("--jobs", type=int, default=1, help="processes that share the work")
    parser.add_argument("--compared", type=int, default=50, help="studies a cell that go to pbkrtest")
    parser.add_argument(
        "--cells", help="print the cells of this pattern, such as 10-0.15-*, and write nothing"
    )
    parser.add_argument("--redraw", action="store_true", help="draw the page from docs/calibration.csv")
    chosen = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = (
        "1"  # for the processes started below
    )
    if chosen.cells:
        cells = [cell for cell in CELLS if fnmatchcase(cell.name, chosen.cells)]
        found = simulate(cells, chosen.studies, chosen.jobs)
        Console().print(found.to_string(index=False), soft_wrap=True)
        return
    if not chosen.redraw:
        compared = compare(CELLS, chosen.compared)  # first: it needs R, and may fail
        found = simulate(CELLS, chosen.studies, chosen.jobs).merge(compared, how="left")
        found.to_csv(RESULTS, index=False, float_format="%.6g")
    write_page(FACTS)


if __name__ == "__main__":
    main()

"""Whether studies find their minimum detectable effect as often as the formulas say: simulated studies, fitted by the engine.

    python benchmarks/power.py --studies 800

writes the table of docs/power.md. Each cell is a balanced study with an effect of the size that `mdes` gives for 80% power,
fitted with `fit` and tested with Kenward-Roger's t at 5%.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rich.progress import track

from evaluation.models import fit
from evaluation.models.planning.power import mdes, precision

PAGE = Path(__file__).resolve().parents[1] / "docs" / "power.md"
START, END = "<!-- simulation -->", "<!-- end of simulation -->"
SEED = 20130101
POWER = 0.8
NUMBERS = ["estimate", "std_error", "df", "p_value"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A design with its numbers, and the model its studies are analysed with."""

    design: str
    formula: str
    quantities: dict[str, float]

    @property
    def term(self) -> str:
        return "t:d" if self.design.endswith("gap") else "t"


CELLS = [
    Cell("ira1", "y ~ t", {"n": 100}),
    Cell("bira2_1c", "y ~ t + C(cluster)", {"n": 20, "J": 10}),
    Cell("bira2_1r", "y ~ t + (1 + t | cluster)", {"n": 20, "J": 16, "icc": 0.15, "omega": 0.5}),
    *(
        Cell("cra2", "y ~ t + (1 | cluster)", {"n": 20, "J": clusters, "icc": 0.15})
        for clusters in (6, 8, 20, 40)
    ),
    Cell("cra3", "y ~ t + (1 | top/cluster)", {"n": 10, "J": 3, "K": 20, "icc": 0.1, "icc_3": 0.1}),
    Cell(
        "bcra3_2r",
        "y ~ t + (1 + t | top) + (1 | top:cluster)",
        {"n": 10, "J": 4, "K": 16, "icc": 0.1, "icc_3": 0.1, "omega_3": 0.5},
    ),
    *(
        Cell(
            "cra2-gap",
            "y ~ t * d + (1 + d | cluster)",
            {"n": 20, "J": clusters, "icc": 0.15, "share": 0.3, "slope_variance": 0.04},
        )
        for clusters in (8, 20, 40)
    ),
    Cell(
        "cra3-gap",
        "y ~ t * d + (1 + d | top/cluster)",
        {
            "n": 10,
            "J": 3,
            "K": 20,
            "icc": 0.1,
            "icc_3": 0.1,
            "share": 0.3,
            "slope_variance": 0.04,
            "slope_variance_3": 0.04,
        },
    ),
]


def study(cell: Cell, effect: float, rng: np.random.Generator) -> pd.DataFrame:
    """One balanced study: half of what is allocated is treated, the same share of every cluster is disadvantaged."""
    asked = cell.quantities
    n, clusters, tops = (int(asked.get(name, 1)) for name in ("n", "J", "K"))
    icc, icc_3 = asked.get("icc", 0.0), asked.get("icc_3", 0.0)
    top, cluster, unit = (axis.ravel() for axis in np.indices((tops, clusters, n)))
    cluster = top * clusters + cluster
    t = {"i": unit, "c": cluster, "t": top}[_allocated(cell.design)] % 2
    d = (unit < n * asked.get("share", 0)).astype(int)
    varying, treated = (d, t * d) if cell.term == "t:d" else (t, t)
    y = effect * treated + np.sqrt(1 - icc - icc_3) * rng.normal(size=len(t))
    for groups, share, slope in (
        (cluster, icc, asked.get("slope_variance", icc * asked.get("omega", 0))),
        (top, icc_3, asked.get("slope_variance_3", icc_3 * asked.get("omega_3", 0))),
    ):
        intercepts, slopes = rng.normal(size=(2, groups.max() + 1)) * np.sqrt([[share], [slope]])
        y += intercepts[groups] + slopes[groups] * varying
    return pd.DataFrame({"y": y, "t": t, "d": d, "cluster": cluster, "top": top})


def _allocated(design: str) -> str:
    """Units, clusters or tops."""
    if design.startswith(("ira", "bira")):
        return "i"
    return "t" if design.startswith("cra3") else "c"


def simulate(cell: Cell, studies: int, number: int) -> dict[str, object]:
    """One row of the table, with random numbers of its own."""
    expected = precision(cell.design, cell.quantities)
    effect = mdes(cell.design, power=POWER, **cell.quantities)
    rng = np.random.default_rng([SEED, number])
    found = pd.DataFrame(
        fit(cell.formula, study(cell, effect, rng)).coefficients.loc[cell.term, NUMBERS]
        for _ in range(studies)
    ).astype(float)
    rejected = float((found["p_value"] < 0.05).mean())
    variance = expected.std_error**2
    return {
        "design": f"`{cell.design}`",
        "numbers": ", ".join(f"{name} {value:g}" for name, value in cell.quantities.items()),
        "df": f"{expected.df:g}",
        "median Kenward-Roger df": f"{found['df'].median():.1f}",
        "MDES": f"{effect:.3f}",
        "power (Monte Carlo s.e.)": f"{rejected:.1%} ({np.sqrt(rejected * (1 - rejected) / studies):.1%})",
        "variance of estimates, ratio": f"{found['estimate'].var() / variance:.2f}",
        "mean squared s.e., ratio": f"{(found['std_error'] ** 2).mean() / variance:.2f}",
    }


def _markdown(rows: list[dict[str, object]]) -> Iterator[str]:
    yield "| " + " | ".join(rows[0]) + " |"
    yield "|" + "---|" * len(rows[0])
    for row in rows:
        yield "| " + " | ".join(map(str, row.values())) + " |"


def main() -> None:
    """Simulate every cell; put the table in its place on the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=800, help="studies a cell")
    studies = parser.parse_args().studies
    rows = [simulate(cell, studies, i) for i, cell in enumerate(track(CELLS, "simulating"))]
    table = "\n".join(_markdown(rows))
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    text = f"{before}{START}\n{studies:,} studies a cell:\n\n{table}\n{END}{after}"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

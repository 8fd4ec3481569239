"""How often inference for few treated schools rejects a true null: CR2, placebo sets, Ferman and Pinto's bootstrap.

    OMP_NUM_THREADS=1 python benchmarks/placebo.py

writes docs/placebo.md. Schools, their sizes and how much they vary are like those of a county's key stage 2 tables, as
docs/academies.md finds them; nothing in them has an effect.
"""

import argparse
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from rich.progress import track

from evaluation.models import difference_in_changes
from evaluation.models.changes.spread import spread_by_size

PAGE = Path(__file__).resolve().parents[1] / "docs" / "placebo.md"
SCHOOLS, TREATED = 300, (1, 3, 5, 10)
BETWEEN, WITHIN = 2.0, 70.0
DRAWS, ALPHA = 999, 0.05
WHICH = {"any": (0.0, 1.0), "the smallest tenth": (0.0, 0.1), "the largest tenth": (0.9, 1.0)}
SHAPES = {"normal": "normal", "heavy": "t with 4 degrees of freedom"}
METHODS = ("CR2", "placebo", "placebo by size", "bootstrap by size")


@dataclass
class Tally:
    """What came of the studies of one kind."""

    rejected: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METHODS, 0))
    reach: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in METHODS[:3]})
    studies: int = 0

    def add(self, p_values: dict[str, float], reach: dict[str, float]) -> None:
        """One study's p-values, and half the widths of its intervals."""
        self.studies += 1
        for name, p in p_values.items():
            self.rejected[name] += p <= ALPHA
        for name, half in reach.items():
            self.reach[name].append(half)


def study(rng: np.random.Generator, treated: int, which: tuple[float, float], shape: str) -> pd.DataFrame:
    """Schools whose change is a shock of their own and their pupils' noise; some of a range of sizes treated, by lot."""
    size = np.exp(rng.normal(np.log(20), 0.65, SCHOOLS)).clip(3.5, 75)
    size.sort()
    low, high = (round(SCHOOLS * share) for share in which)
    chosen = rng.choice(np.arange(low, high), treated, replace=False)
    shock = rng.normal(size=SCHOOLS) if shape == "normal" else rng.standard_t(4, SCHOOLS) / np.sqrt(2)
    change = np.sqrt(BETWEEN) * shock + np.sqrt(WITHIN / size) * rng.normal(size=SCHOOLS)
    is_treated = np.isin(np.arange(SCHOOLS), chosen).astype(int)
    return pd.DataFrame({"change": change, "size": size, "treated": is_treated})


def bootstrap_by_size(data: pd.DataFrame, rng: np.random.Generator) -> float:
    """p of Ferman and Pinto's own bootstrap: residuals under the null, normalised by size, drawn singly, with replacement."""
    treated = data["treated"].to_numpy() == 1
    change, size = data["change"].to_numpy(), data["size"].to_numpy()
    residual = change - change.mean()
    error = np.sqrt(spread_by_size(residual, size).variance(size))
    drawn = rng.choice(residual / error, (DRAWS, len(data))) * error
    turns = drawn[:, treated].mean(axis=1) - drawn[:, ~treated].mean(axis=1)
    observed = change[treated].mean() - change[~treated].mean()
    return (1 + (np.abs(turns) >= abs(observed)).sum()) / (1 + DRAWS)


def answers(data: pd.DataFrame, rng: np.random.Generator) -> tuple[dict[str, float], dict[str, float]]:
    """p and half the width of the interval by method; CR2 has none with one treated school."""
    found = difference_in_changes(
        data, "change", "treated", size="size", draws=DRAWS, limit=DRAWS, seed=int(rng.integers(2**31))
    )
    parts = dict(zip(METHODS, (found.cr2, found.placebo, found.placebo_by_size), strict=False))
    p_values = {name: part.p_value for name, part in parts.items()}
    reach = {name: (part.ci_high - part.ci_low) / 2 for name, part in parts.items()}
    return {**p_values, METHODS[-1]: bootstrap_by_size(data, rng)}, reach


def cells() -> Iterator[tuple[str, str, int]]:
    """Shape of the shocks, which schools are treated, and how many."""
    for shape in SHAPES:
        for which in WHICH:
            for treated in TREATED:
                yield shape, which, treated


def simulate(studies: int) -> dict[tuple[str, str, int], Tally]:
    """Every cell's studies; a third as many where shocks have heavy tails."""
    found: dict[tuple[str, str, int], Tally] = {}
    for place, cell in track(list(enumerate(cells())), "simulating"):
        shape, which, treated = cell
        found[cell] = Tally()
        for at in range(studies if shape == "normal" else studies // 3):
            rng = np.random.default_rng([place, at])
            found[cell].add(*answers(study(rng, treated, WHICH[which], shape), rng))
    return found


def table(found: dict[tuple[str, str, int], Tally], shape: str) -> str:
    """Rejections in per cent, and how far the intervals reach."""
    head = [
        "treated",
        "how many",
        *(f"{name}, %" for name in METHODS),
        *(f"± {name}" for name in METHODS[:3]),
    ]
    rows = [head, ["---"] * len(head)]
    for (kind, which, treated), tally in found.items():
        if kind == shape:
            share = [
                "none"
                if name == "CR2" and treated == 1
                else f"{100 * tally.rejected[name] / tally.studies:.1f}"
                for name in METHODS
            ]
            reach = [
                "none" if name == "CR2" and treated == 1 else f"{np.median(halves):.1f}"
                for name, halves in tally.reach.items()
            ]
            rows.append([which, str(treated), *share, *reach])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def page(found: dict[tuple[str, str, int], Tally], studies: int) -> str:
    """The page of results, in Markdown."""
    names = ("numpy", "scipy", "pandas")
    few = studies // 3
    return TEMPLATE.format(
        schools=SCHOOLS,
        between=BETWEEN,
        within=WITHIN,
        studies=f"{studies:,}",
        few=f"{few:,}",
        error=f"{100 * np.sqrt(ALPHA * (1 - ALPHA) / studies):.1f}",
        error_few=f"{100 * np.sqrt(ALPHA * (1 - ALPHA) / few):.1f}",
        draws=DRAWS,
        normal=table(found, "normal"),
        heavy=table(found, "heavy"),
        versions=", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)]
        ),
    )


TEMPLATE = """\
# Few treated schools among many

`difference_in_changes` (`evaluation/models/changes/`) compares the change of a few treated schools with that of many others.
How often does each way of inference reject, at 5%, where nothing has an effect?

    OMP_NUM_THREADS=1 python benchmarks/placebo.py

{schools} schools. A school's change has a shock of its own, of variance {between}, and its pupils' noise, of variance {within}
over the school's size (1/(1/n + 1/m), n and m being the pupils of the two years; median 20, from 3.5 to 75): as large as what
[academies.md](academies.md) finds for scaled scores in maths. 1, 3, 5 or 10 schools are treated, of any size, of the smallest
tenth or of the largest.

## Type I error

{studies} studies a row; the Monte Carlo error of 5% is {error} points. ± is half the median width of the 95% interval, in points of
scaled score. {draws} placebo sets and bootstrap draws; with one school treated all {schools} less one take their turn.

{normal}

The same where schools' own shocks are heavy-tailed (t with 4 degrees of freedom, of the same variance), {few} studies a
row (error {error_few}):

{heavy}

## What it says

- **Placebo sets as they are** (Conley and Taber 2011; MacKinnon and Webb 2020) are right when the treated schools are like the
  others, and only then: small treated schools vary more than the sets they are held against, and are called different far
  too often; large ones vary less, and are called different almost never.
- **By size** (the variance of Ferman and Pinto 2019, a constant and a part in 1/size, estimated from the untreated schools) it
  rejects about as often as it says, whatever the schools' size and number: a little more than 5% for schools at either end of
  the range, since the variance is itself an estimate.
- **Ferman and Pinto's own bootstrap** draws single residuals where ours lets whole sets take their turn: the two reject alike. Sets
  can be enumerated, keep to strata, and stand for schools that exist.
- **CR2** is not liberal here; it is wide. Its degrees of freedom are about the number of treated schools less one, so that with
  three its interval reaches nearly twice as far as the placebo one by size, and is short or long by how alike three schools
  happen to be. With one treated school there is none.
- Nothing here says that the treated schools would have changed like the others: that is an assumption, and the trend
  before is all that speaks of it. Shocks that neighbouring or like schools share, or a treated school's being less steady than
  its size tells, are in no method's variance.

Made with {versions}.
"""


def main() -> None:
    """Simulate, count, write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=1000, help="simulated studies a row")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the results go")
    chosen = parser.parse_args()
    chosen.page.write_text(page(simulate(chosen.studies), chosen.studies), encoding="utf-8")


if __name__ == "__main__":
    main()

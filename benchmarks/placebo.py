"""How often inference for few treated schools rejects a true null, and finds an effect: CR2, placebo sets, Ferman and Pinto's bootstrap.

    OMP_NUM_THREADS=1 python benchmarks/placebo.py

writes docs/placebo.md. Schools, their sizes and how much they vary are like those of a county's key stage 2 tables, as
docs/academies.md finds them.
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

from evaluation.models import DifferenceInChanges, difference_in_changes
from evaluation.models.changes.spread import spread_by_size

PAGE = Path(__file__).resolve().parents[1] / "docs" / "placebo.md"
SCHOOLS, TREATED = 300, (1, 3, 5, 10)
BETWEEN, WITHIN = 2.0, 70.0
DRAWS, ALPHA = 999, 0.05
WHICH = {"any": (0.0, 1.0), "the smallest tenth": (0.0, 0.1), "the largest tenth": (0.9, 1.0)}
SHAPES = {"normal": "normal", "heavy": "t with 4 degrees of freedom"}
EFFECT = 3.0
METHODS = ("CR2", "placebo", "placebo by size", "bootstrap by size")
Cell = tuple[str, float, str, int]


@dataclass
class Tally:
    """What came of the studies of one kind."""

    rejected: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METHODS, 0))
    covered: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METHODS[:3], 0))
    reach: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in METHODS[:3]})
    errors: list[float] = field(default_factory=list)

    @property
    def studies(self) -> int:
        """How many there are."""
        return len(self.errors)

    def add(self, truth: float, found: DifferenceInChanges, bootstrap: float) -> None:
        """One study's p-values, half the widths of its intervals, and whether they hold the truth."""
        self.errors.append(found.estimate - truth)
        self.rejected[METHODS[-1]] += bootstrap <= ALPHA
        parts = (found.cr2, found.placebo, found.placebo_by_size)
        for name, part in zip(METHODS[:3], parts, strict=True):
            self.rejected[name] += part.p_value <= ALPHA
            self.covered[name] += part.ci_low <= truth <= part.ci_high
            self.reach[name].append((part.ci_high - part.ci_low) / 2)


def study(
    rng: np.random.Generator, treated: int, which: tuple[float, float], shape: str, effect: float
) -> pd.DataFrame:
    """Schools whose change is a shock of their own and their pupils' noise; some of a range of sizes treated, by lot, to an effect."""
    size = np.exp(rng.normal(np.log(20), 0.65, SCHOOLS)).clip(3.5, 75)
    size.sort()
    low, high = (round(SCHOOLS * share) for share in which)
    chosen = rng.choice(np.arange(low, high), treated, replace=False)
    shock = rng.normal(size=SCHOOLS) if shape == "normal" else rng.standard_t(4, SCHOOLS) / np.sqrt(2)
    change = np.sqrt(BETWEEN) * shock + np.sqrt(WITHIN / size) * rng.normal(size=SCHOOLS)
    is_treated = np.isin(np.arange(SCHOOLS), chosen).astype(int)
    return pd.DataFrame({"change": change + effect * is_treated, "size": size, "treated": is_treated})


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


def cells() -> Iterator[Cell]:
    """Shape of the shocks, the effect, which schools are treated, and how many."""
    for shape, effect in (("normal", 0.0), ("normal", EFFECT), ("heavy", 0.0)):
        for which in WHICH:
            for treated in TREATED:
                yield shape, effect, which, treated


def simulate(studies: int) -> dict[Cell, Tally]:
    """Every cell's studies; a third as many where shocks have heavy tails."""
    found: dict[Cell, Tally] = {}
    for place, cell in track(list(enumerate(cells())), "simulating"):
        shape, effect, which, treated = cell
        found[cell] = Tally()
        for at in range(studies if shape == "normal" else studies // 3):
            rng = np.random.default_rng([place, at])
            data = study(rng, treated, WHICH[which], shape, effect)
            seed = int(rng.integers(2**31))
            answer = difference_in_changes(
                data, "change", "treated", size="size", draws=DRAWS, limit=DRAWS, seed=seed
            )
            found[cell].add(effect, answer, bootstrap_by_size(data, rng))
    return found


def of_nothing(found: dict[Cell, Tally], shape: str) -> str:
    """Rejections in per cent where nothing has an effect, and how far the intervals reach."""
    head = [*(f"{name}, %" for name in METHODS), *(f"± {name}" for name in METHODS[:3])]
    rows = {}
    for (kind, effect, which, treated), tally in found.items():
        if kind == shape and not effect:
            reach = [f"{np.median(halves):.1f}" for halves in tally.reach.values()]
            rows[which, treated] = [*shares(tally.rejected, tally), *reach]
    return table(head, rows, cr2=(0, len(METHODS)))


def of_effect(found: dict[Cell, Tally]) -> str:
    """Bias, coverage of the intervals and power, in per cent, where the treated schools have an effect."""
    covers = [f"covers: {name}, %" for name in METHODS[:3]]
    head = ["bias", *covers, *(f"power: {name}, %" for name in METHODS)]
    rows = {}
    for (_, effect, which, treated), tally in found.items():
        if effect:
            error = np.std(tally.errors, ddof=1) / np.sqrt(tally.studies)
            bias = f"{np.mean(tally.errors):+.2f} ({error:.2f})".replace("-", "−")
            rows[which, treated] = [bias, *shares(tally.covered, tally), *shares(tally.rejected, tally)]
    return table(head, rows, cr2=(1, 4))


def shares(counts: dict[str, int], tally: Tally) -> list[str]:
    """Counts of studies in per cent."""
    return [f"{100 * count / tally.studies:.1f}" for count in counts.values()]


def table(head: list[str], rows: dict[tuple[str, int], list[str]], cr2: tuple[int, int]) -> str:
    """In Markdown, a row for each way to be treated; CR2, in the columns named, has nothing to say of one school."""
    lines = [["treated", "how many", *head], ["---"] * (len(head) + 2)]
    for (which, treated), cells in rows.items():
        told = ["none" if treated == 1 and at in cr2 else cell for at, cell in enumerate(cells)]
        lines.append([which, str(treated), *told])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(found: dict[Cell, Tally], studies: int) -> str:
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
        effect=f"{EFFECT:.0f}",
        normal=of_nothing(found, "normal"),
        heavy=of_nothing(found, "heavy"),
        planted=of_effect(found),
        versions=", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)]
        ),
    )


TEMPLATE = """\
# Few treated schools among many

`difference_in_changes` (`evaluation/models/changes/`) compares the change of a few treated schools with that of many others.
How often does each way of inference reject, at 5%, where nothing has an effect, and how often where something has?

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

## An effect

{studies} studies a row in which each treated school changed by {effect} points more: the estimate's bias (its Monte Carlo error), how often
the 95% interval holds the {effect} points, and how often the effect is told from nothing.

{planted}

## What it says

- **An effect** is found without bias, and intervals hold it as often as they hold nothing: adding a number to the treated schools' changes adds it to
  the estimate and to both ends. Of one school, of any size, 3 points are told from nothing in one study of four, of three schools in half, of ten nearly always.
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
    parser.add_argument("--studies", type=int, default=2000, help="simulated studies a row")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the results go")
    chosen = parser.parse_args()
    chosen.page.write_text(page(simulate(chosen.studies), chosen.studies), encoding="utf-8")


if __name__ == "__main__":
    main()

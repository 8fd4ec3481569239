"""What statsmodels' MixedLM does at the variance boundary, beside this engine: ten-school studies without school variance.

    OMP_NUM_THREADS=1 python benchmarks/boundary.py

writes docs/boundary.md. The studies are those of tests/models/test_models_r_boundary.py, which holds this engine's
answers to lme4's and pbkrtest's on every one of them.
"""

import argparse
import platform
import warnings
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from rich.progress import track

from evaluation.models import fit

PAGE = Path(__file__).resolve().parents[1] / "docs" / "boundary.md"
STUDIES = 200
EFFECT = 5
UNITS = (1, 15, 100)
# A coefficient is the same within this share of a standard error, and zero below this share of the true effect.
SAME, ZERO = 0.01, 1e-6
OUTCOMES = (
    "same coefficient, converged=True",
    "same coefficient, converged=False",
    "other coefficient, converged=True",
    "other coefficient, converged=False",
    "coefficient of zero, converged=True",
    "coefficient of zero, converged=False",
    "an error",
)
PLACES = ("at the boundary", "inside")


def study(seed: int) -> pd.DataFrame:
    """Ten schools of 6 to 29 pupils, half treated, no variance between schools; as in test_models_boundary.py."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(10), rng.integers(6, 30, 10))
    treated = school % 2
    baseline = rng.normal(100, 15, len(school))
    score = 40 + 0.6 * baseline + EFFECT * treated + rng.normal(0, 11, len(school))
    return pd.DataFrame({"school": school, "treated": treated, "baseline": baseline, "score": score})


def compare(data: pd.DataFrame) -> tuple[str, str]:
    """Where this engine's fit lies, and what statsmodels makes of the same data."""
    ours = fit("score ~ baseline + treated + (1 | school)", data)
    expected = ours.inference("wald").loc["treated"]
    place = PLACES[0] if ours.diagnostics.at_boundary else PLACES[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # several a fit
        try:
            theirs = smf.mixedlm("score ~ baseline + treated", data, groups="school").fit()
        except np.linalg.LinAlgError:
            return place, "an error"
    found = theirs.params["treated"]
    same = abs(found - expected["estimate"]) <= SAME * expected["std_error"]
    zero = abs(found) < ZERO * abs(expected["estimate"])
    kind = "coefficient of zero" if zero else "same coefficient" if same else "other coefficient"
    return place, f"{kind}, converged={bool(theirs.converged)}"


def count(studies: int) -> dict[int, Counter[tuple[str, str]]]:
    """How often each outcome occurs, with the score multiplied by each of UNITS."""
    found: dict[int, Counter[tuple[str, str]]] = {unit: Counter() for unit in UNITS}
    for seed in track(range(studies), "fitting"):
        data = study(seed)
        for unit in UNITS:
            found[unit][compare(data.assign(score=unit * data["score"]))] += 1
    return found


def page(found: dict[int, Counter[tuple[str, str]]], studies: int) -> str:
    """The page of results, in Markdown."""
    head = [
        "statsmodels' coefficient of `treated`",
        *(f"{place}, score x {u}" for u in UNITS for place in PLACES),
    ]
    rows = [[name, *(found[u][place, name] for u in UNITS for place in PLACES)] for name in OUTCOMES]
    totals = ["studies", *(_total(found[u], place) for u in UNITS for place in PLACES)]
    names = ("numpy", "scipy", "pandas", "statsmodels")
    return TEMPLATE.format(
        studies=studies,
        effect=EFFECT,
        units=", ".join(map(str, UNITS)),
        same=f"{SAME:.0%}",
        table=_table(head, [*rows, totals]),
        versions=", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)]
        ),
    )


def _total(outcomes: Counter[tuple[str, str]], place: str) -> int:
    return sum(times for (where, _), times in outcomes.items() if where == place)


def _table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    lines = [list(map(str, line)) for line in [head, *rows]]
    return "\n".join(
        "| " + " | ".join(line) + " |" for line in [lines[0], ["---"] * len(lines[0]), *lines[1:]]
    )


TEMPLATE = """\
# At the variance boundary

With few schools the estimated variance between them is often zero, whatever the true one. {studies} simulated studies
of ten schools, half of them treated, with no variance between schools and an effect of {effect} points: what
`MixedLM` of statsmodels, with its defaults, returns for `score ~ baseline + treated` by school. The same studies
stand three times, with the score multiplied by {units}, which should change nothing but units.

    OMP_NUM_THREADS=1 python benchmarks/boundary.py

{table}

A coefficient is the same within {same} of its standard error. "At the boundary" and "inside" say where this engine's
estimate of the variance lies. It is at zero exactly when the REML score there is not positive, and the fit is then least
squares; on each of these studies its criterion, coefficients, standard errors and Kenward-Roger degrees of
freedom are those of lme4 and pbkrtest, which `tests/models/test_models_r_boundary.py` holds.

A coefficient of zero with `converged=True` is statsmodels issue 10239; its standard error is then of the order of
100,000,000, by which `evaluation.models.robustness.second_engine` knows it and says that statsmodels failed. The other rows differ
from one unit to another because its optimiser judges convergence by the size of the numbers.

Made with {versions}.
"""


def main() -> None:
    """Fit, count, write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=STUDIES, help="number of simulated studies")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the results go")
    chosen = parser.parse_args()
    chosen.page.write_text(page(count(chosen.studies), chosen.studies), encoding="utf-8")


if __name__ == "__main__":
    main()

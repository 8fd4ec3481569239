"""What statsmodels itself offers for yes/no outcomes, tried on few schools and treatment without an effect.

    python benchmarks/proportions_statsmodels.py --studies 500

writes into docs/proportions.md how often its GEE runs off to infinity and says that it converged, and how often its
variational mixed logit takes nothing for something.
"""

import argparse
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from proportions import SCHOOLS, Cell, draw
from proportions_tables import put
from rich.progress import track
from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM
from statsmodels.genmod.cov_struct import Exchangeable
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_estimating_equations import GEE

PROPORTION = 0.6
CORRELATIONS = (0.0, 0.05)
# Log odds that no proportion of these studies could have.
ABSURD = 20


def gee_verdict(data: pd.DataFrame) -> str:
    """How GEE, called as documented, ended."""
    model = GEE.from_formula(
        "reached ~ treated", "school", data, family=Binomial(), cov_struct=Exchangeable()
    )
    fitted = model.fit()
    if not fitted.converged:
        return "not converged"
    return "absurd" if np.abs(fitted.params).max() > ABSURD else "plausible"


def finds_something(data: pd.DataFrame) -> bool:
    """Whether 0 is beyond 1.96 posterior standard deviations of the mixed logit's treatment effect."""
    fitted = BinomialBayesMixedGLM.from_formula(
        "reached ~ treated", {"school": "0 + C(school)"}, data
    ).fit_vb()
    return bool(abs(fitted.fe_mean[1]) > 1.96 * fitted.fe_sd[1])


def main() -> None:
    """Try both on the same studies, and put the table into the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=500, help="simulated studies a cell")
    studies = parser.parse_args().studies
    lines = [
        f"    python benchmarks/{Path(__file__).name} --studies {studies}",
        "",
        f"Half the schools treated, no effect, proportion {PROPORTION:g}; % of {studies} studies, statsmodels {version('statsmodels')}.",
        "",
        "| schools | icc | GEE did not converge | GEE converged to log odds beyond 20 | mixed logit finds an effect |",
        "|---:|---:|---:|---:|---:|",
    ]
    cells = [Cell("half", schools, icc, PROPORTION, 0.0) for schools in SCHOOLS for icc in CORRELATIONS]
    for cell in track(cells, "cells"):
        rng = np.random.default_rng([cell.schools, round(100 * cell.correlation)])
        data = [draw(cell, rng) for _ in range(studies)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ended = [gee_verdict(study) for study in data]
            found = np.mean([finds_something(study) for study in data])
        shares = [ended.count(verdict) / studies for verdict in ("not converged", "absurd")] + [found]
        shown = " | ".join(f"{100 * share:.1f}" for share in shares)
        lines.append(f"| {cell.schools} | {cell.correlation:g} | {shown} |")
    put(Path(__file__).name, "\n".join([*lines, ""]))


if __name__ == "__main__":
    main()

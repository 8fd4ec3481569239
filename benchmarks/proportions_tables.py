"""Results of the simulations of yes/no outcomes, as tables in docs/proportions.md."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.models.proportions.difference import LINEAR_CR2, LINEAR_KENWARD_ROGER, LOGISTIC

PAGE = Path(__file__).resolve().parents[1] / "docs" / "proportions.md"
MANCL_DEROUEN = "logistic GEE, Mancl-DeRouen, t(K - p)"
FAY_GRAUBARD = "logistic GEE, Fay-Graubard, t(K - p)"
UNCORRECTED = "logistic GEE, uncorrected, z"
MEANS = "school proportions, t(K - 2)"
METHODS = {
    LINEAR_CR2: "linear CR2",
    LINEAR_KENWARD_ROGER: "linear KR",
    LOGISTIC: "GEE KC",
    FAY_GRAUBARD: "GEE FG",
    MANCL_DEROUEN: "GEE MD",
    UNCORRECTED: "GEE z",
    MEANS: "means",
}
PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "formulaic")


def tables(found: pd.DataFrame, studies: int, sections: Mapping[str, tuple[str, float]]) -> str:
    """The results in Markdown: sections are the designs, with their titles and true differences."""
    error = 100 * np.sqrt(0.05 * 0.95 / studies)
    lines = [
        f"    python benchmarks/proportions.py --studies {studies} --jobs 1",
        "",
        f"{studies:,} studies a cell; the Monte Carlo standard error of a true 5% or 95% is {error:.1f} points, and figures more than "
        "three of them on the wrong side of 5% or 95% are in bold. Figures are of the studies for which a method gave a result; the "
        "share without a GEE is in the last column. Power cannot be compared where the size is wrong.",
        "",
        "KR: Kenward-Roger. KC, FG, MD: the covariances of Kauermann and Carroll with Satterthwaite df, and of Fay and Graubard and of "
        "Mancl and DeRouen with t on schools less coefficients. z: uncorrected. Means: t test of schools' proportions, unweighted.",
    ]
    for name, (title, true) in sections.items():
        part = found[found["design"] == name]
        for effect, kinds in (
            (0.0, {"type I error": "rejected"}),
            (true, {"coverage": "covered", "power": "rejected"}),
        ):
            for kind, column in kinds.items():
                size = f", true difference {100 * effect:.0f} points" if effect else ""
                lines += ["", f"### {title}: {kind}{size} (%)", ""]
                lines += _table(part[part["effect"] == effect], column, kind, 3 * error)
    bias = found.groupby("method", sort=False)["bias"].apply(lambda values: 100 * values.abs().max())
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in PACKAGES)]
    lines += [
        "",
        f"The largest bias in any cell was {bias[LINEAR_CR2]:.1f} points for the linear model and {bias[LOGISTIC]:.1f} for the GEE.",
        "",
        f"Made with {', '.join(versions)}.",
    ]
    return "\n".join(lines)


def put(script: str, results: str) -> None:
    """Put a script's results between its two marks in the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, mark, rest = text.partition(f"<!-- {script} -->\n")
    _, end, after = rest.partition(f"<!-- end {script} -->")
    PAGE.write_text(f"{before}{mark}\n{results}\n{end}{after}", encoding="utf-8")


def _table(part: pd.DataFrame, column: str, kind: str, margin: float) -> list[str]:
    keys = ["schools", "correlation", "proportion"]
    wide = {
        name: part.pivot(index=keys, columns="method", values=name) for name in (column, "given", "studies")
    }
    rates = 100 * wide[column] / wide["given"]
    none = 100 * (1 - wide["given"][LOGISTIC] / wide["studies"][LOGISTIC])
    methods = [method for method in METHODS if wide["given"][method].any()]
    lines = [
        "| schools | icc | proportion | " + " | ".join(METHODS[method] for method in methods) + " | no GEE |",
        "|" + "---:|" * (len(keys) + len(methods) + 1),
    ]
    for place, row in enumerate(rates[methods].to_numpy()):
        schools, correlation, proportion = rates.index[place]
        shown = " | ".join(_shown(rate, kind, margin) for rate in row)
        lines.append(f"| {schools} | {correlation:g} | {proportion:g} | {shown} | {none.iloc[place]:.1f} |")
    return lines


def _shown(rate: float, kind: str, margin: float) -> str:
    wrong = {"type I error": rate > 5 + margin, "coverage": rate < 95 - margin}.get(kind, False)
    return f"**{rate:.1f}**" if wrong else f"{rate:.1f}"

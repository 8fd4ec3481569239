"""The figure of benchmarks/calibration.py: type I error by method, for each number of schools and intraclass correlation."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from evaluation.report.figures import BLUE, GREY, ORANGE, RULE, STYLE

LEVEL = 0.05
ERRORS = 3  # Monte Carlo errors either way that chance is allowed
KENWARD_ROGER = "kenward-roger"
METHODS = {
    "wald": "z",
    "satterthwaite": "Satterthwaite",
    KENWARD_ROGER: "Kenward-Roger",
    "cr2": "CR2",
    "wild-bootstrap": "wild bootstrap",
}
# Label, marker, colour and place beside a method's line.
SIZES = {"24": ("equal", "o", BLUE, -0.16), "unequal": ("unequal", "s", ORANGE, 0.16)}


def limits(studies: int) -> tuple[float, float]:
    """How far the rate of an exact test at 5% may stray by chance."""
    reach = ERRORS * np.sqrt(LEVEL * (1 - LEVEL) / studies)
    return LEVEL - reach, LEVEL + reach


def draw(main: pd.DataFrame) -> Figure:
    """Type I error by method: a column of panels for each number of schools, a row for each intraclass correlation."""
    schools, correlations = (sorted(main[name].unique()) for name in ("schools", "correlation"))
    style: Any = {**STYLE, "font.size": 10}
    with rc_context(style):
        figure = Figure(figsize=(9.4, 2.1 * len(correlations) + 0.6), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.subplots(len(correlations), len(schools), sharex=True, sharey=True)
        for row, correlation in zip(grid, correlations, strict=True):
            for axes, count in zip(row, schools, strict=True):
                _panel(axes, main[(main["schools"] == count) & (main["correlation"] == correlation)])
            row[-1].annotate(
                f"intraclass\ncorrelation {correlation:g}", (1.04, 0.5), xycoords="axes fraction", va="center"
            )
        for axes, count in zip(grid[0], schools, strict=True):
            axes.set_title(f"{count} schools", fontsize=11)
        grid[0, 0].set(
            yticks=range(len(METHODS)), yticklabels=METHODS.values(), ylim=(len(METHODS) - 0.5, -0.5)
        )
        grid[0, 0].set_xlim(left=0)
        grid[0, 0].xaxis.set_major_locator(MultipleLocator(5))
        figure.supxlabel("true null hypotheses rejected at 5%, in %", fontsize=10.5)
        figure.legend(
            *grid[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=2, frameon=False
        )
    return figure


def _panel(axes: Axes, cells: pd.DataFrame) -> None:
    low, high = limits(cells["studies"].min())
    axes.axvspan(100 * low, 100 * high, color=RULE, linewidth=0)
    axes.axvline(100 * LEVEL, color=GREY, linewidth=1)
    for sizes, (label, marker, colour, shift) in SIZES.items():
        chosen = cells[cells["sizes"] == sizes].set_index("method").loc[list(METHODS)]
        axes.errorbar(
            100 * chosen["rejected"],
            np.arange(len(METHODS)) + shift,
            xerr=100 * ERRORS * chosen["rejected_error"],
            fmt=marker,
            color=colour,
            markersize=4.5,
            elinewidth=1.3,
            label=f"{label} sizes",
        )
    axes.tick_params(length=0)

"""Draw figures. Colours are safe for colour-blind readers and never the only sign; no point is a single pupil."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evaluation.disclose.leaks import refuse_words
from evaluation.report.items import Figure
from evaluation.report.numerals import MINUS, interval, number

INK, GREY, RULE = "#1f2933", "#6b7280", "#d5dae1"
BLUE, ORANGE, GREEN, PINK = (
    "#0072b2",
    "#c1500a",
    "#00795a",
    "#a3437d",
)  # after Okabe and Ito, darkened for white
COLOURS = (BLUE, ORANGE, GREEN, PINK)
MARKERS = ("o", "s", "D", "^")
WIDTH, PIXELS_PER_INCH, DPI = 4.7, 112, 200
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.labelsize": 10.5,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "legend.fontsize": 10.5,
    "axes.edgecolor": RULE,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "evaluation",
}


@dataclass(frozen=True)
class Estimate:
    """A labelled estimate with its 95% interval; NaN ends for none."""

    label: str
    value: float
    low: float
    high: float


@contextmanager
def canvas(height: float) -> Iterator[tuple[Canvas, Axes]]:
    """A blank figure of the house's width and style, `height` inches high."""
    style: Any = {**sns.axes_style("white"), **STYLE}
    with rc_context(style):
        figure = Canvas(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure, figure.add_subplot()


def picture(figure: Canvas, alt: str, caption: str, heading: str = "") -> Figure:
    """The drawing as an item of a report: the same bytes for the same drawing, and nothing in them but pixels.

    Its words are searched before they become pixels, which no search can read, and go with it, so that the search of the
    page, which knows the pupils, finds them too.

    Raises
    ------
    DisclosureError
        When a word must not be published.
    """
    drawn = drawn_words(figure)
    refuse_words(drawn)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
    width, height = (round(side * PIXELS_PER_INCH) for side in figure.get_size_inches())
    return Figure(stream.getvalue(), width, height, alt, caption, heading, drawn=drawn)


def drawn_words(figure: Canvas) -> tuple[str, ...]:
    """Every text that a figure shows, each once, labels of ticks too."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_ticklabels(which="both")  # a tick has no label before it is asked for
    texts = [" ".join(item.get_text().split()) for item in figure.findobj(Text) if item.get_visible()]
    return tuple(dict.fromkeys(filter(None, texts)))


def draw_dots(axes: Axes, frame: pd.DataFrame, unit: str) -> None:
    """A dot for each value, a row a group, a colour and marker a series; columns group, series, value."""
    series = list(dict.fromkeys(frame["series"]))
    sns.scatterplot(
        frame, x="value", y="group", hue="series", style="series", hue_order=series, style_order=series,
        palette=[*COLOURS[:1], GREY][: len(series)], markers=list(MARKERS[: len(series)]), s=90, ax=axes,
    )  # fmt: skip
    axes.set(xlabel=unit, ylabel="")
    axes.margins(y=0.35 if frame["group"].nunique() == 1 else 0.15)
    axes.grid(axis="x", color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    _tidy(axes)
    _legend(axes)


def draw_lines(axes: Axes, frame: pd.DataFrame, unit: str, norm: float | None) -> None:
    """A line for each series over the waves; columns wave, series, value. Series after the second are grey."""
    series = list(dict.fromkeys(frame["series"]))
    sns.lineplot(
        frame, x="wave", y="value", hue="series", style="series", hue_order=series, style_order=series,
        palette=[BLUE, ORANGE, GREY, GREY][: len(series)], markers=list(MARKERS[: len(series)]),
        dashes=[(1, 0), (1, 0), (4, 2), (1, 1.5)][: len(series)], markersize=8, linewidth=2, errorbar=None,
        sort=False, ax=axes,
    )  # fmt: skip
    if norm is not None:
        axes.axhline(norm, color=GREY, linewidth=1)
        axes.annotate(
            "national average", (0, norm), (0.02, norm), xycoords=("axes fraction", "data"),
            textcoords=("axes fraction", "data"), va="bottom", color=GREY, fontsize=9.5,
        )  # fmt: skip
    axes.set(xlabel="", ylabel=unit)
    axes.margins(x=0.12)
    axes.grid(axis="y", color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(_true_minus))
    _legend(axes)


def draw_estimates(
    axes: Axes, estimates: Sequence[Estimate], xlabel: str, marks: Sequence[float] = (0.0,), lead: bool = True
) -> None:
    """Estimates with their intervals, one below another, against lines at `marks`; the first stands out as `lead`."""
    for mark in marks:
        axes.axvline(
            mark, color=GREY, linewidth=1.2 if mark == 0 else 0.8, linestyle="-" if mark == 0 else ":"
        )
    for place, item in enumerate(estimates):
        colour, marker = (BLUE, "o") if lead and place == 0 else (INK, "D")
        axes.plot([item.low, item.high], [item.label] * 2, color=colour, linewidth=2.4, solid_capstyle="butt")
        axes.plot([item.value], [item.label], marker=marker, color=colour, markersize=8)
    axes.set(xlabel=xlabel)
    axes.set_ylim(len(estimates) - 0.4, -0.6)
    _tidy(axes)


def draw_curve(axes: Axes, estimates: Sequence[Estimate], lead: int | None, ylabel: str) -> None:
    """Estimates with their intervals side by side, in the order given; the one at `lead` stands out."""
    axes.axhline(0, color=GREY, linewidth=1.2)
    for place, item in enumerate(estimates):
        colour, marker, size = (BLUE, "o", 9) if place == lead else (INK, "D", 5)
        axes.plot([place, place], [item.low, item.high], color=colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot([place], [item.value], marker=marker, color=colour, markersize=size)
    axes.set(xlabel="analyses, from the least estimate to the largest", ylabel=ylabel, xticks=[])
    axes.set_xlim(-0.8, len(estimates) - 0.2)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(_true_minus))


def draw_among(axes: Axes, own: Estimate, others: Sequence[float], xlabel: str) -> None:
    """One school's estimate with its interval, above a tick for every other school."""
    axes.axvline(0, color=GREY, linewidth=1.2)
    axes.plot([own.low, own.high], [1, 1], color=BLUE, linewidth=2.4, solid_capstyle="butt")
    axes.plot([own.value], [1], marker="o", color=BLUE, markersize=9)
    sns.rugplot(x=list(others), height=0.22, color=GREY, linewidth=1.2, ax=axes)
    axes.set(xlabel=xlabel, yticks=[0.2, 1], yticklabels=["other schools", own.label])
    axes.set_ylim(-0.05, 1.5)
    _tidy(axes)


def draw_spread(axes: Axes, values: pd.Series, centre: float, spread: float, xlabel: str) -> None:
    """A histogram of values, and a normal curve of the given centre and spread with the same area."""
    bins = np.linspace(values.min(), values.max(), 25)
    sns.histplot(values, bins=list(bins), color=BLUE, edgecolor="white", ax=axes)
    along = np.linspace(values.min(), values.max(), 300)
    area = len(values) * (bins[1] - bins[0])
    curve = area * np.exp(-((along - centre) ** 2) / (2 * spread**2)) / (spread * np.sqrt(2 * np.pi))
    axes.plot(along, curve, color=ORANGE, linewidth=2.2)
    axes.set(xlabel=xlabel, ylabel="classes")


def in_words(item: Estimate, digits: int) -> str:
    """A drawn estimate in words, for alternative text."""
    label = item.label.replace("\n", " ")
    return f"{label}, {number(item.value, digits)} ({interval(item.low, item.high, digits)})"


def wrapped(label: str, width: int = 19) -> str:
    """A label broken into short lines, to leave room for the drawing on a small screen."""
    lines = [""]
    for word in label.split():
        longer = f"{lines[-1]} {word}".strip()
        lines = [*lines[:-1], longer] if len(longer) <= width else [*lines, word]
    return "\n".join(line for line in lines if line)


def _tidy(axes: Axes) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(_true_minus))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _true_minus(value: float, _: object) -> str:
    return f"{value:g}".replace("-", MINUS)


def _legend(axes: Axes) -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=1, frameon=False, title="", borderaxespad=0.3
    )

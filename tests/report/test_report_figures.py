"""Every figure: its marks are the release's numbers, never pupils; its words are known; its file is pixels and no more."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.text import Text
from report_releases import alone
from test_report_robustness import released

from evaluation.disclose import Release
from evaluation.disclose.leaks import Sought, search_file
from evaluation.errors import DisclosureError
from evaluation.report import change_schools, cluster, design, figures, impact, robustness, school, worked
from evaluation.report.items import Figure
from evaluation.study import find_root

REPORT = Path(figures.__file__).parent
REFERENCES = {0.0, 0.05, 0.25}  # lines at nought and at the thresholds of balance
Drawn = list[tuple[Any, Figure]]


def every(
    made: Callable[..., object], units: Callable[[Release], list[tuple[str, ...]]]
) -> Callable[[Release], None]:
    """A figure function called for each thing of a release that it may be about."""
    return lambda release: [made(release, *unit) for unit in units(release)] and None


def of_schools(release: Release) -> list[tuple[str, ...]]:
    return [(unit,) for unit in release.meta["reported_schools"]]


def of_clusters(release: Release) -> list[tuple[str, ...]]:
    return [(item["cluster"],) for item in release.meta["clusters"]]


CALLS = {
    "change_schools.schools_figure": lambda release: (
        release.meta["baseline"] and change_schools.schools_figure(alone(release)) and None
    ),
    "design.balance_figure": every(design.balance_figure, lambda _: [()]),
    "impact.estimates_figure": every(impact.estimates_figure, lambda _: [()]),
    "robustness.curve_figure": every(robustness.curve_figure, lambda _: [()]),
    "school.attainment_figure": every(school.attainment_figure, of_schools),
    "school.gap_figure": every(school.gap_figure, of_schools),
    "school.compared_figure": every(school.compared_figure, of_schools),
    "cluster.attainment_figure": every(cluster.attainment_figure, of_clusters),
    "cluster.gap_figure": every(cluster.gap_figure, of_clusters),
    "cluster.schools_figure": every(cluster.schools_figure, of_clusters),
}
NOT_DRAWN = {"cluster.gap_figure"}  # withheld in both releases; schools' are drawn by the same code


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """Each figure as it is saved: the drawing and the item made of it."""
    saved: Drawn = []
    save = figures.picture

    def keep(canvas: Any, *words: Any, **more: Any) -> Figure:
        item = save(canvas, *words, **more)
        saved.append((canvas, item))
        return item

    monkeypatch.setattr(figures, "picture", keep)
    return saved


def test_these_are_all_the_figures_there_are() -> None:
    """Every function that saves a figure is one of those below, or draws for one of them; none is saved elsewhere."""
    saving = {
        f"{path.stem}.{function.name}"
        for path in REPORT.glob("*.py")
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef) and "figures.picture(" in ast.unparse(function)
    }
    # Of no release: a worked example of public data, and what evaluators look at, of which no page is made.
    apart = {"worked.class_averages", "explore.means_figure"}
    within = {"results._dots", "results._lines", "gap.gap_figure", *apart}
    assert saving - within <= set(CALLS)
    everywhere = [
        path
        for path in REPORT.parent.rglob("*.py")
        if any(word in path.read_text() for word in ("savefig", "pyplot"))
    ]
    assert everywhere == [REPORT / "figures.py"]


def marks(canvas: Any) -> Iterator[tuple[float, float]]:
    """Where dots, ends of lines and ticks stand."""
    for axes in canvas.axes:
        for line in axes.lines:
            yield from zip(
                *(
                    np.asarray(axis.convert_units(held), float)
                    for axis, held in zip((axes.xaxis, axes.yaxis), line.get_data(), strict=True)
                ),
                strict=True,
            )
        for held in axes.collections:
            if isinstance(held, PathCollection):
                yield from (tuple(point) for point in held.get_offsets())
            elif isinstance(held, LineCollection):
                yield from (tuple(point) for segment in held.get_segments() for point in segment)


def numbers(release: Release) -> np.ndarray:
    """Every number that a release or its study's tests publish."""
    found = [
        frame[name].to_numpy(float)
        for frame in release.tables.values()
        for name in frame.select_dtypes("number")
    ]
    norm = release.meta["outcome"]["norm_mean"]
    return np.concatenate([*found, [] if norm is None else [norm], sorted(REFERENCES)])


@pytest.mark.parametrize("name", CALLS)
def test_every_mark_is_a_number_of_the_release(name: str, star: Release, ssif: Release, drawn: Drawn) -> None:
    for release in (released(star), ssif):
        CALLS[name](release)
        published = np.unique(np.round(np.abs(numbers(release)), 6))
        for canvas, _ in drawn:
            for x, y in marks(canvas):
                values = [round(abs(value), 6) for value in (x, y)]
                assert np.isnan(values).any() or np.isin(values, published).any(), (name, x, y)
        drawn.clear()


@pytest.mark.parametrize("name", CALLS)
def test_every_word_drawn_goes_with_the_figure_which_is_pixels_alone(
    name: str, star: Release, ssif: Release, drawn: Drawn
) -> None:
    for release in (released(star), ssif):
        CALLS[name](release)
    assert bool(drawn) == (name not in NOT_DRAWN)
    for canvas, item in drawn:
        shown = {" ".join(text.get_text().split()) for text in canvas.findobj(Text) if text.get_visible()} - {
            ""
        }
        assert shown <= set(item.drawn)
        assert search_file("figure.png", item.png, Sought()) == []
        assert search_file("page.html", item._repr_html_().encode(), Sought()) == []


@pytest.mark.parametrize(
    "canary", ["H801200001001", "/home/somebody/study", "9276308686", "Traceback (most recent call last)"]
)
@pytest.mark.parametrize("place", ["title", "label", "tick", "legend", "annotation", "beside"])
def test_a_canary_in_any_text_of_a_figure_is_refused_before_it_is_drawn(
    place: str, canary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures.Canvas, "savefig", lambda *_, **__: pytest.fail("it was drawn"))
    with figures.canvas(2.0) as (figure, axes):
        axes.plot([1, 2], [1, 2], label=canary if place == "legend" else "")
        {
            "title": lambda: axes.set_title(f"about {canary}"),
            "label": lambda: axes.set_ylabel(f"about\n{canary}"),
            "tick": lambda: axes.set_xticks([1, 2], ["one", canary]),
            "legend": lambda: axes.legend(),
            "annotation": lambda: axes.annotate(canary, (1, 1)),
            "beside": lambda: figure.text(0.5, 0.5, canary),
        }[place]()
        with pytest.raises(DisclosureError, match="of a figure holds") as refused:
            figures.picture(figure, "alt", "caption")
    assert canary not in str(refused.value)


def test_the_worked_example_s_bars_count_classes_not_pupils(drawn: Drawn) -> None:
    worked.class_averages(worked.star())
    ((canvas, _),) = drawn
    heights = [bar.get_height() for bar in canvas.axes[0].patches]
    pupils = pd.read_csv(find_root() / "data/raw/star/star_kindergarten.csv").dropna(
        subset=["math", "free_lunch"]
    )
    assert sum(heights) == pupils["teacher"].nunique()
    assert len(pupils) > 10 * sum(heights)
    assert not canvas.axes[0].collections

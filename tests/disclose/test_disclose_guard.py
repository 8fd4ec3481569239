"""Rounding: what somebody who knows every other pupil's score can make of a school's figures."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.disclose.guard import Figure, guard, spread
from evaluation.disclose.precision import Precision
from evaluation.disclose.rounding import next_step, step, to_step, up_to_step
from evaluation.disclose.schools import school_figures

WIDTH = 20.0


@pytest.mark.parametrize(
    ("least", "found"),
    [(0.0, 0.1), (0.1, 0.1), (0.11, 0.2), (0.2, 0.2), (0.34, 0.5), (0.67, 1), (1.01, 2), (3.3, 5), (51, 100)],
)
def test_a_step_is_the_next_of_one_two_and_five(least: float, found: float) -> None:
    assert step(least) == found


def test_steps_follow_one_another_and_intervals_are_never_narrowed() -> None:
    assert [next_step(width) for width in (0.1, 0.2, 0.5, 1, 2, 5)] == [0.2, 0.5, 1, 2, 5, 10]
    assert to_step(101.3, 0.5) == 101.5
    assert up_to_step(1.01, 0.5) == 1.5
    assert up_to_step(1.5, 0.5) == 1.5


def school(scores: dict[str, list[float]]) -> list[Figure]:
    """The means of year groups, of all, and an effect."""
    every = [score for group in scores.values() for score in group]
    figures = [
        Figure(("descriptives", "a", "all", "all", "y"), float(np.mean(every)), "y", 1 / len(every), {})
    ]
    figures += [
        Figure(
            ("descriptives", "a", "year_group", name, "y"),
            float(np.mean(group)),
            "y",
            1 / len(group),
            {"year_group": name},
        )
        for name, group in scores.items()
    ]
    figures.append(Figure(("school_effects", "a"), float(np.mean(every)) - 97.123, "y", 1 / len(every), {}))
    for figure in figures:
        figure.keep_to({"y": WIDTH}, None)
    return figures


def possible(figures: list[Figure], scores: dict[str, list[float]], year: str, at: int) -> float:
    """The width of the range of one pupil's score that the figures shown allow, every other score known: by trying scores."""
    true = scores[year][at]
    tried = true + np.linspace(-60, 60, 24001)
    fits = np.ones(len(tried), dtype=bool)
    for figure in figures:
        if figure.shown is not None and figure.about.get("year_group", year) == year:
            value = figure.value + (tried - true) * figure.weight
            fits &= np.abs(value - figure.shown) <= figure.step / 2 + 1e-9
    return float(np.ptp(tried[fits]))


groups_of_scores = st.lists(st.lists(st.integers(70, 140), min_size=6, max_size=40), min_size=1, max_size=4)


@settings(max_examples=80, deadline=None)
@given(groups_of_scores)
def test_no_score_is_told_to_within_the_width(groups: list[list[int]]) -> None:
    scores = {f"year {index}": [float(score) for score in group] for index, group in enumerate(groups)}
    figures = school(scores)
    guard(figures, {"y": WIDTH})
    for year in scores:
        assert possible(figures, scores, year, 0) >= WIDTH - 0.02


def test_each_figure_by_itself_is_not_enough() -> None:
    """The check can fail: figures each coarse enough leave together a narrower range, until they are guarded."""
    generator = np.random.default_rng(3)
    narrow = 0
    for _ in range(60):
        scores = {year: list(generator.normal(100, 15, 25).round()) for year in ("year 2", "year 4")}
        narrow += possible(school(scores), scores, "year 2", 0) < WIDTH - 0.02
    assert narrow >= 10


def test_figures_published_before_stay_and_the_others_give_way() -> None:
    scores = {"year 2": [float(value) for value in range(80, 110)]}
    figures = school(scores)
    figures[0].keep_to({"y": WIDTH}, (94.4, 1.0))
    guard(figures, {"y": WIDTH})
    assert (figures[0].shown, figures[0].step) == (94.4, 1.0)
    assert possible(figures, scores, "year 2", 0) >= WIDTH - 0.02


def test_each_outcome_is_guarded_by_itself() -> None:
    """A figure of one outcome gives way to those of its own alone."""
    scores = {"year 2": [float(value) for value in range(80, 110)], "year 4": [90.0, 95.5, 101.0] * 9}
    apart, other = school(scores), school(scores)
    for figure in other:
        figure.outcome = "z"
    guard(apart, {"y": WIDTH})
    together = [*school(scores), *other]
    guard(together, {"y": WIDTH, "z": WIDTH})
    assert [item.shown for item in together] == [item.shown for item in apart] * 2


def test_an_effect_s_raw_form_gives_way_to_all_else() -> None:
    """Both forms and the mean of twenty pupils: only the raw one is given more coarsely, and all together leave the width."""
    rng = np.random.default_rng(2)
    coarsened = 0
    for _ in range(40):
        scores = rng.normal(100, 15, 20).round()
        mean, effect = float(scores.mean()), float(scores.mean()) - 97.123
        table = pd.DataFrame(
            [["school", "a", "all", "all pupils", "y", 20, mean]],
            columns=["level", "unit", "split", "group", "outcome", "n", "mean"],
        )
        none = pd.DataFrame(columns=["level", "unit", "measure", "estimate", "n_1", "n_2"])
        effects = pd.DataFrame({"school": ["a"], "n": [20], "raw": [effect], "shrunken": [0.8 * effect]})
        to = Precision({"y": WIDTH})
        found = school_figures(table, none, effects, to, "y", None)
        alone = school_figures(table, none, effects.assign(raw=np.nan), to, "y", None)
        raw = found.pop(("school_effects", "a", "raw"))
        assert {name: item.shown for name, item in found.items()} == {
            name: item.shown for name, item in alone.items()
        }
        assert spread([item for item in (*found.values(), raw) if item.shown is not None]) >= WIDTH * (
            1 - 1e-6
        )
        coarsened += raw.shown is None or raw.step > WIDTH / 20
    assert coarsened > 0, "else it would need no guard"

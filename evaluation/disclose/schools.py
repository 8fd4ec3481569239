"""All the figures of a school together, each given as finely as the others beside it allow."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from evaluation.disclose.cells import CROSSED
from evaluation.disclose.guard import Figure, guard
from evaluation.disclose.precision import Precision
from evaluation.disclose.release import Release

Name = tuple[str, ...]  # table, school, then what tells its figures apart


def school_figures(
    descriptives: pd.DataFrame,
    differences: pd.DataFrame,
    effects: pd.DataFrame,
    given: Precision,
    primary: str,
    held: Release | None,
) -> dict[Name, Figure]:
    """Every figure that may be shown of every school, rounded.

    Parameters
    ----------
    descriptives, differences, effects
        The rows that may be shown, of any level, at full precision; effects with the school's number of pupils.
    given
        The widths to keep.
    primary
        The primary outcome.
    held
        A release whose figures stay as they are.
    """
    by_school: dict[str, list[Figure]] = {}
    before = {} if held is None else dict(_shown_before(held))
    for figure in (*_means(descriptives), *_treatments(differences, primary), *_effects(effects, primary)):
        by_school.setdefault(figure.name[1], []).append(figure)
        figure.keep_to(given.widths, before.get(figure.name))
    for figures in by_school.values():
        guard(figures, given.widths)
    # An effect's raw form, beside its shrunken one, is given last: it gives way to every other figure, and none to it.
    for figure in _raw(effects, primary):
        figures = by_school[figure.name[1]]
        figure.keep_to(given.widths, before.get(figure.name))
        guard([*(replace(item, fixed=True) for item in figures), figure], given.widths)
        figures.append(figure)
    return {figure.name: figure for figures in by_school.values() for figure in figures}


def _means(table: pd.DataFrame) -> Iterator[Figure]:
    rows = table[(table["level"] == "school") & (table["n"] > 0)]
    for unit, split, group, outcome, n, mean in rows[
        ["unit", "split", "group", "outcome", "n", "mean"]
    ].itertuples(index=False):
        yield Figure(
            ("descriptives", unit, split, group, outcome), mean, outcome, 1 / n, _about(split, group)
        )


def _treatments(table: pd.DataFrame, primary: str) -> Iterator[Figure]:
    """Differences by treatment. The gap and progress are those of means that are shown, and tell nothing more."""
    rows = table[(table["level"] == "school") & (table["measure"] == "treatment")]
    for unit, estimate, n_1, n_2 in rows[["unit", "estimate", "n_1", "n_2"]].itertuples(index=False):
        yield Figure(("differences", unit, "treatment"), estimate, primary, 1 / min(n_1, n_2), {})


def _effects(table: pd.DataFrame, primary: str) -> Iterator[Figure]:
    """An effect is drawn towards the average, and so tells less of a pupil than the mean it is taken for here."""
    for school, n, shrunken in table[["school", "n", "shrunken"]].dropna().itertuples(index=False):
        yield Figure(("school_effects", school), shrunken, primary, 1 / n, {})


def _raw(table: pd.DataFrame, primary: str) -> Iterator[Figure]:
    """The mean of what the school's pupils differ by from what the model expects, where its shrunken form is a figure."""
    rows = table[["school", "n", "raw", "shrunken"]].dropna()
    for school, n, raw in rows[["school", "n", "raw"]].itertuples(index=False):
        yield Figure(("school_effects", school, "raw"), raw, primary, 1 / n, {})


def _about(split: str, group: str) -> dict[str, str]:
    if split == "all":
        return {}
    if split not in CROSSED:
        return {split: group}
    outer, _, inner = group.rpartition(", ")
    return dict(zip(CROSSED[split], (outer, inner), strict=True))


def _shown_before(held: Release) -> Iterator[tuple[Name, tuple[float, float]]]:
    """Each figure of a school in an earlier release, and the step it was rounded to."""
    tables: Mapping[str, tuple[list[str], str, dict[str, str]]] = {
        "descriptives": (["unit", "split", "group", "outcome"], "mean", {"level": "school"}),
        "differences": (["unit", "measure"], "estimate", {"level": "school", "measure": "treatment"}),
        "school_effects": (["school"], "shrunken", {}),
    }
    for name, (keys, column, where) in tables.items():
        rows = held.table(name, symbol="", **where).dropna(subset=[column])
        for row in rows[[*keys, column, "rounded_to"]].itertuples(index=False):
            *key, value, width = row
            yield (name, *key), (value, width)
    raw = held.table("school_effects", symbol="").dropna(subset=["raw"])
    for school, value, width in raw[["school", "raw", "raw_rounded_to"]].itertuples(index=False):
        yield ("school_effects", school, "raw"), (value, width)

"""A place's results by group, as a table and as a picture, beside the project's."""

from collections.abc import Collection

import pandas as pd

from evaluation.disclose import WITHHELD, Release
from evaluation.report import figures, wording
from evaluation.report import numerals as write
from evaluation.report.facts import (
    PROJECT,
    Facts,
    Place,
    cell,
    descriptives,
    halves,
    places,
    row,
    shown,
    words,
)
from evaluation.report.items import NOTHING, Figure, Group, Prose, Row, Table
from evaluation.report.place import SPLITS

FEWEST_DRAWN = 2
FINEST = 0.1


def attainment(release: Release, place: Place) -> Table | Prose:
    """Pupils, average and standard deviation for the place's groups, the project's average beside them."""
    return _results(release, place, SPLITS, f"Results in {place.name}")


def year_groups(release: Release, place: Place) -> Table | Prose:
    """The same for each year group; nothing in a study of one year group."""
    caption = f"Results in {place.name}, by year group"
    return _results(release, place, ("year_group",), caption, "Year groups")


def within_groups(release: Release, place: Place) -> Table | Prose:
    """The same for pupils by treatment and disadvantage together; nothing where the place has one treatment."""
    caption = f"Results in {place.name}, in smaller groups"
    return _results(release, place, ("treatment_disadvantaged",), caption)


def _results(
    release: Release, place: Place, splits: Collection[str], caption: str, heading: str = ""
) -> Table | Prose:
    found = descriptives(release, place)
    found = found[found["split"].isin(splits)] if len(found) else found
    if found.empty or (found["symbol"] == WITHHELD).all():
        return _all_withheld(release, place) if len(found) and "all" in splits else NOTHING
    outcomes = release.meta["outcomes"]
    with_sd = bool(found["sd"].notna().any())
    groups = (_one_wave if len(outcomes) == 1 else _several_waves)(release, found, with_sd)
    first = "Group" if len(outcomes) == 1 else "When tested"
    columns = (first, "Pupils", "Average", *(["Standard deviation"] if with_sd else []), "Project average")
    return Table(caption, columns, groups, notes=_notes(release, found), heading=heading)


def _one_wave(release: Release, found: pd.DataFrame, with_sd: bool) -> list[Group]:
    """A row a group; groups inside another stand under it."""
    lines: dict[str, list[Row]] = {}
    for _, item in found.iterrows():
        outer, inner = halves(release, item["split"], item["group"])
        lines.setdefault(outer, []).append(_cells(release, item, inner, with_sd))
    return [Group(write.capital(outer), rows) for outer, rows in lines.items()]


def _several_waves(release: Release, found: pd.DataFrame, with_sd: bool) -> list[Group]:
    """A row a wave, under the name of its group."""
    titles = {item["name"]: write.capital(item["wave_title"]) for item in release.meta["outcomes"]}
    return [
        Group(
            write.capital(str(name)),
            [_cells(release, item, titles[item["outcome"]], with_sd) for _, item in part.iterrows()],
        )
        for name, part in found.groupby("group", sort=False)
    ]


def _cells(release: Release, item: Facts, label: str, with_sd: bool) -> tuple[str, ...]:
    digits = places(release)
    whole = _in_project(release, item)
    values = (
        cell(item, "n"),
        cell(item, "mean", digits),
        *([cell(item, "sd", digits)] if with_sd else []),
        cell(whole, "mean", digits),
    )
    return (write.capital(label), *values)


def _in_project(release: Release, item: Facts) -> Facts | None:
    """The same group and outcome across the project."""
    same = {name: item[name] for name in ("split", "group", "outcome")}
    return row(release, "descriptives", level="project", **same)


def _notes(release: Release, found: pd.DataFrame) -> list[str]:
    outcome = release.meta["outcome"]
    notes = [f"Averages are in {outcome['unit']}. {_tests(release)}"]
    if outcome["norm_mean"] is not None:
        notes.append(
            f"Nationally the average is {outcome['norm_mean']:g} and the standard deviation {outcome['norm_sd']:g}."
        )
    if (found["symbol"] == WITHHELD).any():
        notes.append(wording.WITHHELD_NOTE.format(minimum=release.meta["minimum_cell"]))
    given = found.loc[found["symbol"] == "", ["n", "mean", *(["sd"] if found["sd"].notna().any() else [])]]
    if given.isna().any(axis=None):
        notes.append(wording.DASH_NOTE)
    if (found["rounded_to"] > FINEST).any():
        notes.append(wording.ROUNDED_NOTE)
    if release.meta["standing"] and found["split"].str.contains("disadvantaged").any():
        notes.append(
            wording.STANDING_NOTE.format_map({**words(release), "standing": release.meta["standing"]})
        )
    return notes


def _tests(release: Release) -> str:
    """Which test was sat when; a warning where the tests differ."""
    waves: dict[str, list[str]] = {}
    for item in release.meta["outcomes"]:
        waves.setdefault(item["test"], []).append(item["wave_title"])
    if len(waves) == 1:
        return f"Test: {next(iter(waves))}."
    said = " ".join(f"{test}: {'; '.join(when)}." for test, when in waves.items())
    return f"{said} A change from one test to another is partly a change of test."


def _all_withheld(release: Release, place: Place) -> Prose:
    rule = wording.WITHHELD_RULE.format(minimum=release.meta["minimum_cell"])
    return Prose(paragraphs=[f"Results for {place.noun} are withheld. {rule}"], kind="note")


def attainment_figure(release: Release, place: Place) -> Figure | Prose:
    """Averages of the place beside the project's: dots for one wave, lines for several; nothing for one dot."""
    found = descriptives(release, place)
    found = found[found["split"].isin(SPLITS) & (found["symbol"] == "")] if len(found) else found
    if found["group"].nunique() < FEWEST_DRAWN:
        return NOTHING
    return (
        _dots(release, place, found) if len(release.meta["outcomes"]) == 1 else _lines(release, place, found)
    )


def _dots(release: Release, place: Place, found: pd.DataFrame) -> Figure:
    unit, digits = release.meta["outcome"]["unit"], places(release)
    points, said = [], []
    for _, item in found.iterrows():
        group = str(item["group"])
        points.append((figures.wrapped(write.capital(group)), place.name, item["mean"]))
        whole = _in_project(release, item)
        text = f"{group}, {write.number(item['mean'], digits)}"
        if shown(whole, "mean") and whole is not None:
            points.append((figures.wrapped(write.capital(group)), write.capital(PROJECT.name), whole["mean"]))
            text += f" here and {write.number(whole['mean'], digits)} in the project"
        said.append(text)
    frame = pd.DataFrame(points, columns=["group", "series", "value"])
    with figures.canvas(1.3 + 0.52 * frame["group"].nunique()) as (figure, axes):
        figures.draw_dots(axes, frame, f"average, {unit}")
        alt = f"Dot chart of average results in {place.name} and in the whole project, in {unit}: {'; '.join(said)}."
        caption = f"{release.meta['outcome']['title']}: averages in {place.name} and in the whole project."
        return figures.picture(figure, alt, caption)


def _lines(release: Release, place: Place, found: pd.DataFrame) -> Figure:
    outcome, digits = release.meta["outcome"], places(release)
    frame = _over_waves(release, found)
    said = [
        f"{name}: "
        + ", ".join(
            f"{write.number(mean, digits)} ({wave})"
            for wave, mean in zip(part["wave"], part["mean"], strict=True)
        )
        for name, part in frame.groupby("series", sort=False)
    ]
    drawn = frame.assign(wave=frame["wave"].map(lambda wave: figures.wrapped(wave, 12)), value=frame["mean"])
    with figures.canvas(4.3) as (figure, axes):
        figures.draw_lines(axes, drawn, f"average, {outcome['unit']}", outcome["norm_mean"])
        alt = f"Line chart of average results over the project in {place.name}. {'; '.join(said)}."
        caption = f"Average results in {place.name} at each test, with the whole project’s."
        return figures.picture(figure, alt, caption)


def _over_waves(release: Release, found: pd.DataFrame) -> pd.DataFrame:
    """Rows of series, wave and mean: the place's groups, then the project's, on tests of the primary outcome's unit."""
    split = "disadvantaged" if (found["split"] == "disadvantaged").any() else "all"
    project = descriptives(release, PROJECT)
    project = project[project["symbol"] == ""]
    both = [
        found.assign(series=found["group"].map(write.capital)),
        project.assign(series="Project: " + project["group"]),
    ]
    frame = pd.concat(both)
    unit = release.meta["outcome"]["unit"]
    waves = {
        item["name"]: write.capital(item["wave_title"])
        for item in release.meta["outcomes"]
        if item["unit"] == unit
    }
    frame = frame[(frame["split"] == split) & frame["outcome"].isin(waves)]
    return frame.assign(wave=frame["outcome"].map(waves))[["series", "wave", "mean"]]

"""What can be said of any place, a school or a cluster: its results, groups, gap and progress, and what is withheld."""

import pandas as pd

from evaluation.disclose import WITHHELD, Release
from evaluation.report import figures, wording
from evaluation.report import numerals as write
from evaluation.report.facts import (
    PROJECT,
    Facts,
    Place,
    cell,
    claim,
    numbers,
    places,
    project_gap_facts,
    row,
    rows,
    shown,
    words,
)
from evaluation.report.items import Figure, Group, Prose, Table

SPLITS = {
    "all": "all pupils together",
    "disadvantaged": "{disadvantaged} beside {others}",
    "treatment": "{treated} beside {control}",
}
COLUMNS = ("Pupils", "Average", "Standard deviation", "Project average")
NOTHING = Prose()


def average(release: Release, place: Place) -> str:
    """One sentence: how many pupils, their average, and the project's."""
    here = _everyone(release, place)
    if not shown(here, "mean") or here is None:
        return f"The average of {place.noun} is withheld, because too few pupils here have results."
    project, digits, unit = _everyone(release, PROJECT), places(release), release.meta["outcome"]["unit"]
    text = f"{write.count(here['n'])} pupils here have results. Their average is {write.number(here['mean'], digits)} {unit}"
    if shown(project, "mean") and project is not None:
        text += f"; the average of the pupils in the project’s main analysis is {write.number(project['mean'], digits)}"
    return text + "."


def attainment(release: Release, place: Place) -> Table | Prose:
    """Pupils, average and standard deviation for the place's groups, the project's average beside them."""
    return _results(release, place, SPLITS, f"{release.meta['outcome']['test']}: results in {place.name}")


def year_groups(release: Release, place: Place) -> Table | Prose:
    """The same for each year group; nothing in a study of one year group."""
    caption = f"{release.meta['outcome']['test']}: results in {place.name}, by year group"
    return _results(release, place, {"year_group": ""}, caption, "Year groups")


def within_groups(release: Release, place: Place) -> Table | Prose:
    """The same for pupils by treatment and disadvantage together; nothing where the place has one treatment."""
    caption = f"{release.meta['outcome']['test']}: results in {place.name}, in smaller groups"
    return _results(release, place, {"treatment_disadvantaged": ""}, caption)


def _results(
    release: Release, place: Place, splits: dict[str, str], caption: str, heading: str = ""
) -> Table | Prose:
    found = _descriptives(release, place)
    found = found[found["split"].isin(splits)] if len(found) else found
    if found.empty or (found["symbol"] == WITHHELD).all():
        return _all_withheld(release, place) if len(found) and "all" in splits else NOTHING
    outcomes = release.meta["outcomes"]
    groups = _one_wave(release, found) if len(outcomes) == 1 else _several_waves(release, found)
    first = "Group" if len(outcomes) == 1 else "When tested"
    return Table(caption, (first, *COLUMNS), groups, notes=_notes(release, found), heading=heading)


def _one_wave(release: Release, found: pd.DataFrame) -> list[Group]:
    """A row a group; groups inside another stand under it."""
    parts = found["group"].str.rpartition(", ")
    return [
        Group(
            write.capital(str(outer)),
            [_cells(release, item, parts.loc[index, 2]) for index, item in part.iterrows()],
        )
        for outer, part in found.groupby(parts[0], sort=False)
    ]


def _several_waves(release: Release, found: pd.DataFrame) -> list[Group]:
    """A row a wave, under the name of its group."""
    titles = {item["name"]: write.capital(item["wave_title"]) for item in release.meta["outcomes"]}
    return [
        Group(
            write.capital(str(name)),
            [_cells(release, item, titles[item["outcome"]]) for _, item in part.iterrows()],
        )
        for name, part in found.groupby("group", sort=False)
    ]


def _cells(release: Release, item: Facts, label: str) -> tuple[str, ...]:
    digits = places(release)
    whole = row(
        release, "descriptives", level="project", **{key: item[key] for key in ("split", "group", "outcome")}
    )
    values = (
        cell(item, "n"),
        cell(item, "mean", digits),
        cell(item, "sd", digits),
        cell(whole, "mean", digits),
    )
    return (write.capital(label), *values)


def _notes(release: Release, found: pd.DataFrame) -> list[str]:
    outcome, notes = release.meta["outcome"], [f"Averages are in {release.meta['outcome']['unit']}."]
    if outcome["norm_mean"] is not None:
        notes.append(
            f"Nationally the test’s average is {outcome['norm_mean']:g} and its standard deviation {outcome['norm_sd']:g}."
        )
    if (found["symbol"] == WITHHELD).any():
        notes.append(wording.WITHHELD_NOTE.format(minimum=release.meta["minimum_cell"]))
    if (found["sd"].isna() & (found["symbol"] == "")).any():
        notes.append("–: a standard deviation is given for larger groups only.")
    return notes


def _all_withheld(release: Release, place: Place) -> Prose:
    rule = wording.WITHHELD_RULE.format(minimum=release.meta["minimum_cell"])
    return Prose(paragraphs=[f"Results for {place.noun} are withheld. {rule}"], kind="note")


def attainment_figure(release: Release, place: Place) -> Figure | Prose:
    """Averages of the place beside the project's: dots for one wave, lines for several."""
    found = _descriptives(release, place)
    found = found[found["split"].isin(SPLITS) & (found["symbol"] == "")] if len(found) else found
    if found.empty:
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
        whole = row(
            release,
            "descriptives",
            level="project",
            **{key: item[key] for key in ("split", "group", "outcome")},
        )
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
    meta, digits = release.meta, places(release)
    split = "disadvantaged" if (found["split"] == "disadvantaged").any() else "all"
    project = _descriptives(release, PROJECT)
    frames = [found[found["split"] == split].assign(series=lambda rows: rows["group"].map(write.capital))]
    if len(project):
        whole = project[(project["split"] == split) & (project["symbol"] == "")]
        frames.append(whole.assign(series="Project: " + whole["group"]))
    waves = {item["name"]: write.capital(item["wave_title"]) for item in meta["outcomes"]}
    frame = pd.concat(frames)
    frame = frame.assign(wave=frame["outcome"].map(waves), value=frame["mean"])[["series", "wave", "value"]]
    said = [
        f"{name}: "
        + ", ".join(
            f"{write.number(value, digits)} at “{wave}”"
            for wave, value in zip(part["wave"], part["value"], strict=True)
        )
        for name, part in frame.groupby("series", sort=False)
    ]
    with figures.canvas(4.3) as (figure, axes):
        figures.draw_lines(axes, frame, f"average, {meta['outcome']['unit']}", meta["outcome"]["norm_mean"])
        alt = f"Line chart of average results over the project in {place.name}. {'; '.join(said)}."
        return figures.picture(
            figure, alt, f"Average results in {place.name} at each test, with the whole project’s."
        )


def treatment(release: Release, place: Place) -> Prose:
    """The difference between the treated and the others inside the place; nothing where all had the same."""
    facts = _difference(release, place, "treatment")
    if facts is None:
        return NOTHING
    named = words(release)
    heading = write.capital(f"{named['treated']} and {named['control']}")
    if not shown(facts, "estimate"):
        text = f"The difference between {named['treated']} and {named['control']} in {place.noun} is withheld: one group is small."
        return Prose(heading, [text], minor=True)
    found = numbers(release, facts)
    text = (
        f"In {place.noun}, {write.count(facts['n_1'])} {named['treated']} scored {found['size']} {named['unit']} "
        f"{found['direction']}, on average, than {write.count(facts['n_2'])} {named['control']}"
    )
    if "span" in found:
        text += f". For one school that is only a rough guide: anything from {found['span']} fits the data."
    else:
        text += ". There are too few classes here to say how far chance alone could account for that."
    return Prose(heading, [text, wording.SECONDARY], minor=True)


def progress(release: Release, place: Place) -> Prose:
    """How the place's pupils moved from the first test to the last; nothing without a baseline."""
    facts = _difference(release, place, "progress")
    if facts is None or release.meta["baseline"] is None:
        return NOTHING
    return Prose("Progress", [progress_sentence(release, place, facts)], minor=True)


def progress_sentence(release: Release, place: Place, facts: Facts) -> str:
    """One sentence on the change between the two tests."""
    if not shown(facts, "estimate"):
        return f"The change between the tests in {place.noun} is withheld, because too few pupils took both."
    found, unit = numbers(release, facts), release.meta["outcome"]["unit"]
    way = "rose" if facts["estimate"] >= 0 else "fell"
    text = f"{write.count(facts['n_1'])} pupils took both the first test and the last. Their average {way} by {found['size']} {unit}"
    text += f" ({found['range']})." if "range" in found else "."
    if release.meta["outcome"]["norm_mean"] is not None:
        text += " On this scale a pupil who keeps pace with the national average neither rises nor falls."
    return text


def gap(release: Release, place: Place) -> Prose:
    """The gap by disadvantage in the place, beside the project's."""
    said = (place_gap(release, place), _shrunken_gap(release, place), project_gap(release))
    return Prose(paragraphs=[text for text in said if text])


def gap_points(release: Release, place: Place) -> list[str]:
    """The gap for a page's main findings: the place's, and, where that is withheld, the project's instead."""
    facts = _difference(release, place, "gap")
    return (
        [place_gap(release, place)]
        if shown(facts, "estimate")
        else [place_gap(release, place), project_gap(release)]
    )


def place_gap(release: Release, place: Place) -> str:
    """The place's gap in one sentence."""
    facts = _difference(release, place, "gap")
    start = f"in {place.noun}, " if shown(facts, "estimate") else ""
    return claim(release, "gap", facts, place, start=start)


def project_gap(release: Release) -> str:
    """The project's gap in one sentence, from the model where there is one."""
    return claim(release, "gap", project_gap_facts(release), start="across the project, ")


def _shrunken_gap(release: Release, place: Place) -> str:
    facts = row(release, "school_gaps", school=place.unit) if place.level == "school" else None
    if facts is None or not shown(facts, "gap"):
        return ""
    found, named = numbers(release, facts, "gap"), words(release)
    return (
        f"Drawing on what all the schools show, the best estimate of the gap here is that {named['disadvantaged']} are "
        f"{found['size']} {named['unit']} {found['side']} {named['others']} ({found['range']})."
    )


def gap_figure(release: Release, place: Place) -> Figure | Prose:
    """The place's gap, as found and drawn towards the average, and the project's, each with its interval."""
    differences = _difference(release, place, "gap")
    school = row(release, "school_gaps", school=place.unit) if place.level == "school" else None
    candidates = [
        ("As found here", differences, "estimate"),
        ("Here, drawing on all schools", school, "gap"),
        ("Whole project", project_gap_facts(release), "estimate"),
    ]
    drawn = [
        figures.Estimate(figures.wrapped(label), facts[column], facts["ci_low"], facts["ci_high"])
        for label, facts, column in candidates
        if facts is not None and shown(facts, column) and shown(facts, "ci_low")
    ]
    if len(drawn) < 2:
        return NOTHING
    named, digits = words(release), places(release)
    listed = "; ".join(said(item, digits) for item in drawn)
    with figures.canvas(1.1 + 0.5 * len(drawn)) as (figure, axes):
        figures.draw_estimates(axes, drawn, f"{named['disadvantaged']} minus others,\n{named['unit']}")
        alt = f"Estimates of the gap in {named['unit']}, {named['disadvantaged']} minus {named['others']}, with 95% intervals: {listed}."
        caption = f"The gap between {named['disadvantaged']} and {named['others']}: left of nought, they are behind."
        return figures.picture(figure, alt, caption)


def said(item: figures.Estimate, digits: int) -> str:
    """A drawn estimate in words, for alternative text."""
    label = item.label.replace("\n", " ")
    return f"{label}, {write.number(item.value, digits)} ({write.interval(item.low, item.high, digits)})"


def withheld(release: Release, place: Place) -> Prose:
    """What is withheld and why, and what is shown all the same."""
    found = _descriptives(release, place)
    rule = wording.WITHHELD_RULE.format(minimum=release.meta["minimum_cell"])
    hidden = found[found["symbol"] == WITHHELD] if len(found) else found
    if hidden.empty:
        return Prose(paragraphs=[f"Nothing about {place.noun} had to be withheld. {rule}"])
    named = words(release)
    whole = [
        text.format_map(named)
        for name, text in SPLITS.items()
        if (found["split"] == name).any() and not (hidden["split"] == name).any()
    ]
    still = f"Shown in full: {'; '.join(whole)}." if whole else ""
    parts = [rule, still, "Withheld here, besides anything that rests on them:"]
    return Prose(paragraphs=[text for text in parts if text], points=_hidden_groups(hidden))


def _hidden_groups(hidden: pd.DataFrame) -> list[str]:
    """A line for each group, or for each set of groups inside another."""
    lines: dict[str, list[str]] = {}
    for group in dict.fromkeys(hidden["group"]):
        outer, _, inner = str(group).partition(", ")
        lines.setdefault(outer if inner else "", []).append(inner or outer)
    return [
        write.capital(
            f"{'in' if outer.startswith('year ') else 'among'} {outer}: {'; '.join(inner)}"
            if outer
            else "; ".join(inner)
        )
        for outer, inner in lines.items()
    ]


def _difference(release: Release, place: Place, measure: str) -> Facts | None:
    return row(release, "differences", level=place.level, unit=place.unit, measure=measure)


def _everyone(release: Release, place: Place) -> Facts | None:
    return row(
        release,
        "descriptives",
        level=place.level,
        unit=place.unit,
        split="all",
        outcome=release.meta["outcome"]["name"],
    )


def _descriptives(release: Release, place: Place) -> pd.DataFrame:
    return rows(release, "descriptives", level=place.level, unit=place.unit)

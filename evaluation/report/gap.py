"""The gap by disadvantage in a place, in words and as a picture, beside the project's."""

from evaluation.disclose import Release
from evaluation.report import figures, wording
from evaluation.report.facts import (
    PROJECT,
    Facts,
    Place,
    adjusted,
    claim,
    difference,
    numbers,
    places,
    project_gap_facts,
    row,
    shown,
    words,
)
from evaluation.report.items import NOTHING, Figure, Prose


def gap(release: Release, place: Place) -> Prose:
    """The gap by disadvantage in the place, beside the project's: as it is, and as the models see it."""
    said = (
        place_gap(release, place) or _not_offered(release, place),
        _plain_gap(release),
        _shrunken_gap(release, place),
        project_gap(release),
    )
    return Prose(paragraphs=[text for text in said if text])


def _not_offered(release: Release, place: Place) -> str:
    """Why a school's gap is not there, where no school's is offered to this audience."""
    if place.level != "school" or release.meta["subgroups"] == "school":
        return ""
    return wording.NO_SUBGROUPS.format_map({**words(release), "place": place.noun})


def gap_points(release: Release, place: Place) -> list[str]:
    """The gap for a page's main findings: the place's, and, where that is withheld, the project's instead."""
    facts = difference(release, place, "gap")
    return (
        [place_gap(release, place)]
        if shown(facts, "estimate")
        else [place_gap(release, place), project_gap(release)]
    )


def place_gap(release: Release, place: Place) -> str:
    """The place's gap in one sentence."""
    facts = difference(release, place, "gap")
    start = f"in {place.noun}, " if shown(facts, "estimate") else ""
    return claim(release, "gap", facts, place, start=start)


def project_gap(release: Release) -> str:
    """The project's gap in one sentence, from the model where there is one."""
    return claim(release, "gap", project_gap_facts(release), start="across the project, ")


def _plain_gap(release: Release) -> str:
    """The project's gap before any adjustment, where the model's is another matter."""
    facts = difference(release, PROJECT, "gap")
    if facts is None or not adjusted(release) or not shown(facts, "estimate"):
        return ""
    found, named = numbers(release, facts), words(release)
    return f"Among all the pupils of the main analysis the difference is {found['size']} {named['unit']}."


def _shrunken_gap(release: Release, place: Place) -> str:
    facts = _school_gap(release, place)
    if facts is None or not shown(facts, "gap"):
        return ""
    found, named = numbers(release, facts, "gap"), words(release)
    alike = (
        " Set against pupils who started at the same level, and drawing" if adjusted(release) else " Drawing"
    )
    return (
        f"{alike.strip()} on what all the schools show, the best estimate is that {named['disadvantaged']} here are "
        f"{found['size']} {named['unit']} {found['side']} {named['others']} ({found['range']})."
    )


def _school_gap(release: Release, place: Place) -> Facts | None:
    """The school's gap drawn towards the average; None for other places."""
    return row(release, "school_gaps", school=place.unit) if place.level == "school" else None


def gap_figure(release: Release, place: Place) -> Figure | Prose:
    """The place's gap and the project's, each with its interval; the plain gap only where the models' is the same."""
    found_here = (
        [] if adjusted(release) else [("As found here", difference(release, place, "gap"), "estimate")]
    )
    candidates = [
        *found_here,
        ("Here, drawing on all schools", _school_gap(release, place), "gap"),
        ("Across the project", project_gap_facts(release), "estimate"),
    ]
    drawn = [
        figures.Estimate(figures.wrapped(label), facts[column], facts["ci_low"], facts["ci_high"])
        for label, facts, column in candidates
        if facts is not None and shown(facts, column) and shown(facts, "ci_low")
    ]
    if len(drawn) < 2:
        return NOTHING
    named, digits = words(release), places(release)
    listed = "; ".join(figures.in_words(item, digits) for item in drawn)
    with figures.canvas(1.1 + 0.5 * len(drawn)) as (figure, axes):
        figures.draw_estimates(axes, drawn, f"{named['disadvantaged']} minus others,\n{named['unit']}")
        alt = f"Estimates of the gap in {named['unit']}, {named['disadvantaged']} minus {named['others']}, with 95% intervals: {listed}."
        alike = " who started at the same level" if adjusted(release) else ""
        caption = f"The gap between {named['disadvantaged']} and {named['others']}{alike}: left of zero, they are behind."
        return figures.picture(figure, alt, caption)

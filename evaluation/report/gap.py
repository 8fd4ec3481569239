"""The gap by disadvantage in a place, in words and as a picture, beside the project's."""

from evaluation.disclose import Release
from evaluation.report import figures
from evaluation.report.facts import (
    Place,
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
    """The gap by disadvantage in the place, beside the project's."""
    said = (place_gap(release, place), _shrunken_gap(release, place), project_gap(release))
    return Prose(paragraphs=[text for text in said if text])


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
    differences = difference(release, place, "gap")
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
    listed = "; ".join(figures.in_words(item, digits) for item in drawn)
    with figures.canvas(1.1 + 0.5 * len(drawn)) as (figure, axes):
        figures.draw_estimates(axes, drawn, f"{named['disadvantaged']} minus others,\n{named['unit']}")
        alt = f"Estimates of the gap in {named['unit']}, {named['disadvantaged']} minus {named['others']}, with 95% intervals: {listed}."
        caption = f"The gap between {named['disadvantaged']} and {named['others']}: left of nought, they are behind."
        return figures.picture(figure, alt, caption)

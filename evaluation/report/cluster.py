"""A cluster's report, for its lead: the cluster's pupils together, then its schools side by side, never in an order."""

from evaluation.disclose import Release
from evaluation.report import figures, place, results, wording, wording_change
from evaluation.report import gap as gaps
from evaluation.report import numerals as write
from evaluation.report.facts import Facts, cell, cluster_place, places, row, shown, words
from evaluation.report.items import NOTHING, Cover, Figure, Group, Prose, Table
from evaluation.report.load import cluster_facts
from evaluation.report.project import cover_of, headline_sentences, limits, project_findings


def cover(release: Release, cluster: str) -> Cover:
    """The page's title, the cluster's schools, and what the study is."""
    names = [name for _, name in _schools(release, cluster)]
    line = f"{len(names)} {'school' if len(names) == 1 else 'schools'}: {write.listed(names)}."
    return cover_of(release, cluster_place(release, cluster).name, [line, release.meta["about"]])


def key_findings(release: Release, cluster: str) -> Prose:
    """The page in a few sentences: this cluster, its gap, and what the project found."""
    here = cluster_place(release, cluster)
    progress = row(release, "differences", level="cluster", unit=cluster, measure="progress")
    points = [
        place.average(release, here),
        place.progress_sentence(release, here, progress) if progress is not None else "",
        *gaps.gap_points(release, here),
        headline_sentences(release, "across the whole project, ")[0],
    ]
    return Prose("Main findings", points=[point for point in points if point], kind="key")


def attainment(release: Release, cluster: str) -> Table | Prose:
    """The cluster's results by group, the project's average beside them."""
    return results.attainment(release, cluster_place(release, cluster))


def attainment_figure(release: Release, cluster: str) -> Figure | Prose:
    """The same as a picture."""
    return results.attainment_figure(release, cluster_place(release, cluster))


def year_groups(release: Release, cluster: str) -> Table | Prose:
    """The cluster's results by year group; nothing in a study of one year group."""
    return results.year_groups(release, cluster_place(release, cluster))


def gap(release: Release, cluster: str) -> Prose:
    """The gap by disadvantage here and across the project."""
    return gaps.gap(release, cluster_place(release, cluster))


def gap_figure(release: Release, cluster: str) -> Figure | Prose:
    """The same as a picture, where there is enough to show."""
    return gaps.gap_figure(release, cluster_place(release, cluster))


def schools(release: Release, cluster: str) -> Table:
    """The cluster's schools in the register's order: pupils, average, progress and gap."""
    outcome, digits = release.meta["outcome"], places(release)
    with_progress, with_gap = release.meta["baseline"] is not None, release.meta["subgroups"] == "school"
    lines = []
    for school, name in _schools(release, cluster):
        everyone = row(
            release, "descriptives", level="school", unit=school, split="all", outcome=outcome["name"]
        )
        changes = (
            [cell(_difference(release, school, "progress"), "estimate", digits)] if with_progress else []
        )
        lines.append(
            (
                name,
                cell(everyone, "n"),
                cell(everyone, "mean", digits),
                *changes,
                *([cell(_difference(release, school, "gap"), "estimate", digits)] if with_gap else []),
            )
        )
    columns = (
        "School",
        "Pupils",
        "Average",
        *(["Progress"] if with_progress else []),
        *(["Gap"] if with_gap else []),
    )
    return Table(
        f"{outcome['test']}: the cluster’s schools", columns, [Group("", lines)], notes=_notes(release, lines)
    )


def schools_figure(release: Release, cluster: str) -> Figure | Prose:
    """Each school's progress with its interval, or without a baseline its adjusted difference from the average."""
    by_progress = release.meta["baseline"] is not None
    found = [
        (
            name,
            _difference(release, school, "progress")
            if by_progress
            else row(release, "school_effects", school=school),
        )
        for school, name in _schools(release, cluster)
    ]
    column = "estimate" if by_progress else "shrunken"
    drawn = [
        figures.Estimate(figures.wrapped(name), facts[column], facts["ci_low"], facts["ci_high"])
        for name, facts in found
        if facts is not None and shown(facts, column) and shown(facts, "ci_low")
    ]
    if len(drawn) < 2:
        return NOTHING
    what = "change between the tests" if by_progress else "difference from the average school"
    unit, digits = words(release)["unit"], places(release)
    listed = "; ".join(figures.in_words(item, digits) for item in drawn)
    with figures.canvas(1.1 + 0.55 * len(drawn)) as (figure, axes):
        figures.draw_estimates(axes, drawn, f"{what},\n{unit}", lead=False)
        alt = f"Each school’s {what} in {unit}, with 95% intervals: {listed}."
        caption = f"Each school’s {what}, with its 95% interval. Margins are wide: much of the difference may be chance."
        return figures.picture(figure, alt, caption)


def project(release: Release, cluster: str) -> Prose:
    """What the whole project found."""
    cluster_facts(release, cluster)
    return Prose(paragraphs=project_findings(release))


def withheld(release: Release, cluster: str) -> Prose:
    """What is withheld and why, and what is shown all the same."""
    return place.withheld(release, cluster_place(release, cluster))


def what_this_cannot_say(release: Release, cluster: str) -> Prose:
    """The limits of the report, in plain words."""
    cluster_facts(release, cluster)
    near = "It cannot say that working near one another made the difference: a cluster’s schools have much else in common."
    return Prose(points=[near, *limits(release)])


def _schools(release: Release, cluster: str) -> list[tuple[str, str]]:
    members = cluster_facts(release, cluster)["schools"]
    return [(item["school"], item["name"]) for item in release.meta["schools"] if item["school"] in members]


def _difference(release: Release, school: str, measure: str) -> Facts | None:
    return row(release, "differences", level="school", unit=school, measure=measure)


def _notes(release: Release, lines: list[tuple[str, ...]]) -> list[str]:
    named = words(release)
    notes = [f"Averages and differences are in {named['unit']}."]
    if release.meta["subgroups"] == "school":
        notes.append(f"Gap: {named['disadvantaged']} minus {named['others']}.")
    if release.meta["baseline"] is not None:
        notes.append("Progress: the average change of pupils who took both the first test and the last.")
        notes.append(wording_change.REGRESSION_PLACE)
    notes.append(
        "Schools stand in the register’s order. Each figure has a margin, shown in that school’s own report."
    )
    if any("c" in line[1:] for line in lines):
        notes.append(wording.WITHHELD_NOTE.format(minimum=release.meta["minimum_cell"]))
    return notes

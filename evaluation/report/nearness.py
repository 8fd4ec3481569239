"""Whether the main answer differs by cluster or goes with distance, in words."""

from evaluation.disclose import Release
from evaluation.report import numerals as write
from evaluation.report import wording
from evaluation.report.facts import cell, claim, places, row, rows, shown, words
from evaluation.report.items import NOTHING, Group, Prose, Table
from evaluation.report.parts import joint


def nearness(release: Release) -> Prose:
    """What may be said of distance and of clusters, and why not more."""
    apart, clusters = row(release, "distance"), row(release, "joint_tests", question="cluster")
    if apart is None and clusters is None:
        return NOTHING
    said = []
    if apart is not None:
        said.append(claim(release, "distance", apart))
        if shown(apart, "km_low"):
            span = write.interval(apart["km_low"], apart["km_high"])
            said.append(
                f"The nearest other school taking part is {span} km away; {write.count(apart['n_schools'])} schools are compared."
            )
    said += [joint(release, "cluster")] if clusters is not None else []
    said += [
        f"Not worked out: {item['reason']}."
        for item in (apart, clusters)
        if item is not None and item["reason"]
    ]
    return Prose(paragraphs=[" ".join(text for text in said if text), wording.NEARNESS_NOTE])


def cluster_points(release: Release) -> Table | Prose:
    """The main answer in each cluster, as points, in the register's order; nothing where the study has no clusters."""
    found = rows(release, "cluster_points")
    if found.empty:
        return NOTHING
    lines = [
        (item["cluster"], cell(item, "estimate", places(release)), write.count(item["n_schools"]))
        for _, item in found.iterrows()
    ]
    tested = row(release, "joint_tests", question="cluster")
    judged = tested is not None and write.known(tested["p_value"])
    notes = [
        f"In {words(release)['unit']}, rounded.",
        wording.POINTS_TESTED if judged else wording.POINTS_ALONE,
    ]
    notes += [f"{item['cluster']}: none, {item['reason']}." for _, item in found.iterrows() if item["reason"]]
    columns = ("Cluster", "Estimate", "Schools taking part")
    return Table("The main answer, cluster by cluster", columns, [Group("", lines)], notes=notes)

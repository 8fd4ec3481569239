"""Where the scores vary before anything is taken into account, as a table."""

from evaluation.disclose import Release
from evaluation.report import numerals as write
from evaluation.report import wording
from evaluation.report.facts import cell, places, rows, shown
from evaluation.report.items import NOTHING, Group, Prose, Table

LEVELS = {"school": "Schools", "school:class": "Classes within schools", "residual": "Pupils"}


def null_model(release: Release) -> Table | Prose:
    """The null model's variance at each level, with the intraclass correlations in a sentence."""
    found = rows(release, "null_model")
    if found.empty:
        return NOTHING
    digits, first = places(release), found.iloc[0]
    if first["reason"]:
        return Prose(paragraphs=[f"How scores vary without any term is not worked out: {first['reason']}."])
    lines = [
        (
            LEVELS[item["group"]],
            cell(item, "variance", digits),
            write.percentage(item["share"]) if shown(item, "share") else cell(item, "share"),
            cell(item, "n_groups" if write.known(item["n_groups"]) else "n_pupils"),
        )
        for _, item in found.iterrows()
    ]
    alike = {
        item["group"]: write.number(item["icc"], 3) for _, item in found.iterrows() if shown(item, "icc")
    }
    said = wording.ICC_CLASSES if "school:class" in alike else wording.ICC if alike else ""
    fields = {name.replace(":", "_"): icc for name, icc in alike.items()}
    titles = {item["name"]: item["title"] for item in release.meta["outcomes"]}
    about = f"{titles[first['outcome']]}. {first['formula']}. Restricted maximum likelihood."
    columns = ("Level", "Variance", "Share", "How many")
    notes = [text for text in (said.format_map(fields), about) if text]
    return Table(
        "Before anything is taken into account: where the scores vary",
        columns,
        [Group("", lines)],
        notes=notes,
    )

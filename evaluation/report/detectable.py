"""What the design can detect, as planned and as analysed."""

from evaluation.disclose import Release
from evaluation.report import numerals as write
from evaluation.report import wording, wording_change
from evaluation.report.facts import Facts, cell, places, rows, words
from evaluation.report.items import NOTHING, Group, Prose, Table


def detectable(release: Release) -> Table | Prose:
    """The least true effect, or change, that the design would find in four studies of five, for each question."""
    found = rows(release, "power")
    if found.empty:
        return NOTHING
    digits = places(release)
    lines = [
        (
            _title(release, item),
            write.capital(item["stage"]),
            cell(item, "mdes", 2),
            cell(item, "mdes_units", digits),
            cell(item, "df", 1),
        )
        for _, item in found.iterrows()
    ]
    unit = write.capital(words(release)["unit"])
    columns = ("Question", "Stage", "Standard deviations", unit, "Degrees of freedom")
    compared = wording.has_comparison(release.meta["comparison"])
    notes = [wording.DETECTABLE if compared else wording_change.DETECTABLE_CHANGE, *_reasons(release)]
    return Table(
        "What the design can detect", columns, [Group("", lines)], text_columns=columns[1:2], notes=notes
    )


def _title(release: Release, item: Facts) -> str:
    if item["question"] in wording_change.CHANGE_PLAN:
        return wording_change.CHANGE_PLAN[item["question"]][0].format_map(words(release))
    return str(release.meta["models"][item["model"]]["title"])


def _reasons(release: Release) -> list[str]:
    return [
        f"{_title(release, item)}, {item['stage']}: none, because {item['reason']}."
        for _, item in rows(release, "power").iterrows()
        if not write.known(item["mdes_units"]) and not write.known(item["mdes"]) and item["reason"]
    ]

"""The project's schools beside all others in the published performance tables, over the years."""

from evaluation.disclose import Release
from evaluation.report import numerals as write
from evaluation.report import wording
from evaluation.report.facts import interval_cell, probability_cell, rows
from evaluation.report.items import Group, Prose, Table
from evaluation.report.numerals import capital, number

METHOD = "placebo by size"


def published(release: Release) -> Table | Prose:
    """How much more the project's schools changed, year by year; or why that is not known."""
    found = rows(release, "published_change")
    if found.empty:
        return Prose(paragraphs=[wording.NO_PUBLISHED])
    read = found[found["method"] == METHOD]
    groups = [
        Group(
            f"{years}, {wording.PERIODS[str(period)]}",
            [
                (
                    f"{item['published_measure']}, {item['variant']}",
                    number(item["estimate"], 2) if write.known(item["estimate"]) else "–",
                    interval_cell(item, 2),
                    probability_cell(item),
                    probability_cell(item, "p_adjusted"),
                )
                for _, item in part.iterrows()
            ],
        )
        for (years, period), part in read.groupby(["years", "period"], sort=False)
    ]
    columns = ("Measure", "Estimate", "95% interval", "p", "p, corrected")
    notes = [wording.PUBLISHED_NOTE]
    notes += [f"Left out of some years: {text}." for text in dict.fromkeys(read["left_out"]) if text]
    notes += [capital(text) for text in dict.fromkeys(found["reason"]) if text]
    return Table(
        "The project’s schools beside all others in the published tables", columns, groups, notes=notes
    )

"""How alike those set beside one another were at the start."""

from evaluation.disclose import Release
from evaluation.report import wording
from evaluation.report.facts import cell, row, rows
from evaluation.report.items import NOTHING, Group, Prose, Table
from evaluation.report.numerals import capital, count, number


def likeness(release: Release, question: str) -> Table | Prose:
    """How far apart two groups started, before the match and after it."""
    found = rows(release, "likeness", question=question)
    if found.empty:
        return NOTHING
    lines = [
        (capital(item["characteristic"]), cell(item, "before", 2), cell(item, "after", 2), item["verdict"])
        for _, item in found.iterrows()
    ]
    columns = ("Characteristic", "Before", "After", "Verdict")
    notes = [wording.LIKENESS_NOTE, *([wording.WITHHELD_NOTE] if (found["symbol"] != "").any() else [])]
    notes = [note.format(minimum=release.meta["minimum_cell"]) for note in notes]
    return Table(
        wording.LIKENESS[question], columns, [Group("", lines)], text_columns=columns[-1:], notes=notes
    )


def near_schools(release: Release) -> Prose:
    """How many schools taking part have a comparison school like them; nothing where schools were not matched."""
    facts = row(release, "near_schools")
    if facts is None:
        return NOTHING
    counts = {name: count(facts[name]) for name in ("n_treated", "n_comparison", "n_pairs")}
    return Prose(paragraphs=[wording.NEAR_SCHOOLS.format(**counts, caliper=number(facts["caliper"], 2))])

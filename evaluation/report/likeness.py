"""How alike those set beside one another were at the start, and which schools could be."""

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


def chosen_schools(release: Release) -> Table | Prose:
    """Schools that those taking part could be compared with; nothing where the study has its own, or no published tables."""
    found = rows(release, "chosen_schools")
    if found.empty:
        return NOTHING
    lines = [
        (
            item["name"],
            f"{item['chosen_name']} ({item['chosen']})" if item["chosen"] else "–",
            number(item["apart"], 2) if item["chosen"] else item["reason"],
            item["years"],
        )
        for _, item in found.iterrows()
    ]
    columns = ("School taking part", "School like it", "Standard deviations apart", "Published tables of")
    return Table(
        wording.CHOSEN, columns, [Group("", lines)], text_columns=columns[1:2], notes=[wording.CHOSEN_NOTE]
    )

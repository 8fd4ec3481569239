"""Pupils who had help beside pupils like them who had none, in words and as a table of how alike they were."""

from evaluation.disclose import Release
from evaluation.report import wording
from evaluation.report.facts import cell, claim, row, rows, shown
from evaluation.report.items import NOTHING, Group, Prose, Table
from evaluation.report.numerals import capital, count, number


def helped(release: Release) -> Prose:
    """What may be said of them, who was compared with whom, and why it is no effect; or why there is nothing to say."""
    facts = row(release, "helped")
    if facts is None:
        return Prose(paragraphs=[wording.NO_HELPED])
    how = wording.HELPED_PAIRS.format(caliper=number(facts["caliper"], 2))
    numbers = [
        wording.HELPED_NUMBERS[name].format(n=count(facts[name]), schools=count(facts["n_schools"]))
        for name in wording.HELPED_NUMBERS
        if shown(facts, name)
    ]
    reason = f"Not worked out: {facts['reason']}." if facts["reason"] else ""
    said = (claim(release, "helped", facts), reason, how, *numbers)
    return Prose(paragraphs=[" ".join(text for text in said if text), wording.HELPED_NOTE])


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
    return Table(wording.LIKENESS[question], columns, [Group("", lines)], text_columns=columns[-1:], notes=notes)

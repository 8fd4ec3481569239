"""How scores moved over the waves, as a table."""

from evaluation.disclose import Release
from evaluation.report import wording
from evaluation.report.facts import (
    Facts,
    adjusted,
    cell,
    interval_cell,
    places,
    probability_cell,
    rows,
    words,
)
from evaluation.report.items import Group, Prose, Table
from evaluation.report.numerals import count, known


def growth(release: Release) -> Table | Prose:
    """Each wave's change since the first, beside those compared with where there are any."""
    found = rows(release, "growth")
    if found.empty:
        above = "" if rows(release, "changes").empty else f" {wording.CHANGE_ABOVE}"
        return Prose(paragraphs=[f"{wording.NO_GROWTH}{above}"])
    titles = {item["name"]: item["title"] for item in release.meta["outcomes"]}
    digits = places(release)
    lines = [
        (
            titles[item["outcome"]],
            cell(item, "estimate", digits),
            interval_cell(item, digits),
            probability_cell(item),
            probability_cell(item, "p_adjusted"),
        )
        for _, item in found.iterrows()
    ]
    compared = wording.has_comparison(release.meta["comparison"])
    said = wording.GROWTH_BESIDE if compared else wording.GROWTH_ALONE
    beside = [wording.GROWTH_ADJUSTED] if compared and adjusted(release) else []
    read = " ".join([wording.GROWTH_NOTE, *(beside if compared else [wording.GROWTH_ALIKE])])
    notes = [f"In {words(release)['unit']}. {said.format_map(words(release))}", read]
    notes += [_moved(found.iloc[0])]
    notes += [f"No figures: {reason}." for reason in dict.fromkeys(found["reason"]) if reason]
    columns = ("Since the first test", "Estimate", "95% confidence interval", "p", "p, corrected")
    return Table("Change since the first test, wave by wave", columns, [Group("", lines)], notes=notes)


def _moved(facts: Facts) -> str:
    """Which school counts for a pupil who changes it, and how many do."""
    numbers = [
        text.format(n=count(facts[name])) for name, text in wording.MOVED.items() if known(facts.get(name))
    ]
    return " ".join([wording.KEEPS_SCHOOL, *numbers])

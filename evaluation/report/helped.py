"""Pupils who had help beside pupils like them who had none, in words."""

from evaluation.disclose import Release
from evaluation.report import wording
from evaluation.report.facts import claim, row, shown
from evaluation.report.items import Prose
from evaluation.report.numerals import count, number


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

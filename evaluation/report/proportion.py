"""How many reached the expected standard, in a sentence and a table."""

from evaluation.disclose import Release
from evaluation.report import numerals as write
from evaluation.report import wording
from evaluation.report.facts import Facts, claim, row, shown, words
from evaluation.report.items import Group, Prose, Table


def proportion(release: Release) -> Table | Prose:
    """The proportions of both groups and their difference in percentage points, with the sentence it allows."""
    facts = row(release, "proportions")
    if facts is None:
        return Prose(paragraphs=[wording.NO_THRESHOLD])
    said = claim(release, "proportion", facts)
    if facts.get("symbol", ""):
        return Prose(paragraphs=[said])
    named, known = words(release), write.known(facts["ci_low"])
    interval = write.interval(facts["ci_low"], facts["ci_high"]) if known else "–"
    lines = [
        (write.capital(named["treated"]), _share(facts, "treated"), "", ""),
        (write.capital(named["control"]), _share(facts, "control"), "", ""),
        (
            "Difference, from the model (percentage points)",
            write.number(facts["estimate"]) if shown(facts, "estimate") else "–",
            interval,
            write.probability(facts["p_value"]) if known else "–",
        ),
    ]
    notes = [
        said,
        wording.THRESHOLD_NOTE.format(threshold=write.number(facts["threshold"], 0), method=facts["method"]),
    ]
    notes += [f"No difference is given: {facts['reason']}."] if facts["reason"] else []
    columns = ("Group", "At the expected standard", "95% confidence interval", "p")
    return Table("Pupils at the expected standard or above", columns, [Group("", lines)], notes=notes)


def _share(facts: Facts, arm: str) -> str:
    return write.percentage(facts[arm]) if shown(facts, arm) else "–"

"""The answer of those who took the project up, in words."""

from evaluation.disclose import Release
from evaluation.report import wording
from evaluation.report.facts import claim, row, shown, words
from evaluation.report.items import Prose
from evaluation.report.numerals import number, percentage


def compliance(release: Release) -> Prose:
    """What may be said of those who took it up, on what it rests and whom it counts; or why they are not told apart."""
    facts = row(release, "compliance")
    if facts is None:
        return Prose(paragraphs=[wording.NO_COMPLIANCE])
    what = wording.TAKEN_UP[facts["kind"]].format(least=f"{facts['least']:g}")
    said = [wording.TOOK_UP.format(what=what), claim(release, "compliance", facts)]
    if shown(facts, "share"):
        said.append(f"{percentage(facts['share'])} of {words(release)['treated']} took it up.")
    if shown(facts, "first_stage_f"):
        weak = wording.WEAK if facts["first_stage_f"] < wording.WEAK_F and facts["reason"] == "" else ""
        said.append(wording.FIRST_STAGE.format(f=number(facts["first_stage_f"], 1), weak=weak))
    said += [f"Not worked out: {facts['reason']}."] if facts["reason"] else []
    return Prose(paragraphs=[" ".join(text for text in said if text), wording.COMPLIANCE_NOTE])

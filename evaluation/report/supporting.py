"""Whether supporting schools fell back, in words."""

from evaluation.disclose import Release
from evaluation.report import numerals as write
from evaluation.report import wording
from evaluation.report.facts import claim_code, places, row, shown, words
from evaluation.report.items import NOTHING, Prose
from evaluation.report.sentences import sentence


def supporting(release: Release) -> Prose:
    """What the margin fixed beforehand allows to be said; nothing in a study without supporting schools."""
    facts, code = row(release, "supporting"), claim_code(release, "supporting")
    if facts is None or code is None:
        return NOTHING
    digits = places(release)
    fields = {"bound": write.number(facts["bound"], digits)} if shown(facts, "bound") else {}
    if release.meta["margin"] is not None:
        fields["margin"] = write.exact(release.meta["margin"], digits)
    if shown(facts, "estimate"):
        fields["size"] = write.size(facts["estimate"], digits)
        fields["more"] = "more" if facts["estimate"] >= 0 else "less"
    said = sentence("supporting", code, {**words(release), **fields})
    sizes = f"{write.count(facts['n_schools'])} supporting schools beside {write.count(facts['n_comparison'])} comparison schools."
    reason = f"Not worked out: {facts['reason']}." if facts["reason"] else ""
    return Prose(
        paragraphs=[" ".join(text for text in (said, sizes, reason, wording.SUPPORTING_NOTE) if text)]
    )

"""How the schools changed from the first test to the last."""

import pandas as pd

from evaluation.disclose import Release
from evaluation.report import numerals as write
from evaluation.report import wording, wording_change
from evaluation.report.facts import cell, interval_cell, places, probability_cell, row, rows, words
from evaluation.report.items import NOTHING, Group, Prose, Table

CHANGES = {
    "change": "Results of {treated}",
    "change_in_gap": "{disadvantaged} beside {others}",
}


def change(release: Release) -> Table | Prose:
    """How the treated schools' pupils changed from the first test to the last, and how far that hangs on any one school."""
    found = rows(release, "changes")
    if found.empty:
        return NOTHING
    digits = places(release)
    lines = [
        (
            write.capital(CHANGES[item["question"]].format_map(words(release))),
            cell(item, "estimate", digits),
            interval_cell(item, digits),
            probability_cell(item),
            probability_cell(item, "p_sign_flip"),
            interval_cell(item, digits, ("without_one_low", "without_one_high")),
            cell(item, "pupil_weighted", digits),
            write.count(item["n_schools"]),
        )
        for _, item in found.iterrows()
    ]
    columns = (
        "Change", "Estimate", "95% confidence interval", "p", "p, sign flips", "Without one school", "Weighted by pupils", "Schools"
    )  # fmt: skip
    notes = [wording.CHANGE_NOTE, *_change_notes(release, found)]
    return Table("From the first test to the last", columns, [Group("", lines)], notes=notes)


def _change_notes(release: Release, found: pd.DataFrame) -> list[str]:
    first, unit = found.iloc[0], words(release)["unit"]
    notes = [wording.AGAINST_NORM if release.meta["normed"] else wording.NO_NORM]
    notes = [
        f"In {unit}, {notes[0]}. With so many schools no sign-flip p can be below {write.number(first['smallest_p'], 4)}."
    ]
    notes.append(regression(release))
    left_out = int(found["n_left_out"].max())
    if left_out:
        notes.append(f"The change in the gap leaves out {left_out} schools without pupils of both groups.")
    return notes


def regression(release: Release) -> str:
    """How much of the schools' change regression to the mean could make, or why that is not known; empty without a change."""
    facts = row(release, "changes", question="change")
    if facts is None:
        return ""
    if not release.meta["normed"]:
        return f"{wording_change.REGRESSION} {wording_change.REGRESSION_NO_NORM}"
    if not write.known(facts["regression"]):
        return f"{wording_change.REGRESSION} {wording_change.REGRESSION_FEW}"
    if facts["regression"] == 0:
        return f"{wording_change.REGRESSION} {wording_change.REGRESSION_NOT_LOW}"
    most = write.number(facts["regression"], places(release))
    return f"{wording_change.REGRESSION} {wording_change.REGRESSION_MOST.format(most=most, unit=words(release)['unit'])}"


def planned_changes(release: Release) -> list[tuple[str, str, str]]:
    """What a plan without a comparison has in place of models: each question, how it is worked out, and what answers it."""
    found, named = rows(release, "changes"), words(release)
    asked = [wording_change.CHANGE_PLAN[name] for name in found["question"]] if len(found) else []
    return [
        (question.format_map(named), how.format_map(named), wording_change.CHANGE_TERM)
        for question, how in asked
    ]

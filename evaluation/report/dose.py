"""Training, support and help beside results, with the need that drove them."""

from evaluation.disclose import Release
from evaluation.report import numerals as write
from evaluation.report import wording
from evaluation.report.facts import cell, interval_cell, places, rows, words
from evaluation.report.items import NOTHING, Group, Prose, Table

KINDS = {
    "training": "Training attended",
    "support": "Days of specialist leaders",
    "interventions": "Hours of pupils' help",
}
MEASURES = {
    "between": "Between schools",
    "same_start": "Between schools with the same start",
    "within": "Within schools, part of the year beside part",
}


def dose(release: Release) -> Table | Prose:
    """What goes with more of each kind, three ways, and how need lay; the range of the three is the bound there is."""
    found = rows(release, "dose")
    if found.empty:
        return NOTHING
    digits, groups, notes = places(release), [], []
    for kind, part in found.groupby("kind", sort=False):
        lines = [
            (
                MEASURES[item["measure"]],
                cell(item, "estimate", digits),
                interval_cell(item, digits),
                write.count(item["n_schools"]),
            )
            for _, item in part.iterrows()
        ]
        groups.append(Group(KINDS[str(kind)], lines))
        first = part.iloc[0]
        if write.known(first["need"]):
            need = write.number(first["need"], 1)
            notes.append(f"{KINDS[str(kind)]}: over schools its correlation with the first score is {need}.")
        notes += [
            f"{KINDS[str(kind)]}: not worked out, {reason}."
            for reason in dict.fromkeys(part["reason"])
            if reason
        ]
    columns = ("For one standard deviation more", "Estimate", "95% confidence interval", "Schools")
    unit = f"Difference in change from the first test to the last, in {words(release)['unit']}."
    return Table("What was given, beside results", columns, groups, notes=[unit, wording.DOSE_NOTE, *notes])

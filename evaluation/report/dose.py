"""Training, support and help beside results, with the need that drove them."""

import pandas as pd

from evaluation.disclose import Release
from evaluation.report import numerals as write
from evaluation.report import wording
from evaluation.report.facts import Facts, cell, interval_cell, places, rows, words
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
    "lagged": "Given before the test in between, beside the change after it",
}
BOUND = "what need could make of it"


def dose(release: Release) -> Table | Prose:
    """What goes with more of each kind, four ways, which way need lay, and what need could make of it."""
    found = rows(release, "dose")
    if found.empty:
        return NOTHING
    digits, groups, notes = places(release), [], []
    for name, part in found.groupby("kind", sort=False):
        kind = KINDS[str(name)]
        lines = [
            (
                MEASURES[item["measure"]],
                cell(item, "estimate", digits),
                interval_cell(item, digits),
                write.count(item["n_schools"]),
            )
            for _, item in part.iterrows()
            if item["measure"] in MEASURES
        ]
        groups.append(Group(kind, lines))
        said = [_need(part.iloc[0]), _bound(release, part), *_reasons(part)]
        notes += [f"{kind}: {text}" for text in said if text]
    columns = ("For one standard deviation more", "Estimate", "95% confidence interval", "Schools")
    unit = f"Difference in change from the first test to the last, in {words(release)['unit']}."
    bounded = (found["measure"] == "bound") & found["ci_low"].notna()
    notes += [wording.NEED_NOTE] if bounded.any() else []
    return Table("What was given, beside results", columns, groups, notes=[unit, wording.DOSE_NOTE, *notes])


def _need(facts: Facts) -> str:
    """Which way the dose went with the first score, as far as the correlation as published tells."""
    if not write.known(facts["need"]):
        return ""
    need = float(facts["need"])
    way = "" if need == 0 else wording.LOWER_HAD_MORE if need < 0 else wording.HIGHER_HAD_MORE
    return f"{way}over schools its correlation with the first score is {write.number(need, 1)}."


def _bound(release: Release, part: pd.DataFrame) -> str:
    """What need could make of the answer between schools; nothing where there is no bound, or it is withheld."""
    found = part[part["measure"] == "bound"]
    if found.empty or not write.known(found["ci_low"].iloc[0]):
        return ""
    return wording.NEED_BOUND.format(ends=interval_cell(found.iloc[0], places(release)))


def _reasons(part: pd.DataFrame) -> list[str]:
    """Why there are no figures: of all ways together, or of which."""
    without = part[part["reason"] != ""]
    if len(without) == len(part):
        return [f"not worked out, {reason}." for reason in without["reason"].unique()]
    return [
        f"{BOUND if measure == 'bound' else MEASURES[measure].lower()}: not worked out, {reason}."
        for measure, reason in without[["measure", "reason"]].itertuples(index=False)
    ]

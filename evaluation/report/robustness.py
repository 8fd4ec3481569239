"""How the headline moves: its answer under other choices, and what it would take of the missing to change it."""

import pandas as pd

from evaluation.disclose import Release
from evaluation.report import figures, wording, wording_plan
from evaluation.report import numerals as write
from evaluation.report.facts import (
    Facts,
    cell,
    claim_code,
    interval_cell,
    places,
    probability_cell,
    row,
    rows,
    told_of_absent,
    words,
)
from evaluation.report.items import NOTHING, Figure, Group, Prose, Table
from evaluation.report.sentences import sentence

COLUMNS = ("Estimate", "95% confidence interval", "p", "Pupils", "Schools")


def variations(release: Release) -> Table | Prose:
    """The answer itself, then every variation of it."""
    found = rows(release, "robustness")
    if found.empty:
        return NOTHING
    lines = [_line(release, item["change"], item) for _, item in found.iterrows()]
    notes = [wording.VARIATIONS.format_map(words(release))]
    if found["variation"].str.startswith("year_").any() and not rows(release, "parts").empty:
        notes.append(wording.YEAR_ALONE)
    censored = row(release, "robustness", variation="uncensored")
    if censored is not None and write.known(censored["share"]):
        notes.append(wording.CENSORED.format(share=write.number(100 * censored["share"])))
    notes += [
        f"{write.capital(item['change'])}: none, because {_reason(item['reason'])}."
        for _, item in found[found["estimate"].isna() & (found["reason"] != "")].iterrows()
    ]
    return Table(
        "The main question, answered otherwise", ("Variation", *COLUMNS), [Group("", lines)], notes=notes
    )


def _reason(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


def _line(release: Release, name: str, item: Facts) -> tuple[str, ...]:
    digits = places(release)
    if item["symbol"]:
        return (write.capital(name), *(item["symbol"] for _ in COLUMNS))
    interval = interval_cell(item, digits)
    p = probability_cell(item)
    return (
        write.capital(name),
        cell(item, "estimate", digits),
        interval,
        p,
        cell(item, "n_pupils"),
        cell(item, "n_schools"),
    )


def missing(release: Release) -> Prose:
    """How far the finding hangs on what is not known of pupils without the outcome, and of those in no file."""
    said = [text for text in (_tipped(release), told_of_absent(release, wording_plan.NOT_IMPUTED)) if text]
    return Prose(paragraphs=said, kind="note") if said else NOTHING


def _tipped(release: Release) -> str:
    code, found = claim_code(release, "missing"), rows(release, "tipping")
    if code is None:
        return ""
    near = found["delta_sd"].abs().min()
    fields = {
        **words(release),
        "distance": write.number(near, 2) if write.known(near) else wording.FAR,
        "share": write.percentage(found["share"].max()) if write.known(found["share"].max()) else "few",
    }
    return sentence("missing", code, fields)


def tipping(release: Release) -> Table | Prose:
    """By arm: by how much pupils without the outcome would have to differ from what is expected of them."""
    found = rows(release, "tipping")
    if found.empty:
        return NOTHING
    digits = places(release)
    lines = [
        (
            write.capital(item["arm"]),
            cell(item, "share") if item["symbol"] else write.percentage(item["share"]),
            cell(item, "delta", digits),
            cell(item, "delta_sd", 2),
        )
        for _, item in found.iterrows()
    ]
    unit = write.capital(words(release)["unit"])
    notes = [
        wording.TIPPING,
        *(f"{write.capital(i['arm'])}: {i['reason']}." for _, i in found.iterrows() if i["reason"]),
    ]
    columns = ("Pupils without the outcome", "Share missing", unit, "Standard deviations")
    return Table("How different the missing would have to be", columns, [Group("", lines)], notes=notes)


def _fitted(release: Release) -> pd.DataFrame:
    found = rows(release, "specifications")
    return found if found.empty else found[found["estimate"].notna()]


def curve_figure(release: Release) -> Figure | Prose:
    """Every combination of the plan's choices, from the least estimate to the largest."""
    found = _fitted(release)
    if found.empty:
        return NOTHING
    digits, unit = places(release), words(release)["unit"]
    drawn = [
        figures.Estimate(i["choices"], i["estimate"], i["ci_low"], i["ci_high"]) for _, i in found.iterrows()
    ]
    lead = list(found["planned"]).index(True) if found["planned"].any() else None
    ends = " to ".join(write.number(drawn[at].value, digits) for at in (0, -1))
    planned = "" if lead is None else f" {write.capital(figures.in_words(drawn[lead], digits))}."
    with figures.canvas(3.4) as (figure, axes):
        figures.draw_curve(axes, drawn, lead, f"estimate, {unit}")
        alt = f"The estimates of {len(drawn)} analyses in {unit}, in order, with their 95% intervals: {ends}.{planned}"
        return figures.picture(figure, alt, wording.CURVE)


def curve(release: Release) -> Table | Prose:
    """The same as a table."""
    found = rows(release, "specifications")
    if found.empty:
        return NOTHING
    lines = [_line(release, item["choices"], item) for _, item in found.iterrows()]
    fitted = _fitted(release)
    above, below = int((fitted["ci_low"] > 0).sum()), int((fitted["ci_high"] < 0).sum())
    notes = [wording.CURVE_COUNTS.format(total=len(fitted), above=above, below=below)]
    return Table(
        "Every combination of the plan’s choices", ("Choices", *COLUMNS), [Group("", lines)], notes=notes
    )

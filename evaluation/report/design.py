"""The design of a study, for a reviewer: who is compared with whom, who was counted, and what may be wrong."""

import pandas as pd

from evaluation.disclose import WITHHELD, Release
from evaluation.impact.sample import ALL
from evaluation.report import figures, wording, wording_change, wording_plan
from evaluation.report import numerals as write
from evaluation.report.change import planned_changes
from evaluation.report.facts import Facts, cell, row, rows, shown, told_of_absent, words
from evaluation.report.items import NOTHING, Cover, Figure, Group, Prose, Table
from evaluation.report.project import based_on, cover_of, headline_facts, main_regression

FEW_SCHOOLS = 20
KEPT = ("in the population", "analysed")


def cover(release: Release) -> Cover:
    """The page's title and what the study asks."""
    return cover_of(release, "Design and data", [release.meta["about"]])


def question(release: Release) -> Prose:
    """The outcome, the contrast and the population the plan fixed."""
    meta, named = release.meta, words(release)
    baseline = (
        f" The first test, “{meta['baseline']['title']}”, is taken into account." if meta["baseline"] else ""
    )
    asked = (
        f"how {named['treated']} compare with {named['control']}"
        if wording.has_comparison(meta["comparison"])
        else f"how results of {named['treated']} changed from the first test to the last"
    )
    return Prose(
        paragraphs=[
            f"The primary outcome is “{meta['outcome']['title']}”, measured by {meta['outcome']['test']} in "
            f"{meta['outcome']['unit']}.{baseline}",
            f"The main question is {asked}. The analysis is about {meta['population']}, whatever happened later."
            f"{told_of_absent(release, wording_plan.ABSENT, ' ')}",
        ]
    )


def comparison(release: Release) -> Prose:
    """What the comparison is, and what it allows anyone to conclude."""
    return Prose(paragraphs=[wording.strength(release.meta["comparison"])])


def plan(release: Release) -> Table:
    """The planned models: the question, the formula and the term that answers it; before them the change, where that is the answer."""
    compared = wording.has_comparison(release.meta["comparison"])
    lines = [] if compared else planned_changes(release)
    lines += [(item["title"], item["formula"], item["term"]) for item in release.meta["models"].values()]
    columns = ("Question", "Model" if compared else "How it is answered", "Term that answers it")
    notation = "Models are in lme4's notation: (1 | school) is a random intercept for each school."
    notes = [*([notation] if release.meta["models"] else []), *release.meta["scales"]]
    return Table("The planned analysis", columns, [Group("", lines)], text_columns=columns[1:], notes=notes)


def security(release: Release) -> Table | Prose:
    """How secure the evidence is, part by part, each with its reason."""
    found = rows(release, "security")
    if found.empty:
        return NOTHING
    parts = {name: title for name, (title, _) in wording.SECURITY.items()}
    lines = []
    for _, item in found.iterrows():
        title, reason = wording.SECURITY[item["part"]]
        said = wording.KINDS.get(item["found"], item["found"])
        if item["part"] == "whole":
            said = write.listed([parts[name].lower() for name in item["found"].split(", ")])
        lines.append((title, f"{item['rating']} of 5", write.capital(reason.format(found=said))))
    columns = ("Part", "Rating", "Why")
    return Table(
        "Security of the evidence",
        columns,
        [Group("", lines)],
        text_columns=columns[1:],
        notes=[wording.SECURITY_NOTE],
    )


def flow(release: Release) -> Table:
    """Pupils at each stage, in each group."""
    found = rows(release, "flow", level="project")
    arms = list(dict.fromkeys(found["unit"]))
    stages = found.sort_values("order", kind="stable")["stage"].drop_duplicates()
    lines = [
        (
            write.capital(stage),
            *(cell(row(release, "flow", level="project", unit=arm, stage=stage), "n") for arm in arms),
        )
        for stage in stages
    ]
    columns = ("Stage", *(write.capital(arm) if arm else "Pupils" for arm in arms))
    return Table("Pupils at each stage", columns, [Group("", lines)], notes=_withheld_note(release, found))


def attrition(release: Release) -> Prose:
    """The share of each group's pupils who drop out of the analysis."""
    lost = _lost(release)
    if not lost:
        return NOTHING
    text = f"Between being in the population and being analysed the study lost {_shares(lost)}."
    groups = [share for arm, share in lost.items() if arm != ALL]
    if len(groups) > 1:
        apart = write.number(100 * (max(groups) - min(groups)))
        text += f" The widest difference between groups is {apart} percentage points."
    return Prose(paragraphs=[text])


def balance(release: Release) -> Table | Prose:
    """How alike the groups were to begin with, as effect sizes."""
    named = words(release)
    found = rows(release, "balance")
    if found.empty:
        return NOTHING
    lines = [
        (
            write.capital(item["characteristic"]),
            cell(item, "treated", 2),
            cell(item, "control", 2),
            cell(item, "effect_size", 2),
            item["verdict"],
        )
        for _, item in found.iterrows()
    ]
    columns = (
        "Characteristic",
        write.capital(named["treated"]),
        write.capital(named["control"]),
        "Effect size",
        "Verdict",
    )
    notes = [
        "Among the pupils analysed. Effect sizes of at most 0.05 count as balanced; up to 0.25 as needing adjustment; "
        "beyond that the groups are not equivalent (What Works Clearinghouse).",
        *_withheld_note(release, found),
    ]
    return Table("Balance of the groups", columns, [Group("", lines)], text_columns=columns[-1:], notes=notes)


def balance_figure(release: Release) -> Figure | Prose:
    """The same as a picture, against the thresholds."""
    found = [item for _, item in rows(release, "balance").iterrows() if shown(item, "effect_size")]
    if not found:
        return NOTHING
    blank = float("nan")
    drawn = [
        figures.Estimate(
            figures.wrapped(write.capital(item["characteristic"])), item["effect_size"], blank, blank
        )
        for item in found
    ]
    listed = "; ".join(f"{item['characteristic']}, {write.number(item['effect_size'], 2)}" for item in found)
    with figures.canvas(1.2 + 0.6 * len(drawn)) as (figure, axes):
        axes.set_xlim(-0.35, 0.35)
        figures.draw_estimates(axes, drawn, "effect size", marks=(0.0, -0.25, -0.05, 0.05, 0.25), lead=False)
        caption = "Differences between the groups to begin with. Dotted lines: 0.05 and 0.25 either way."
        return figures.picture(figure, f"Effect sizes of the groups’ differences: {listed}.", caption)


def sources(release: Release) -> Table:
    """The data received: files, rows, and rows not accepted."""
    lines = [
        (
            write.capital(item["kind"].replace("_", " ")),
            *(cell(item, name) for name in ("files", "rows_in", "rows_accepted", "rows_listed")),
        )
        for _, item in rows(release, "sources").iterrows()
    ]
    columns = ("Kind of file", "Files", "Rows received", "Rows accepted", "Rows not accepted")
    notes = ["Every row not accepted is listed for its school with the reason; none is dropped unseen."]
    return Table("Data received", columns, [Group("", lines)], notes=notes)


def threats(release: Release) -> Table:
    """What may be wrong with the study's answer, and what the study says to each."""
    lines = [
        line
        for line in (
            _allocation(release),
            _regression(release),
            _few(release),
            _attrition(release),
            _imbalance(release),
        )
        if line
    ]
    lines += [
        ("The tests", "The results are about what the tests measure, on the days they were sat."),
        ("Many comparisons", _named(release)),
    ]
    columns = ("Threat", "What can be said")
    return Table("Threats to the result", columns, [Group("", lines)], text_columns=columns[1:])


def _allocation(release: Release) -> tuple[str, str]:
    compared = wording.has_comparison(release.meta["comparison"])
    threat = "Groups unlike to begin with" if compared else "Nobody to compare with"
    return (threat, wording.strength(release.meta["comparison"]))


def _named(release: Release) -> str:
    """Whether the main outcome and contrast were named beforehand: as far as the plan's lock shows it."""
    meta = release.meta
    lock = meta["registered"]
    compared = wording.has_comparison(meta["comparison"])
    main = wording_plan.ONE_CONTRAST if compared else wording_plan.ONE_CHANGE
    if not lock or lock["after_outcome"]:
        return wording_plan.NOT_NAMED.format(main=main)
    outcome, contrast = (f"outcomes.{meta['outcome']['name']}.", f"indicators.{meta['treatment']['name']}.")
    parts = tuple(
        f"analysis.{part}" for part in ("primary", "treatment", "models.headline.", outcome, contrast)
    )
    changed = any(item["part"].startswith(parts) for item in lock["deviations"])
    return (wording_plan.NAMED_OTHERWISE if changed else wording_plan.NAMED).format(main=write.capital(main))


def _few(release: Release) -> tuple[str, str] | None:
    facts = headline_facts(release)
    if facts is None:
        return None
    text = f"The main result rests on {based_on(facts)}."
    if facts["n_schools"] < FEW_SCHOOLS:
        text += f" {_small_sample(release, facts)}"
    return ("Few schools", text)


def _small_sample(release: Release, facts: Facts) -> str:
    """By what the main result's interval allows for how few schools there are."""
    if wording.has_comparison(release.meta["comparison"]):
        return wording.FEW_SCHOOLS
    if not write.known(facts["ci_low"]):
        return wording_change.TOO_FEW_CHANGES
    return wording_change.FEW_CHANGES.format(df=write.count(facts["df"]))


def _regression(release: Release) -> tuple[str, str] | None:
    said = main_regression(release)
    return ("Regression to the mean", said) if said else None


def _attrition(release: Release) -> tuple[str, str] | None:
    lost = _lost(release)
    if not lost:
        return None
    return (
        "Pupils lost",
        f"{_shares(lost)} are not in the analysis. If they differ from the rest, the result is off by an unknown amount.",
    )


def _imbalance(release: Release) -> tuple[str, str] | None:
    found = rows(release, "balance")
    apart = [
        item["characteristic"]
        for _, item in found.iterrows()
        if item["verdict"] not in ("balanced", "withheld")
    ]
    if not apart:
        return ("Imbalance", "The groups are balanced on everything measured.") if len(found) else None
    return ("Imbalance", f"The groups are not wholly balanced on: {write.listed(apart)}.")


def _lost(release: Release) -> dict[str, float]:
    """Each group's share lost between the population and the analysis; empty when any count is withheld."""
    found = rows(release, "flow", level="project")
    found = found[found["stage"].isin(KEPT)]
    if found.empty or (found["symbol"] == WITHHELD).any():
        return {}
    counts = found.pivot_table(index="unit", columns="stage", values="n", sort=False)
    lost = (1 - counts[KEPT[1]] / counts[KEPT[0]]).dropna()
    if len(lost) < len(counts):  # some are lost of whom nobody knows the group
        lost[ALL] = 1 - counts[KEPT[1]].sum() / counts[KEPT[0]].sum()
    return {str(arm): float(share) for arm, share in lost.items()}


def _shares(lost: dict[str, float]) -> str:
    """Each group's share in words: to a tenth, as their differences are given."""
    return write.listed([f"{write.number(100 * share)}% of {arm or 'pupils'}" for arm, share in lost.items()])


def _withheld_note(release: Release, found: pd.DataFrame) -> list[str]:
    hidden = len(found) and (found["symbol"] == WITHHELD).any()
    return [wording.WITHHELD_NOTE.format(minimum=release.meta["minimum_cell"])] if hidden else []

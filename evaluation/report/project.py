"""What the whole project found, in sentences that every report shares."""

from collections.abc import Sequence

import pandas as pd

from evaluation.disclose import Release
from evaluation.report import numerals as write
from evaluation.report import wording, wording_plan
from evaluation.report.change import regression
from evaluation.report.facts import Facts, claim, claim_code, places, project_gap_facts, row, rows, words
from evaluation.report.items import Cover, Prose

ALPHA = 0.05  # as the intervals


def cover_of(release: Release, title: str, paragraphs: Sequence[str]) -> Cover:
    """The top of a page of this study."""
    return Cover(release.meta["title"], title, paragraphs, release.meta["synthetic"])


def how_to_read() -> Prose:
    """What an interval is, and what a report must not be read as saying."""
    return Prose("How to read this report", [wording.READING], kind="note", minor=True)


def colophon(release: Release) -> Prose:
    """Which run the page is from, for whom, and how to cite it."""
    meta = release.meta
    made = "Synthetic data: no real school or pupil is described. " if meta["synthetic"] else ""
    return Prose(
        "About this report",
        [
            f"{made}{wording.AUDIENCES[meta['audience']]}. Run {meta['run']}; every figure on this page comes from "
            "that run’s release.",
            f"c: withheld to protect pupils. {wording.DASH_NOTE}",
            f"To cite it: “{meta['title']}”, evaluation report, run {meta['run']}.",
        ],
        kind="colophon",
    )


def registered(release: Release) -> Prose:
    """Whether the plan was locked beforehand, and every change to it since."""
    found, margin = release.meta["registered"], release.meta["margin_in_plan"]
    aside = []
    if margin is not None and release.meta["margin"] is None:
        aside = [
            wording_plan.MARGIN_SET_ASIDE.format(
                margin=write.exact(margin, places(release)), unit=words(release)["unit"]
            )
        ]
    if not found:
        return Prose("The plan", [" ".join([wording_plan.NOT_LOCKED, *aside])], kind="note", minor=True)
    said = wording_plan.LOCKED_AFTER if found["after_outcome"] else wording_plan.LOCKED
    since = wording_plan.CHANGED if found["deviations"] else wording_plan.UNCHANGED
    points = [wording_plan.deviation(item) for item in found["deviations"]]
    sentences = [said.format(day=write.day(found["locked"])), *aside, since]
    if found.get("unregistered"):
        parts = [wording_plan.PLANNED.get(part, part) for part in found["unregistered"]]
        sentences.append(wording_plan.UNREGISTERED.format(parts=write.listed(parts)))
    return Prose("The plan", [" ".join(sentences)], points, kind="note", minor=True)


def headline_question(release: Release) -> str:
    """The main question: how the groups compare or, where there is nobody to compare with, how the schools changed."""
    return "headline" if wording.has_comparison(release.meta["comparison"]) else "change"


def headline_facts(release: Release) -> Facts | None:
    """The row that answers the main question."""
    question = headline_question(release)
    return row(release, "changes", question=question) if question == "change" else _answer(release, question)


def _answer(release: Release, name: str) -> Facts | None:
    """The estimate of the term that answers a model's question."""
    planned = release.meta["models"].get(name)
    return None if planned is None else row(release, "estimates", model=name, term=planned["term"])


def headline_sentences(release: Release, start: str = "") -> list[str]:
    """The headline, with whether other methods agree; the design's own test; and its effect size."""
    facts = headline_facts(release)
    first = claim(release, headline_question(release), facts, start=start)
    said = [" ".join(text for text in (first, dispute(release)) if text), *_by_design(release)]
    size = row(release, "effect_sizes", model="headline")
    if size is not None and write.known(size["estimate"]) and headline_question(release) == "headline":
        said.append(
            f"As an effect size that is {write.number(size['estimate'], 2)} standard deviations (95% confidence interval "
            f"{write.interval(size['ci_low'], size['ci_high'], 2)})."
        )
    return said


def dispute(release: Release) -> str:
    """That the methods of the panel do not agree on a difference the headline claims; empty where they do."""
    code = claim_code(release, headline_question(release))
    p_values = _panel(release)["p_value"]
    if code not in ("higher", "lower") or (p_values < ALPHA).all():
        return ""
    return wording.DISPUTED.format(
        least=write.probability(p_values.min()), most=write.probability(p_values.max())
    )


def _by_design(release: Release) -> list[str]:
    """The p of the test that draws the groups anew: by the lot that drew them, or else with others in their places."""
    found = _panel(release).query("method == 'randomisation'")["p_value"]
    drawn = release.meta["comparison"]["kind"] == "randomised"
    said = wording.BY_LOT if drawn else wording.BY_PLACEBO
    return [said.format(p=write.probability(p), treated=words(release)["treated"]) for p in found]


def _panel(release: Release) -> pd.DataFrame:
    """The headline by every method with an inference for small samples."""
    found = rows(release, "panel", question="headline").reindex(columns=["method", "p_value"])
    return found[found["p_value"].notna() & (found["method"] != "statsmodels")]


def based_on(facts: Facts) -> str:
    """How many pupils, classes and schools an estimate rests on."""
    parts = [f"{write.count(facts['n_pupils'])} pupils"]
    if write.known(facts.get("n_classes")) and facts["n_classes"] > 0:
        parts.append(f"{write.count(facts['n_classes'])} classes")
    return write.listed([*parts, f"{write.count(facts['n_schools'])} schools"])


def project_findings(release: Release) -> list[str]:
    """The project's findings, headline first, then the gap, then what the comparison allows; of a change also how it may come about."""
    facts = headline_facts(release)
    rest = f"This rests on {based_on(facts)}." if facts is not None else ""
    first = " ".join([*headline_sentences(release), rest]).strip()
    gap = " ".join(
        text for text in (claim(release, "gap", project_gap_facts(release)), gap_change(release)) if text
    )
    said = (first, main_regression(release), gap, wording.strength(release.meta["comparison"]))
    return [text for text in said if text]


def main_regression(release: Release) -> str:
    """What regression to the mean may have to do with the main answer, where that is a change; empty where it is not."""
    return regression(release) if headline_question(release) == "change" else ""


def gap_change(release: Release) -> str:
    """Whether the gap differs between the arms, in a sentence."""
    if wording.has_comparison(release.meta["comparison"]):
        return claim(release, "gap_change", _answer(release, "gap_slope"))
    return claim(release, "change_in_gap", row(release, "changes", question="change_in_gap"))


def limits(release: Release) -> list[str]:
    """What no report of this study can say."""
    otherwise = (
        "It cannot say what results in one school would have been otherwise: that can only be judged across schools."
        if wording.has_comparison(release.meta["comparison"])
        else "It cannot say how much of any change came from the project, because there is no comparison group."
    )
    return [
        otherwise,
        "It cannot say why results are as they are, and it is no measure of any teacher.",
        "It covers the tests named here. What they do not ask, and pupils who did not sit them, are not in these results.",
        "It puts no school above another: most differences between schools are within their margins.",
    ]

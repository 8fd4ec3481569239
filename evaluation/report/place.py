"""What can be said of any place, a school or a cluster: its average, progress and treatment, and what is withheld."""

import pandas as pd

from evaluation.disclose import WITHHELD, Release
from evaluation.report import numerals as write
from evaluation.report import wording, wording_change
from evaluation.report.facts import (
    PROJECT,
    Facts,
    Place,
    about,
    descriptives,
    difference,
    everyone,
    halves,
    numbers,
    places,
    shown,
    treatment_varies,
    words,
)
from evaluation.report.items import NOTHING, Prose
from evaluation.report.sentences import PROTECTED

SPLITS = {
    "all": "all pupils together",
    "disadvantaged": "{disadvantaged} beside {others}",
    "treatment": "{treated} beside {control}",
}


def average(release: Release, place: Place) -> str:
    """One sentence: how many pupils, their average, and the project's."""
    here = everyone(release, place)
    if not shown(here, "mean") or here is None:
        return f"The average of {place.noun} is withheld, {PROTECTED}."
    project, digits, unit = everyone(release, PROJECT), places(release), release.meta["outcome"]["unit"]
    tests = " from both the first test and the last" if release.meta["baseline"] is not None else ""
    text = f"{write.count(here['n'])} pupils here have results{tests}. Their average is {about(here, digits)}{write.number(here['mean'], digits)} {unit}"
    if shown(project, "mean") and project is not None:
        text += f"; the average of the pupils in the project’s main analysis is {write.number(project['mean'], digits)}"
    return text + "."


def treatment(release: Release, place: Place) -> Prose:
    """The difference between the treated and the others inside the place; nothing where all had the same."""
    facts = difference(release, place, "treatment")
    if facts is None or not treatment_varies(release):
        return NOTHING
    named = words(release)
    heading = write.capital(f"{named['treated']} and {named['control']}")
    if not shown(facts, "estimate"):
        text = f"How the two compare in {place.noun} is withheld, {PROTECTED}."
        return Prose(heading, [text], minor=True)
    found = numbers(release, facts)
    text = (
        f"In {place.noun}, {write.count(facts['n_1'])} {named['treated']} scored {found['size']} {named['unit']} "
        f"{found['direction']}, on average, than {write.count(facts['n_2'])} {named['control']}"
    )
    if "span" in found:
        text += f". For one school that is only a rough guide: anything from {found['span']} fits the data."
    else:
        text += ". There are too few classes here to say how far chance alone could account for that."
    return Prose(heading, [text, wording.SECONDARY], minor=True)


def progress(release: Release, place: Place) -> Prose:
    """How the place's pupils moved from the first test to the last; nothing without a baseline."""
    facts = difference(release, place, "progress")
    if facts is None or release.meta["baseline"] is None:
        return NOTHING
    said = [progress_sentence(release, place, facts)]
    said += [wording_change.REGRESSION_PLACE] if shown(facts, "estimate") else []
    return Prose("Progress", said, minor=True)


def progress_sentence(release: Release, place: Place, facts: Facts) -> str:
    """One sentence on the change between the two tests."""
    if not shown(facts, "estimate"):
        return f"The change between the tests in {place.noun} is withheld, {PROTECTED}."
    found, unit = numbers(release, facts), release.meta["outcome"]["unit"]
    way = "rose" if facts["estimate"] >= 0 else "fell"
    text = f"{write.count(facts['n_1'])} pupils took both the first test and the last. Their average {way} by {found['size']} {unit}"
    text += f" ({found['range']})." if "range" in found else "."
    if release.meta["outcome"]["norm_mean"] is not None:
        text += " On this scale a pupil who keeps pace with the national average neither rises nor falls."
    return text


def withheld(release: Release, place: Place) -> Prose:
    """What is withheld and why, and what is shown all the same."""
    found = descriptives(release, place)
    rule = wording.WITHHELD_RULE.format(minimum=release.meta["minimum_cell"])
    hidden = found[found["symbol"] == WITHHELD] if len(found) else found
    if hidden.empty:
        return Prose(paragraphs=[f"{_nothing_withheld(place, found)} {rule}"])
    named = words(release)
    whole = [
        text.format_map(named)
        for name, text in SPLITS.items()
        if (found["split"] == name).any() and not (hidden["split"] == name).any()
    ]
    still = f"Shown in full: {'; '.join(whole)}." if whole else ""
    parts = [rule, still, "Withheld here, besides anything that rests on them:"]
    return Prose(paragraphs=[text for text in parts if text], points=_hidden_groups(release, hidden))


def _nothing_withheld(place: Place, found: pd.DataFrame) -> str:
    if found["n"].isna().any():
        return (
            f"No average of {place.noun} had to be withheld. How many pupils sat some of the tests is not given, "
            "because beside the other numbers it would tell how few missed one."
        )
    return f"Nothing about {place.noun} as a whole had to be withheld."


def _hidden_groups(release: Release, hidden: pd.DataFrame) -> list[str]:
    """A line for each group, or for each set of groups inside another."""
    lines: dict[str, list[str]] = {}
    for split, group in dict.fromkeys(zip(hidden["split"], hidden["group"], strict=True)):
        outer, inner = halves(release, split, group)
        lines.setdefault(outer, []).append(inner)
    return [
        write.capital(
            f"{'in' if outer.startswith('year ') else 'among'} {outer}: {'; '.join(inner)}"
            if outer
            else "; ".join(inner)
        )
        for outer, inner in lines.items()
    ]

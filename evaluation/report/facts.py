"""Look things up in a release: rows, places, and the fields that sentences need."""

from dataclasses import dataclass

import pandas as pd

from evaluation.disclose import Release
from evaluation.report import numerals as write
from evaluation.report import wording
from evaluation.report.allowing import allowing
from evaluation.report.load import cluster_facts, school_facts
from evaluation.report.sentences import sentence

Facts = pd.Series


@dataclass(frozen=True)
class Place:
    """A school, a cluster or the project: how the release names it and how sentences do."""

    level: str
    unit: str
    name: str
    noun: str


def school_place(release: Release, school: str) -> Place:
    """The place of a school that has a report."""
    return Place("school", school, school_facts(release, school)["name"], "this school")


def cluster_place(release: Release, cluster: str) -> Place:
    """The place of a cluster."""
    cluster_facts(release, cluster)
    return Place("cluster", cluster, f"{cluster} cluster", "this cluster")


PROJECT = Place("project", "", "the whole project", "the project")


def rows(release: Release, table: str, **where: object) -> pd.DataFrame:
    """Rows of a table; none when the release has no such table."""
    return release.table(table, **where) if table in release.tables else pd.DataFrame()


def row(release: Release, table: str, **where: object) -> Facts | None:
    """The first row of a table that has the values given, or None."""
    found = rows(release, table, **where)
    return None if found.empty else found.iloc[0]


def shown(facts: Facts | None, column: str) -> bool:
    """Whether a row is there and this figure of it may be shown."""
    return facts is not None and facts.get("symbol", "") == "" and write.known(facts[column])


def cell(facts: Facts | None, column: str, places: int | None = None) -> str:
    """A table's cell: the figure, the symbol that stands for it, or blank when there is none."""
    if facts is None:
        return ""
    if facts.get("symbol", ""):
        return str(facts["symbol"])
    if not write.known(facts[column]):
        return "–"
    return write.count(facts[column]) if places is None else write.number(facts[column], places)


def interval_cell(facts: Facts, places: int, ends: tuple[str, str] = ("ci_low", "ci_high")) -> str:
    """A table's cell of two ends, blank where there are none."""
    low, high = (facts[name] for name in ends)
    return write.interval(low, high, places) if write.known(low) else "–"


def probability_cell(facts: Facts, name: str = "p_value") -> str:
    """A table's cell of a probability, blank where there is none."""
    return write.probability(facts[name]) if write.known(facts[name]) else "–"


def difference(release: Release, place: Place, measure: str) -> Facts | None:
    """A place's difference of one measure."""
    return row(release, "differences", level=place.level, unit=place.unit, measure=measure)


def everyone(release: Release, place: Place) -> Facts | None:
    """All of a place's pupils on the primary outcome."""
    return row(
        release,
        "descriptives",
        level=place.level,
        unit=place.unit,
        split="all",
        outcome=release.meta["outcome"]["name"],
    )


def descriptives(release: Release, place: Place) -> pd.DataFrame:
    """Every group of a place, on every outcome; by treatment only where treatment varies inside schools."""
    found = rows(release, "descriptives", level=place.level, unit=place.unit)
    if len(found) and place != PROJECT and not treatment_varies(release):
        found = found[~found["split"].str.startswith("treatment")]
    return found


def treatment_varies(release: Release) -> bool:
    """Whether pupils of one school are compared with one another, rather than schools with schools."""
    return release.meta["comparison"]["unit"] != "school"


def places(release: Release) -> int:
    """Decimal places for scores: fewer where the scale is wide."""
    everyone = row(
        release, "descriptives", level="project", split="all", outcome=release.meta["outcome"]["name"]
    )
    return 2 if everyone is not None and write.known(everyone["sd"]) and everyone["sd"] < 5 else 1


def claim_code(release: Release, question: str, place: Place = PROJECT) -> str | None:
    """The claim the release makes of a place on a question, or None when it makes none."""
    found = row(release, "claims", level=place.level, unit=place.unit, question=question)
    return None if found is None else str(found["code"])


def claim(
    release: Release,
    question: str,
    facts: Facts | None,
    place: Place = PROJECT,
    estimate: str = "estimate",
    start: str = "",
) -> str:
    """The sentence for a place's claim on a question, its numbers taken from `facts`; empty without a claim."""
    code = claim_code(release, question, place)
    if code is None and facts is None:
        return ""
    if code != "not_estimable" and not shown(facts, estimate):
        code = "withheld"
    if code is None:
        return ""
    level = " who started at the same level" if adjusted(release) else ""
    fields = {**words(release), "place": place.noun, "among": "", "level": level}
    if facts is not None and shown(facts, estimate):
        fields |= numbers(release, facts, estimate)
    margin = release.meta["margin"]
    fields["margin"] = "" if margin is None else write.exact(margin, places(release))
    fields["against"] = wording.AGAINST_NORM if release.meta["normed"] else wording.NO_NORM
    if question == "school":
        fields |= allowing(release)
    if question in ("gap", "gap_change"):
        fields["control"] = untreated(release)
    if question == "gap" and place.level == "project":
        fields["among"] = f"among {fields['control']}{level}, "
    return sentence(question, code, fields, start)


def told_of_absent(release: Release, text: str, start: str = "") -> str:
    """A sentence about pupils of the population who are in no file; empty where the plan tells of none."""
    found = release.meta.get("absent")
    if not found:
        return ""
    return start + text.format(n=write.count(found["pupils"]), source=found["source"])


def untreated(release: Release) -> str:
    """Who the gap model's own gap is about: the control, or with a third arm everybody not treated."""
    named = words(release)
    arms = row_groups(release, level="project", split="treatment")
    if len(arms) <= 2:
        return named["control"]
    return f"pupils not {named['treated'].removeprefix('pupils ')}"


def row_groups(release: Release, **where: str) -> set[str]:
    """The groups of a split."""
    return set(rows(release, "descriptives", **where)["group"])


def adjusted(release: Release) -> bool:
    """Whether the models compare pupils who started at the same level, so that their gap is not the plain gap."""
    return release.meta["baseline"] is not None


def project_gap_facts(release: Release) -> Facts | None:
    """The project's gap: the gap model's own term, or the plain difference."""
    model = row(release, "estimates", model="gap_slope", term="disadvantaged")
    return model if model is not None else row(release, "differences", level="project", measure="gap")


def halves(release: Release, split: str, group: str) -> tuple[str, str]:
    """A group inside another as the two groups' names; any other group has no outer one."""
    if not split.endswith("_disadvantaged"):
        return "", group
    for inner in (words(release)["disadvantaged"], words(release)["others"]):
        if group.endswith(f", {inner}"):
            return group.removesuffix(f", {inner}"), inner
    outer, _, inner = group.rpartition(", ")
    return outer, inner


def words(release: Release) -> dict[str, str]:
    """The study's words for its groups, and the unit of its scores."""
    return {**release.meta["words"], "unit": release.meta["outcome"]["unit"]}


def about(facts: Facts, digits: int) -> str:
    """The word before a figure that is rounded more coarsely than it is written."""
    width = float(facts.get("rounded_to", float("nan")))
    return "about " if width > 10.0**-digits * 1.001 else ""


def numbers(release: Release, facts: Facts, estimate: str = "estimate") -> dict[str, str]:
    """The estimate and its interval, in the forms that sentences use."""
    digits, unit = places(release), release.meta["outcome"]["unit"]
    value, *ends = (facts[name] for name in (estimate, "ci_low", "ci_high"))
    low, high = (float(end) if write.known(end) else float("nan") for end in ends)
    fields = {
        "size": f"{about(facts, digits)}{write.size(value, digits)}",
        "direction": "higher" if value >= 0 else "lower",
        "side": "above" if value >= 0 else "below",
        "gap_direction": "better" if value >= 0 else "worse",
        "moved": "rose" if value >= 0 else "fell",
    }
    if not (write.known(low) and write.known(high)):
        return fields
    return fields | {
        "range": f"95% confidence interval {_range(low, high, digits)}",
        "span": _span(low, high, digits, unit, ("lower", "higher")),
        "side_span": _span(low, high, digits, unit, ("below", "above")),
        "moved_span": _span(low, high, digits, unit, ("down", "up")),
        "gap_span": _span(low, high, digits, unit, ("worse", "better")),
    }


def _range(low: float, high: float, digits: int) -> str:
    """The ends of an interval beside a size whose direction is already said: "3.2 to 13.4" lower, or higher."""
    if low < 0 <= high:
        return f"{write.size(low, digits)} lower to {write.size(high, digits)} higher"
    near, far = sorted((abs(low), abs(high)))
    return write.interval(near, far, digits)


def _span(low: float, high: float, digits: int, unit: str, ends: tuple[str, str]) -> str:
    """Both ends of an interval in words: "2.1 lower to 3.9 points higher"."""
    first, last = (ends[value >= 0] for value in (low, high))
    start = write.size(low, digits) if first == last else f"{write.size(low, digits)} {first}"
    return f"{start} to {write.size(high, digits)} {unit} {last}"

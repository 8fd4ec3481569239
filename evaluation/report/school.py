"""A school's report, for its head, its maths lead and its governors. Every function takes the release and the school."""

from evaluation.disclose import WITHHELD, Release
from evaluation.report import figures, place, results, wording
from evaluation.report import gap as gaps
from evaluation.report import numerals as write
from evaluation.report.facts import (
    PROJECT,
    Facts,
    claim,
    numbers,
    places,
    row,
    rows,
    school_place,
    shown,
    words,
)
from evaluation.report.items import NOTHING, Cover, Figure, Prose, Table
from evaluation.report.load import school_facts
from evaluation.report.project import (
    cover_of,
    dispute,
    headline_question,
    headline_sentences,
    limits,
    project_findings,
)

SUPPORTING = "supporting"


def cover(release: Release, school: str) -> Cover:
    """The page's title and what the report is."""
    facts = school_facts(release, school)
    about = [facts["phase"], f"{facts['cluster']} cluster" if facts["cluster"] else "", facts["role"]]
    line = write.capital(", ".join(part for part in about if part))
    return cover_of(release, facts["name"], [text for text in (line, release.meta["about"]) if text])


def key_findings(release: Release, school: str) -> Prose:
    """The page in a few sentences: this school, its gap, where it stands, and what the project found."""
    here = school_place(release, school)
    progress = row(release, "differences", level="school", unit=school, measure="progress")
    points = [
        place.average(release, here),
        place.progress_sentence(release, here, progress)
        if progress is not None and shown(progress, "estimate")
        else "",
        *gaps.gap_points(release, here),
        claim(release, "school", effect(release, school), here, "shrunken"),
        headline_sentences(release, "across the whole project, ")[0],
    ]
    return Prose("Main findings", points=[point for point in points if point], kind="key")


def covered(release: Release, school: str) -> Prose:
    """Whom the report is about: the pupils listed and those who have what the analysis needs."""
    steps = rows(release, "flow", level="school", unit=school)
    if steps.empty or (steps["symbol"] == WITHHELD).any() or not steps["n"].iloc[-1]:
        return Prose(paragraphs=[_population(release)])
    first, last = steps.iloc[0], steps.iloc[-1]
    if first["n"] == last["n"]:
        counted = f"The school listed {write.count(first['n'])} pupils, and all have everything the main analysis needs."
    else:
        counted = (
            f"The school listed {write.count(first['n'])} pupils; {write.count(last['n'])} of them have everything the "
            "main analysis needs. Those without results may differ from those with, in ways no analysis of results can show."
        )
    return Prose(paragraphs=[_population(release), counted])


def attainment(release: Release, school: str) -> Table | Prose:
    """The school's results by group, the project's average beside them."""
    return results.attainment(release, school_place(release, school))


def attainment_figure(release: Release, school: str) -> Figure | Prose:
    """The same as a picture."""
    return results.attainment_figure(release, school_place(release, school))


def year_groups(release: Release, school: str) -> Table | Prose:
    """The school's results by year group; nothing in a study of one year group."""
    return results.year_groups(release, school_place(release, school))


def progress(release: Release, school: str) -> Prose:
    """The change from the first test to the last; nothing in a study without a baseline."""
    return place.progress(release, school_place(release, school))


def treatment(release: Release, school: str) -> Prose:
    """The treated beside the others inside the school; nothing where the whole school had the same."""
    return place.treatment(release, school_place(release, school))


def gap(release: Release, school: str) -> Prose:
    """The gap by disadvantage here and across the project."""
    return gaps.gap(release, school_place(release, school))


def gap_figure(release: Release, school: str) -> Figure | Prose:
    """The same as a picture, where there is enough to show."""
    return gaps.gap_figure(release, school_place(release, school))


def compared(release: Release, school: str) -> Prose:
    """Where the school stands among the project's schools, with its margin and without ranks."""
    here, facts = school_place(release, school), effect(release, school)
    said = claim(release, "school", facts, here, "shrunken")
    if not said and headline_question(release) == "change":
        return Prose(paragraphs=[wording.NO_EXPECTATION])
    if not said:
        return Prose(
            paragraphs=[
                "This school is not part of the main analysis, so it is not compared with those that are."
            ]
        )
    if facts is None or not shown(facts, "shrunken"):
        return Prose(paragraphs=[said])
    return Prose(paragraphs=[f"{said} {_raw(release, facts)}", wording.SHRUNKEN])


def _raw(release: Release, facts: Facts) -> str:
    """The school's difference as it stands, beside the one drawn towards the average."""
    if not shown(facts, "raw"):
        return wording.NO_RAW
    alone = {"raw": facts["raw"], "rounded_to": facts["raw_rounded_to"], "ci_low": None, "ci_high": None}
    return wording.RAW.format_map(words(release) | numbers(release, Facts(alone, dtype=object), "raw"))


def compared_figure(release: Release, school: str) -> Figure | Prose:
    """The school's estimate and its margin above a tick for every other school that may be shown: for none in its own pack."""
    facts = effect(release, school)
    if facts is None or not shown(facts, "shrunken"):
        return NOTHING
    own = figures.Estimate("this school", facts["shrunken"], facts["ci_low"], facts["ci_high"])
    others = _others(release, school)
    digits, unit = places(release), words(release)["unit"]
    xlabel = f"difference from the average school,\n{unit}"
    alt = (
        f"This school’s estimate is {write.number(own.value, digits)} {unit} from the average school, with a 95% "
        f"interval from {write.interval(own.low, own.high, digits)}."
    )
    caption = "This school’s estimate with its 95% interval{}. Nought is the average school."
    with figures.canvas(2.0) as (figure, axes):
        if not others:
            figures.draw_estimates(axes, [own], xlabel)
            return figures.picture(figure, alt, caption.format(""))
        figures.draw_among(axes, own, others, xlabel)
        alt += (
            f" The estimates of {len(others)} other schools lie between {write.number(min(others), digits)} "
            f"and {write.number(max(others), digits)}."
        )
        return figures.picture(figure, alt, caption.format(", and a tick for each other school"))


def _others(release: Release, school: str) -> list[float]:
    """The estimates of other schools, which a school's own pack is not to hold."""
    if release.meta["audience"] == "school":
        return []
    effects = rows(release, "school_effects", symbol="")
    return list(effects.loc[effects["school"] != school, "shrunken"].dropna())


def project(release: Release, school: str) -> Prose:
    """What the whole project found, and what that means for a school like this."""
    school_facts(release, school)
    return Prose(paragraphs=[*project_findings(release), _meaning(release, school)])


def withheld(release: Release, school: str) -> Prose:
    """What is withheld and why, and what is shown all the same."""
    return place.withheld(release, school_place(release, school))


def within_groups(release: Release, school: str) -> Table | Prose:
    """Results for the smaller groups, where any may be shown."""
    return results.within_groups(release, school_place(release, school))


def what_this_cannot_say(release: Release, school: str) -> Prose:
    """The limits of the report, in plain words."""
    school_facts(release, school)
    return Prose(points=limits(release))


def effect(release: Release, school: str) -> Facts | None:
    """The school's row among the school effects."""
    return row(release, "school_effects", school=school)


def _population(release: Release) -> str:
    return f"The main analysis is about {release.meta['population']}."


def _meaning(release: Release, school: str) -> str:
    role = school_facts(release, school)["role"]
    if SUPPORTING in role:
        return (
            "This school supported the others. Its own results are described above; it is not among the schools "
            "that the finding is about."
        )
    code = row(release, "claims", level=PROJECT.level, unit="", question=headline_question(release))
    if code is None or code["code"] in ("inconclusive", "not_estimable") or dispute(release):
        return "For a school like this one the question is open: the finding gives no firm ground to change course either way."
    expect = wording.expect(release.meta["comparison"])
    return f"That is an average over all the schools. {expect}, and one school’s own figures are too few to tell."

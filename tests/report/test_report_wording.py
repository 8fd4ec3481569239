"""What a report may say: every claim has its sentence, and no sentence says more than the claim."""

import re
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
from report_pages import shown

from evaluation.disclose import Release
from evaluation.report import design, impact, parts, project, school
from evaluation.report.facts import PROJECT, claim, places, school_place
from evaluation.report.items import Cover, Figure, Table
from evaluation.report.sentences import CLAIMS

CODES = {
    "headline": ["higher", "lower", "within_margin", "inconclusive", "not_estimable"],
    "gap_change": ["higher", "lower", "within_margin", "inconclusive", "one_of_several", "not_estimable"],
    "gap": ["higher", "lower", "inconclusive", "one_of_several", "not_estimable", "withheld"],
    "change": ["higher", "lower", "within_margin", "inconclusive", "not_estimable"],
    "change_in_gap": ["higher", "lower", "within_margin", "inconclusive", "one_of_several", "not_estimable"],
    "missing": ["fragile", "much_missing", "settled"],
    "school": ["higher", "lower", "inconclusive", "not_estimable", "withheld"],
    "distance": ["higher", "lower", "inconclusive", "one_of_several", "not_estimable"],
    "proportion": ["higher", "lower", "inconclusive", "one_of_several", "not_estimable", "withheld"],
    "compliance": ["higher", "lower", "inconclusive", "one_of_several", "not_estimable", "withheld"],
    "helped": ["higher", "lower", "inconclusive", "one_of_several", "not_estimable", "withheld"],
}
JOINT = ["year_group", "phase", "cluster"]
JOINT_CODES = ["differ", "inconclusive", "one_of_several", "not_estimable"]
FORBIDDEN = re.compile(
    r"no (effect|difference (was|is)|impact)|\brank|\bleague|best school|worst|top of|bottom of|significan|nan\b",
    re.I,
)
CAUSAL = re.compile(r"\b(caus|impact|effect of|raised|led to|because of the project|made a difference)", re.I)
UNSAID = "that is not the same as finding no difference"


def with_code(release: Release, question: str, code: str) -> Release:
    claims = release.tables["claims"]
    others = claims[(claims["level"] != "project") | (claims["question"] != question)]
    said = {"level": "project", "unit": "", "question": question, "code": code, "symbol": ""}
    claims = pd.concat([others, pd.DataFrame([said])[list(claims.columns)]], ignore_index=True)
    return Release(release.meta, {**release.tables, "claims": claims})


def words_of(items: list[object]) -> str:
    """Everything a reader is told, alternative text included."""
    return "\n".join(
        str(item) if not isinstance(item, Figure) else f"{item.alt}\n{item.caption}" for item in items
    )


def test_with_a_baseline_pupils_are_compared_from_the_same_start(ssif: Release, star: Release) -> None:
    assert "who started at the same level" in impact.headline(ssif).points[0]
    assert (
        impact.gap(ssif)
        .paragraphs[0]
        .startswith("Among pupils in comparison schools who started at the same level, ")
    )
    assert "started" not in words_of([impact.headline(star), impact.gap(star), school.gap(star, "28")])


@pytest.mark.parametrize(("question", "code"), [(q, c) for q, codes in CODES.items() for c in codes])
def test_every_claim_has_a_sentence(star: Release, question: str, code: str) -> None:
    row = pd.Series({"estimate": -2.0, "ci_low": -5.0, "ci_high": 1.0})
    if question not in ("school", "missing"):
        said = claim(with_code(star, question, code), question, row)
        assert said[0].isupper()
        assert said.endswith(".")
        assert not FORBIDDEN.search(said)
        assert not CAUSAL.search(said)
    assert (question, code) in CLAIMS


@pytest.mark.parametrize("question", JOINT)
@pytest.mark.parametrize("code", JOINT_CODES)
def test_whether_an_answer_differs_comes_from_the_test_of_all_parts(
    ssif: Release, question: str, code: str
) -> None:
    tests = pd.DataFrame([{"question": question, "p_value": 0.012, "symbol": ""}])
    release = with_code(ssif, question, code)
    said = parts.joint(replace(release, tables={**release.tables, "joint_tests": tests}), question)
    assert not FORBIDDEN.search(said)
    assert not CAUSAL.search(said)
    assert ("p = 0.012" in said) == (code != "not_estimable")
    assert ("differed between" in said and "settle" not in said and "cannot" not in said) == (
        code == "differ"
    )


@pytest.mark.parametrize("question", [name for name, codes in CODES.items() if "one_of_several" in codes])
def test_one_finding_of_several_is_left_open_with_its_interval(star: Release, question: str) -> None:
    row = pd.Series({"estimate": 3.0, "ci_low": 0.2, "ci_high": 5.8})
    said = claim(with_code(star, question, "one_of_several"), question, row)
    assert "may well be chance" in said
    assert "0.2 to 5.8" in said
    assert re.search("do not settle|leave that open", said)


def test_there_are_no_other_sentences() -> None:
    supporting = ["not_inferior", "inconclusive", "not_judged", "not_estimable", "withheld"]
    planned = {"supporting": supporting, **CODES, **dict.fromkeys(JOINT, JOINT_CODES)}
    assert {(question, code) for question, codes in planned.items() for code in codes} == set(CLAIMS)


def test_inconclusive_gives_both_ends_in_words(star: Release) -> None:
    row = pd.Series({"estimate": 1.0, "ci_low": -0.55, "ci_high": 3.0})
    said = claim(with_code(star, "headline", "inconclusive"), "headline", row)
    assert "do not settle" in said
    assert "anything from 0.6 lower to 3.0 scale points higher" in said


def test_a_lower_result_gives_its_interval_in_the_direction_stated(star: Release) -> None:
    row = pd.Series({"estimate": -21.36, "ci_low": -24.26, "ci_high": -18.47})
    said = claim(star, "gap", row, PROJECT)
    assert "21.4 scale points lower" in said
    assert "95% confidence interval 18.5 to 24.3" in said


def test_a_claim_without_its_figure_is_withheld_whatever_its_code(star: Release) -> None:
    row = pd.Series({"estimate": -24.9, "ci_low": -43.1, "ci_high": -6.7, "symbol": "c"})
    said = claim(star, "gap", row, school_place(star, "28"))
    assert "withheld" in said
    assert not re.search(r"\d", said)


@pytest.mark.parametrize("kind", ["norm", "none"])
def test_without_a_comparison_nothing_is_called_an_impact(ssif: Release, kind: str) -> None:
    release = Release(
        {**ssif.meta, "comparison": {"kind": kind, "unit": "school", "description": "as described"}},
        ssif.tables,
    )
    items = [impact.cover(release), impact.headline(release), design.threats(release)]
    items += [school.what_this_cannot_say(release, "101"), school.project(release, "101")]
    assert not CAUSAL.search(words_of(items))


@pytest.mark.parametrize("kind", ["randomised", "matched"])
def test_with_a_comparison_the_page_is_called_impact(ssif: Release, kind: str) -> None:
    release = Release({**ssif.meta, "comparison": {**ssif.meta["comparison"], "kind": kind}}, ssif.tables)
    assert impact.cover(release).title == "Impact"


def pages(release: Release, parameters: dict[str, str]) -> dict[str, list[object]]:
    made = {"10_design": shown("10_design", parameters)}
    for one in release.meta["reported_schools"]:
        made[f"school {one}"] = shown("50_school_report", {**parameters, "school": one})
    for one in release.meta["clusters"]:
        made[f"cluster {one['cluster']}"] = shown(
            "40_cluster_report", {**parameters, "cluster": one["cluster"]}
        )
    return made


@pytest.fixture(params=["star", "ssif"])
def release(request: pytest.FixtureRequest) -> Release:
    return request.getfixturevalue(request.param)


def test_no_page_says_what_it_must_not(
    release: Release, published: Callable[[Release], dict[str, str]]
) -> None:
    for name, items in pages(release, published(release)).items():
        said = words_of(items).replace(UNSAID, "")
        assert not FORBIDDEN.search(said), name


def test_every_numeral_is_in_the_release(
    release: Release, published: Callable[[Release], dict[str, str]]
) -> None:
    known = numerals_of(release)
    for name, items in pages(release, published(release)).items():
        said = words_of([item for item in items if not isinstance(item, Cover)])
        for text in texts_of(release):
            said = said.replace(text, "")
        written = set(re.findall(r"(?<![A-Za-z])\d[\d,]*(?:\.\d+)?", said)) - ALWAYS
        assert written <= known, (name, sorted(written - known)[:5])


ALWAYS = {"95", "0.05", "0.25", "1"}  # the intervals' level, the balance thresholds, (1 | school)


# How a page writes the numbers of a release: by table, or by column whatever the table; scores as `facts.places` says, and others never.
WHOLE = re.compile(r"n|n_\w+|files|rows_\w+")
SCORES = {"estimate", "ci_low", "ci_high", "mean", "sd", "shrunken", "raw", "gap"}
TWO_PLACES = {"effect_sizes", "balance"}


def numerals_of(release: Release) -> set[str]:
    """Every number of the release as a page would write it, and in no other way."""
    written = {
        f"{abs(value):,.{digits}f}"
        for name, table in release.tables.items()
        for column in table.select_dtypes("number")
        if (digits := places_of(release, name, str(column))) is not None
        for value in table[column].dropna()
    }
    norms = [release.meta["outcome"][name] for name in ("norm_mean", "norm_sd")]
    clusters = [len(item["schools"]) for item in release.meta["clusters"]]
    compared = release.tables["school_effects"]["shrunken"].notna().sum() - 1
    counts = [release.meta["minimum_cell"], *norms, *clusters, compared]
    shares = {f"{share:.1f}" for share in lost(release)}
    return written | shares | {f"{value:,.0f}" for value in counts if value is not None}


def places_of(release: Release, table: str, column: str) -> int | None:
    if WHOLE.fullmatch(column):
        return 0
    if table in TWO_PLACES:
        return 2
    return places(release) if column in SCORES else {"p_value": 3, "df": 1}.get(column)


def test_a_numeral_rounded_otherwise_than_the_page_s_rule_is_none_of_the_release(star: Release) -> None:
    effect = float(star.table("effect_sizes")["estimate"].iloc[0])
    known = numerals_of(star)
    assert f"{effect:.2f}" in known
    assert f"{effect:.3f}" not in known
    mean = float(star.table("descriptives")["mean"].dropna().iloc[0])
    assert f"{mean:.1f}" in known
    assert not {f"{mean:.0f}", f"{mean:.2f}"} & known


def lost(release: Release) -> list[float]:
    """The share of pupils lost, which the design page works out from two counts of the release."""
    counts = release.table("flow", level="project").set_index("stage")["n"]
    return [100 * (1 - counts["analysed"] / counts["in the population"])]


def texts_of(release: Release) -> list[str]:
    """Names and descriptions with numerals of their own, longest first."""
    meta = release.meta
    texts = [meta["run"], meta["title"], meta["about"], *(item["name"] for item in meta["schools"])]
    texts += [f"year {year}" for year in meta["year_groups"]] + [
        f"Year {year}" for year in meta["year_groups"]
    ]
    return sorted(texts, key=len, reverse=True)


def test_every_change_to_a_locked_plan_is_told_with_its_reason(star: Release) -> None:
    change = {"part": "analysis.primary", "was": "maths", "is_now": "reading", "reason": "maths was not sat."}
    locked = {
        "locked": "1985-09-01",
        "after_outcome": False,
        "deviations": [change, {**change, "reason": ""}],
    }
    told = project.registered(replace(star, meta={**star.meta, "registered": locked}))
    assert "locked on 1 September 1985, before the main outcome" in told.paragraphs[0]
    assert told.points == [
        "analysis.primary: was maths, is now reading. Reason given: maths was not sat.",
        "analysis.primary: was maths, is now reading. No reason is given.",
    ]
    late = {**locked, "after_outcome": True, "deviations": []}
    told = project.registered(replace(star, meta={**star.meta, "registered": late}))
    assert "after the main outcome was measured" in told.paragraphs[0]
    assert told.paragraphs[0].endswith("Nothing in it has changed since.")
    assert "not locked beforehand" in project.registered(star).paragraphs[0]
    older = {**late, "unregistered": ["project", "published"]}
    told = project.registered(replace(star, meta={**star.meta, "registered": older}))
    assert (
        "whether the project’s first and last day and the published tables are as they were"
        in told.paragraphs[0]
    )


@pytest.mark.parametrize(
    ("lock", "said", "not_said"),
    [
        ({}, "Nothing shows", "beforehand"),
        ({"after_outcome": True, "deviations": []}, "Nothing shows", "beforehand"),
        ({"after_outcome": False, "deviations": [{"part": "analysis.choices.sex.add"}]}, "named beforehand", "changed"),
        ({"after_outcome": False, "deviations": [{"part": "analysis.models.headline.formula"}]}, "changed since", "Nothing shows"),
        ({"after_outcome": False, "deviations": [{"part": "analysis.outcomes.maths.instrument"}]}, "changed since", "Nothing shows"),
    ],
)  # fmt: skip
def test_the_main_outcome_was_named_beforehand_only_where_the_lock_shows_it(
    star: Release, lock: dict[str, object], said: str, not_said: str
) -> None:
    table = design.threats(replace(star, meta={**star.meta, "registered": lock}))
    (told,) = (line[1] for line in table.groups[0].rows if line[0] == "Many comparisons")
    assert said in told
    assert not_said not in told


def test_a_margin_that_was_not_fixed_beforehand_is_said_to_judge_nothing(star: Release) -> None:
    late = replace(star, meta={**star.meta, "margin_in_plan": 20.25})
    assert "margin of 20.25 scale points, below which" in project.registered(late).paragraphs[0]
    assert "nothing is judged by it" in project.registered(late).paragraphs[0]
    counted = replace(star, meta={**late.meta, "margin": 20.25})
    assert "margin" not in project.registered(counted).paragraphs[0]


def test_tables_carry_the_same_numbers_as_the_release(star: Release) -> None:
    table = school.attainment(star, "28")
    assert isinstance(table, Table)
    assert table.groups[0].rows[1] == ("Pupils with free school lunch", "30", "490.2", "38.0", "473.6")

"""Constructed results taken through the rules for claims, all questions together, to the words: what a page must say and what it must not."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from scipy import stats
from test_report_claims import CAUSE, NEVER, OPEN, SETTLED

from evaluation.disclose import Release
from evaluation.disclose.supporting import supporting_claim
from evaluation.impact.claims import claims
from evaluation.impact.tipping import missing_claim
from evaluation.report import parts, robustness
from evaluation.report.facts import claim
from evaluation.report.supporting import supporting
from evaluation.study import Study, load_study

NAN = float("nan")
CHANCE = "may well be chance"
NO_ROWS = pd.DataFrame(columns=["level", "unit", "measure", "school", "ci_low", "ci_high"])
ANSWERS = ("proportion", "distance", "compliance", "helped")
JOINT = ("year_group", "phase", "cluster")
TERMS = {"headline": "treated", "gap_change": "treated:disadvantaged", "gap": "disadvantaged"}
ALONE = ("change", "change_in_gap")  # asked only where nobody is compared with

# question, estimate, p; what is said; what is not. Every other question's p is 0.9, so that of the further ones 0.0001 stands and 0.03 does not.
CASES = [
    # The main question is asked alone: 0.03 is enough.
    ("headline", 3.0, 0.03, ["scored 3.0 standardised points higher", "0.3 to 5.7"], [OPEN, CHANCE]),
    ("headline", 3.0, 0.06, [OPEN], [SETTLED, CHANCE]),
    ("headline", -3.0, 0.03, ["scored 3.0 standardised points lower"], [OPEN]),
    ("change", 3.0, 0.03, ["rose by 3.0 standardised points"], [OPEN, CHANCE]),
    # Half of the further questions' level is kept for whether the gap changed.
    ("gap_change", 3.0, 0.02, ["3.0 standardised points larger for"], [OPEN, CHANCE]),
    ("gap_change", 3.0, 0.03, [OPEN, CHANCE, "3.0 standardised points better"], [SETTLED]),
    ("gap_change", -3.0, 0.03, [OPEN, CHANCE, "3.0 standardised points worse"], [SETTLED]),
    ("change_in_gap", 3.0, 0.001, ["gained 3.0 standardised points more"], [OPEN, CHANCE]),
    ("gap", -3.0, 0.0001, ["3.0 standardised points lower"], [CHANCE, "open"]),
    ("gap", -3.0, 0.03, ["leave that open", CHANCE], [OPEN]),
    # Shares at the expected standard.
    ("proportion", 6.2, 0.0001, ["6.2 percentage points higher than that of"], [OPEN, CHANCE]),
    ("proportion", -6.2, 0.0001, ["6.2 percentage points lower than that of"], [OPEN, CHANCE]),
    ("proportion", 6.2, 0.4, [OPEN, "6.2 percentage points higher"], ["was 6.2", CHANCE]),
    ("proportion", 6.2, 0.03, [OPEN, CHANCE, "0.6 to 11.8"], ["was 6.2"]),
    ("proportion", 6.2, NAN, ["cannot be estimated"], ["6.2", CHANCE]),
    # Distance: nothing of it is put down to nearness.
    ("distance", 1.5, 0.0001, ["the farther a school is", "1.5 standardised points for each doubling"], [OPEN, "nearer"]),
    ("distance", -1.5, 0.0001, ["the nearer a school is", "1.5 standardised points for each halving"], [OPEN, "farther"]),
    ("distance", 1.5, 0.4, [OPEN, "where schools taking part are near one another"], ["the farther", "the nearer", CHANCE]),
    ("distance", -1.5, 0.03, [OPEN, CHANCE, "1.5 standardised points worse"], ["the farther", "the nearer"]),
    ("distance", 1.5, NAN, ["cannot be told"], ["1.5"]),
    # One test of all parts together, never one part's result beside another's.
    *(
        case
        for part, named in (("year_group", "year groups"), ("phase", "phases"), ("cluster", "clusters"))
        for case in (
            (part, NAN, 0.0001, [f"differed between {named}: tested together, p < 0.001"], [OPEN, CHANCE]),
            (part, NAN, 0.4, [OPEN, f"between {named}: tested together, p = 0.400"], [CHANCE, "alike", "no differ"]),
            (part, NAN, 0.03, [OPEN, CHANCE, "p = 0.030"], ["alike"]),
            (part, NAN, NAN, ["cannot be told", named], ["tested together", "p ="]),
        )
    ),
    # Associations, and those who took it up.
    ("helped", 2.0, 0.0001, ["associated with results 2.0 standardised points higher"], [OPEN, CHANCE]),
    ("helped", 2.0, 0.03, [OPEN, CHANCE], ["is associated with results"]),
    ("compliance", 2.0, 0.0001, ["were the whole difference theirs"], [OPEN, CHANCE]),
    ("compliance", -2.0, 0.03, [OPEN, CHANCE, "2.0 standardised points lower"], ["these scored"]),
]  # fmt: skip

# estimate, one-sided bound, margin, symbol
SUPPORTING = [
    (-0.4, -0.9, 1.0, "", ["0.4 standardised points less", "by as much as 1.0, the margin fixed beforehand, does not fit", "goes down to −0.9"], [OPEN]),
    (0.6, -0.2, 1.0, "", ["0.6 standardised points more", "does not fit the data"], [OPEN]),
    (-0.4, -1.3, 1.0, "", [OPEN, "as much as 1.0", "goes down to −1.3"], ["does not fit"]),
    (-2.0, -3.0, 1.0, "", [OPEN], ["fell back by 2.0", "does not fit"]),
    (-0.4, -1.0, 1.0, "", [OPEN], ["does not fit"]),
    (-0.4, -0.9, NAN, "", ["No margin was fixed beforehand", "not judged"], [OPEN, "does not fit"]),
    (NAN, NAN, 1.0, "", ["cannot be told"], ["gained"]),
    (NAN, NAN, 1.0, "c", ["is withheld"], ["gained", r"1\.0"]),
]  # fmt: skip

# shift in standard deviations and share missing, of either arm
MISSING = [
    ((0.12, NAN), (0.02, 0.01), ["hangs on the missing scores", "0.12 standard deviations", "up to 2%"], ["more than can be passed over"]),
    ((-0.12, 0.8), (0.02, 0.01), ["hangs on the missing scores", "0.12 standard deviations"], ["0.80"]),
    ((0.2, 0.8), (0.04, 0.01), ["to change the finding", "0.20 standard deviations", "At most 4%"], ["hangs on"]),
    ((0.45, 0.8), (0.09, 0.01), ["more than can be passed over", "0.45 standard deviations", "up to 9%"], ["hangs on", "At most"]),
    ((NAN, NAN), (0.03, 0.01), ["more than three standard deviations"], ["hangs on", "nan"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def study() -> Study:
    """The shipped plan, without its margin."""
    plan = load_study("ssif_maths", Path(__file__).parents[2])
    return plan.model_copy(update={"analysis": plan.analysis.model_copy(update={"margin": None})})


def result(estimate: float, p: float) -> dict[str, float]:
    """An estimate with the interval of a normal with this p."""
    half = abs(estimate) * 1.959964 / float(stats.norm.isf(p / 2)) if p == p else NAN
    return {"estimate": estimate, "ci_low": estimate - half, "ci_high": estimate + half, "p_value": p}


def judged(study: Study, question: str, row: dict[str, float]) -> pd.DataFrame:
    """The claims of a project of which every other answer is as good as zero."""
    rows = {name: result(0.1, 0.9) for name in (*TERMS, *ANSWERS, *JOINT, *ALONE)} | {question: row}
    if question in ALONE:
        compared = study.comparison.model_copy(update={"kind": "norm"})
        plan = study.analysis.model_copy(update={"models": {}})
        study = study.model_copy(update={"comparison": compared, "analysis": plan})

    def table(names: tuple[str, ...]) -> pd.DataFrame:
        return pd.DataFrame([{"question": name, **rows[name]} for name in names])

    models = [
        {"model": "headline" if name == "headline" else "gap_slope", "term": term, **rows[name]}
        for name, term in TERMS.items()
    ]
    asked = () if question in ALONE else ANSWERS
    answers = table(asked) if asked else table(ANSWERS).iloc[:0]
    tests = table(JOINT) if asked else table(JOINT).iloc[:0]
    return claims(study, pd.DataFrame(models), NO_ROWS, NO_ROWS, table(ALONE), tests, answers)


def page(release: Release, found: pd.DataFrame, **tables: pd.DataFrame) -> Release:
    return replace(release, tables={**release.tables, **tables, "claims": found.assign(symbol="")})


def hold(sentence: str, must: list[str], must_not: list[str]) -> None:
    for text in must:
        assert text.lower() in sentence.lower()
    for pattern in (*must_not, NEVER, CAUSE):
        assert not re.search(pattern, sentence, re.IGNORECASE), pattern


@pytest.mark.parametrize(("question", "estimate", "p", "must", "must_not"), CASES)
def test_what_the_rules_allow_is_said_and_no_more(
    ssif: Release, study: Study, question: str, estimate: float, p: float, must: list[str], must_not: list[str]
) -> None:  # fmt: skip
    row = result(estimate, p)
    tested = pd.DataFrame([{"question": question, "p_value": p, "symbol": ""}])
    release = page(ssif, judged(study, question, row), joint_tests=tested)
    said = parts.joint(release, question) if question in JOINT else claim(release, question, pd.Series(row))
    hold(said, must, must_not)


@pytest.mark.parametrize(("estimate", "bound", "margin", "symbol", "must", "must_not"), SUPPORTING)
def test_supporting_schools_are_judged_against_the_margin_alone(
    ssif: Release, study: Study, estimate: float, bound: float, margin: float, symbol: str, must: list[str], must_not: list[str]
) -> None:  # fmt: skip
    row = {
        "question": "supporting",
        "estimate": estimate,
        "bound": bound,
        "margin": margin,
        "n_schools": 2,
        "n_comparison": 20,
        "reason": "",
        "symbol": symbol,
    }
    table = pd.DataFrame([row])
    found = supporting_claim(judged(study, "headline", result(0.1, 0.9)), table)
    known = replace(ssif, meta={**ssif.meta, "margin": margin if margin == margin else None})
    (said,) = supporting(page(known, found, supporting=table)).paragraphs
    hold(said, must, must_not)


@pytest.mark.parametrize(("shifts", "shares", "must", "must_not"), MISSING)
def test_what_the_missing_could_change_is_said(
    ssif: Release, shifts: tuple[float, float], shares: tuple[float, float], must: list[str], must_not: list[str]
) -> None:  # fmt: skip
    tipped = pd.DataFrame({"arm": ["a", "b"], "delta_sd": shifts, "share": shares, "n_missing": [9, 5]})
    found = missing_claim(tipped)
    (said,) = robustness.missing(page(ssif, found, tipping=tipped)).paragraphs
    hold(said, must, must_not)


def test_where_none_is_missing_nothing_is_said_of_them(ssif: Release) -> None:
    tipped = pd.DataFrame({"delta_sd": [0.1], "share": [0.0], "n_missing": [0]})
    assert not robustness.missing(page(ssif, missing_claim(tipped), tipping=tipped)).paragraphs


def test_one_finding_beside_another_that_is_none_is_no_difference(ssif: Release, study: Study) -> None:
    """The main answer is found and the gap's change is not: nothing is said of the gap from that."""
    release = page(ssif, judged(study, "headline", result(3.0, 0.0001)))
    assert "scored 3.0" in claim(release, "headline", pd.Series(result(3.0, 0.0001)))
    hold(claim(release, "gap_change", pd.Series(result(0.1, 0.9))), [OPEN], [SETTLED])


def families() -> Iterator[str]:
    yield from (case[0] for case in CASES)
    yield from ("supporting", "missing")


def test_every_family_of_the_project_is_here(study: Study) -> None:
    assert set(families()) == {*TERMS, *ANSWERS, *JOINT, *ALONE, "supporting", "missing"}
    assert sum(CHANCE in must for *_, must, _ in CASES) >= 10

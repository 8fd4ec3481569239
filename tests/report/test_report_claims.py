"""Constructed results, each with what must be said of it and what must not: the rules for claims, and their words, together."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from evaluation.disclose import Release
from evaluation.impact.claims import code
from evaluation.report import project, wording
from evaluation.report.facts import claim
from evaluation.study import find_root

NAN = float("nan")
SUFFIXES = {".py", ".j2", ".ipynb"}
NEVER = (
    r"no (effect|impact|difference)|unchanged|\brank|league|signific|proves?\b|months|better school|\bnan\b"
)
CAUSE = r"caus|\bimpact|effect of|because of the project|led to|raised|made a difference|thanks to"
SETTLED = r"scored|rose|fell|gained .* (more|less) than|larger|smaller for"
OPEN = "do not settle"
NORM = "norm"

# comparison, question, estimate, interval, margin; what is said; what is not
CASES = [
    # Compared by lot: a difference may be credited to what was done, in the sentence on the comparison alone.
    ("randomised", "headline", 8.3, 3.2, 13.4, None, ["8.3 scale points higher", "3.2 to 13.4"], [OPEN]),
    ("randomised", "headline", -8.3, -13.4, -3.2, None, ["8.3 scale points lower", "3.2 to 13.4"], [OPEN]),
    ("randomised", "headline", 2.0, -1.0, 5.0, None, [OPEN, "1.0 lower to 5.0 scale points higher"], [SETTLED]),
    ("randomised", "headline", -2.0, -5.0, 1.0, None, [OPEN, "2.0 scale points lower"], [SETTLED]),
    ("randomised", "headline", 0.0, -0.4, 0.4, None, [OPEN], [SETTLED, "smaller than"]),
    ("randomised", "headline", 0.1, -0.6, 0.8, 1.0, ["smaller than 1.0 scale points either way", "fixed beforehand"], [OPEN]),
    ("randomised", "headline", 0.5, 0.2, 0.8, 1.0, ["smaller than 1.0 scale points", "0.5 scale points higher"], [OPEN]),
    ("randomised", "headline", 0.5, 0.2, 1.2, 1.0, ["0.5 scale points higher"], ["smaller than"]),
    ("randomised", "headline", 0.1, -1.0, 0.8, 1.0, [OPEN], ["smaller than"]),
    ("randomised", "headline", 0.1, -1.3, 1.2, 1.0, [OPEN], ["smaller than"]),
    ("randomised", "headline", 3.0, NAN, NAN, None, ["cannot be estimated"], ["3.0", SETTLED]),
    ("randomised", "headline", 3.0, NAN, NAN, 9.0, ["cannot be estimated"], ["smaller than"]),
    ("randomised", "headline", 5.0, 0.0, 10.0, None, [OPEN], [SETTLED]),
    ("randomised", "headline", 5.0, 0.04, 9.96, None, ["5.0 scale points higher", "0.0 to 10.0"], [OPEN]),
    # Matched and published comparisons say the same of the figures.
    ("matched", "headline", 2.5, 0.5, 4.5, None, ["2.5 scale points higher"], [OPEN]),
    ("matched", "headline", 2.5, -0.5, 5.5, None, [OPEN], [SETTLED]),
    ("published", "headline", 2.5, 0.5, 4.5, None, ["2.5 scale points higher"], [OPEN]),
    ("published", "headline", -0.2, -0.7, 0.3, 1.0, ["smaller than 1.0 scale points either way"], [OPEN]),
    # Whether the gap changed comes from the interaction, never from one group's result beside another's.
    ("randomised", "gap_change", 3.0, 1.0, 5.0, None, ["3.0 scale points larger for", "in favour of"], [OPEN]),
    ("randomised", "gap_change", -3.0, -5.0, -1.0, None, ["3.0 scale points smaller for", "to the disfavour of"], [OPEN]),
    ("randomised", "gap_change", 3.0, -1.0, 7.0, None, [OPEN, "3.0 scale points better"], [SETTLED]),
    ("randomised", "gap_change", -3.0, -7.0, 1.0, None, [OPEN, "3.0 scale points worse"], [SETTLED]),
    ("randomised", "gap_change", 0.0, -0.9, 0.9, 1.0, ["to within 1.0 scale points", "fixed beforehand"], [OPEN]),
    ("randomised", "gap_change", 0.0, NAN, NAN, 1.0, ["cannot be estimated"], ["to within"]),
    ("matched", "gap_change", 3.0, 1.0, 5.0, 1.0, ["3.0 scale points larger"], ["to within"]),
    # The gap itself is a plain fact of the groups.
    ("randomised", "gap", -21.4, -25.0, -17.8, None, ["21.4 scale points lower", "17.8 to 25.0"], ["open"]),
    ("randomised", "gap", 21.4, 17.8, 25.0, None, ["21.4 scale points higher"], ["open"]),
    ("randomised", "gap", -2.0, -6.0, 2.0, None, ["2.0 scale points lower", "leave that open"], []),
    ("randomised", "gap", -0.2, -0.5, 0.1, 1.0, ["leave that open"], ["smaller than", "to within"]),
    ("randomised", "gap", -2.0, NAN, NAN, None, ["cannot be estimated"], ["lower"]),
    # Nobody to compare with: what happened, against norms where there are any.
    ("norm", "change", 2.3, 0.2, 4.4, None, ["rose by 2.3 scale points", NORM, "schools counted alike"], [OPEN, "than pupils"]),
    ("norm", "change", -2.3, -4.4, -0.2, None, ["fell by 2.3 scale points", NORM], [OPEN]),
    ("norm", "change", 2.3, -0.2, 4.8, None, [OPEN, "0.2 down to 4.8 scale points up"], ["counted alike"]),
    ("norm", "change", -2.3, -4.8, 0.2, None, [OPEN, "they fell by 2.3"], ["counted alike"]),
    ("norm", "change", 0.1, -0.4, 0.6, 1.0, ["moved by less than 1.0 scale points", NORM], [OPEN]),
    ("norm", "change", 0.1, -0.4, 0.6, 1.25, ["moved by less than 1.25 scale points"], [OPEN]),
    ("norm", "change", 2.3, NAN, NAN, None, ["cannot be estimated"], ["2.3"]),
    ("none", "change", 2.3, 0.2, 4.4, None, ["rose by 2.3 scale points", "no norms"], ["national", OPEN]),
    ("none", "change", -2.3, -5.0, 0.4, None, [OPEN, "no norms"], ["national"]),
    ("norm", "change_in_gap", 1.5, 0.5, 2.5, None, ["gained 1.5 scale points more than"], [OPEN]),
    ("norm", "change_in_gap", -1.5, -2.5, -0.5, None, ["gained 1.5 scale points less than"], [OPEN]),
    ("norm", "change_in_gap", 1.5, -0.5, 3.5, None, [OPEN, "1.5 scale points better"], ["gained 1.5"]),
    ("none", "change_in_gap", 0.0, -0.6, 0.6, 1.0, ["gained the same to within 1.0 scale points"], [OPEN]),
    ("norm", "change_in_gap", 0.0, NAN, NAN, None, ["cannot be estimated"], ["gained the same"]),
    # Help that teachers gave, and those who took it up: associations, whatever the comparison of schools.
    ("matched", "helped", -2.0, -3.5, -0.5, None, ["is associated with results 2.0 scale points lower", "alike at the start"], [OPEN]),
    ("randomised", "helped", 2.0, 0.5, 3.5, None, ["is associated with results 2.0 scale points higher"], [OPEN]),
    ("matched", "helped", 2.0, -0.5, 4.5, None, [OPEN, "0.5 lower to 4.5 scale points higher"], [SETTLED]),
    ("matched", "helped", 2.0, NAN, NAN, None, ["cannot be told"], ["2.0"]),
    ("matched", "compliance", 2.0, 0.5, 3.9, None, ["the whole difference theirs", "2.0 scale points higher"], [OPEN]),
    ("matched", "compliance", 2.0, -0.5, 5.1, None, [OPEN, "were the whole difference theirs"], [SETTLED]),
    ("matched", "compliance", 2.0, NAN, NAN, None, ["cannot be told"], ["2.0"]),
    # A school among others: above or below what is expected, and in no order.
    ("randomised", "school", 6.0, 2.0, 10.0, None, ["6.0 scale points above the average school’s"], [OPEN, "expects"]),
    ("randomised", "school", -6.0, -10.0, -2.0, None, ["6.0 scale points below the average school’s"], [OPEN, "expects"]),
    ("randomised", "school", 2.0, -2.0, 6.0, 9.0, [OPEN, "2.0 below to 6.0 scale points above"], ["smaller than"]),
]  # fmt: skip


def said(
    release: Release, kind: str, question: str, figures: tuple[float, float, float], margin: float | None
) -> str:
    """The sentence a page has for a result of the whole project."""
    estimate, low, high = figures
    row = pd.Series({"estimate": estimate, "ci_low": low, "ci_high": high})
    judged = code(low, high, margin if question not in ("gap", "school", "helped", "compliance") else None)
    claims = pd.DataFrame(
        [{"level": "project", "unit": "", "question": question, "code": judged, "symbol": ""}]
    )
    comparison = {**release.meta["comparison"], "kind": kind}
    meta = {**release.meta, "comparison": comparison, "margin": margin, "normed": kind == "norm"}
    return claim(replace(release, meta=meta, tables={**release.tables, "claims": claims}), question, row)


@pytest.mark.parametrize(("kind", "question", "estimate", "low", "high", "margin", "must", "must_not"), CASES)
def test_a_result_gets_its_sentence_and_no_other(
    star: Release, kind: str, question: str, estimate: float, low: float, high: float, margin: float | None, must: list[str],
    must_not: list[str],
) -> None:  # fmt: skip
    sentence = said(star, kind, question, (estimate, low, high), margin)
    for text in must:
        assert text in sentence
    for pattern in (*must_not, NEVER, CAUSE):
        assert not re.search(pattern, sentence, re.IGNORECASE), pattern


def test_there_are_at_least_forty() -> None:
    assert len(CASES) >= 40
    assert {case[0] for case in CASES} == set(wording.STRENGTH)


PANEL = {
    "kenward-roger": 0.049,
    "cr2": 0.093,
    "randomisation": 0.0605,
    "statsmodels": 0.2,
    "group-means": NAN,
}


@pytest.mark.parametrize(
    ("code", "p_values", "open_"),
    [
        ("higher", PANEL, True),
        ("lower", PANEL, True),
        ("inconclusive", PANEL, False),
        ("higher", {**PANEL, "cr2": 0.03, "randomisation": 0.04}, False),
    ],
)
def test_a_difference_that_other_methods_do_not_find_is_not_settled(
    star: Release, code: str, p_values: dict[str, float], open_: bool
) -> None:
    claims = star.tables["claims"].copy()
    claims.loc[claims["question"] == "headline", "code"] = code
    panel = pd.DataFrame(
        {"question": "headline", "method": list(p_values), "p_value": list(p_values.values()), "symbol": ""}
    )
    told = project.headline_sentences(replace(star, tables={**star.tables, "claims": claims, "panel": panel}))
    assert ("(p from 0.049 to 0.093), so that it is not settled." in told[0]) == open_
    p_value = f"{p_values['randomisation']:.3f}"
    assert told[1].startswith("By the randomisation test")
    matched = replace(star, meta={**star.meta, "comparison": {**star.meta["comparison"], "kind": "matched"}})
    told_so = project.headline_sentences(replace(matched, tables={**star.tables, "panel": panel}))[1]
    assert (
        told_so
        == f"By a placebo test, in which others take the places of pupils in small classes, p is {p_value}."
    )
    assert told[1].endswith(f"p is {p_value}.")
    assert "effect size" in told[2]


@pytest.mark.parametrize("kind", list(wording.STRENGTH))
def test_only_lots_credit_what_was_done(kind: str) -> None:
    strength = wording.strength({"kind": kind, "description": "twenty schools nearby"})
    assert ("can be credited to" in strength) == (kind == "randomised")
    assert wording.has_comparison({"kind": kind}) == (kind not in ("norm", "none"))


COST = r"cost.?(effect|benefit)|value for money|\bper pupil\b|£|\bpounds\b|cost_band|ledger"


@pytest.mark.parametrize(
    "room", ["evaluation/report", "evaluation/impact", "evaluation/disclose", "notebooks"]
)
def test_nothing_is_said_of_what_an_effect_cost(room: str) -> None:
    """No page sets costs beside effects, so that none can where the interval includes zero; the ledger is in no release."""
    files = [path for path in (find_root(Path(__file__).parent) / room).rglob("*") if path.suffix in SUFFIXES]
    assert files
    for path in files:
        said = path.read_text(encoding="utf-8")
        assert not re.search(COST, said, re.IGNORECASE), path.name


def test_no_effect_size_or_months_without_a_comparison(star: Release) -> None:
    """An effect size in the release is not spoken of where nobody is compared with."""
    meta = {**star.meta, "comparison": {**star.meta["comparison"], "kind": "norm"}}
    row = {
        "question": "change",
        "estimate": 2.3,
        "ci_low": 0.2,
        "ci_high": 4.4,
        "n_pupils": 96,
        "n_schools": 6,
    }
    claims = pd.DataFrame(
        [{"level": "project", "unit": "", "question": "change", "code": "higher", "symbol": ""}]
    )
    alone = replace(star, meta=meta, tables={**star.tables, "changes": pd.DataFrame([row]), "claims": claims})
    told = " ".join(project.headline_sentences(alone))
    assert "rose by 2.3" in told
    assert "effect size" not in told

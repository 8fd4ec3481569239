"""A release: what each audience is shown at, under and over its threshold, and what two releases tell together."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from disclose_results import Kinds, analysis_of, results_of

from evaluation.disclose import Release, protect
from evaluation.impact import Results
from evaluation.report import gap as gaps
from evaluation.report import school as page
from evaluation.report.facts import school_place
from evaluation.report.items import NOTHING
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
OTHERS: Kinds = {f"{name}{number}": {("4", 1): 24, ("4", 0): 46} for name in "bcde" for number in (1, 2)}
CLUSTERS = {
    "a": "North",
    "b1": "North",
    "b2": "North",
    "c1": "North",
    "c2": "South",
    "d1": "South",
    "d2": "South",
}


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def release(study: Study, kinds: Kinds, audience: str, held: Release | None = None) -> Release:
    return of_table(study, analysis_of(kinds, comparison=("e1", "e2")), audience, held)


def of_table(
    study: Study,
    table: pd.DataFrame,
    audience: str,
    held: Release | None = None,
    last: Release | None = None,
    run: str = "run",
) -> Release:
    return protect(study, results_of(study, table, CLUSTERS), run, "store", audience, held, last)


@pytest.fixture(scope="module")
def others(study: Study) -> Results:
    """The results of the eight schools, of which no group is small."""
    return results_of(study, analysis_of(OTHERS, comparison=("e1", "e2")), CLUSTERS)


@pytest.fixture(scope="module")
def of_others(study: Study, others: Results) -> Callable[[str], Release]:
    """Their release for an audience, which its tests read and none changes."""
    return cache(lambda audience: protect(study, others, "run", "store", audience))


@pytest.fixture(scope="module")
def one_less(study: Study) -> Callable[[float], list[Results]]:
    """Their results with a pupil of b1, disadvantaged or not, of the highest score, and without."""

    def made(disadvantaged: float) -> list[Results]:
        table = analysis_of(OTHERS, comparison=("e1", "e2"))
        there = table[(table["school"] == "b1") & (table["disadvantaged"] == disadvantaged)]
        gone = there.index[0]
        table.loc[gone, "endline"] = 160.0  # whose going shows in intervals too
        tables = (table, table.drop(gone).reset_index(drop=True))
        return [results_of(study, rows, CLUSTERS) for rows in tables]

    return cache(made)


def cell(found: Release, **where: str) -> pd.Series:
    return found.table("descriptives", outcome="endline", **where).iloc[0]


THRESHOLDS = [
    (audience, minimum, minimum + by)
    for audience, minimum in (("school", 6), ("public", 10))
    for by in (-1, 0, 1)
]


@pytest.mark.parametrize(("audience", "minimum", "n"), THRESHOLDS)
def test_a_school_s_count_and_mean_are_shown_from_the_threshold_upwards(
    study: Study, audience: str, minimum: int, n: int
) -> None:
    found = cell(
        release(study, {"a": {("4", 0): n}, **OTHERS}, audience), level="school", unit="a", split="all"
    )
    assert (found["symbol"] == "") == (n >= minimum)
    assert np.isfinite(found["n"]) == np.isfinite(found["mean"]) == (n >= minimum)


@pytest.mark.parametrize("n", [5, 6, 7])
def test_a_school_s_own_gap_its_claim_and_its_figures_are_shown_from_the_threshold_upwards(
    study: Study, n: int
) -> None:
    found = release(study, {"a": {("4", 1): n, ("4", 0): 44}, **OTHERS}, "school")
    here, may = school_place(found, "a"), n >= 6
    group = cell(found, level="school", unit="a", split="disadvantaged", group=study.words.disadvantaged)
    assert (group["symbol"] == "") == np.isfinite(group["mean"]) == may
    gap = found.table("differences", level="school", unit="a", measure="gap").iloc[0]
    assert np.isfinite(gap["estimate"]) == np.isfinite(gap["ci_low"]) == may
    claim = found.table("claims", level="school", unit="a", question="gap")["code"].iloc[0]
    assert (claim == "withheld") == (not may)
    assert ("withheld" in gaps.place_gap(found, here)) == (not may)
    assert (page.attainment_figure(found, "a") == NOTHING) == (not may)


@pytest.mark.parametrize(
    ("audience", "n"),
    [("cluster", 5), ("cluster", 6), ("cluster", 7), ("public", 9), ("public", 10), ("public", 11)],
)
def test_a_cluster_s_gap_is_shown_from_the_threshold_upwards(study: Study, audience: str, n: int) -> None:
    one = {"a": {("4", 0): 60, ("4", 1): n}, **{name: {("4", 0): 60} for name in ("b1", "b2", "c1")}}
    found = release(study, {**OTHERS, **one}, audience)
    gap = found.table("differences", level="cluster", unit="North", measure="gap").iloc[0]
    assert not (np.isfinite(gap["estimate"]) and n < {"cluster": 6, "public": 10}[audience])


@pytest.mark.parametrize(
    ("audience", "n", "shown"),
    [("school", 17, False), ("school", 18, True), ("public", 29, False), ("public", 30, True)],
)
def test_a_standard_deviation_needs_three_times_the_minimum_and_is_the_project_s_alone(
    study: Study, audience: str, n: int, shown: bool
) -> None:
    least = {"school": 6, "public": 10}[audience]
    kinds = {name: {("4", 0): 60, ("4", 1): least} for name in ("a", "b1")}
    kinds["e1"] = {("4", 0): 60, ("4", 1): n - 2 * least}
    found = release(study, kinds, audience)
    sds = found.table("descriptives", level="project", split="disadvantaged", outcome="endline")
    assert sds["sd"].notna().tolist() == [shown, shown]
    assert found.table("descriptives", level="school")["sd"].isna().all()
    assert found.table("descriptives", level="project", split="all")["sd"].notna().all()


@pytest.mark.parametrize(("n", "shown"), [(9, False), (10, True), (11, True)])
def test_a_percentage_is_the_count_it_reveals(study: Study, n: int, shown: bool) -> None:
    kinds = {
        "e1": {("4", 1): n, ("4", 0): 70},
        **{name: sizes for name, sizes in OTHERS.items() if name[0] != "e"},
    }
    table = release(study, kinds, "public").table("balance")
    row = table[table["characteristic"].str.contains(study.words.disadvantaged)].iloc[0]
    assert (row["symbol"] == "") == np.isfinite(row["control"]) == np.isfinite(row["effect_size"]) == shown
    if shown:
        assert round(row["control"] * (n + 70)) == n


def test_only_a_school_s_own_pack_has_figures_by_disadvantage_of_schools(
    of_others: Callable[[str], Release],
) -> None:
    for audience in ("public", "project", "cluster"):
        found = of_others(audience)
        schools = found.table("descriptives", level="school")
        assert set(schools["split"]) == {"all", "year_group"} - ({"year_group"} - set(schools["split"]))
        assert set(found.table("differences", level="school")["measure"]) == {"progress"}
        assert found.tables["school_gaps"].empty
        assert set(found.table("claims", level="school")["question"]) == {"school"}
        assert "own pack" in gaps.gap(found, school_place(found, "b1")).paragraphs[0]
    assert "disadvantaged" in set(of_others("school").table("descriptives", level="school")["split"])


def test_counts_are_as_they_are_and_means_within_half_a_step(
    others: Results, of_others: Callable[[str], Release]
) -> None:
    exact = others.tables["descriptives"]
    keys = ["level", "unit", "split", "group", "outcome"]
    for audience in ("project", "school"):
        shown = of_others(audience).table("descriptives", symbol="")
        both = shown.merge(exact, on=keys, suffixes=("", "_true"))
        assert (both["n"] == both["n_true"]).all()
        assert ((both["mean"] - both["mean_true"]).abs() <= both["rounded_to"] / 2 + 1e-9).all()


def test_a_narrower_audience_s_release_repeats_what_a_wider_one_shows(study: Study) -> None:
    kinds = {**OTHERS, "a": {("4", 1): 8, ("4", 0): 43}}
    wide = release(study, kinds, "project")
    narrow = release(study, kinds, "school", held=wide)
    keys = ["level", "unit", "split", "group", "outcome"]
    shown = wide.table("descriptives", symbol="").set_index(keys)
    again = narrow.table("descriptives").set_index(keys).loc[shown.index]
    pd.testing.assert_frame_equal(again[shown.columns], shown)
    assert len(narrow.table("descriptives", symbol="")) > len(shown)


def test_a_gap_and_progress_are_the_difference_of_the_means_shown(
    of_others: Callable[[str], Release],
) -> None:
    found = of_others("school")
    for unit in ("b1", "d2"):
        means = found.table("descriptives", level="school", unit=unit, split="all").set_index("outcome")[
            "mean"
        ]
        progress = found.table("differences", level="school", unit=unit, measure="progress").iloc[0]
        assert progress["estimate"] == pytest.approx(means["endline"] - means["baseline"])
        halves = progress["ci_high"] - progress["estimate"], progress["estimate"] - progress["ci_low"]
        assert halves[0] == pytest.approx(halves[1])
        assert halves[0] / progress["rounded_to"] == pytest.approx(round(halves[0] / progress["rounded_to"]))


def test_a_claim_follows_from_the_interval_that_is_published(of_others: Callable[[str], Release]) -> None:
    found = of_others("school")
    effects = found.tables["school_effects"].set_index("school")
    for school, code in found.table("claims", question="school")[["unit", "code"]].itertuples(index=False):
        low, high = effects.loc[school, ["ci_low", "ci_high"]]
        assert code == ("higher" if low > 0 else "lower" if high < 0 else "inconclusive")


def status_rows(found: Release) -> pd.DataFrame:
    table = found.tables["descriptives"]
    return table[table["split"].str.contains("disadvantaged")].reset_index(drop=True)


def test_one_pupil_more_shows_nothing_that_was_withheld(study: Study) -> None:
    """The sixth of a school's group: were its cluster shown from now on, the newcomer's status would be told."""
    six = {name: {("4", 0): 60, ("4", 1): 6} for name in ("a", "b1", "b2", "c1")}
    table = analysis_of({**OTHERS, **six}, comparison=("e1", "e2"))
    newcomer = table[(table["school"] == "c1") & (table["disadvantaged"] == 1)].index[0]
    first = of_table(study, table.drop(newcomer).reset_index(drop=True), "cluster", run="first")
    second, alone = (of_table(study, table, "cluster", last=last, run="second") for last in (first, None))
    shown = [set(status_rows(found).query("symbol == ''")["unit"]) for found in (first, second, alone)]
    assert "North" not in shown[0] | shown[1]
    assert "North" in shown[2], "without the first it would have shown"


@pytest.mark.parametrize("disadvantaged", [0.0, 1.0])
@pytest.mark.parametrize("audience", ["project", "cluster", "public"])
def test_one_pupil_less_changes_no_figure_by_disadvantage(
    study: Study, one_less: Callable[[float], list[Results]], audience: str, disadvantaged: float
) -> None:
    whole, less = one_less(disadvantaged)
    first = protect(study, whole, "first", "store", audience)
    second = protect(study, less, "second", "store", audience, last=first)
    pd.testing.assert_frame_equal(status_rows(second), status_rows(first))
    shares = [found.tables["balance"] for found in (second, first)]
    pd.testing.assert_frame_equal(*(t[t["characteristic"].str.startswith("proportion")] for t in shares))
    gaps_shown = [found.table("differences", measure="gap") for found in (second, first)]
    pd.testing.assert_frame_equal(*gaps_shown)
    assert (first.meta["standing"], second.meta["standing"]) == ("", "first")
    alone = protect(study, less, "second", "store", audience)
    assert not status_rows(alone).equals(status_rows(first)), "without the first it would have shown"
    everyone = [
        found.table("descriptives", level="school", unit="b1", split="all") for found in (first, second)
    ]
    assert (everyone[0]["n"] - everyone[1]["n"]).tolist() == [1.0, 1.0, 1.0]
    third = protect(study, less, "third", "store", audience, last=second)
    assert third.meta["standing"] == "first"


def test_figures_by_disadvantage_are_new_where_enough_has_changed_or_nothing_has(
    study: Study, others: Results
) -> None:
    table = analysis_of(OTHERS, comparison=("e1", "e2"))
    first = protect(study, others, "first", "store", "project")
    same = protect(study, others, "second", "store", "project", last=first)
    assert same.meta["standing"] == ""
    raised = table.assign(
        endline=table["endline"] + 6.0, midpoint=table["midpoint"] + 6.0, baseline=table["baseline"] + 6.0
    )
    other = of_table(study, raised, "project", last=first, run="third")
    assert other.meta["standing"] == ""
    assert not status_rows(other).equals(status_rows(first))


def test_a_school_s_own_pack_has_its_figures_by_disadvantage_as_they_are(
    study: Study, one_less: Callable[[float], list[Results]]
) -> None:
    whole, less = one_less(1.0)
    first = protect(study, whole, "first", "store", "school")
    second = protect(study, less, "second", "store", "school", last=first)
    group = {"level": "school", "unit": "b1", "split": "disadvantaged", "group": study.words.disadvantaged}
    assert [cell(found, **group)["n"] for found in (first, second)] == [24, 23]

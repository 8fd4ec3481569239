"""Without a comparison: what is said of a change, how much of it may be nothing, every school's point, and all of it afresh."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from report_releases import alone

from evaluation.disclose import Release
from evaluation.errors import ReportError
from evaluation.impact.change import changed_schools, changes
from evaluation.report import change_schools, cluster, design, impact, project, school
from evaluation.report.change import change
from evaluation.report.detectable import detectable
from evaluation.report.growth import growth
from evaluation.report.items import Figure, Prose, Table
from evaluation.study import Study, find_root, load_study

KINDS = ("norm", "none")
NEARER = "nearer the average the next time"


@pytest.mark.parametrize("kind", KINDS)
def test_few_schools_are_allowed_for_by_what_is_used(ssif: Release, kind: str) -> None:
    said = str(design.threats(alone(ssif, kind)))
    assert "Kenward-Roger" not in said
    assert "Student’s t on 7 degrees of freedom, one fewer than schools" in said
    assert "Nobody to compare with" in said
    few = alone(ssif, kind)
    few.tables["changes"].loc[:, ["ci_low", "ci_high"]] = np.nan
    assert "no interval is given" in str(design.threats(few))
    estimates = ssif.tables["estimates"].assign(n_schools=10)
    compared = replace(ssif, tables={**ssif.tables, "estimates": estimates})
    assert "Kenward-Roger" in str(design.threats(compared))


@pytest.mark.parametrize("kind", ["matched", *KINDS])
def test_growth_is_read_beside_an_answer_that_is_as_described(ssif: Release, kind: str) -> None:
    row = {
        "outcome": "maths_summer",
        "estimate": 0.5,
        "ci_low": -1.0,
        "ci_high": 2.0,
        "p_value": 0.4,
        "p_adjusted": 0.4,
    }
    table = pd.DataFrame([{**row, "reason": "", "symbol": ""}])
    release = ssif if kind == "matched" else alone(ssif, kind)
    said = str(growth(replace(release, tables={**release.tables, "growth": table})))
    assert ("from the same start" in said) == (kind == "matched")
    assert ("a change as well" in said) == (kind != "matched")


@pytest.mark.parametrize("kind", ["randomised", "matched", *KINDS])
def test_what_a_finding_is_a_guide_to_goes_by_the_comparison(ssif: Release, kind: str) -> None:
    claims = ssif.tables["claims"].replace({"code": {"inconclusive": "higher"}})
    comparison = {**ssif.meta["comparison"], "kind": kind}
    compared = Release({**ssif.meta, "comparison": comparison}, {**ssif.tables, "claims": claims})
    release = alone(ssif, kind) if kind in KINDS else compared
    said = school.project(release, "101").paragraphs[-1]
    assert ("best single guide" in said) == (kind == "randomised")
    assert ("other ways in which the schools compared differ" in said) == (kind == "matched")
    assert ("no guide to what to expect" in said) == (kind in KINDS)
    assert said.endswith("one school’s own figures are too few to tell.")


@pytest.mark.parametrize(
    ("kind", "regression", "bound"),
    [
        ("norm", 1.3, "could make up to 1.3 standardised points"),
        ("norm", 0.0, "did not start below the norm"),
        ("norm", np.nan, "from so few pupils"),
        ("none", np.nan, "cannot be bounded here: no norms"),
    ],
)
def test_regression_to_the_mean_is_said_wherever_a_change_is(
    ssif: Release, kind: str, regression: float, bound: str
) -> None:
    release = alone(ssif, kind, regression)
    for item in (
        impact.headline(release),
        school.project(release, "101"),
        cluster.project(release, "North"),
        design.threats(release),
        change(release),
    ):
        assert NEARER in str(item)
        assert bound in str(item)


def test_one_school_s_and_one_cluster_s_change_is_said_to_be_partly_that(ssif: Release) -> None:
    for release in (ssif, alone(ssif)):
        assert NEARER in str(school.progress(release, "101"))
        assert NEARER in str(cluster.schools(release, "North"))
    assert NEARER not in " ".join(project.project_findings(ssif)), "of what is compared it is no threat"


def test_the_plan_says_how_the_change_is_answered(ssif: Release) -> None:
    table = design.plan(alone(ssif))
    lines = table.groups[0].rows
    assert [line[0].split()[0] for line in lines] == ["How", "Whether"]
    assert "which weigh alike" in lines[0][1]
    assert "sign flips" in lines[0][2]
    assert "lme4" not in str(table)
    assert "lme4" in str(design.plan(ssif))


def test_what_it_can_detect_is_titled_and_its_reason_given(ssif: Release) -> None:
    row = {"model": "", "stage": "as planned", "mdes": 0.23, "mdes_units": 3.5, "df": 7.0, "reason": ""}
    none = {**row, "mdes": np.nan, "mdes_units": np.nan, "df": np.nan, "reason": "there is nobody"}
    power = pd.DataFrame([{**row, "question": "change"}, {**none, "question": "change_in_gap"}]).assign(
        symbol=""
    )
    release = alone(ssif)
    table = detectable(replace(release, tables={**release.tables, "power": power}))
    assert isinstance(table, Table)
    assert table.groups[0].rows[0][2:] == ("0.23", "3.5", "7.0")
    assert "none, because there is nobody." in table.notes[-1]
    assert "sd" not in table.notes[0]


def test_models_that_are_not_to_be_expected_are_not_missed(ssif: Release) -> None:
    release = alone(ssif)
    assert not str(impact.estimates(release, "headline"))
    assert not str(impact.agreement(release, "headline", None))


def test_every_school_s_point_is_that_of_its_published_means(ssif: Release) -> None:
    release = alone(ssif)
    table = release.tables["descriptives"]
    hidden = (table["unit"] == "102") & (table["outcome"] == "maths_autumn")
    table.loc[hidden, "mean"], table.loc[hidden, "symbol"] = np.nan, "c"
    release.meta["baseline"] = {**release.meta["baseline"], "norm_mean": 50.0, "norm_sd": 10.0}
    mine = table[(table["unit"] == "101") & (table["split"] == "all")].set_index("outcome")["mean"]
    figure = change_schools.schools_figure(release)
    assert isinstance(figure, Figure)
    point = mine["maths_summer"] - 100 - (mine["maths_autumn"] - 50) / 10 * 15
    assert f"Ashgrove Primary School, {point:.1f}".replace("-", "−") in figure.alt
    assert "Withheld to protect pupils: Birchwood Primary School." in figure.caption
    assert "Dunmore" not in figure.alt, "a supporting school is not in the estimate"
    assert not str(change_schools.schools_figure(ssif))


@pytest.fixture(scope="module")
def study() -> Study:
    found = load_study("ssif_maths", find_root(Path(__file__).parent))
    return found.model_copy(update={"comparison": found.comparison.model_copy(update={"kind": "norm"})})


@pytest.fixture(scope="module")
def pupils() -> pd.DataFrame:
    """Six schools of twelve, one school without disadvantaged pupils, and pupils who do not count."""
    generator = np.random.default_rng(4)
    school = np.repeat(list("abcdef"), 12)
    first = generator.normal(95, 12, 72).round()
    last = (first + generator.normal(2, 6, 72) + np.repeat(generator.normal(0, 2, 6), 12)).round()
    status = np.where(school == "f", 0.0, np.tile([0.0, 1.0, 0.0], 24))
    found = pd.DataFrame({"school": school, "baseline": first, "endline": last, "disadvantaged": status})
    found.loc[3, "endline"] = np.nan
    return found.assign(treated=np.where(found.index == 20, 0.0, 1.0), in_population=True)


@pytest.fixture
def worked(ssif: Release, study: Study, pupils: pd.DataFrame) -> Release:
    """A release whose changes are those of the pupils."""
    release = alone(ssif)
    names = {"baseline": "baseline", "outcome": "endline"}
    tests = {kind: {**release.meta[kind], "name": name} for kind, name in names.items()}
    treatment = {"name": "treated", "label": "taking part"}
    counted = {"changed_schools": changed_schools(study, pupils), "treatment": treatment}
    table = changes(study, pupils).assign(without_one_low=np.nan, symbol="")
    return Release({**release.meta, **tests, **counted}, {**release.tables, "changes": table})


def by_school(release: Release, pupils: pd.DataFrame) -> pd.Series:
    both = change_schools.with_both(release, pupils)
    return (both["last"] - both["first"]).groupby(both["school"]).mean()


def test_worked_out_afresh_it_agrees(worked: Release, pupils: pd.DataFrame) -> None:
    assert worked.meta["changed_schools"] == list("abcdef")
    said = str(change_schools.agreement(worked, "change", by_school(worked, pupils)))
    assert "agrees" in said
    assert "t on 5 degrees of freedom" in said


@pytest.mark.parametrize(
    "name",
    ["estimate", "std_error", "ci_low", "ci_high", "p_value", "p_sign_flip", "without_one_high", "n_schools"],
)
def test_a_figure_that_was_altered_is_seen(worked: Release, pupils: pd.DataFrame, name: str) -> None:
    table = worked.tables["changes"]
    by = {"without_one_high": 1.0, "n_schools": 1}.get(name, 1e-5)
    table[name] += by if name != "n_schools" else 1
    with pytest.raises(ReportError, match=f"change, {name}: .*do not belong together"):
        change_schools.agreement(worked, "change", by_school(worked, pupils))


def test_the_review_page_works_it_out_from_the_store(
    worked: Release, pupils: pd.DataFrame, review_page: Callable[[Release, pd.DataFrame], list[Any]]
) -> None:
    items = review_page(worked, pupils)
    assert sum("worked out afresh" in str(item) for item in items if isinstance(item, Prose)) == 2


@pytest.mark.parametrize("name", ["estimate", "std_error", "ci_high", "p_value", "p_sign_flip"])
def test_a_figure_that_is_missing_is_no_agreement(worked: Release, pupils: pd.DataFrame, name: str) -> None:
    worked.tables["changes"][name] = np.nan
    with pytest.raises(ReportError, match="do not belong together"):
        change_schools.agreement(worked, "change", by_school(worked, pupils))


@pytest.mark.parametrize("schools", [1, 2, 3])
def test_of_few_schools_what_there_is_agrees(
    worked: Release, study: Study, pupils: pd.DataFrame, schools: int
) -> None:
    few = pupils[pupils["school"].isin(list("abc"[:schools]))]
    table = changes(study, few).assign(symbol="")
    release = Release(worked.meta, {**worked.tables, "changes": table})
    assert "agrees" in str(change_schools.agreement(release, "change", by_school(release, few)))

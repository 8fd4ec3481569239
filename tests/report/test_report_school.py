"""A school's page: what is withheld stays so, what does not apply is left out, and there is always something to read."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
from report_pages import shown

from evaluation.disclose import Release
from evaluation.errors import ReportError
from evaluation.report import cluster, school
from evaluation.report.items import NOTHING, Figure, Prose, Table


def test_a_small_group_is_withheld_and_the_rest_is_said(star: Release) -> None:
    findings = school.key_findings(star, "7").points
    assert any("withheld" in point for point in findings)
    assert any("52 pupils" in point for point in findings)
    assert any("21.4 scale points lower" in point for point in findings), "the project's gap stands in"
    withheld = school.withheld(star, "7")
    assert "all pupils together" in withheld.paragraphs[1]
    assert withheld.points == ["Pupils with free school lunch; pupils without free school lunch"]


def test_what_is_allowed_for_is_what_the_main_model_holds(star: Release, ssif: Release) -> None:
    """STAR's holds class types alone; the project's, first scores and what each pupil was like."""
    said = school.compared(star, "28").paragraphs[0]
    assert said.startswith(
        "Allowing only for which group pupils were in, and for nothing of how they started"
    )
    assert "12.4 scale points above the average school’s" in said
    terms = {
        "treated": "taking part",
        "maths_autumn_within": "pupil beside the school average",
        "maths_autumn_school": "school average",
        "disadvantaged": "disadvantaged pupils",
        "year_group[T.4]": "year group 4",
        "house[T.red]": "house red",
    }
    model = ssif.tables["estimates"].iloc[:1]
    model = pd.concat([model.assign(term=term, label=label) for term, label in terms.items()])
    held = replace(ssif, tables={**ssif.tables, "estimates": model.assign(model="headline")})
    said = school.compared(held, "201").paragraphs[0]
    assert said.startswith("Allowing for first scores, disadvantage, year group and house, results here are")
    assert "above what the main analysis expects of such a school" in said


def test_raw_stands_beside_shrunken_where_it_may(star: Release) -> None:
    assert "before it is drawn towards the average, the difference is 18.2 scale points above" in str(
        school.compared(star, "28")
    )
    effects = star.tables["school_effects"]
    hidden = replace(star, tables={**star.tables, "school_effects": effects.assign(raw=float("nan"))})
    said = str(school.compared(hidden, "28"))
    assert "18.2" not in said
    assert "is not given, to protect pupils" in said
    coarse = replace(star, tables={**star.tables, "school_effects": effects.assign(raw_rounded_to=2.0)})
    assert "the difference is about 18.2 scale points above" in str(school.compared(coarse, "28"))


@pytest.mark.parametrize(("step", "word"), [(0.1, ""), (0.5, "about "), (1.0, "about ")])
def test_a_figure_rounded_coarsely_is_said_to_be_about_that(ssif: Release, step: float, word: str) -> None:
    tables = {
        name: ssif.tables[name].assign(rounded_to=step)
        for name in ("descriptives", "differences", "school_effects")
    }
    coarse = replace(ssif, tables={**ssif.tables, **tables})
    assert f"rose by {word}2.2 standardised points" in str(school.progress(coarse, "101"))
    findings = str(school.key_findings(coarse, "201"))
    assert f"results here are {word}2.4 standardised points above" in findings
    assert ("Their average is about" in findings) == bool(word)
    assert f"scored {word}6.4 standardised points lower" in findings


def test_a_withheld_gap_is_in_no_figure(star: Release) -> None:
    assert school.gap_figure(star, "7") == NOTHING
    figure = school.attainment_figure(star, "7")
    assert isinstance(figure, Figure)
    assert "lunch" not in figure.alt


def test_a_school_with_everything_withheld_still_has_a_page(star: Release) -> None:
    assert isinstance(school.attainment(star, "9"), Prose)
    assert school.attainment_figure(star, "9") == NOTHING
    assert school.compared_figure(star, "9") == NOTHING
    assert "withheld" in school.compared(star, "9").paragraphs[0]
    assert "8.3 scale points" in school.project(star, "9").paragraphs[0]


def test_one_wave_and_one_year_group_leave_no_empty_sections(star: Release) -> None:
    assert school.progress(star, "28") == NOTHING
    assert school.year_groups(star, "28") == NOTHING
    assert (
        school.treatment(star, "28").heading
        == "Pupils in small classes and pupils in regular classes, with or without an aide"
    )


def test_three_waves_and_year_groups_have_theirs(ssif: Release) -> None:
    assert "rose by 2.2 standardised points" in school.progress(ssif, "101").paragraphs[0]
    table = school.year_groups(ssif, "101")
    assert isinstance(table, Table)
    assert [group.title for group in table.groups] == ["Year 2", "Year 4", "Year 7"]
    assert school.treatment(ssif, "101") == NOTHING


def test_a_supporting_school_is_not_compared_and_is_told_why(ssif: Release) -> None:
    assert "not part of the main analysis" in school.compared(ssif, "301").paragraphs[0]
    assert "supported the others" in school.project(ssif, "301").paragraphs[-1]


def test_a_gap_between_pupils_who_started_level_is_not_drawn_beside_the_plain_one(ssif: Release) -> None:
    said = school.gap(ssif, "101").paragraphs
    assert said[0].startswith("In this school, disadvantaged pupils scored 6.4 standardised points lower")
    assert said[1] == "Among all the pupils of the main analysis the difference is 6.4 standardised points."
    assert said[2].startswith("Set against pupils who started at the same level")
    figure = school.gap_figure(ssif, "101")
    assert isinstance(figure, Figure)
    assert "−6.4" not in figure.alt


def test_groups_inside_groups_stand_under_them(star: Release) -> None:
    table = school.within_groups(star, "28")
    assert isinstance(table, Table)
    assert [group.title for group in table.groups] == [
        "Pupils in regular classes, with or without an aide",
        "Pupils in small classes",
    ]
    assert table.groups[1].rows[1] == ("Pupils without free school lunch", "c", "c", "502.5")
    assert school.withheld(star, "28").points == [
        "Among pupils in small classes: pupils without free school lunch"
    ]


def test_where_schools_are_compared_a_place_is_not_split_by_treatment(ssif: Release) -> None:
    # the Coast cluster holds a supporting school, whose pupils are not "pupils in comparison schools"
    table = cluster.attainment(ssif, "Coast")
    assert [group.title for group in table.groups] == ["All pupils", "Disadvantaged pupils", "Other pupils"]
    assert "comparison schools" not in repr(cluster.attainment_figure(ssif, "Coast"))


def test_a_cluster_lists_its_schools_as_the_register_does(ssif: Release) -> None:
    table = cluster.schools(ssif, "North")
    assert [row[0] for row in table.groups[0].rows] == ["Ashgrove Primary School", "Birchwood Primary School"]
    assert table.columns == ("School", "Pupils", "Average", "Progress", "Gap")


@pytest.mark.parametrize(
    ("unit", "nearest"), [("208", "Did you mean '28'"), ("zzz", "No report for school 'zzz'")]
)
def test_an_unknown_school_is_named_with_the_nearest(star: Release, unit: str, nearest: str) -> None:
    with pytest.raises(ReportError, match=nearest):
        school.cover(star, unit)


def test_an_unknown_cluster_is_named_with_the_nearest(ssif: Release) -> None:
    with pytest.raises(ReportError, match="Did you mean 'North'"):
        cluster.cover(ssif, "Nort")


@pytest.mark.parametrize("name", ["star", "ssif"])
def test_no_heading_stands_over_nothing(
    name: str, request: pytest.FixtureRequest, published: Callable[[Release], dict[str, str]]
) -> None:
    release = request.getfixturevalue(name)
    parameters = published(release)
    for one in release.meta["reported_schools"]:
        for item in shown("50_school_report", {**parameters, "school": one}):
            if isinstance(item, Prose) and item.heading:
                assert [*item.paragraphs, *item.points], item.heading

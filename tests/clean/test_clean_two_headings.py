"""Headings in two rows, a row of units under them, and both again further down the sheet."""

from pathlib import Path

import pytest
from clean_tables import results
from real_path import as_csv, as_xlsx, bytes_of, headed, take

from evaluation.exchange import propose_map
from evaluation.ingest.merged import heading_row

WHO = ["UPN", "Surname", "Forename", "DOB", "School", "Year"]
GROUPS = ["Autumn 2023", "", "Spring 2024", ""]
UNDER = ["Raw", "Standardised", "Raw", "Standardised"]
MAP = dict(zip(("upn", "surname", "forename", "dob", "school", "year_group"), WHO, strict=True))
AUTUMN = {**MAP, "score": "Autumn 2023 Standardised"}


def wide() -> list[list[object]]:
    """Raw and standardised scores of two terms; the one that is wanted is the second of four."""
    return [[*row[:-1], 11, int(row[-1]), 22, 130] for row in results()]


def both_ways(rows: list[list[object]]) -> list[object]:
    """The table with who pupils are headed in the lower row, in the upper, and in an upper one merged with the lower."""
    lower = [["", *[""] * 5, *GROUPS], [*WHO, *UNDER], *rows]
    upper = [[*WHO, *GROUPS], ["", *[""] * 5, *UNDER], *rows]
    merged = as_xlsx(upper)
    merged.active.merge_cells("G1:H1")
    merged.active.merge_cells("I1:J1")
    for column in "ABCDEF":
        merged.active.merge_cells(f"{column}1:{column}2")
    return [lower, upper, bytes_of(merged)]


@pytest.mark.parametrize("form", [0, 1, 2])
def test_a_group_heading_over_sub_headings_is_one_heading(tmp_path: Path, form: int) -> None:
    taken = take(tmp_path, {"marks": both_ways(wide())[form], "roll": headed_roll()}, {"marks": AUTUMN})
    assert taken.received.scores["score"].tolist() == [float(row[-1]) for row in results()]
    assert taken.linked.scores["linked_by"].eq("upn").all()
    joined = taken.issues[taken.issues["rule"].isin(["headings_joined", "merged"])]
    assert "Autumn 2023 Standardised" in joined["column"].tolist()


def headed_roll() -> list[list[object]]:
    from clean_tables import pupils

    return headed(pupils())


def test_headings_and_groups_again_further_down_are_no_pupils(tmp_path: Path) -> None:
    rows = both_ways(wide())[0]
    rows[7:7] = rows[:2]
    taken = take(tmp_path, {"marks": rows, "roll": headed_roll()}, {"marks": AUTUMN})
    assert taken.told("marks", "heading") == [9]
    assert taken.told("marks", "total") == [8]
    assert taken.received.scores["score"].tolist() == [float(row[-1]) for row in results()]


@pytest.mark.parametrize(
    "units",
    [
        ["text", "text", "text", "dd/mm/yyyy", "number", "", "70-130"],
        ["13 characters", "", "", "DD-MMM-YYYY", "7 digits", "", "marks"],
        ["", "", "", "", "", "", "(standardised)"],
        ["required", "required", "required", "required", "optional", "optional", "Max 130"],
    ],
)
def test_a_row_of_units_under_the_headings_is_listed_and_no_pupil(
    tmp_path: Path, units: list[object]
) -> None:
    rows = headed(results(), scores=True)
    taken = take(tmp_path, {"marks": [rows[0], units, *rows[1:]], "roll": headed_roll()})
    assert taken.told("marks", "units") == [2]
    assert len(taken.received.scores) == len(results())
    assert taken.linked.review.empty


def test_a_pupil_whose_cells_look_like_units_is_no_row_of_units(tmp_path: Path) -> None:
    rows = headed(results(), scores=True)
    rows[1][1] = "Marks"
    taken = take(tmp_path, {"marks": rows, "roll": headed_roll()})
    assert taken.told("marks", "units") == []


def test_a_proposed_map_joins_headings_that_are_alike(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_bytes(as_csv(both_ways(wide())[1]))
    found = propose_map(path, 2024)
    headings = [item.heading for item in (*found.placed, *found.unplaced)]
    assert {"Autumn 2023 Standardised", "Spring 2024 Standardised", "UPN", "DOB"} <= set(headings)
    assert found.repeated == ()


def test_a_sub_heading_that_stands_once_is_joined_where_it_is_wanted_so() -> None:
    rows = [["", "Autumn 2023", ""], ["UPN", "Raw", "Standardised"]]
    assert heading_row(rows, (), 1) == ["UPN", "Raw", "Standardised"]
    assert heading_row(rows, (), 1, {"UPN", "Autumn 2023 Raw"}) == ["UPN", "Autumn 2023 Raw", "Standardised"]
    assert heading_row(rows, (), 1, {"Raw", "Autumn 2023 Standardised"})[1:] == [
        "Raw",
        "Autumn 2023 Standardised",
    ]


def test_a_title_above_two_like_headings_tells_neither_from_the_other() -> None:
    rows = [["Results 2023", "", ""], ["UPN", "Score", "Score"]]
    assert heading_row(rows, (), 1) == ["UPN", "Score", "Score"]


def test_a_column_beside_a_merged_group_is_not_of_the_group() -> None:
    rows = [["", "Autumn", "", ""], ["UPN", "Raw", "Standardised", "Raw"]]
    assert heading_row(rows, ((0, 1, 0, 2),), 1) == ["UPN", "Autumn Raw", "Standardised", "Raw"]


def test_one_column_of_both_names_is_proposed_for_pupils_and_a_school_s_name_for_schools(
    tmp_path: Path,
) -> None:
    path = tmp_path / "results.csv"
    rows = [["Pupil name", "Date of birth", "School name", "Standardised score"]]
    rows += [[f"{row[1]}, {row[2]}", row[3], "Elm Tree Primary School", row[-1]] for row in results()]
    path.write_bytes(as_csv(rows))
    found = propose_map(path, 2024)
    placed = {item.field: item for item in found.placed}
    assert placed["name"].heading == "Pupil name"
    assert placed["name"].certain
    assert placed["school"].heading == "School name"
    assert not placed["school"].certain
    assert not {"surname", "forename"} & set(found.absent)
    path.write_bytes(as_csv([["School name", "URN", "Phase"], ["Elm Tree", "190001", "Primary"]]))
    assert {item.field: item.heading for item in propose_map(path, 2024).placed}["name"] == "School name"

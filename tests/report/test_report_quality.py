"""The data quality pages: what to put right, where, what it costs, worst first; and each row counted once."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from report_pages import page

from evaluation.disclose import Release, write_release
from evaluation.report import load_issues, load_review, quality
from evaluation.report.items import NOTHING, Table
from evaluation.report.load import RUN_FOLDER
from evaluation.store import write_store
from evaluation.study import find_root

COLUMNS = ["source", "file", "sheet", "row", "column", "rule", "severity", "school", "reason"]
ISSUES = pd.DataFrame(
    [
        ["autumn_results", "a.xlsx", "Y4", 7, "Score", "score", "row", "28", "The row is unreadable."],
        ["autumn_results", "a.xlsx", "Y4", 7, "Date", "test_date", "row", "28", "The row is unreadable."],
        ["spring_results", "c.csv", "", 90, "", "duplicate", "row", "28", "The same as row 3."],
        ["spring_results", "c.csv", "", 91, "", "duplicate", "row", "28", "The same as row 4."],
        ["spring_results", "c.csv", "", 4, "Mark", "score", "cell", "28", "'412' is outside the scores, 70 to 130."],
        ["spring_results", "c.csv", "", 5, "Mark", "score", "cell", "28", "'500' is outside the scores, 70 to 130."],
        ["spring_results", "c.csv", "", 9, "Mark", "score", "cell", "28", "The cell is outside the scores, 70 to 130."],
        *(["wendlemoor", "b.csv", "", row, "DOB", "dob", "cell", "28", "The cell is not a date."] for row in range(3, 13)),
        ["wendlemoor", "b.csv", "", pd.NA, "", "sheet_passed_over", "note", "", "Not read."],
    ],
    columns=COLUMNS,
).astype({"row": "Int64"})  # fmt: skip
REVIEW = pd.DataFrame(
    [["summer_results", "d.csv", "", 12, "", "review", "review", "7", "No school lists the pupil."]],
    columns=COLUMNS,
).astype({"row": "Int64"})
NONE = ISSUES.head(0)


def lines(severity: str, issues: pd.DataFrame = ISSUES) -> list[tuple[str, list[tuple[str, ...]]]]:
    """The groups of a table: file, and its lines."""
    table = quality.to_fix(issues, severity, "ssif_maths")
    assert isinstance(table, Table)
    return [(group.title, list(group.rows)) for group in table.groups]


def test_a_row_with_two_faults_is_one_row_and_nothing_is_said_of_none() -> None:
    assert quality.summary(ISSUES, NONE).points == [
        "Rows not accepted: 3.",
        "Cells not accepted and left empty: 13.",
        "Notes, with nothing left out: 1.",
    ]


def test_the_file_that_costs_most_comes_first_and_harmless_rows_last() -> None:
    found = lines("row")
    assert [title for title, _ in found] == ["a.xlsx, sheet Y4", "c.csv"]
    assert found[1][1] == [
        ("The same as another row.", "2 rows: 90 to 91", "Nothing: the other row is used.")
    ]


def test_cells_that_cost_scores_go_before_more_cells_that_cost_none() -> None:
    score, born = lines("cell")
    assert score == (
        "c.csv",
        [
            (
                "Mark: The cell is outside the scores, 70 to 130.",
                "3 rows: 4 to 5, 9",
                "3 scores lost. The score counts as missing.",
            )
        ],
    )
    assert born[1][0][1:] == ("10 rows: 3 to 12", "The pupil is linked by number alone.")


def test_what_is_true_of_a_whole_file_and_what_is_not_matched_are_said() -> None:
    assert lines("note")[0][1] == [("Not read.", "the whole file", "Nothing in that sheet is used.")]
    assert lines("review", REVIEW)[0][1][0][2].startswith("1 score at stake.")


def test_a_long_list_of_rows_is_cut_and_says_so() -> None:
    far = ISSUES.iloc[[4] * 20].assign(row=pd.array(range(2, 80, 4), dtype="Int64"))
    assert lines("cell", far)[0][1][0][1].endswith("and 8 more places")
    assert lines("cell", far)[0][1][0][1].startswith("20 rows: 2, 6, 10")


def test_more_faults_than_a_page_holds_are_counted() -> None:
    many = pd.concat([ISSUES.iloc[[4]].assign(file=f"{at}.csv") for at in range(quality.MOST_ITEMS + 5)])
    table = quality.to_fix(many, "cell", "ssif_maths")
    assert isinstance(table, Table)
    assert table.notes == ["5 more are in the issue lists written by `evaluation check`."]


def test_schools_are_counted_by_name_worst_first(star: Release) -> None:
    table = quality.by_school(ISSUES, REVIEW, star)
    assert isinstance(table, Table)
    assert [row[0] for row in table.groups[0].rows] == ["School 28", "School 7", "school not known"]
    assert table.groups[0].rows[0] == ("School 28", "4", "0", "13", "0")
    assert quality.by_school(ISSUES[ISSUES["school"] == "28"], NONE, star) == NOTHING


def test_nothing_wrong_is_said(star: Release) -> None:
    assert quality.summary(NONE, NONE).paragraphs == ["Every cell was accepted and every record matched."]
    assert quality.to_fix(NONE, "row", "star") == quality.by_school(NONE, NONE, star) == NOTHING


@pytest.fixture
def stored(star: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A run with these issues; gives the notebook's parameters."""
    (tmp_path / "params").symlink_to(find_root(Path(__file__).parent) / "params")
    review = REVIEW[["source", "file", "sheet", "row", "school", "reason"]]
    store = write_store(tmp_path / "data" / "processed" / "star", {"issues": ISSUES, "review": review})
    run = tmp_path / "reports" / "star" / "aaaa1111"
    meta = {**star.meta, "run": "aaaa1111", "store": store}
    write_release(Release(meta, star.tables), run / "release" / "public")
    monkeypatch.setenv(RUN_FOLDER, str(run))
    monkeypatch.chdir(tmp_path)
    return {"study": "star", "run": "aaaa1111"}


def test_a_school_s_page_holds_its_own_alone(stored: dict[str, str]) -> None:
    assert len(load_issues(**stored, school="28")) == len(ISSUES) - 1
    assert load_review(**stored, school="28").empty
    assert list(load_review(**stored)["severity"]) == ["review"]


@pytest.mark.browser
@pytest.mark.parametrize("school", ["", "28", "9"])
def test_the_page_fits_desk_and_phone(
    check_page: Callable[[Path], None], stored: dict[str, str], tmp_path: Path, school: str
) -> None:
    file = tmp_path / "page.html"
    file.write_text(page("00_data_quality", {**stored, "school": school}, "Data quality"), encoding="utf-8")
    check_page(file)

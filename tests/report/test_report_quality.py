"""The data quality pages: what to put right, where, what it costs, worst first; and each row counted once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from report_pages import page

from evaluation.clean.issues import ISSUE_COLUMNS
from evaluation.disclose import Release, write_release
from evaluation.report import Quality, linked, load_quality, quality
from evaluation.report.items import NOTHING, Table
from evaluation.report.load import RUN_FOLDER
from evaluation.store import write_store
from evaluation.study import find_root, load_study

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
    columns=ISSUE_COLUMNS,
).astype({"row": "Int64"})  # fmt: skip
REVIEW = pd.DataFrame(
    [["summer_results", "d.csv", "", 12, "", "review", "review", "7", "No school lists the pupil."]],
    columns=ISSUE_COLUMNS,
).astype({"row": "Int64"})
NONE = ISSUES.head(0)
LINKAGE = pd.DataFrame(
    [
        ["sent", "autumn_results", "baseline", "28", pd.NA, "", 9],
        ["accepted", "autumn_results", "baseline", "28", 1, "", 8],
        ["linked", "autumn_results", "baseline", "28", 1, "upn", 4],
        ["linked", "autumn_results", "baseline", "28", 0, "former_upn", 1],
        ["linked", "autumn_results", "baseline", "28", 0, "name_dob", 1],
        ["linked", "autumn_results", "baseline", "28", 0, "decision", 1],
        ["analysed", "", "", "28", 0, "", 6],
    ],
    columns=["stage", "source", "wave", "school", "disadvantaged", "linked_by", "n"],
)
MOVES = pd.DataFrame(
    [["p1", "baseline", "endline", "28", "7", "between schools"], ["p2", "baseline", "endline", "28", "7", "between schools"]],
    columns=["pupil", "from_wave", "to_wave", "from_school", "to_school", "kind"],
)  # fmt: skip
CONFLICTS = pd.DataFrame(
    [
        ["p1", "28", "spells, disadvantaged", "1, 0", "spells", "b.csv", "", 5],
        ["p2", "28", "spells, disadvantaged", "1, 0", "spells", "b.csv", "", 9],
        ["p3", "7", "disadvantaged, fsm6", "1, 0", "disadvantaged", "b.xlsx", "Y4", 2],
    ],
    columns=["pupil", "school", "sources", "values", "used", "file", "sheet", "row"],
)


def quality_of(issues: pd.DataFrame = ISSUES, review: pd.DataFrame = NONE, school: str = "28") -> Quality:
    names = {"7": "Oak School"}
    return Quality(load_study("ssif_maths"), school, names, issues, review, LINKAGE, MOVES, CONFLICTS)


def groups(table: object) -> list[tuple[str, list[tuple[str, ...]]]]:
    """The groups of a table: title, and its lines."""
    assert isinstance(table, Table)
    return [(group.title, list(group.rows)) for group in table.groups]


def lines(severity: str, issues: pd.DataFrame = ISSUES) -> list[tuple[str, list[tuple[str, ...]]]]:
    """The groups of a school's table: file, and its lines."""
    return groups(quality.to_fix(quality_of(issues, REVIEW), severity))


def test_a_row_with_two_faults_is_one_row_and_nothing_is_said_of_none() -> None:
    assert quality.summary(quality_of()).points == [
        "Rows not accepted: 3.",
        "Cells not accepted and left empty: 13.",
        "Notes, with nothing left out: 1.",
    ]


def test_the_file_that_costs_most_comes_first_and_harmless_rows_last() -> None:
    found = lines("row")
    assert [title for title, _ in found] == ["a.xlsx, sheet Y4", "c.csv"]
    assert found[1][1] == [
        ("The row says again what another says.", "2 rows: 90 to 91", "Nothing: the other row is used.")
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
    assert lines("review")[0][1][0][2].startswith("1 score at stake.")


def test_a_long_list_of_rows_is_cut_and_says_so() -> None:
    far = ISSUES.iloc[[4] * 20].assign(row=pd.array(range(2, 80, 4), dtype="Int64"))
    assert lines("cell", far)[0][1][0][1].endswith("and 8 more places")
    assert lines("cell", far)[0][1][0][1].startswith("20 rows: 2, 6, 10")


def test_more_faults_than_a_page_holds_are_counted() -> None:
    many = pd.concat([ISSUES.iloc[[4]].assign(file=f"{at}.csv") for at in range(quality.MOST_ITEMS + 5)])
    table = quality.to_fix(quality_of(many), "cell")
    assert isinstance(table, Table)
    assert table.notes == ["5 more are in the issue lists written by `evaluation check`."]


def test_the_page_of_all_schools_counts_by_school_and_by_rule_and_lists_by_school() -> None:
    found = quality_of(pd.concat([ISSUES, ISSUES.tail(2).assign(school="7")]), REVIEW, "")
    ((_, rows),) = groups(quality.by_school(found))
    assert rows == [
        ("School 28", "3", "0", "13", "0"),
        ("Oak School", "0", "1", "1", "1"),
        ("School not known", "0", "0", "0", "1"),
    ]
    by_rule = dict(groups(quality.by_rule(found)))
    assert by_rule["Rows left out"][0] == ("The row says again what another says.", "2", "1")
    assert ("The sheet does not have the headings the study file names.", "2", "2") in by_rule["To know"]
    listed = groups(quality.to_fix(found, "cell"))
    assert [title for title, _ in listed] == ["School 28", "Oak School"]
    assert [line[1] for line in listed[0][1]] == ["c.csv, 3 rows: 4 to 5, 9", "b.csv, 10 rows: 3 to 12"]
    assert listed[1][1][0][1] == "b.csv, row 12"
    assert quality.by_school(quality_of()) == quality.by_rule(quality_of()) == NOTHING


def test_whose_records_they_are_is_said_file_by_file() -> None:
    ((_, rows),) = groups(linked.linkage(quality_of()))
    assert rows == [("tests/autumn_results.xlsx", "8", "5", "1", "1", "1")]
    table = linked.linkage(quality_of())
    assert isinstance(table, Table)
    assert table.notes[0].endswith("Pupils in the headline model: 6.")


def test_moves_are_counted_from_school_to_school() -> None:
    ((_, rows),) = groups(linked.moves(quality_of()))
    waves = "Baseline, autumn 2023 to Endline, summer 2024"
    assert rows == [("School 28 to Oak School", waves, "Between schools", "2")]


def test_contradictions_about_disadvantage_are_listed_where_the_pupils_are() -> None:
    said = dict(groups(linked.conflicts(quality_of())))
    assert said["School 28"] == [
        (
            "Yes by the spells of free meals, no by the pupil list.",
            "b.csv, 2 rows: 5, 9",
            "The spells of free meals",
        )
    ]
    assert said["Oak School"][0][1] == "b.xlsx, sheet Y4, row 2"
    assert not [line for rows in said.values() for line in rows if "p1" in str(line)]


def test_nothing_wrong_is_said() -> None:
    clean = replace(
        quality_of(NONE), linkage=LINKAGE.head(0), moves=MOVES.head(0), conflicts=CONFLICTS.head(0)
    )
    assert quality.summary(clean).paragraphs == ["Every cell was accepted and every record matched."]
    assert quality.to_fix(clean, "row") == NOTHING
    assert linked.linkage(clean) == linked.moves(clean) == linked.conflicts(clean) == NOTHING


@pytest.fixture
def stored(star: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A run with these issues; gives the notebook's parameters."""
    (tmp_path / "params").symlink_to(find_root(Path(__file__).parent) / "params")
    tables = {
        "schools": pd.DataFrame({"school": ["7"], "name": ["Oak School"]}),
        "pupils": CONFLICTS[["pupil", "file", "sheet", "row"]],
        "issues": ISSUES,
        "review": REVIEW[["source", "file", "sheet", "row", "school", "reason"]],
        "linkage": LINKAGE,
        "moves": MOVES.replace(["baseline", "endline"], "spring").head(1),
        "conflicts": CONFLICTS[["pupil", "school", "sources", "values", "used"]],
    }
    store = write_store(tmp_path / "data" / "processed" / "star", tables)
    run = tmp_path / "reports" / "star" / "aaaa1111"
    meta = {**star.meta, "run": "aaaa1111", "store": store}
    write_release(Release(meta, star.tables), run / "release" / "public")
    monkeypatch.setenv(RUN_FOLDER, str(run))
    monkeypatch.chdir(tmp_path)
    return {"study": "star", "run": "aaaa1111"}


def test_a_school_s_page_holds_its_own_alone(stored: dict[str, str]) -> None:
    mine, every = load_quality(**stored, school="28"), load_quality(**stored)
    assert len(mine.issues) == len(ISSUES) - 1
    assert mine.review.empty
    assert list(every.review["severity"]) == ["review"]
    assert mine.conflicts[["file", "row"]].to_numpy().tolist() == [["b.csv", 5], ["b.csv", 9]]
    assert len(every.conflicts) == 3
    assert len(load_quality(**stored, school="7").moves) == len(every.moves) == 1
    assert load_quality(**stored, school="9").moves.empty


@pytest.mark.browser
@pytest.mark.parametrize("school", ["", "28", "9"])
def test_the_page_fits_desk_and_phone(
    check_page: Callable[[Path], None], stored: dict[str, str], tmp_path: Path, school: str
) -> None:
    file = tmp_path / "page.html"
    file.write_text(page("00_data_quality", {**stored, "school": school}, "Data quality"), encoding="utf-8")
    check_page(file)

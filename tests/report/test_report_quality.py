"""The data quality page counts rows once and says where each thing is."""

import pandas as pd

from evaluation.report import quality
from evaluation.report.items import NOTHING, Table

COLUMNS = ["source", "file", "sheet", "row", "column", "rule", "severity", "school", "reason"]
ISSUES = pd.DataFrame(
    [
        ["scores", "a.xlsx", "Y4", 7, "Score", "not_a_score", "row", "101", "Score is not a number."],
        ["scores", "a.xlsx", "Y4", 7, "Date", "not_a_date", "row", "101", "Date is not a date."],
        ["pupils", "b.csv", "", 3, "FSM", "not_yes_no", "cell", "", "FSM is 'X'."],
        ["pupils", "b.csv", "", pd.NA, "", "sheet_skipped", "note", "", "Not read."],
    ],
    columns=COLUMNS,
).astype({"row": "Int64"})


def test_a_row_with_two_faults_is_one_row() -> None:
    assert quality.summary(ISSUES).points[0] == "Rows not accepted: 1."
    assert quality.summary(ISSUES).points[1] == "Cells not accepted and left empty: 1."


def test_each_issue_is_placed() -> None:
    table = quality.to_fix(ISSUES)
    assert isinstance(table, Table)
    assert table.groups[0].rows[0] == ("a.xlsx, sheet Y4", "7", "Score", "Score is not a number.")
    assert table.groups[0].rows[3] == ("b.csv", "", "", "Not read.")


def test_counts_by_rule_and_by_school() -> None:
    by_rule, by_school = quality.by_rule(ISSUES), quality.by_school(ISSUES)
    assert isinstance(by_rule, Table)
    assert by_rule.groups[0].rows[0] == ("scores", "not a score", "1")
    assert isinstance(by_school, Table)
    assert ("101", "rows not accepted", "2") in by_school.groups[0].rows
    assert ("school not known", "cells not accepted and left empty", "1") in by_school.groups[0].rows


def test_a_school_s_own_page_is_not_counted_by_school() -> None:
    assert quality.by_school(ISSUES[ISSUES["school"] == "101"]) == NOTHING


def test_a_long_list_says_how_much_more_there_is() -> None:
    table = quality.to_fix(pd.concat([ISSUES] * 60))
    assert isinstance(table, Table)
    assert len(table.groups[0].rows) == quality.MOST_ROWS
    assert table.notes[0].startswith("40 more")


def test_nothing_wrong_is_said() -> None:
    none = ISSUES.head(0)
    assert quality.summary(none).paragraphs == ["Every cell received was accepted."]
    assert quality.to_fix(none) == quality.by_rule(none) == quality.by_school(none) == NOTHING

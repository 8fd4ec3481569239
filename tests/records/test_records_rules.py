"""The rules for records: each planted fault is told by its rule, and rows accepted and listed make up the file."""

from pathlib import Path

import pandas as pd
import pytest
from old_workbooks import ods, ods_cell, xls
from openpyxl import Workbook
from records_study import SCHOOLS, cleaned, from_csv, rules, write, write_study

from evaluation.clean import RULES, Cleaned, check_records
from evaluation.errors import StudyError
from evaluation.study import Study

ELM, OAK, ASH = SCHOOLS
TRAINING = "{date: When, session: What, school: Where, person: Who, attended: There}"
HEAD = ["When", "What", "Where", "Who", "There"]
LEDGER = "{date: Month, line: Line, budget: Budget, actual: Spent, invoice: Inv}"
MONEY = ["Month", "Line", "Budget", "Spent", "Inv"]


def across(study: Study, kind: str, found: Cleaned) -> pd.DataFrame:
    """What checking a kind's rows against one another finds."""
    return check_records(study, {kind: found.rows})[1]


def of(
    study: Study, root: Path, kind: str, columns: str, header: list[str], rows: list[list[str]]
) -> pd.DataFrame:
    found = from_csv(root, kind, columns, header, rows)
    return across(
        write_study(root, f"{{name: given, kind: {kind}, path: given.csv, columns: {columns}}}"), kind, found
    )


def test_training_rows_that_cannot_be_used_are_listed_each_with_its_rule(root: Path) -> None:
    rows = [
        ["07/11/2023", "Bar models", "Elmfold Primary School", "JB", "Y"],
        ["07/11/2023", "Bar models", "Elm Hill Primary School", "KL", "Y"],  # 3: no such school
        ["07/11/2031", "Bar models", ELM, "MM", "Y"],  # 4: after the project
        ["07/11/2023", "Bar models", ELM, "J.B.", "Y"],  # 5: said already
        ["07/11/2023", "Bar models", ELM, "jb", "No"],  # 6: said otherwise
        ["07/11/2023", "Bar models", ELM, "RS", "A"],  # 7: attended or absent
        ["", "Bar models", ELM, "RS", "Y"],  # 8: no date
        ["Total", "", "", "6", ""],  # 9
        HEAD,  # 10
        ["31/02/2024", "Bar models", OAK, "PQ", "late"],  # 11: no such day
    ]
    found = from_csv(root, "training", TRAINING, HEAD, rows)
    assert len(found.rows) == 1
    assert rules(found.issues) == [
        (3, "school", "row"), (4, "outside_project", "row"), (5, "duplicate", "row"), (6, "repeated", "row"),
        (7, "attended", "cell"), (7, "incomplete", "row"), (8, "incomplete", "row"), (9, "foot", "row"), (10, "foot", "row"),
        (11, "date", "cell"), (11, "incomplete", "row"),
    ]  # fmt: skip
    assert set(found.issues["rule"]) <= set(RULES)
    told = " ".join(found.issues["reason"])
    assert "'9992001' (Elmfold Primary School)" in told
    assert not [who for who in ("JB", "J.B.", "KL", "MM", "RS", "PQ") if who in told]


def test_ticks_beside_blanks_are_read_and_said_to_be(root: Path) -> None:
    rows = [
        ["7 Nov 2023", "Bars", ELM, name, tick]
        for name, tick in (("JB", "✓"), ("KL", ""), ("MM", "✓"), ("RS", ""))
    ]
    found = from_csv(root, "training", TRAINING, HEAD, rows)
    assert found.rows["attended"].tolist() == ["yes", "no", "yes", "no"]
    assert "attended_column" in set(found.issues["rule"])


def test_a_person_in_two_places_on_one_day(root: Path) -> None:
    rows = [
        ["07/11/2023", "Bars", ELM, "Jane Brackenbury", "Y"],
        ["07/11/2023", "Ratio", OAK, "Brackenbury, Mrs Jane", "Y"],
        ["07/11/2023", "Ratio", OAK, "JB", "Y"],  # initials at another school are another's
        ["08/11/2023", "Ratio", OAK, "Jane Brackenbury", "Y"],
        ["09/11/2023", "Bars", ELM, "T7", "half day"],
        ["09/11/2023", "Ratio", ELM, "T7", "half day"],
    ]
    issues = of(write_study(root), root, "training", TRAINING, HEAD, rows)
    assert rules(issues) == [(2, "two_places", "note"), (3, "two_places", "note")]
    assert "Brackenbury" not in " ".join(issues["reason"])


def test_days_beyond_those_booked(root: Path) -> None:
    columns = "{date: Date, school: School, leader: SLE, days: Days, booked: Booked}"
    rows = [
        ["01/03/2024", ELM, "T1", "1 day", "2"],
        ["01/10/2023", ELM, "T1", "½", ""],
        ["05/05/2024", ELM, "T1", "1", ""],  # 2.5 of 2
        ["05/05/2024", OAK, "T1", "1", ""],  # nothing says what was booked, and two places
        ["06/05/2024", ELM, "T2", "6", "6"],
        ["07/05/2024", ELM, "T2", "30", ""],  # no visit lasts 30 days
    ]
    issues = of(
        write_study(root), root, "support", columns, ["Date", "School", "SLE", "Days", "Booked"], rows
    )
    assert rules(issues) == [
        (4, "beyond_booked", "note"),
        (4, "two_places", "note"),
        (5, "two_places", "note"),
    ]
    assert "2.5 days were given where 2 were booked" in " ".join(issues["reason"])


def test_a_ledger_with_totals_brackets_and_a_payment_that_stands_twice(root: Path) -> None:
    rows = [
        ["Oct-23", "Supply cover", "£1,000", "£400.00", "A1"],
        ["Nov-23", "Supply cover", "", "(£50.00)", "A2"],
        ["", "Subtotal", "£1,000.00", "£350.00", ""],  # 4: right
        ["Nov-23", "Resources", "200", "75.5", "B1"],
        ["Dec-23", "Resources", "", "75.50", "B1"],  # 6: the same invoice and sum
        ["Dec-23", "Resources", "", "lots", "B2"],  # 7: no amount
        ["", "Grand total", "1200", "£500.00", ""],  # 8: £501 in the lines
        ["Jan-40", "Resources", "", "5", "B3"],  # 9: outside, and after the totals
    ]
    found = from_csv(root, "ledger", LEDGER, MONEY, rows)
    assert found.rows["actual"].tolist() == [400.0, -50.0, 75.5, 75.5]
    assert rules(found.issues) == [
        (4, "foot", "row"), (7, "actual", "cell"), (7, "incomplete", "row"), (8, "foot", "row"), (9, "outside_project", "row"),
    ]  # fmt: skip
    (differs,) = found.issues.loc[found.issues["rule"] == "money_differs", "reason"]
    assert "£500.00" in differs
    assert "£501.00" in differs
    study = write_study(root, f"{{name: given, kind: ledger, path: given.csv, columns: {LEDGER}}}")
    assert rules(across(study, "ledger", found)) == [(6, "invoice_repeated", "note")]


def test_a_total_that_a_count_of_pupils_could_be_is_a_total_of_money(root: Path) -> None:
    rows = [["Oct-23", "Supply", "5", "7", ""], ["Total: 7", "", "", "7", ""]]
    found = from_csv(root, "ledger", LEDGER, MONEY, rows)
    assert rules(found.issues) == [(3, "foot", "row")]
    assert "pupils" not in " ".join(found.issues["reason"])


def test_sums_that_name_no_school_are_the_projects_and_it_is_said(root: Path) -> None:
    rows = [
        ["Oct-23", "Supply", "5", ""],
        ["Oct-23", "Supply", "5", "project"],
        ["Oct-23", "Supply", "5", "Elmfold"],
    ]
    found = from_csv(root, "ledger", "{date: M, line: L, actual: A, school: S}", ["M", "L", "A", "S"], rows)
    assert found.rows["school"].fillna("").tolist() == ["", "", ELM]
    (reason,) = found.issues.loc[found.issues["rule"] == "whole_project", "reason"]
    assert reason.startswith("1 lines")


def test_survey_answers_outside_their_scale_and_sheets_alike(root: Path) -> None:
    columns = "{wave: When, staff_role: Role, school: School, item_1: Q1, item_2: Q2}"
    rows = [
        ["Summer term", "TA", ELM, "5", "Agree"],
        ["summer", "TA", ELM, "5", "Agree"],  # two people may answer alike
        ["summer", "SLT", ELM, "7", "0"],
        ["sumer", "Caretaker", ELM, "4", "n/a"],
    ]
    found = from_csv(root, "staff_survey", columns, ["When", "Role", "School", "Q1", "Q2"], rows)
    assert (
        found.rows[["staff_role", "item_1", "item_2"]].to_numpy().tolist()
        == [["teaching assistant", 5, 4]] * 2
    )
    assert rules(found.issues) == [
        (4, "incomplete", "row"), (4, "item_1", "cell"), (4, "item_2", "cell"),
        (5, "incomplete", "row"), (5, "staff_role", "cell"), (5, "wave", "cell"),
    ]  # fmt: skip
    assert "the nearest is 'summer'" in " ".join(found.issues["reason"])


def test_help_that_ends_before_it_starts_and_rows_of_nobody(root: Path) -> None:
    columns = "{surname: Name, forename: First, dob: Born, started: From, ended: To, hours: Time}"
    rows = [
        ["Quillfeather", "Zebedee", "10/01/2015", "01/11/2023", "01/10/2023", "1h30"],
        ["", "", "", "01/11/2023", "", "2"],
        ["Total", "", "", "", "", "3.5"],
    ]
    found = from_csv(root, "interventions", columns, ["Name", "First", "Born", "From", "To", "Time"], rows)
    assert found.rows[["hours"]].to_numpy().tolist() == [[1.5]]
    assert found.rows["ended"].isna().all()
    assert rules(found.issues) == [(2, "ends_first", "cell"), (3, "total", "row"), (4, "total", "row")]


def test_more_families_than_were_invited(root: Path) -> None:
    columns = "{date: D, school: S, invited: I, attending: A}"
    rows = [["1/2/2024", ELM, "30", "31"], ["14/2/2024", ELM, "", "12.5"], ["15/2/2024", ELM, "30", "12"]]
    found = from_csv(root, "workshops", columns, ["D", "S", "I", "A"], rows)
    assert rules(found.issues) == [
        (2, "more_than_invited", "note"),
        (3, "attending", "cell"),
        (3, "incomplete", "row"),
    ]


def test_title_rows_totals_and_a_sheet_a_school_in_every_kind_of_workbook(root: Path) -> None:
    grid: list[list[object]] = [
        ["Attendance, autumn"],
        [],
        ["When", "What", "Who", "There"],
        ["2023-11-07", "Bars", "JB", "Y"],
        ["Total", "", "1", ""],
    ]
    columns = '{date: When, session: What, person: Who, attended: There, school: "@sheet"}'
    raw = root / "data" / "raw" / "tiny"
    raw.mkdir(parents=True)
    book = Workbook()
    book.remove(book.active)
    for school in (ELM, OAK):
        sheet = book.create_sheet(school)
        for row in grid:
            sheet.append(row)
    book.save(raw / "r.xlsx")
    (raw / "r.xls").write_bytes(xls({ELM: grid, OAK: grid}))
    cells = [[ods_cell(cell) for cell in row] for row in grid]
    (raw / "r.ods").write_bytes(ods({ELM: cells, OAK: cells}))
    for suffix in ("xlsx", "xls", "ods"):
        study = write_study(root, f"{{name: given, kind: training, path: r.{suffix}, columns: {columns}}}")
        found = cleaned(study, root, "given")
        assert found.rows["school"].tolist() == [ELM, OAK], suffix
        assert rules(found.issues) == [(5, "foot", "row")] * 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "{name: x, kind: training, path: x.csv, columns: {date: D, school: S}}",
            "maps no column for: attended",
        ),
        (
            "{name: x, kind: ledger, path: x.csv, columns: {date: D, line: L}}",
            "maps none of: budget, actual, forecast",
        ),
        ("{name: x, kind: trainin, path: x.csv, columns: {date: D}}", "Did you mean 'training'?"),
        ("{name: x, kind: training, path: x.csv, columns: {dated: D}}", "Did you mean 'date'?"),
        ("{name: x, kind: training, path: x.xml}", "holds no training records"),
        ("{name: x, kind: pupils, path: x.csv, columns: {upn: D}}", "needs its wave"),
    ],
)
def test_a_study_file_that_cannot_be_right_is_refused_by_name(line: str, says: str, root: Path) -> None:
    write(root / "data" / "raw" / "tiny" / "x.csv", ["D", "S", "L"], [["1/1/2024", ELM, "x"]])
    with pytest.raises(StudyError) as caught:
        cleaned(write_study(root, line), root, "x")
    assert says in str(caught.value)

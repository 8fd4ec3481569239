"""Ledgers and registers with columns side by side: each cell a row of its own, its heading part of its place, none lost."""

import itertools
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from old_workbooks import xls
from openpyxl import Workbook
from records_study import SCHOOLS, cleaned, rules, silent, write, write_study

from evaluation.clean import clean_register
from evaluation.errors import SourceError, StudyError
from evaluation.ingest import read_tables
from evaluation.intake import take_in
from evaluation.store import Store, changes, write_store
from evaluation.store.trace import trace_record
from evaluation.study import Study

ELM, OAK, ASH = SCHOOLS
LEDGER = (
    '{name: given, kind: ledger, path: given.FORM, columns: {line: Line, school: School, date: "@heading", actual: "@cell"}, '
    'across: {Autumn 2023: "2023-12", Spring 2024: "2024-03"}}'
)
REGISTER = (
    '{name: given, kind: training, path: given.csv, columns: {school: School, person: Who, date: "@heading", attended: "@cell"}, '
    'across: {Session 1: "03/10/2023", Session 2: "07/11/2023"}}'
)
COSTS: list[list[object]] = [
    ["Costs of the project"],
    ["Line", "School", "Autumn 2023", "Spring 2024", "Note"],
    ["Supply cover", ELM, "£1,200.00", "", "x"],
    ["Travel", "project", "", "(35.50)", ""],
    ["Books", OAK, "nought", "12", ""],
    ["Printing", OAK, "", "", ""],
    ["Total", "", "1200", "-20", ""],
]
BY_YEAR = ["School", "Name", "Phase", "Role", "Role 24", "Role 25"]


def ledger(root: Path, form: str = "csv") -> Study:
    raw = root / "data" / "raw" / "tiny"
    study = write_study(root, LEDGER.replace("FORM", form))
    book = Workbook()
    book.active.title = "Costs"
    for row in COSTS:
        book.active.append(row)
    if form == "xlsx":
        book.save(raw / "given.xlsx")
    elif form == "xls":
        (raw / "given.xls").write_bytes(xls({"Costs": COSTS}))
    else:
        write(raw / "given.csv", COSTS[0], COSTS[1:])
    return study


@pytest.mark.parametrize("form", ["csv", "xlsx", "xls"])
def test_each_cell_under_a_heading_is_a_sum_of_that_heading_s_month(form: str, root: Path) -> None:
    found = cleaned(ledger(root, form), root, "given")
    sheet = "" if form == "csv" else "Costs "
    said = found.rows[["line", "date", "actual", "sheet", "row"]].values.tolist()
    assert said == [
        ["Supply cover", pd.Timestamp("2023-12-01"), 1200.0, f"{sheet}[Autumn 2023]", 3],
        ["Travel", pd.Timestamp("2024-03-01"), -35.5, f"{sheet}[Spring 2024]", 4],
        ["Books", pd.Timestamp("2024-03-01"), 12.0, f"{sheet}[Spring 2024]", 5],
    ]
    assert rules(found.issues) == [
        (5, "actual", "cell"), (5, "incomplete", "row"), (6, "incomplete", "row"), (7, "foot", "row"), (7, "foot", "row"),
    ]  # fmt: skip
    assert found.rows_in == 7  # three sums, a cell that is none, a row of nothing, a total under each heading
    notes = found.issues[found.issues["row"].isna()].groupby("rule")["column"].agg(list)
    assert notes["nothing_under"] == ["Autumn 2023", "Spring 2024"]
    assert notes["money_differs"] == ["Spring 2024"]


def test_a_session_a_column_keeps_its_blanks_as_ticks_are_read(root: Path) -> None:
    rows = [[ELM, f"Staff {at}", "x" if at else "", "x" if at % 3 else ""] for at in range(6)]
    study = write_study(root, REGISTER)
    write(root / "data" / "raw" / "tiny" / "given.csv", ["School", "Who", "Session 1", "Session 2"], rows)
    found = cleaned(study, root, "given")
    counted = found.rows.groupby(found.rows["date"].dt.strftime("%Y-%m-%d"))["attended"].value_counts()
    assert counted.to_dict() == {
        ("2023-10-03", "yes"): 5,
        ("2023-10-03", "no"): 1,
        ("2023-11-07", "yes"): 4,
        ("2023-11-07", "no"): 2,
    }


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["", "12", "£3.50", "many", "  "]), min_size=2, max_size=2),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_no_cell_is_lost_or_made(tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]]) -> None:
    root = tmp_path_factory.mktemp("across")
    study = write_study(root, LEDGER.replace("FORM", "csv"))
    rows = [[f"Line {at}", ELM, *row] for at, row in enumerate(cells)]
    write(
        root / "data" / "raw" / "tiny" / "given.csv", ["Line", "School", "Autumn 2023", "Spring 2024"], rows
    )
    found = cleaned(study, root, "given")
    filled = [cell.strip() for row in cells for cell in row if cell.strip()]
    empty = sum(not any(map(str.strip, row)) for row in cells)
    assert found.rows_in == len(filled) + empty
    assert sorted(found.rows["actual"]) == sorted(
        {"12": 12.0, "£3.50": 3.5}[cell] for cell in filled if cell != "many"
    )


def test_a_stored_sum_leads_back_to_its_cell(root: Path) -> None:
    tables = take_in(ledger(root), root, silent)
    line = tables["sources"].set_index("source").loc["given"]
    assert (line["sheets"], line["rows_in"], line["rows_accepted"] + line["rows_listed"]) == (1, 7, 7)
    folder = root / "data" / "processed" / "tiny"
    write_store(folder, tables, changes(folder, tables))
    store = Store(folder)
    for row, heading in itertools.product(
        store.read("ledger").to_dict("records"), ["Autumn 2023", "Spring 2024"]
    ):
        step = trace_record(store, "ledger", row, "actual").iloc[0]
        assert (step["heading"] == heading) == (f"[{heading}]" == row["sheet"])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (LEDGER.replace('"@cell"', "Sum"), "needs one column mapped to '@heading'"),
        (LEDGER.split(", across")[0] + "}", "needs one column mapped to '@heading'"),
        (
            '{name: x, kind: scores, wave: autumn, instrument: test, path: x.csv, columns: {upn: UPN, score: "@cell"}, across: {a: b}}',
            "across is for records of the project",
        ),
    ],
)
def test_what_cannot_be_taken_apart_is_refused_by_name(line: str, says: str, root: Path) -> None:
    with pytest.raises(StudyError) as caught:
        write_study(root, line)
    assert says in str(caught.value)


def test_a_heading_that_is_not_there_is_named_with_the_nearest(root: Path) -> None:
    study = ledger(root)
    write(
        root / "data" / "raw" / "tiny" / "given.csv",
        ["Line", "School", "Autumn 2023", "Sprnig 2024"],
        [["a", ELM, 1, 2]],
    )
    with pytest.raises(SourceError, match="Spring 2024"):
        cleaned(study, root, "given")


def test_a_register_with_one_column_a_year_counts_the_first_and_says_where_others_differ(root: Path) -> None:
    study = write_study(root)
    later = {"role": ("Role 24", "Role 25")}
    register = study.schools.model_copy(update={"later": later})  # type: ignore[union-attr]
    study = study.model_copy(update={"schools": register})
    path = root / "data" / "raw" / "tiny" / "schools.csv"
    write(path, BY_YEAR, [
        [ELM, "Elm", "primary", "taking part", "taking part", "comparison"],
        [OAK, "Oak", "primary", "", "", "comparison"],
        [ASH, "Ash", "primary", "comparison", "", ""],
        ["", "Nobody", "primary", "comparison", "taking part", ""],
    ])  # fmt: skip
    tables = read_tables(path, "schools.csv", "schools", register.headings())
    found = clean_register(study, tables)
    assert dict(zip(found.rows["school"], found.rows["role"], strict=True)) == {
        ELM: "taking part", OAK: "comparison", ASH: "comparison"
    }  # fmt: skip
    said = found.issues[found.issues["rule"].str.startswith("role_")]
    assert sorted(said[["row", "rule", "column"]].itertuples(index=False, name=None)) == [
        (2, "role_changed", "Role 25"), (3, "role_later", "Role 25"), (5, "role_changed", "Role 24")
    ]  # fmt: skip
    assert set(said["severity"]) == {"note"}
    assert len(found.rows) + found.issues[found.issues["severity"] == "row"]["row"].nunique() == found.rows_in

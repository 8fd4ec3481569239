"""Movers between schools, and how many rows came through each stage."""

from pathlib import Path

import pandas as pd

from evaluation.derive import linkage_table, moves_table
from evaluation.study import load_study

STUDY = load_study(str(Path(__file__).parents[1] / "ingest" / "small.yml"))
SCHOOLS = pd.DataFrame({"school": ["A", "B", "S"], "phase": ["Primary", "primary", "secondary"]})


def listed(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["pupil", "wave", "school"], dtype="str")


def test_who_moved_where() -> None:
    pupils = listed(
        ("p1", "autumn", "A"), ("p2", "autumn", "A"), ("p3", "autumn", "B"), ("p4", "autumn", "A"),
        ("p2", "summer", "B"), ("p1", "summer", "S"), ("p3", "summer", "B"), ("p5", "summer", "A"),
    )  # fmt: skip
    assert moves_table(STUDY, pupils, SCHOOLS).to_numpy().tolist() == [
        ["p1", "autumn", "summer", "A", "S", "primary to secondary"],
        ["p2", "autumn", "summer", "A", "B", "between schools"],
    ]


def test_waves_follow_the_study_and_not_the_files() -> None:
    moves = moves_table(STUDY, listed(("p1", "summer", "B"), ("p1", "autumn", "A")), SCHOOLS)
    assert moves[["from_school", "to_school"]].to_numpy().tolist() == [["A", "B"]]


def test_nobody_moved() -> None:
    moves = moves_table(STUDY, listed(("p1", "autumn", "A")), SCHOOLS)
    assert moves.empty
    assert list(moves) == ["pupil", "from_wave", "to_wave", "from_school", "to_school", "kind"]


def test_rows_sent_accepted_linked_and_pupils_analysed() -> None:
    counts = pd.DataFrame(
        [("roll", "autumn", "A", 1, "upn", 5), ("roll", "autumn", "A", 0, "name_dob", 2),
         ("marks", "autumn", "A", 1, "upn", 4), ("marks", "autumn", "", pd.NA, "", 3)],
        columns=["source", "wave", "school", "disadvantaged", "linked_by", "n"],
    )  # fmt: skip
    issue = {"source": "marks", "file": "f", "sheet": "", "row": 9, "school": "A", "severity": "row"}
    issues = pd.DataFrame(
        [issue, issue, {**issue, "row": 10, "severity": "cell"}, {**issue, "source": "schools"}]
    )
    sources = pd.DataFrame({"source": ["schools", "roll", "marks"], "kind": ["schools", "pupils", "scores"]})
    flow = pd.DataFrame(
        [("A", "x", 1.0, "listed", 5), ("A", "x", 1.0, "analysed", 2), ("A", "y", 1.0, "analysed", 1)],
        columns=["school", "arm", "disadvantaged", "stage", "n"],
    )
    table = linkage_table(counts, issues, sources, flow)
    totals = table.groupby(["stage", "source"])["n"].sum().to_dict()
    assert totals == {
        ("sent", "roll"): 7, ("sent", "marks"): 8, ("accepted", "roll"): 7, ("accepted", "marks"): 7,
        ("linked", "roll"): 7, ("linked", "marks"): 4, ("analysed", ""): 3,
    }  # fmt: skip
    assert table[table["stage"] == "linked"]["linked_by"].tolist() == ["upn", "name_dob", "upn"]
    assert table.loc[table["stage"] == "sent", "wave"].tolist() == ["autumn"] * 3

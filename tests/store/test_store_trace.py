"""Every stored value leads back to a cell of a raw file that holds it."""

import csv
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from store_study import no_step, write_tiny

from evaluation.errors import StoreError
from evaluation.intake import take_in
from evaluation.store import Store, trace, write_store

READ_AS = {"Y": 1, "N": 0}


@pytest.fixture(scope="module")
def store(taken_in: Path) -> Store:
    return Store(taken_in / "data" / "processed" / "tiny")


def cell(root: Path, step: pd.Series) -> str:
    """The cell a step names, read by other means than the library's."""
    rows = rows_of(root / "data" / "raw" / "tiny" / step["file"], step["sheet"])
    return rows[step["row"] - 1][rows[0].index(step["heading"])]


@cache
def rows_of(path: Path, sheet: str) -> list[list[str]]:
    if path.suffix == ".xlsx":
        return [[str(item.value) for item in row] for row in load_workbook(path)[sheet].iter_rows()]
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_every_value_of_pupils_and_scores_is_in_the_cell_named(taken_in: Path, store: Store) -> None:
    for table, columns in (
        ("pupils", ["school", "year_group", "disadvantaged"]),
        ("scores", ["score", "school"]),
    ):
        rows = store.read(table)
        assert rows["pupil"].notna().all()
        for row in rows.iloc[::4].to_dict("records"):
            for column in columns:
                steps = trace(store, row["pupil"], row["wave"], column)
                step = steps[steps["table"] == table].iloc[0]
                text = cell(taken_in, step)
                assert READ_AS.get(text, text) in (
                    row[column],
                    str(row[column]),
                    f"{row[column]:g}" if column == "score" else "",
                )


def test_a_derived_value_leads_to_what_it_was_made_from(taken_in: Path, store: Store) -> None:
    analysis = store.read("analysis").iloc[4]
    outcome = trace(store, analysis["pupil"], "", "after")
    assert outcome["table"].tolist() == ["analysis", "scores"]
    assert float(cell(taken_in, outcome.iloc[1])) == analysis["after"]
    assert "linked by upn" in outcome["rule"].iloc[1]
    within = trace(store, analysis["pupil"], "", "before_within")
    assert within["column"].tolist() == ["before_within", "before", "score"]
    assert float(cell(taken_in, within.iloc[2])) == analysis["before"]
    flag = trace(store, analysis["pupil"], "", "disadvantaged")
    assert READ_AS[cell(taken_in, flag.iloc[1])] == analysis["disadvantaged"]
    assert trace(store, analysis["pupil"], "", "treated")["table"].tolist() == [
        "analysis",
        "analysis",
        "schools",
    ]


def test_every_column_of_the_analysis_has_an_origin(store: Store) -> None:
    origins = store.read("origins")
    derived = set(origins.loc[origins["table"] == "analysis", "column"])
    assert set(store.read("analysis")) - derived == {"pupil"}


def test_what_cleaning_said_of_the_cell_is_told(root: Path) -> None:
    rows = [["A999000000000", "Quillfeather", "Zebedee", "2015-01-10", "9992001", "1O0"]]
    write_store(root / "store", take_in(write_tiny(root, rows), root, no_step))
    store = Store(root / "store")
    pupil = store.read("scores", where={"wave": "summer"})["pupil"].iloc[0]
    rule = trace(store, pupil, "summer", "score")["rule"].iloc[0]
    assert "issue score" in rule
    assert "no score: not accepted" in rule


def test_what_is_not_there_names_the_nearest(store: Store) -> None:
    pupil = store.read("pupils")["pupil"].iloc[0]
    with pytest.raises(StoreError, match=r"No column 'scor' in pupils or scores[.] Did you mean 'score'"):
        trace(store, pupil, "autumn", "scor")
    with pytest.raises(StoreError, match="no score of that pupil at wave 'spring'"):
        trace(store, pupil, "spring", "score")
    with pytest.raises(StoreError, match="no after of that pupil"):
        trace(store, "0" * 16, "", "after")

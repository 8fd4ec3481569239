"""The analysis table: as allocated, with the plan's variables, and the flow of pupils into it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.derive import analysis_table, arms, flow_table, schools_table
from evaluation.errors import DataError
from evaluation.study import load_study

STUDY = load_study(str(Path(__file__).parents[1] / "ingest" / "small.yml"))
SCHOOLS = pd.DataFrame(
    {
        "school": ["elm", "oak", "ash"],
        "name": ["Elm", "Oak", "Ash"],
        "phase": "primary",
        "role": ["taking part", "comparison", "supporting"],
        "cluster": ["North", "", ""],
    }
)
# pupil, wave, school, class, year group, disadvantaged
LISTED = [
    ("a", "autumn", "elm", "4X", "4", 1), ("b", "autumn", "elm", "4X", "4", 0), ("c", "autumn", "elm", "2X", "2", 0),
    ("d", "autumn", "oak", "4Y", "4", 1), ("e", "autumn", "oak", "4Y", "4", pd.NA), ("f", "autumn", "ash", "4Z", "4", 0),
    ("a", "summer", "oak", "4Y", "4", 0), ("b", "summer", "elm", "4Q", "4", 0), ("g", "summer", "elm", "4X", "4", 1),
]  # fmt: skip
# pupil, wave, score, censored
SCORES = [
    ("a", "autumn", 90.0, ""), ("b", "autumn", 100.0, ""), ("d", "autumn", 80.0, ""), ("e", "autumn", 86.0, ""), ("f", "autumn", 120.0, ""),
    ("a", "summer", 95.0, ""), ("b", "summer", 130.0, "high"), ("c", "summer", 101.0, ""), ("d", "summer", np.nan, ""), ("g", "summer", 99.0, ""),
    (np.nan, "summer", 77.0, ""),
]  # fmt: skip


def linked_pupils(rows: list[tuple] = LISTED) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["pupil", "wave", "school", "class", "year_group", "disadvantaged"])
    by = {"disadvantaged_by": "disadvantaged"}
    flags = {name: pd.array([pd.NA] * len(frame), dtype="Int64") for name in ("eal", "send")}
    return frame.assign(
        disadvantaged=frame["disadvantaged"].astype("Int64"), sex="F", set="upper", **by, **flags
    )


def linked_scores() -> pd.DataFrame:
    return pd.DataFrame(SCORES, columns=["pupil", "wave", "score", "censored"]).assign(instrument="ptm")


@pytest.fixture
def table() -> pd.DataFrame:
    return analysis_table(STUDY, linked_pupils(), linked_scores(), SCHOOLS)


def test_pupils_stay_where_they_were_first_listed(table: pd.DataFrame) -> None:
    assert table["pupil"].tolist() == list("abcdefg")
    first = table.set_index("pupil")
    assert first.loc["a", ["school", "class", "disadvantaged", "after"]].tolist() == ["elm", "4X", 1.0, 95.0]
    assert first.loc["b", "class"] == "4X"
    assert first["joined_late"].tolist() == [False] * 6 + [True]


def test_columns_are_the_contract_s(table: pd.DataFrame) -> None:
    assert list(table) == [
        "pupil", "school", "class", "year_group", "sex", "disadvantaged", "disadvantaged_by", "eal", "send", "phase", "role", "cluster", "set",
        "joined_late", "treated", "before", "before_censored", "after", "after_censored", "in_population",
        "before_school", "before_within", "disadvantaged_school", "disadvantaged_within",
    ]  # fmt: skip
    assert table["disadvantaged"].dtype == table["eal"].dtype == "float64"


def test_outcomes_and_indicators(table: pd.DataFrame) -> None:
    by_pupil = table.set_index("pupil")
    assert by_pupil["treated"].to_dict() == {"a": 1, "b": 1, "c": 1, "d": 0, "e": 0, "f": 0, "g": 1}
    assert by_pupil["after"].dropna().to_dict() == {"a": 95, "b": 130, "c": 101, "g": 99}
    assert by_pupil["after_censored"].tolist() == ["", "high", "", "", "", "", ""]


def test_the_population_leaves_out_supporting_schools_and_late_joiners(table: pd.DataFrame) -> None:
    assert table.set_index("pupil")["in_population"].to_dict() == dict.fromkeys(
        "abcde", True
    ) | dict.fromkeys("fg", False)


def test_school_means_are_over_the_population_with_a_value(table: pd.DataFrame) -> None:
    by_pupil = table.set_index("pupil")
    # Elm: a 90, b 100; g joined late. Oak: d 80, e 86; disadvantage known of d only. Ash is outside the population.
    assert by_pupil.loc["a", "before_school"] == by_pupil.loc["g", "before_school"] == 95
    assert by_pupil.loc["d", "before_school"] == 83
    assert by_pupil.loc["b", "before_within"] == 5
    assert by_pupil.loc["c", "disadvantaged_school"] == pytest.approx(1 / 3)
    assert by_pupil.loc["e", "disadvantaged_school"] == 1
    assert np.isnan(by_pupil.loc["f", "before_school"])


def test_the_flow_adds_up(table: pd.DataFrame) -> None:
    flow = flow_table(STUDY, table)
    assert list(flow) == ["school", "arm", "disadvantaged", "stage", "order", "n"]
    assert flow.groupby("stage", sort=False)["n"].sum().to_dict() == {
        "listed": 7, "in the population": 5, "with a baseline score": 4, "with an outcome score": 2, "analysed": 2,
    }  # fmt: skip
    oak = flow[(flow["school"] == "oak") & (flow["stage"] == "with an outcome score")]
    assert sorted(oak["n"]) == [0, 0]
    assert flow.groupby(["school", "arm", "disadvantaged"], dropna=False).size().eq(5).all()


def test_an_unknown_value_is_not_a_no() -> None:
    indicator = STUDY.analysis.indicators["treated"].model_copy(update={"column": "set", "equals": "upper"})
    analysis = STUDY.analysis.model_copy(update={"indicators": {"treated": indicator}})
    pupils = linked_pupils()
    pupils.loc[pupils["pupil"] == "b", "set"] = np.nan
    table = analysis_table(STUDY.model_copy(update={"analysis": analysis}), pupils, linked_scores(), SCHOOLS)
    assert table["treated"].isna().tolist() == [pupil == "b" for pupil in table["pupil"]]


def test_a_plan_that_names_no_such_column_says_so() -> None:
    analysis = STUDY.analysis.model_copy(update={"school_means": ("baseline", "befor")})
    with pytest.raises(DataError, match="school_means rests on 'baseline'"):
        analysis_table(
            STUDY.model_copy(update={"analysis": analysis}), linked_pupils(), linked_scores(), SCHOOLS
        )


def test_an_empty_population_says_so() -> None:
    with pytest.raises(DataError, match="No pupil is in the population"):
        analysis_table(STUDY, linked_pupils(), linked_scores(), SCHOOLS.assign(role="other"))


def test_schools_without_a_register_are_those_the_pupils_name() -> None:
    schools = schools_table(None, linked_pupils())
    assert schools["school"].tolist() == ["elm", "oak", "ash"]
    assert schools["name"].tolist() == ["School elm", "School oak", "School ash"]
    assert set(schools["role"]) == {""}


def test_arms_are_named_and_the_control_is_in_no_other() -> None:
    star = load_study("star", Path(__file__).parents[2])
    table = pd.DataFrame({"small": [1, 0, 0, np.nan], "aide": [0, 1, 0, np.nan]})
    assert list(arms(star, table)) == [
        "pupils in small classes",
        "pupils in regular classes with an aide",
        "pupils in regular classes",
        "pupils whose arm is not known",
    ]

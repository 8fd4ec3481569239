"""Pupils of the population who are in no file count as lost, by arm where the plan says so, and are no secret."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from evaluation.disclose.flow import protect_flow
from evaluation.errors import StudyError
from evaluation.impact.absent import absent_facts, with_absent
from evaluation.impact.security import security
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
STAGES = ("listed", "in the population", "with an outcome score", "analysed")
SMALL, REGULAR, AIDE = (
    "pupils in small classes",
    "pupils in regular classes",
    "pupils in regular classes with an aide",
)


def star(tmp_path: Path, absent: object) -> Study:
    plan = yaml.safe_load((ROOT / "params" / "star.yml").read_text())
    plan["analysis"]["absent"] = absent
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "star.yml").write_text(yaml.safe_dump(plan, allow_unicode=True))
    return load_study("star", tmp_path)


def flow(**counts: int) -> pd.DataFrame:
    arms = {SMALL: 100, REGULAR: 90, AIDE: 80} | counts
    rows = [
        ("project", arm, stage, at, n) for arm, n in arms.items() for at, stage in enumerate(STAGES, start=1)
    ]
    rows += [("school", "28", stage, at, 30) for at, stage in enumerate(STAGES, start=1)]
    return pd.DataFrame(rows, columns=["level", "unit", "stage", "order", "n"])


def lost(study: Study, table: pd.DataFrame) -> tuple[int, str]:
    power, apart = pd.DataFrame(columns=["question", "stage", "mdes"]), pd.DataFrame({"effect_size": [0.0]})
    rated = security(study, power, table, apart).set_index("part")
    return rated.loc["lost", "rating"], rated.loc["lost", "found"]


def test_they_are_in_the_population_and_in_no_later_stage(tmp_path: Path) -> None:
    study = star(tmp_path, {"pupils": {"small": 25, "control": 5}, "source": "the census"})
    table = with_absent(study, flow())
    small = table[table["unit"] == SMALL].sort_values("order")
    assert dict(zip(small["stage"], small["n"], strict=True)) == {
        "listed, or in no file": 125, "in the population": 125, "in a file": 100, "with an outcome score": 100, "analysed": 100,
    }  # fmt: skip
    assert table[table["unit"] == "28"]["n"].tolist() == [30] * 4
    assert lost(study, flow().assign(absent=0)) == (5, "0.00 to 0.10")
    assert lost(study, table) == (4, "0.10 to 0.20")  # 25 of 125
    assert absent_facts(study) == {"pupils": 30, "source": "the census"}


def test_where_nobody_knows_their_arms_they_count_over_all(tmp_path: Path) -> None:
    study = star(tmp_path, {"pupils": 130, "source": "the census"})
    table = with_absent(study, flow())
    unknown = table[table["unit"] == "pupils whose arm is not known"]
    assert dict(zip(unknown["stage"], unknown["n"], strict=True)) == {
        "listed, or in no file": 130,
        "in the population": 130,
    }
    assert lost(study, table) == (2, "0.30 to 0.40")  # 130 of 400


def test_they_hide_no_count_and_give_none_away(tmp_path: Path) -> None:
    """The plan tells of them: what is left of a count when they are taken off must be one that may be shown."""
    study = star(tmp_path, {"pupils": {"small": 25, "control": 5}, "source": "the census"})
    counts = flow()
    counts.loc[(counts["unit"] == SMALL) & (counts["order"] >= 3), "n"] = 96
    known = {("project", SMALL): 96, ("project", REGULAR): 90}
    table = protect_flow(with_absent(study, counts), known, 10)
    shown = table[table["symbol"] == ""].groupby("unit")["stage"].agg(set)
    # Four have no score: neither 100 in a file nor 125 in the population may stand beside 96.
    assert shown[SMALL] == {"with an outcome score", "analysed"}
    assert shown[REGULAR] == set(
        table.loc[table["unit"] == REGULAR, "stage"]
    )  # five in no file are no secret
    assert "absent" not in table


def test_an_arm_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"absent: tiny: no arm\. Arms: "):
        star(tmp_path, {"pupils": {"tiny": 3}, "source": "the census"})


def test_star_tells_of_all_kindergarten_pupils() -> None:
    """By R's mlmRev: 1,900, 2,194 and 2,231 pupils of kindergarten; 5,854 of them are in the file."""
    study = load_study("star", ROOT)
    given = pd.read_csv(ROOT / "data" / "raw" / "star" / "star_kindergarten.csv")["class_type"].value_counts()
    absent = study.analysis.absent
    assert absent is not None
    assert {name: given[name] for name in ("small", "reg", "reg+A")} == {
        "small": 1900 - absent.pupils["small"],
        "reg": 2194 - absent.pupils["control"],
        "reg+A": 2231 - absent.pupils["aide"],
    }

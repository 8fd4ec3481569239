"""Schools beside the comparison schools most like them: twins among strangers, the caliper, and the main model with the paired alone."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.impact.choose_schools import MEASURES, choose_schools
from evaluation.impact.imputed import impute
from evaluation.impact.near_schools import near_schools, school_pairs
from evaluation.impact.plan import fit_plan
from evaluation.impact.robustness import robustness
from evaluation.models import fit
from evaluation.simulate.analysis import analysis_data
from evaluation.simulate.truth import Truth
from evaluation.study import Study, load_study
from evaluation.study.received import PublishedTable

ROOT = Path(__file__).parents[2]
# Mean first score, pupils and how many of them disadvantaged.
OURS = {"a": (90.0, 20, 8), "b": (95.0, 30, 6), "c": (100.0, 40, 4), "d": (92.0, 24, 12)}
TWINS = {"A": (90.2, 20, 8), "B": (95.2, 30, 6), "C": (100.2, 40, 4), "D": (92.2, 24, 12)}
STRANGERS = {"X": (115.0, 60, 0), "Y": (118.0, 64, 1), "Z": (112.0, 62, 0)}


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def with_caliper(study: Study, schools: float) -> Study:
    matching = study.analysis.matching.model_copy(update={"schools": schools})
    return study.model_copy(update={"analysis": study.analysis.model_copy(update={"matching": matching})})


def pupils_of(
    treated: dict[str, tuple[float, int, int]], control: dict[str, tuple[float, int, int]]
) -> pd.DataFrame:
    rows = [
        (school, side, mean + 3 * (-1) ** pupil, float(pupil < disadvantaged))
        for side, schools in ((1.0, treated), (0.0, control))
        for school, (mean, n, disadvantaged) in schools.items()
        for pupil in range(n)
    ]
    table = pd.DataFrame(rows, columns=["school", "treated", "baseline", "disadvantaged"])
    table["phase"] = table["school"].str.casefold().map({"d": "Secondary"}).fillna("Primary")
    return table.assign(endline=table["baseline"], in_population=True)


def test_each_finds_its_twin_and_strangers_are_left(study: Study) -> None:
    pupils = pupils_of(OURS, {**STRANGERS, **TWINS})
    found = school_pairs(study, pupils)
    assert sorted(found) == sorted([*OURS, *TWINS])
    row, alike = near_schools(study, pupils)
    assert row.iloc[0].to_dict() == {
        "question": "schools",
        "caliper": 1.0,
        "n_treated": 4,
        "n_comparison": 7,
        "n_pairs": 4,
    }
    by_name = alike.set_index("characteristic")
    first = by_name.loc["Maths in autumn 2023, mean"]
    ours, all_others = (pupils_mean(list(group.values())) for group in (OURS, {**TWINS, **STRANGERS}))
    spread = np.sqrt(
        (
            np.var([v[0] for v in OURS.values()], ddof=1)
            + np.var([v[0] for v in {**TWINS, **STRANGERS}.values()], ddof=1)
        )
        / 2
    )
    assert first["before"] == pytest.approx((ours - all_others) / spread)
    assert first["after"] == pytest.approx(-0.2 / spread)
    assert by_name["after"].drop("Maths in autumn 2023, mean").abs().max() == pytest.approx(0, abs=1e-12)


def pupils_mean(schools: list[tuple[float, int, int]]) -> float:
    return float(np.mean([mean for mean, *_ in schools]))


def test_no_other_pairing_is_nearer(study: Study) -> None:
    rng = np.random.default_rng(4)
    made = [
        {
            f"{side}{at}": (rng.normal(100, 5), int(rng.integers(20, 60)), int(rng.integers(2, 18)))
            for at in range(n)
        }
        for side, n in (("t", 4), ("c", 6))
    ]
    pupils = pupils_of(*made)
    found = school_pairs(with_caliper(study, 99.0), pupils)
    chosen = dict(zip(found[:4], found[4:], strict=True))
    table = pd.DataFrame({name: (m, d / n, n) for group in made for name, (m, n, d) in group.items()}).T
    mean = pupils.groupby("school")["baseline"].mean()
    table[0] = mean.reindex(table.index)
    scaled = table / table.std()

    def apart(pairs: dict[str, str]) -> float:
        return sum(
            np.sqrt(((scaled.loc[one] - scaled.loc[other]) ** 2).mean()) for one, other in pairs.items()
        )

    every = [dict(zip(made[0], order, strict=True)) for order in permutations(made[1], 4)]
    assert apart(chosen) == pytest.approx(min(map(apart, every)))


def test_pairs_are_of_a_phase_and_within_the_caliper(study: Study) -> None:
    pupils = pupils_of(OURS, {**STRANGERS, **TWINS})
    other_phase = pupils.assign(phase=np.where(pupils["school"] == "D", "Primary", pupils["phase"]))
    assert {"d", "D"}.isdisjoint(school_pairs(study, other_phase))
    assert not school_pairs(with_caliper(study, 1e-6), pupils)
    drawn = study.model_copy(
        update={"comparison": study.comparison.model_copy(update={"kind": "randomised"})}
    )
    assert all(table.empty for table in near_schools(drawn, pupils))
    few = pupils[~pupils["school"].isin(["a", "b"])]
    assert all(table.empty for table in near_schools(study, few))


def test_the_headline_with_the_paired_alone_is_the_model_of_their_pupils(study: Study) -> None:
    pupils = analysis_data(11, Truth(effect=6.0))
    fitted = fit_plan(study, pupils)["headline"]
    moved = robustness(study, pupils, fitted, impute(study, pupils, imputations=2)).set_index("variation")
    paired = pupils[pupils["school"].isin(school_pairs(study, pupils))]
    assert 0 < paired["school"].nunique() < pupils["school"].nunique()
    expected = fit(study.analysis.models["headline"].formula, paired).coefficients.loc["treated"]
    row = moved.loc["schools_paired"]
    assert row["estimate"] == pytest.approx(expected["estimate"])
    assert (
        row["n_schools"] == paired["school"].nunique() == 2 * near_schools(study, pupils)[0].loc[0, "n_pairs"]
    )


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    """Two schools of the study among eight of a kind, one of another kind, one that lacks a figure; its third is the study's for support."""
    figures = {
        "3012001": ("CY", 100.0, 30, 9), "3012002": ("CY", 104.0, 60, 6), "3012003": ("CY", 100.2, 30, 9),
        "3012004": ("CY", 100.1, 30, 9), "3012005": ("CY", 103.8, 58, 6), "3012006": ("CY", 110.0, 90, 2),
        "3012007": ("CY", 95.0, 20, 15), "3012008": ("AC", 100.0, 30, 9), "3012009": ("CY", np.nan, 30, 9), "3012010": ("CY", 99.0, 15, 3),
    }  # fmt: skip
    rows = pd.DataFrame(
        [(at, number, kind) for at, (number, (kind, *_)) in enumerate(figures.items())],
        columns=["row", "laestab", "rectype"],
    )
    schools = rows.assign(
        source="ks2_2022", level="school", urn="", name="School " + rows["laestab"].str[-2:]
    )
    published = pd.DataFrame(
        [
            (at, name, value)
            for at, (_, *values) in enumerate(figures.values())
            for name, value in zip(MEASURES["ks2"], values, strict=True)
        ],
        columns=["row", "measure", "value"],
    )
    roles = {"3012001": 1.0, "3012002": 1.0, "3012003": 0.0}
    analysis = pd.DataFrame({"school": list(roles), "treated": list(roles.values()), "supporting": [0, 0, 1]})
    register = pd.DataFrame({"school": list(roles), "urn": ""})
    return {
        "published_schools": schools,
        "published": published.assign(source="ks2_2022"),
        "analysis": analysis,
        "schools": register,
    }


def with_tables(study: Study, kind: str, year: str = "2021/22") -> Study:
    item = PublishedTable(name="ks2_2022", kind="ks2", path="ks2.csv", year=year)
    supporting = study.analysis.indicators["treated"].model_copy(
        update={"equals": "supporting", "label": "supporting"}
    )
    plan = study.analysis.model_copy(
        update={"indicators": {**study.analysis.indicators, "supporting": supporting}}
    )
    compared = study.comparison.model_copy(update={"kind": kind})
    return study.model_copy(update={"published": (item,), "comparison": compared, "analysis": plan})


def test_schools_to_compare_with_are_the_nearest_of_their_kind(
    study: Study, tables: dict[str, pd.DataFrame]
) -> None:
    """Not the one that the study has for support, nor the twin of another kind, nor one without figures."""
    found, alike = choose_schools(with_tables(study, "norm"), tables)
    assert found[["school", "chosen", "years", "reason"]].to_numpy().tolist() == [
        ["3012001", "3012004", "2021/22", ""],
        ["3012002", "3012005", "2021/22", ""],
    ]
    assert found["chosen_name"].tolist() == ["School 04", "School 05"]
    assert alike.empty, "two schools alone"
    near = with_tables(with_caliper(study, 0.03), "norm")
    close = choose_schools(near, tables)[0].set_index("school")
    assert close.loc["3012001", "chosen"] == "3012004"
    assert close.loc["3012002", "reason"] == "no school of its kind is near enough"
    lacking = {**tables, "published": tables["published"][tables["published"]["row"] != 0]}
    assert choose_schools(with_tables(study, "norm"), lacking)[0]["reason"].tolist() == [
        "its figures are not in the tables",
        "",
    ]


def test_nobody_is_chosen_where_there_are_comparison_schools_or_no_earlier_table(
    study: Study, tables: dict[str, pd.DataFrame]
) -> None:
    for asked in (with_tables(study, "matched"), with_tables(study, "norm", "2023/24"), study):
        assert all(table.empty for table in choose_schools(asked, tables))

"""Schools beside the comparison schools most like them: twins among strangers, the caliper, and the main model with the paired alone."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.impact.imputed import impute
from evaluation.impact.near_schools import near_schools, school_pairs
from evaluation.impact.plan import fit_plan
from evaluation.impact.robustness import robustness
from evaluation.models import fit
from evaluation.simulate.analysis import analysis_data
from evaluation.simulate.truth import Truth
from evaluation.study import Study, load_study

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

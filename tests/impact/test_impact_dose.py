"""Dose beside results: need that drives the dose, what each way of looking makes of it, and what is published."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.disclose.dose import protect_dose
from evaluation.disclose.precision import Precision
from evaluation.impact.dose import confounded, dose
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
SCHOOLS = [f"s{at:02d}" for at in range(40)]


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def given_by_need(seed: int, benefit: float) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Each day adds `benefit` in its part of the year; a school of greater need falls back 3 a part of the year for each unit of it.

    Need drives the days and is not the first score, so that no adjustment for that takes it away.
    """
    rng = np.random.default_rng(seed)
    need = rng.normal(0, 1, len(SCHOOLS))
    early, late = (np.round(10 + 4 * need + rng.normal(0, 4, len(SCHOOLS))).clip(0) for _ in range(2))
    start = 95 - 2 * need + rng.normal(0, 2, len(SCHOOLS))
    chance = rng.normal(0, 0.5, (2, len(SCHOOLS)))
    middle = start - 3 * need + benefit * early + chance[0]
    end = middle - 3 * need + benefit * late + chance[1]
    each = rng.normal(0, 5, 20)
    rows = [
        (school, start[at] + own, middle[at] + own, end[at] + own)
        for at, school in enumerate(SCHOOLS)
        for own in each
    ]
    pupils = pd.DataFrame(rows, columns=["school", "baseline", "midpoint", "endline"])
    days = [("2023-11-01", early), ("2024-04-01", late)]
    support = [
        pd.DataFrame({"date": pd.Timestamp(day), "school": SCHOOLS, "days": amount}) for day, amount in days
    ]
    return pupils.assign(treated=1, in_population=True), {"support": pd.concat(support, ignore_index=True)}


@pytest.mark.parametrize("benefit", [0.0, 0.5])
def test_need_makes_dose_look_harmful_between_schools_and_not_within(study: Study, benefit: float) -> None:
    pupils, tables = given_by_need(1, benefit)
    found = dose(study, pupils, tables).set_index("measure")
    days = tables["support"].groupby("school")["days"].sum().std()
    assert found.loc["within", "estimate"] == pytest.approx(benefit * days, abs=1)
    for measure in ("between", "same_start"):
        assert found.loc[measure, "ci_high"] < benefit * days - 1, (
            "and its interval does not hold what is true"
        )
    assert found.loc["between", "need"] < -0.3


def test_what_was_given_before_cannot_have_been_called_for_by_the_change_after(study: Study) -> None:
    """Whoever falls back in a part of the year has more in that part; a day adds 0.5 to the change of the part after."""
    rng = np.random.default_rng(11)
    shocks = rng.normal(0, 4, (2, len(SCHOOLS)))
    early, late = (np.round(10 - shock).clip(0) for shock in shocks)
    start = rng.normal(95, 3, len(SCHOOLS))
    middle = start + shocks[0]
    end = middle + shocks[1] + 0.5 * early
    rows = [(school, start[at], middle[at], end[at]) for at, school in enumerate(SCHOOLS) for _ in range(2)]
    pupils = pd.DataFrame(rows, columns=["school", "baseline", "midpoint", "endline"])
    pupils = pupils.assign(treated=1, in_population=True)
    days = [("2023-11-01", early), ("2024-04-01", late)]
    parts = [
        pd.DataFrame({"date": pd.Timestamp(day), "school": SCHOOLS, "days": given}) for day, given in days
    ]
    undated = pd.DataFrame({"date": [pd.NaT], "school": SCHOOLS[:1], "days": [20.0]})
    support = pd.concat([*parts, undated], ignore_index=True)
    found = dose(study, pupils, {"support": support}).set_index("measure")
    unit = support.groupby("school")["days"].sum().std()
    alone = np.polyfit(early, end - middle, 1)[0]
    assert found.loc["lagged", "estimate"] == pytest.approx(alone * unit), (
        "a record without a day is of no part"
    )
    assert found.loc["lagged", "ci_low"] < 0.5 * unit < found.loc["lagged", "ci_high"]
    for measure in ("between", "within"):
        assert found.loc[measure, "ci_high"] < 0.5 * unit, "what the fall called for looks like harm"


def test_a_bound_holds_what_need_half_seen_hides(study: Study) -> None:
    """The first score shows one half of need and not the other, which weighs as much: with that half too the slope is the true one."""
    seen, unseen, chance = (np.tile(side, 5) for side in np.array(list(product((-1.0, 1.0), repeat=3))).T)
    given = 20 + 2 * seen + 2 * unseen + 2 * chance
    change = 10 - 3 * seen - 3 * unseen + 0.5 * given
    rows = [(school, 90 - 5 * seen[at], change[at]) for at, school in enumerate(SCHOOLS) for _ in range(2)]
    pupils = pd.DataFrame(rows, columns=["school", "baseline", "change"])
    pupils["endline"] = pupils["baseline"] + pupils.pop("change")
    pupils = pupils.assign(midpoint=np.nan, treated=1, in_population=True)
    days = pd.DataFrame({"date": pd.Timestamp("2023-11-01"), "school": SCHOOLS, "days": given})
    found = dose(study, pupils, {"support": days}).set_index("measure")
    unit = given.std(ddof=1)
    assert found.loc["between", "estimate"] == pytest.approx((0.5 - 1) * unit)
    assert found.loc["same_start", "estimate"] == pytest.approx((0.5 - 0.75) * unit)
    assert found.loc["bound", "ci_low"] == found.loc["between", "estimate"]
    assert found.loc["bound", "ci_high"] == pytest.approx(0.5 * unit)
    assert np.isnan(found.loc["bound", "estimate"]), "it is no estimate"
    assert np.isnan(confounded(-1.0, -0.5, 0.71)).all(), (
        "a dose that is nearly the first score could be anything"
    )


def test_a_year_that_no_test_parts_is_said(study: Study) -> None:
    pupils, tables = given_by_need(6, 0.2)
    outcomes = {name: item for name, item in study.analysis.outcomes.items() if name != "midpoint"}
    plan = study.analysis.model_copy(update={"outcomes": outcomes})
    found = dose(study.model_copy(update={"analysis": plan}), pupils, tables).set_index("measure")
    assert found.loc[["within", "lagged"], "reason"].str.contains("no one test in between").all()
    assert found.loc["between", "estimate"] < 0
    late = {"support": tables["support"][tables["support"]["date"] > pd.Timestamp("2024-02-05")]}
    none = dose(study, pupils, late).set_index("measure").loc["lagged"]
    assert "all had the same before" in none["reason"]


def test_between_schools_by_hand(study: Study) -> None:
    """Changes 0, 2, 2, 4, 6, 4 for 0 to 5 days: slope 17 over 17.5 a day, of standard deviation sqrt(3.5)."""
    changes = [0.0, 2.0, 2.0, 4.0, 6.0, 4.0]
    rows = [
        (f"s{at}", 90.0 + at % 3, 90.0 + at % 3 + change)
        for at, change in enumerate(changes)
        for _ in range(4)
    ]
    pupils = pd.DataFrame(rows, columns=["school", "baseline", "endline"])
    pupils = pupils.assign(midpoint=np.nan, treated=1, in_population=True)
    days = pd.DataFrame(
        {"date": pd.Timestamp("2024-01-01"), "school": [f"s{at}" for at in range(1, 6)], "days": range(1, 6)}
    )
    found = dose(study, pupils, {"support": days}).set_index("measure").loc["between"]
    assert found["estimate"] == pytest.approx(17 / 17.5 * np.sqrt(3.5))
    assert (found["df"], found["n_schools"], found["n_smallest"]) == (4, 6, 4)


def test_attendance_counts_as_it_was(study: Study) -> None:
    """Half a day is a half, late is there, absent is not: the same as so many days of support."""
    pupils, _ = given_by_need(2, 0.1)
    words = {1.0: ["yes"], 1.5: ["late", "half day"], 2.0: ["yes", "late"], 0.0: ["no"]}
    values = [list(words)[at % 4] for at in range(len(SCHOOLS))]
    went = [
        {"date": pd.Timestamp("2023-11-01"), "school": school, "attended": word}
        for school, value in zip(SCHOOLS, values, strict=True)
        for word in words[value]
    ]
    support = pd.DataFrame({"date": pd.Timestamp("2023-11-01"), "school": SCHOOLS, "days": values})
    found = dose(study, pupils, {"training": pd.DataFrame(went), "support": support})
    by_kind = [part.drop(columns="kind").reset_index(drop=True) for _, part in found.groupby("kind")]
    pd.testing.assert_frame_equal(*by_kind)


def test_few_schools_or_one_dose_for_all_have_no_line(study: Study) -> None:
    pupils, tables = given_by_need(3, 0.0)
    few = dose(study, pupils[pupils["school"].isin(SCHOOLS[:5])], tables)
    alike = dose(study, pupils, {"support": tables["support"].assign(days=1.0)})
    for found in (few, alike):
        assert found["estimate"].isna().all()
        assert found["reason"].str.contains("fewer than six").all()
    assert dose(study, pupils, {}).empty


def test_published_it_is_as_rough_as_the_smallest_school(study: Study) -> None:
    pupils, tables = given_by_need(4, 0.2)
    exact = dose(study, pupils, tables)
    published = protect_dose(exact, Precision({"endline": 20.0}), "endline", 10)
    by_way = published.set_index("measure")
    between, same_start, need = (
        by_way.loc[at] for at in [("between", "estimate"), ("same_start", "estimate"), ("bound", "need")]
    )
    ends = confounded(between, same_start, need)
    low, high = by_way.loc["bound", ["ci_low", "ci_high"]]
    assert ends[0] - 0.1 <= low <= ends[0] < ends[1] <= high <= ends[1] + 0.1
    exact, published = (table[table["measure"] != "bound"] for table in (exact, published))
    assert (published["estimate"] % 1).abs().max() == 0, "20 points over 20 pupils"
    assert (published["ci_high"] - published["ci_low"] >= exact["ci_high"] - exact["ci_low"]).all()
    assert {"std_error", "n_smallest"}.isdisjoint(published)
    hidden = protect_dose(dose(study, pupils, tables), Precision({"endline": 20.0}), "endline", 21)
    assert hidden[["estimate", "ci_low", "need"]].isna().all(axis=None)
    assert (hidden["symbol"] == "c").all()

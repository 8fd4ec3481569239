"""Growth over waves: against known truth, R, and studies with too few waves or nobody to compare with."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from impact_r import needs_r, numbers_of_r

from evaluation.derive import analysis_table, moves_table
from evaluation.disclose.growth import protect_growth
from evaluation.impact.growth import growth
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
R_CODE = """
suppressMessages(library(lmerTest))
d <- read.csv("%s", colClasses = c(school = "character", pupil = "character"))
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e6, rhoend = 1e-10))
f <- lmer(score ~ treated * (mid + end) + (1 + mid + end | school) + (1 | pupil), d, control = tight)
k <- coef(summary(f, ddf = "Kenward-Roger"))[c("treated:mid", "treated:end"), 1:3]
cat(t(k))
"""


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def waves(seed: int, noise: float = 1.0, schools: int = 20, size: int = 25) -> pd.DataFrame:
    """The treated gain 1 more than the others by spring and 3 more by summer; a school's own changes vary by 1."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), size)
    treated = school % 2
    pupil = 98 + noise * (rng.normal(0, 3, schools)[school] + rng.normal(0, 10, schools * size)) - 2 * treated
    found = {}
    for name, common, more in (("baseline", 0, 0), ("midpoint", 2, 1), ("endline", 3, 3)):
        own = (name != "baseline") * rng.normal(0, 1, schools)[school]
        found[name] = pupil + common + more * treated + noise * (own + rng.normal(0, 5, schools * size))
    table = pd.DataFrame({**found, "school": [f"s{at}" for at in school], "treated": treated})
    return table.assign(
        pupil=[f"p{at}" for at in range(len(table))], **{"class": "a"}, year_group="2", in_population=True
    )


def test_what_each_wave_gained_is_found(study: Study) -> None:
    found = growth(study, waves(1, noise=0.05)).set_index("outcome")
    assert list(found.index) == ["midpoint", "endline"]
    assert list(found["estimate"]) == pytest.approx([1, 3], abs=0.1)


def test_tests_on_other_scales_are_set_on_their_norms(study: Study) -> None:
    """Mean 50 and sd 10 in spring: the same standing, other numbers."""
    other = study.instrument("maths_check").model_copy(
        update={"norm_mean": 50.0, "norm_sd": 10.0, "minimum": 0.0}
    )
    pupils = waves(2)
    moved = pupils.assign(midpoint=50 + (pupils["midpoint"] - 100) / 15 * 10)

    def with_test(test: object) -> Study:
        tests = tuple(test if item.name == "maths_check" else item for item in study.instruments)
        return study.model_copy(update={"instruments": tests})

    pd.testing.assert_frame_equal(growth(with_test(other), moved), growth(study, pupils), rtol=1e-6)
    blank = growth(with_test(other.model_copy(update={"norm_mean": None, "norm_sd": None})), moved)
    assert blank["estimate"].isna().all()
    assert blank["reason"].str.contains("different scales").all()


def test_pupils_with_one_score_count_and_order_does_not_matter(study: Study) -> None:
    pupils = waves(3)
    partial = pupils.assign(endline=pupils["endline"].where(pupils.index % 7 != 0))
    found = growth(study, partial)
    shuffled = growth(study, partial.sample(frac=1, random_state=1).reset_index(drop=True))
    pd.testing.assert_frame_equal(found, shuffled, rtol=1e-6)
    only_both = growth(study, partial.dropna(subset=["endline"]))
    assert abs(found.loc[0, "estimate"] - only_both.loc[0, "estimate"]) > 1e-3
    assert found.loc[0, "estimate"] == pytest.approx(growth(study, pupils).loc[0, "estimate"], abs=0.5)


def test_with_nobody_to_compare_with_it_is_the_treated_s_own_change(study: Study) -> None:
    alone = study.model_copy(update={"comparison": study.comparison.model_copy(update={"kind": "norm"})})
    found = growth(alone, waves(4, noise=0.05)).set_index("outcome")
    assert list(found["estimate"]) == pytest.approx([3, 6], abs=0.1)
    assert set(found["n_schools"]) == {10}


def test_two_waves_are_no_growth(study: Study) -> None:
    plan = study.analysis
    two = {name: item for name, item in plan.outcomes.items() if name != "midpoint"}
    cut = study.model_copy(update={"analysis": plan.model_copy(update={"outcomes": two})})
    assert growth(cut, waves(5)).empty


def test_a_model_that_cannot_be_fitted_says_so(study: Study) -> None:
    pupils = waves(6)
    found = growth(study, pupils[pupils["school"].isin(["s0", "s1"])])
    assert (found["reason"] != "").all()
    assert found["estimate"].isna().all()


@needs_r
def test_r_agrees(study: Study, tmp_path: Path) -> None:
    pupils = waves(7, schools=12, size=15)
    names = ["baseline", "midpoint", "endline"]
    rows = pupils.melt(["pupil", "school", "treated"], names, "wave", "score")
    rows = rows.assign(mid=(rows["wave"] == "midpoint") * 1, end=(rows["wave"] == "endline") * 1)
    theirs = numbers_of_r(R_CODE, rows, tmp_path)
    ours = growth(study, pupils)[["estimate", "std_error", "df"]].to_numpy().ravel()
    assert list(ours) == pytest.approx(theirs, rel=1e-3)


def test_pupils_followed_to_another_school_keep_the_first(study: Study) -> None:
    """Five go from primary to secondary and three to another primary school before the last test, which all but one of these sit."""
    pupils = waves(8, schools=12, size=15)
    schools = pd.DataFrame({"school": [f"s{at}" for at in range(13)], "cluster": "", "role": "comparison"})
    schools["phase"] = ["primary"] * 12 + ["secondary"]
    schools.loc[schools["school"].isin(set(pupils.loc[pupils["treated"] == 1, "school"])), "role"] = (
        "taking part"
    )
    up, across = pupils["pupil"][:5].tolist(), pupils["pupil"][20:23].tolist()
    goes = {**dict.fromkeys(up, "s12"), **dict.fromkeys(across, "s5")}
    found = {}
    for name, to in (("followed", goes), ("stayed", {})):
        first = pupils.assign(wave="baseline")
        last = pupils.assign(
            wave="endline",
            school=[to.get(*pair) for pair in zip(pupils["pupil"], pupils["school"], strict=True)],
        )
        listed = pd.concat([first, last], ignore_index=True)
        blank = dict.fromkeys(("eal", "send"), 0.0) | {
            "sex": "F",
            "disadvantaged": 0.0,
            "disadvantaged_by": "",
            "cluster": "",
        }
        scores = pupils.melt("pupil", ["baseline", "midpoint", "endline"], "wave", "score")
        scores = scores[(scores["pupil"] != across[0]) | (scores["wave"] == "baseline")]
        scores = scores.assign(
            censored="", instrument=np.where(scores["wave"] == "midpoint", "maths_check", "number_progress")
        )
        moves = moves_table(study, listed, schools)
        found[name] = growth(study, analysis_table(study, listed.assign(**blank), scores, schools), moves)
    moved = found["followed"].drop(columns=["n_moved", "n_moved_up"])
    pd.testing.assert_frame_equal(moved, found["stayed"].drop(columns=["n_moved", "n_moved_up"]))
    assert found["followed"][["n_moved", "n_moved_up"]].drop_duplicates().to_numpy().tolist() == [[7, 5]]
    assert found["stayed"][["n_moved", "n_moved_up"]].drop_duplicates().to_numpy().tolist() == [[0, 0]]
    assert moved["estimate"].notna().all()


def test_a_few_who_moved_are_not_told(study: Study) -> None:
    table = growth(study, waves(9))
    assert table[["n_moved", "n_moved_up"]].isna().all(axis=None), "nothing is known of moves"
    for both, told in (
        ((30, 12), (30, 12)),
        ((30, 25), (30, None)),
        ((9, 9), (None, None)),
        ((12, 12), (12, 12)),
    ):
        shown = protect_growth(table.assign(n_moved=both[0], n_moved_up=both[1]), 10)
        for name, value in zip(("n_moved", "n_moved_up"), told, strict=True):
            assert (shown[name].isna() if value is None else shown[name] == value).all()
    pd.testing.assert_frame_equal(
        protect_growth(table, 10).drop(columns=["n_moved", "n_moved_up"]),
        table.drop(columns=["n_moved", "n_moved_up"]),
    )

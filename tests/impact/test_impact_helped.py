"""Help beside matched pupils: help that need drives, a case worked by hand, R's own match and CR2, and what is published."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from impact_r import needs_r, numbers_of_r

from evaluation.disclose.helped import helped_claim, protect_helped, protect_likeness
from evaluation.disclose.precision import Precision
from evaluation.impact.helped import helped
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
GIVEN = Precision({"endline": 20.0, "baseline": 20.0})
R = """
rows <- read.csv("%s"); suppressMessages({library(lpSolve); library(clubSandwich)})
sd1 <- sd(rows$baseline); kept <- NULL
for (one in split(rows, list(rows$school, rows$year_group, rows$disadvantaged), drop = TRUE)) {
  h <- one[one$had == 1, ]; o <- one[one$had == 0, ]
  if (!nrow(h) || !nrow(o)) next
  d <- abs(outer(h$baseline, o$baseline, "-")) / sd1
  n <- max(dim(d)); square <- matrix(1e3, n, n); square[seq_len(nrow(d)), seq_len(ncol(d))] <- ifelse(d <= 0.25, d, 1e3)
  to <- max.col(lp.assign(square)$solution)[seq_len(nrow(d))]
  for (i in seq_len(nrow(d))) if (to[i] <= ncol(d) && d[i, to[i]] <= 0.25)
    kept <- rbind(kept, data.frame(school = h$school[i], lead = h$endline[i] - o$endline[to[i]], apart = h$baseline[i] - o$baseline[to[i]]))
}
found <- coef_test(lm(lead ~ apart, kept), vcov = "CR2", cluster = kept$school)
cat(nrow(kept), format(c(found$beta[1], found$SE[1], found$df_Satt[1]), digits = 12))
"""


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def needy(
    seed: int, benefit: float, schools: int = 12, size: int = 40
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Pupils who started lower, and the disadvantaged, were the likelier to be helped; help adds `benefit`."""
    rng = np.random.default_rng(seed)
    n = schools * size
    pupils = pd.DataFrame(
        {
            "pupil": [f"p{at}" for at in range(n)],
            "school": np.repeat([f"s{at:02d}" for at in range(schools)], size),
            "year_group": np.tile(["2", "4"], n // 2),
            "disadvantaged": rng.integers(0, 2, n).astype(float),
            "sex": rng.choice(["F", "M"], n),
        }
    )
    pupils["baseline"] = 100 - 5 * pupils["disadvantaged"] + rng.normal(0, 12, n)
    chance = 1 / (1 + np.exp((pupils["baseline"] - 88) / 5 - pupils["disadvantaged"]))
    had = rng.random(n) < chance
    of_school = np.repeat(rng.normal(0, 3, schools), size)
    pupils["endline"] = (
        30 + 0.7 * pupils["baseline"] - 3 * pupils["disadvantaged"] + of_school + rng.normal(0, 8, n)
    )
    pupils["endline"] += benefit * had
    pupils = pupils.assign(
        midpoint=0.0, treated=1.0, eal=0.0, send=0.0, in_population=True, joined_late=False
    )
    return pupils, {"interventions": help_for(pupils.loc[had, "pupil"])}


def help_for(pupils: pd.Series, day: str = "2023-11-06") -> pd.DataFrame:
    return pd.DataFrame({"pupil": pupils.to_numpy(), "started": pd.Timestamp(day), "hours": 2.0})


@pytest.mark.parametrize("benefit", [0.0, 4.0])
def test_the_match_takes_away_what_need_makes_help_look_like(study: Study, benefit: float) -> None:
    leads, plain, covered = [], [], 0
    for seed in range(12):
        pupils, tables = needy(seed, benefit)
        found = helped(study, pupils, tables)[0].iloc[0]
        had = pupils["pupil"].isin(tables["interventions"]["pupil"])
        plain.append(pupils.loc[had, "endline"].mean() - pupils.loc[~had, "endline"].mean())
        leads.append(found["estimate"])
        covered += found["ci_low"] <= benefit <= found["ci_high"]
    error = np.std(leads, ddof=1) / np.sqrt(len(leads))
    assert np.mean(leads) == pytest.approx(benefit, abs=4 * error)
    assert np.mean(plain) < benefit - 5
    assert covered >= 9, "of 12 at 95%: fewer once in five thousand"


def test_a_case_worked_by_hand(study: Study) -> None:
    """Leads 1, 2, 3 and 6, the first scores alike: mean 3, squares 4 + 1 + 0 + 9 over 3, over 4: error sqrt(14/12), 3 degrees of freedom."""
    rows = [
        (f"s{at}", had, start, end)
        for at, lead in enumerate([1.0, 2.0, 3.0, 6.0])
        for had, start, end in ((1, 90.0, 80.0 + lead), (0, 90.0, 79.0), (0, 90.0, 81.0), (0, 120.0, 0.0))
    ]
    pupils = pd.DataFrame(rows, columns=["school", "had", "baseline", "endline"])
    pupils = pupils.assign(
        pupil=[f"p{at}" for at in range(len(rows))], year_group="2", disadvantaged=0.0, midpoint=0.0, treated=1.0,
        sex="F", eal=0.0, send=0.0, in_population=True, joined_late=False,
    )  # fmt: skip
    tables = {"interventions": help_for(pupils.loc[pupils["had"] == 1, "pupil"])}
    found, alike = helped(study, pupils, tables)
    row = found.iloc[0]
    assert row["estimate"] == pytest.approx(3)
    assert row["std_error"] == pytest.approx(np.sqrt(14 / 12))
    assert row["df"] == pytest.approx(3)
    assert row[["n_helped", "n_scored", "n_pairs", "n_schools"]].tolist() == [4, 4, 4, 4]
    first = alike.set_index("characteristic").loc["Maths in autumn 2023"]
    spread = np.sqrt(pupils.loc[pupils["had"] == 0, "baseline"].var() / 2)
    assert first["before"] == pytest.approx((90 - 100) / spread)
    assert first["after"] == pytest.approx(0)
    few = helped(study, pupils[pupils["school"] != "s0"], tables)[0].iloc[0]
    assert np.isnan(few["estimate"])
    assert "fewer than four schools" in few["reason"]


def test_what_is_left_of_the_first_score_is_adjusted_for(study: Study) -> None:
    """With next to no noise the lead is the benefit, though the helped of the pairs started lower on the whole."""
    pupils, tables = needy(4, 0.0)
    had = pupils["pupil"].isin(tables["interventions"]["pupil"])
    noise = np.random.default_rng(0).normal(0, 0.02, len(pupils))
    exact = pupils.assign(endline=30 + 0.7 * pupils["baseline"] + 2.0 * had + noise)
    assert helped(study, exact, tables)[0].loc[0, "estimate"] == pytest.approx(2, abs=0.02)


def test_the_order_of_rows_decides_nothing(study: Study) -> None:
    """Whole scores, so that many pupils are equally near."""
    pupils, tables = needy(3, 2.0)
    pupils["baseline"] = (pupils["baseline"] / 4).round() * 4
    mixed = pupils.sample(frac=1, random_state=1).reset_index(drop=True)
    one, other = (helped(study, rows, tables) for rows in (pupils, mixed))
    for table, again in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(table, again)


@needs_r
def test_the_match_and_its_inference_are_those_of_r(study: Study, tmp_path: Path) -> None:
    pupils, tables = needy(5, 2.0)
    found = helped(study, pupils, tables)[0].iloc[0]
    rows = pupils.assign(had=pupils["pupil"].isin(tables["interventions"]["pupil"]).astype(int))
    n, estimate, error, df = numbers_of_r(R, rows, tmp_path)
    assert found["n_pairs"] == n < found["n_scored"]
    assert found["estimate"] == pytest.approx(estimate, rel=1e-8)
    assert found["std_error"] == pytest.approx(error, rel=1e-5)
    assert found["df"] == pytest.approx(df, rel=1e-5)


def test_pairs_keep_to_school_year_and_status_and_the_caliper(study: Study) -> None:
    pupils, tables = needy(6, 0.0)
    wide = study.model_copy(
        update={"analysis": study.analysis.model_copy(update={"matching": study.analysis.matching.model_copy(update={"caliper": 9.0})})}
    )  # fmt: skip
    near, far = (helped(plan, pupils, tables) for plan in (study, wide))
    assert near[0].loc[0, "n_pairs"] < far[0].loc[0, "n_pairs"]
    left = (table.set_index("characteristic")["after"].abs() for _, table in (near, far))
    tight, loose = left
    assert tight["Maths in autumn 2023"] < 0.05 < loose["Maths in autumn 2023"]
    assert tight["proportion of disadvantaged pupils"] == pytest.approx(0, abs=1e-12)
    ours = pupils["pupil"].isin(tables["interventions"]["pupil"])
    for column in ("school", "year_group", "disadvantaged"):
        alone = pupils.copy()
        if column == "disadvantaged":
            alone[column] = ours.astype(float)
        else:
            alone[column] = alone[column].where(~ours, alone[column] + "x")
        assert helped(study, alone, tables)[0].loc[0, "n_pairs"] == 0


def test_help_after_the_last_test_or_of_nobody_known_does_not_count(study: Study) -> None:
    pupils, tables = needy(7, 0.0)
    late = help_for(tables["interventions"]["pupil"], "2024-07-01")
    assert helped(study, pupils, {"interventions": late})[0].loc[0, "n_helped"] == 0
    more = pd.concat([tables["interventions"], help_for(pd.Series([None, "", "nobody"]))])
    both = (helped(study, pupils, {"interventions": rows})[0] for rows in (tables["interventions"], more))
    pd.testing.assert_frame_equal(*both)
    assert helped(study, pupils, {})[0].empty
    plan = study.analysis.model_copy(update={"baseline": None})
    assert helped(study.model_copy(update={"analysis": plan}), pupils, tables)[0].empty


def test_published_it_is_rough_and_a_few_pupils_are_not_told(study: Study) -> None:
    exact = helped(study, *needy(8, 2.0))[0].assign(n_helped=58, n_scored=52, n_pairs=40)
    published = protect_helped(exact, GIVEN, "endline", 10).iloc[0]
    assert published["estimate"] % 0.5 == 0, "20 points over 40 pairs"
    assert published["ci_high"] - published["ci_low"] >= (exact["ci_high"] - exact["ci_low"]).iloc[0]
    assert published["n_pairs"] == 40
    assert published["n_scored"] == 52
    assert np.isnan(published["n_helped"]), "six more than have scores"
    assert {"std_error", "p_value"}.isdisjoint(published.index)
    few = protect_helped(exact.assign(n_pairs=9), GIVEN, "endline", 10)
    assert few["estimate"].isna().all()
    assert claimed("higher", few) == "withheld"


@pytest.mark.parametrize("found", ["higher", "one_of_several"])
def test_what_is_claimed_is_open_where_the_published_interval_leaves_it_so(study: Study, found: str) -> None:
    exact = helped(study, *needy(8, 2.0))[0].assign(n_helped=58, n_scored=52, n_pairs=40)
    for estimate, told in ((3.0, found), (1.0, "inconclusive")):
        apart = exact.assign(estimate=estimate, ci_low=estimate - 0.9, ci_high=estimate + 0.9)
        assert claimed(found, protect_helped(apart, GIVEN, "endline", 10)) == told, "0.1 is rounded to 0"
    assert claimed("inconclusive", protect_helped(apart, GIVEN, "endline", 10)) == "inconclusive"


def claimed(found: str, published: pd.DataFrame) -> str:
    """What is published of a claim on help, the other question's left as it is."""
    rows = [("project", "", "helped", found), ("project", "", "gap", "higher")]
    said = helped_claim(pd.DataFrame(rows, columns=["level", "unit", "question", "code"]), published)
    assert said["code"].iloc[1] == "higher"
    return said["code"].iloc[0]


@pytest.mark.parametrize(
    ("n", "n_with", "told"), [(40, 10, True), (40, 9, False), (40, 31, False), (9, np.nan, False)]
)
def test_likeness_tells_no_few(n: int, n_with: float, told: bool) -> None:
    table = pd.DataFrame(
        [("helped", "proportion of girls", 0.1234, 0.0301, n, n_with)],
        columns=["question", "characteristic", "before", "after", "n", "n_with"],
    )
    row = protect_likeness(table, "proportion of disadvantaged pupils", 20.0, 10).iloc[0]
    assert protect_likeness(table, "proportion of girls", 20.0, 10)["symbol"].tolist() == ["c"]
    schools = protect_likeness(table.assign(question="schools"), "proportion of girls", 20.0, 10).iloc[0]
    assert schools[["before", "after", "symbol"]].tolist() == [0.1, 0.0, ""]
    assert (row["symbol"] == "") == told
    assert row["verdict"] == ("balanced" if told else "withheld")
    if told:
        assert row[["before", "after"]].tolist() == pytest.approx([0.10, 0.05]), (
            "20 of 15 points, over 40: steps of 0.05"
        )

"""How the headline moves: each variation against the same fit written out, imputation against every score."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import ModelError
from evaluation.impact.claims import code
from evaluation.impact.imputed import Imputed, impute, pooled
from evaluation.impact.plan import fit_plan
from evaluation.impact.refit import answered
from evaluation.impact.robustness import robustness
from evaluation.impact.sample import population
from evaluation.impact.specifications import specifications
from evaluation.impact.tipping import missing_claim, moved_interval, tip, tipping
from evaluation.models import fit
from evaluation.simulate.analysis import analysis_data
from evaluation.simulate.truth import Truth
from evaluation.study import Choice, Study, load_study

ROOT = Path(__file__).parents[2]
RANDOM = "(1 | school/class)"
OTHERS = "disadvantaged + disadvantaged_school + year_group"


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    """A study with every score."""
    return analysis_data(11, Truth(effect=6.0, missing=((0.0, 0.0),) * 3))


@pytest.fixture(scope="module")
def lacking(whole: pd.DataFrame) -> pd.DataFrame:
    """The same, a last score missing the likelier the lower the first was, the first now and then, and status of a few."""
    generator = np.random.default_rng(1)
    low = generator.random(len(whole)) < np.where(whole["baseline"] < 95, 0.25, 0.05)
    table = whole.assign(endline=whole["endline"].mask(low))
    table["baseline"] = table["baseline"].mask(generator.random(len(table)) < 0.03)
    table["baseline_within"] = table["baseline"] - table["baseline_school"]
    return table.assign(disadvantaged=table["disadvantaged"].mask(generator.random(len(table)) < 0.01))


@pytest.fixture(scope="module")
def imputed(study: Study, lacking: pd.DataFrame) -> Imputed:
    return impute(study, lacking, imputations=8)


@pytest.fixture(scope="module")
def moved(study: Study, lacking: pd.DataFrame, imputed: Imputed) -> pd.DataFrame:
    found = robustness(study, lacking, fit_plan(study, lacking)["headline"], imputed)
    return found.set_index("variation")


def by_hand(formula: str, pupils: pd.DataFrame) -> pd.Series:
    return fit(f"endline ~ treated + {formula}", pupils).coefficients.loc["treated"]


def test_variations_are_the_fits_they_say(study: Study, lacking: pd.DataFrame, moved: pd.DataFrame) -> None:
    pupils = population(lacking)
    planned = f"baseline_within + baseline_school + {OTHERS} + {RANDOM}"
    clear = (pupils["endline_censored"] == "") & (pupils["baseline_censored"] == "")
    expected = {
        "complete": by_hand(planned, pupils),
        "no_baseline": by_hand(f"{OTHERS} + {RANDOM}", pupils),
        "plain_baseline": by_hand(f"baseline + {OTHERS} + {RANDOM}", pupils),
        "uncensored": by_hand(planned, pupils[clear]),
        "year_4": by_hand(planned, pupils[pupils["year_group"] == "4"]),
    }
    for name, row in expected.items():
        for column in ("estimate", "std_error", "ci_low", "ci_high", "p_value"):
            assert moved.loc[name, column] == pytest.approx(row[column], rel=1e-6), (name, column)
    used = pupils.dropna(subset=["endline", "baseline", "disadvantaged"])
    assert moved.loc["complete", "n_pupils"] == len(used)
    at_end = (used["endline_censored"] != "") | (used["baseline_censored"] != "")
    assert moved.loc["uncensored", "share"] == pytest.approx(at_end.mean())
    assert 0 < at_end.mean() < 0.2
    assert moved.loc["complete", "fewest"] == 8


def test_leaving_one_school_out_is_the_model_without_it(lacking: pd.DataFrame, moved: pd.DataFrame) -> None:
    pupils = population(lacking)
    formula = f"baseline_within + baseline_school + {OTHERS} + {RANDOM}"
    each = [
        by_hand(formula, pupils[pupils["school"] != school])["estimate"]
        for school in pupils["school"].unique()
    ]
    assert moved.loc["without_one_low", "estimate"] == pytest.approx(min(each), abs=1e-5)
    assert moved.loc["without_one_high", "estimate"] == pytest.approx(max(each), abs=1e-5)
    assert not set(pupils["school"]) & set(" ".join(moved["change"]).split())


def test_schools_that_count_alike_give_the_difference_of_their_plain_means(
    study: Study, whole: pd.DataFrame
) -> None:
    """Without covariates the weighted model's estimate is that of school means, each counted once."""
    plain = study.analysis.models["headline"].model_copy(
        update={"formula": "endline ~ treated + (1 | school)"}
    )
    plan = study.analysis.model_copy(update={"models": {"headline": plain}})
    bare = study.model_copy(update={"analysis": plan})
    found = robustness(bare, whole, fit_plan(bare, whole)["headline"], Imputed(whole, (), 0, ""))
    means = population(whole).groupby(["treated", "school"])["endline"].mean().groupby("treated").mean()
    estimates = found.set_index("variation")["estimate"]
    assert estimates["schools_alike"] == pytest.approx(means[1] - means[0], abs=1e-6)
    assert abs(estimates["complete"] - estimates["schools_alike"]) > 1e-3


def test_imputed_answer_is_that_of_every_score(
    study: Study, whole: pd.DataFrame, imputed: Imputed, moved: pd.DataFrame
) -> None:
    """Missing by the baseline: the answer from every score is within what the missing can account for."""
    model = study.analysis.models["headline"]
    truth = answered(model.formula, model.term, population(whole))
    assert moved.loc["imputed", "estimate"] == pytest.approx(truth.estimate, abs=0.5 * truth.std_error)
    assert moved.loc["imputed", "std_error"] == pytest.approx(truth.std_error, rel=0.25)
    assert moved.loc["imputed", "n_pupils"] == len(population(whole))
    first = imputed.completed[0]
    assert set(first["disadvantaged"]) == {0, 1}
    mean = first.groupby("school")["baseline"].transform("mean")
    np.testing.assert_allclose(first["baseline_school"], mean)
    np.testing.assert_allclose(first["baseline_within"], first["baseline"] - mean)


def test_the_gap_s_interaction_is_in_the_imputation(study: Study) -> None:
    """What taking part adds for disadvantaged pupils alone is not diluted by the draws."""
    plain = analysis_data(5, Truth(gap_change=12.0, missing=((0.0, 0.0),) * 3))
    gone = np.random.default_rng(2).random(len(plain)) < 0.5
    completed = impute(study, plain.assign(endline=plain["endline"].mask(gone)), imputations=6).completed
    formula = f"endline ~ treated * disadvantaged + baseline_within + baseline_school + {RANDOM}"
    full = answered(formula, "treated:disadvantaged", population(plain))
    drawn = pooled(formula, "treated:disadvantaged", completed)
    assert drawn.estimate == pytest.approx(full.estimate, abs=3.0)
    assert drawn.estimate > 6


def test_draws_do_not_depend_on_anything_but_the_seed(
    study: Study, lacking: pd.DataFrame, imputed: Imputed
) -> None:
    again = impute(study, lacking, imputations=2).completed
    pd.testing.assert_frame_equal(again[1], imputed.completed[1])
    assert not again[0]["endline"].equals(again[1]["endline"])


def test_a_whole_school_s_absence_is_never_drawn(study: Study, lacking: pd.DataFrame) -> None:
    gone = lacking.loc[lacking["treated"] == 1, "school"].iloc[0]
    table = lacking.assign(endline=lacking["endline"].mask(lacking["school"] == gone))
    found = impute(study, table, imputations=2)
    assert found.schools_absent == 1
    assert gone not in set(found.pupils["school"])
    rows = robustness(study, table, fit_plan(study, table)["headline"], found).set_index("variation")
    assert rows.loc["schools_absent", "n_schools"] == 1
    assert "not a pupil's" in rows.loc["schools_absent", "reason"]


@pytest.mark.parametrize("arm", ["treated", "control"])
def test_at_the_tipping_point_an_end_of_the_interval_is_zero(
    study: Study, imputed: Imputed, arm: str
) -> None:
    """Scores moved by hand, and the sets pooled anew."""
    model = study.analysis.models["headline"]
    row = tipping(study, imputed).set_index("arm").loc[getattr(study.words, arm)]
    who = (imputed.pupils["treated"] == (arm == "treated")) & imputed.pupils["endline"].isna()
    assert row["n_missing"] == who.sum()
    assert row["finding"] == "higher"
    assert np.sign(row["delta"]) == (-1 if arm == "treated" else 1)
    sets = [
        t.assign(endline=t["endline"].where(~who, t["endline"] + row["delta"])) for t in imputed.completed
    ]
    found = pooled(model.formula, model.term, sets)
    assert found.ci_low == pytest.approx(0, abs=0.02 * found.std_error)
    assert row["delta_sd"] == pytest.approx(row["delta"] / imputed.pupils["endline"].std())


def test_tipping_looks_for_the_nearer_end_and_gives_up_beyond_three_sds() -> None:
    assert tip(lambda d: (-1.0 + 0.1 * d, 5.0 + 0.1 * d), sd=10.0) == pytest.approx(10)
    assert tip(lambda d: (-5.0 + 0.1 * d, 1.0 + 0.1 * d), sd=10.0) == pytest.approx(-10)
    assert tip(lambda d: (2.0 + 0.1 * d, 5.0 + 0.1 * d), sd=10.0) == pytest.approx(-20)
    assert tip(lambda d: (-5.0 - 0.1 * d, -2.0 - 0.1 * d), sd=10.0) == pytest.approx(-20)
    assert tip(lambda d: (2.0 + 0.01 * d, 5.0 + 0.01 * d), sd=10.0) is None
    assert tip(lambda d: (2.0, 5.0), sd=10.0) is None


def test_fragile_is_when_a_fifth_of_an_sd_gives_another_finding(study: Study, whole: pd.DataFrame) -> None:
    """With the effect put just where its interval ends at zero, a small difference of the missing changes the finding."""
    model, outcome = study.analysis.models["headline"], "endline"
    gone = np.random.default_rng(4).random(len(whole)) < 0.1
    lacking = whole.assign(endline=whole[outcome].mask(gone))
    low = pooled(model.formula, model.term, impute(study, lacking, 3).completed).ci_low
    for beside, said in ((0.05, "fragile"), (5.0, "much_missing")):
        shifted = lacking.assign(endline=lacking[outcome] - (low - beside) * lacking["treated"])
        drawn = impute(study, shifted, 3)
        table = tipping(study, drawn)
        assert missing_claim(table)["code"].tolist() == [said]
        far = 0.2 * drawn.pupils[outcome].std()
        at = moved_interval(study, drawn, drawn.pupils[outcome].isna() & (drawn.pupils["treated"] == 1))
        codes = {code(*at(delta)) for delta in (-far, 0.0, far)}
        assert (len(codes) > 1) == (said == "fragile")


def test_claims_of_what_is_missing() -> None:
    table = pd.DataFrame({"delta_sd": [-0.5, 0.9], "share": [0.02, 0.05], "n_missing": [4, 9]})
    assert missing_claim(table)["code"].tolist() == ["settled"]
    assert missing_claim(table.assign(share=[0.051, 0.0]))["code"].tolist() == ["much_missing"]
    assert missing_claim(table.assign(delta_sd=[-0.19, np.nan]))["code"].tolist() == ["fragile"]
    assert missing_claim(table.assign(n_missing=0)).empty


CHOICES = {
    "start": Choice(title="no baseline", drop=("baseline_within", "baseline_school")),
    "young": Choice(title="primary years", year_groups=("2", "4")),
}


def with_choices(study: Study, choices: dict[str, Choice]) -> Study:
    return study.model_copy(update={"analysis": study.analysis.model_copy(update={"choices": choices})})


def test_every_combination_of_choices_is_fitted_and_put_in_order(study: Study, lacking: pd.DataFrame) -> None:
    found = specifications(with_choices(study, CHOICES), lacking)
    pupils = population(lacking)
    young = pupils[pupils["year_group"].isin(["2", "4"])]
    both = "baseline_within + baseline_school + "
    expected = {
        "as planned": by_hand(f"{both}{OTHERS} + {RANDOM}", pupils),
        "no baseline": by_hand(f"{OTHERS} + {RANDOM}", pupils),
        "primary years": by_hand(f"{both}{OTHERS} + {RANDOM}", young),
        "no baseline; primary years": by_hand(f"{OTHERS} + {RANDOM}", young),
    }
    assert found["estimate"].is_monotonic_increasing
    assert found.set_index("choices")["estimate"].to_dict() == pytest.approx(
        {name: row["estimate"] for name, row in expected.items()}, rel=1e-6
    )
    assert found.loc[found["planned"], "choices"].tolist() == ["as planned"]


def test_a_choice_that_leaves_out_what_is_not_there_is_named(study: Study, lacking: pd.DataFrame) -> None:
    wrong = with_choices(study, {"odd": Choice(title="odd", drop=("baselin",))})
    with pytest.raises(ModelError, match=r"analysis\.choices\.odd: baselin"):
        specifications(wrong, lacking)


def test_without_anybody_to_compare_with_it_is_the_change_that_moves(
    study: Study, lacking: pd.DataFrame
) -> None:
    alone = study.model_copy(
        update={
            "analysis": study.analysis.model_copy(update={"models": {}}),
            "comparison": study.comparison.model_copy(update={"kind": "norm"}),
        }
    )
    found = robustness(alone, lacking, None, None).set_index("variation")
    assert list(found.index) == [
        "complete",
        "uncensored",
        "without_one_low",
        "without_one_high",
        "year_2",
        "year_4",
        "year_7",
    ]
    treated = population(lacking)[lambda t: t["treated"] == 1].dropna(subset=["baseline", "endline"])
    gains = (treated["endline"] - treated["baseline"]).groupby(treated["school"]).mean()
    assert found.loc["complete", "estimate"] == pytest.approx(gains.mean())
    assert found.loc["without_one_low", "estimate"] == pytest.approx((gains.sum() - gains.max()) / 7)
    assert tipping(alone, None).empty
    assert specifications(alone, lacking).empty
    none = replace(impute(study, lacking, 2), completed=(), reason="nothing")
    assert tipping(study, none).empty

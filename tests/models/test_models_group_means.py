"""Least squares on group means, against statsmodels on a frame of means."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from evaluation.errors import ModelError
from evaluation.models import fit, inference_panel
from evaluation.models.inference.clustering import cluster_totals
from evaluation.models.robustness.group_means import group_means

WEIGHED = {"weights": "weight", "offset": "head_start"}
CASES = {
    "unequal schools": ("baseline + treated", "(1 | school)", {}),
    "interaction within": ("treated * girl", "(1 + girl | school)", {}),
    "weights, offset": ("baseline + treated", "(1 | school)", WEIGHED),
    "classes inside": ("treated + girl", "(1 | school/class)", {}),
}


def study(seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(8), rng.integers(6, 20, 8))
    n = len(school)
    frame = pd.DataFrame(
        {
            "school": [f"s{k}" for k in school],
            "class": rng.integers(0, 2, n),
            "treated": school % 2,
            "baseline": rng.normal(100, 15, n),
            "girl": rng.integers(0, 2, n),
            "weight": rng.uniform(0.5, 2.5, n),
            "head_start": rng.normal(0, 3, n),
        }
    )
    frame["centred"] = frame["baseline"] - frame.groupby("school")["baseline"].transform("mean")
    return frame.assign(score=0.6 * frame["baseline"] + rng.normal(0, 3, 8)[school] + rng.normal(0, 8, n))


def means_by_statsmodels(
    frame: pd.DataFrame, terms: str, weights: str = "", offset: str = ""
) -> pd.DataFrame:
    """One row a school, all of one weight, of its (weighted) mean columns."""
    design = pd.DataFrame(smf.ols(f"score ~ {terms}", frame).data.orig_exog).drop(columns="Intercept")
    columns = design.assign(score=frame["score"] - (frame[offset] if offset else 0.0))
    share = frame[weights] if weights else pd.Series(1.0, frame.index)
    sums = columns.mul(share, axis=0).groupby(frame["school"]).sum()
    means = sums.div(share.groupby(frame["school"]).sum(), axis=0)
    model = sm.OLS(means["score"], sm.add_constant(means.drop(columns="score"))).fit()
    low, high = model.conf_int().T.to_numpy()
    found = {
        "estimate": model.params, "std_error": model.bse, "df": model.df_resid, "statistic": model.tvalues,
        "p_value": model.pvalues, "ci_low": low, "ci_high": high,
    }  # fmt: skip
    return pd.DataFrame(found)


def ours(formula: str, frame: pd.DataFrame, **options: str) -> pd.DataFrame:
    result = fit(formula, frame, **options)
    return group_means(
        result.problem, cluster_totals(result.cross, result.problem, result.problem.groupings[0])
    )


@pytest.mark.parametrize("case", CASES)
def test_equals_least_squares_on_a_frame_of_means(case: str) -> None:
    terms, random, options = CASES[case]
    frame = study()
    found = ours(f"score ~ {terms} + {random}", frame, **options)
    expected = means_by_statsmodels(frame, terms, **options)
    assert found.index.tolist()[1:] == expected.index.tolist()[1:]
    np.testing.assert_allclose(found.to_numpy(), expected[found.columns].to_numpy(), rtol=1e-8)


def test_a_covariate_centred_in_each_school_is_not_one_of_its_means() -> None:
    """Its means are rounding error, and must not be taken for a covariate: they would cost a degree of freedom."""
    frame = study()
    formula = "score ~ centred + treated + (1 | school)"
    found, expected = ours(formula, frame), means_by_statsmodels(frame, "treated")
    assert found.index.tolist() == ["Intercept", "treated"]
    np.testing.assert_allclose(found.to_numpy(), expected[found.columns].to_numpy(), rtol=1e-8)
    note = inference_panel(fit(formula, frame), "treated").loc["group-means", "note"]
    assert note == "without centred, which group means cannot show"


def test_too_few_schools_or_no_constant() -> None:
    frame = study()
    with pytest.raises(ModelError, match="4 clusters are too few for 4 terms"):
        ours("score ~ treated * baseline + (1 | school)", frame[frame["school"] < "s4"])
    with pytest.raises(ModelError, match="need a model with an intercept"):
        ours("score ~ 0 + baseline + treated + (1 | school)", frame)

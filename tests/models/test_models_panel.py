"""The inference panel: every row is its method's own answer, or says why there is none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models import (
    Allocation,
    FittedModel,
    agreement,
    cross_products,
    fit,
    inference_panel,
    randomisation_test,
    second_engine,
)
from evaluation.models.robustness.wild_fitted import wild_cluster_bootstrap

METHODS = [
    "kenward-roger", "satterthwaite", "cr2", "wild-bootstrap", "randomisation", "group-means", "statsmodels",
]  # fmt: skip
NUMBERS = ["estimate", "std_error", "df", "statistic", "p_value", "ci_low", "ci_high"]
FORMULA = "score ~ baseline + treated + (1 | school)"


def study(seed: int = 0) -> pd.DataFrame:
    """Eight schools of unequal size in four trusts, half the trusts of each region treated."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(8), rng.integers(6, 20, 8))
    n, trust = len(school), school // 2
    frame = pd.DataFrame(
        {
            "school": [f"s{k:02d}" for k in school],
            "trust": [f"t{k}" for k in trust],
            "region": np.where(trust < 2, "north", "south"),
            "class": rng.integers(0, 2, n),
            "town": rng.integers(0, 4, n),
            "treated": trust % 2,
            "baseline": rng.normal(100, 15, n),
            "weight": rng.uniform(0.5, 2.5, n),
        }
    )
    frame["centred"] = frame["baseline"] - frame.groupby("school")["baseline"].transform("mean")
    score = 0.6 * frame["baseline"] + 4 * frame["treated"] + rng.normal(0, 3, 8)[school] + rng.normal(0, 8, n)
    return frame.assign(score=score)


@pytest.fixture(scope="module")
def result() -> FittedModel:
    return fit(FORMULA, study())


def row(table: pd.DataFrame, term: str = "treated") -> list[float]:
    return table.loc[term, NUMBERS].tolist()


def test_model_rows_are_the_model_s(result: FittedModel) -> None:
    panel = inference_panel(result, "treated")
    assert panel.index.tolist() == METHODS
    assert panel.columns.tolist() == [*NUMBERS, "note"]
    for method in ("kenward-roger", "satterthwaite", "cr2"):
        assert row(panel, method) == row(result.inference(method))
        assert panel.loc[method, "note"] == ""


@pytest.mark.parametrize("cluster", [None, "trust"])
def test_robust_rows_are_of_the_clusters_asked_for(result: FittedModel, cluster: str | None) -> None:
    panel = inference_panel(result, "treated", cluster)
    assert row(panel, "cr2") == row(result.inference("cr2", cluster))
    frame, groups = study(), study()[cluster or "school"]
    found = wild_cluster_bootstrap(result, "treated", cluster)
    (piece,) = found.interval
    expected = [found.estimate, found.std_error, np.nan, found.statistic, found.p_value, *piece]
    assert row(panel, "wild-bootstrap") == pytest.approx(expected, nan_ok=True)
    ols = smf.ols("score ~ baseline + treated", frame).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(groups)[0]}
    )
    assert panel.loc["wild-bootstrap", "estimate"] == pytest.approx(ols.params["treated"], rel=1e-9)
    assert panel.loc["wild-bootstrap", "std_error"] == pytest.approx(ols.bse["treated"], rel=1e-9)
    note = panel.loc["wild-bootstrap", "note"]
    assert note.startswith(f"least squares; {2 ** groups.nunique()} sign patterns, all of them")
    assert ("An arm has only 2 clusters" in note) == (cluster == "trust")
    means = smf.ols("score ~ baseline + treated", frame.groupby(groups).mean(numeric_only=True)).fit()
    found_by_means = panel.loc["group-means", ["estimate", "std_error", "df", "p_value"]].tolist()
    expected = [means.params["treated"], means.bse["treated"], means.df_resid, means.pvalues["treated"]]
    assert found_by_means == pytest.approx(expected, rel=1e-8)


def test_the_randomisation_row(result: FittedModel) -> None:
    placebo = inference_panel(result, "treated").loc["randomisation"]
    found = randomisation_test(result, "treated")
    assert placebo[["statistic", "p_value"]].tolist() == [found.statistic, found.p_value]
    assert placebo["estimate"] == result.inference("wald").loc["treated", "estimate"]
    assert placebo[["std_error", "df", "ci_low", "ci_high"]].isna().all()
    assert (
        placebo["note"]
        == "placebo test over all 70 allocations of school; the smallest p it can reach is 0.029"
    )
    blocked = Allocation("trust", "region")
    panel = inference_panel(result, "treated", allocation=blocked)
    assert panel.loc["randomisation", "p_value"] == randomisation_test(result, "treated", blocked).p_value
    assert panel.loc["randomisation", "note"] == (
        "randomisation test over all 4 allocations of trust within region; the smallest p it can reach is 0.5"
    )


def test_draws_and_allocations_without_an_answer_are_said() -> None:
    frame = study()
    copies = [
        frame.assign(school=frame["school"] + name, score=frame["score"] + k) for k, name in enumerate("abc")
    ]
    many = fit("score ~ treated", pd.concat(copies))
    panel = inference_panel(many, "treated", "school", Allocation("school"), seed=5)
    drawn = randomisation_test(many, "treated", Allocation("school"), seed=5)
    weighted = wild_cluster_bootstrap(many, "treated", "school", seed=5)
    assert panel.loc["randomisation", "p_value"] == drawn.p_value
    assert panel.loc["wild-bootstrap", "p_value"] == weighted.p_value
    notes = panel["note"]
    assert notes["randomisation"].startswith(
        "randomisation test over 1999 drawn allocations of school; the smallest p it"
    )
    few = inference_panel(many, "treated", "school", Allocation("school"), seed=5, draws=19)
    assert "over 19 drawn allocations" in few.loc["randomisation", "note"]
    assert notes["wild-bootstrap"].startswith("least squares; 10000 draws of Webb's weights")
    faith = frame.assign(faith=frame["trust"].isin(["t0", "t1"]).astype(int))
    lost = inference_panel(
        fit("score ~ faith + treated + (1 | school)", faith), "treated", None, Allocation("trust")
    )
    assert lost.loc["randomisation", "note"].endswith(
        "cannot be fitted under 2 of them, which count against the finding"
    )


def test_an_interval_in_pieces_is_said(result: FittedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    found = replace(wild_cluster_bootstrap(result, "treated"), interval=((-np.inf, -2.5), (0.25, 9.0)))
    monkeypatch.setattr("evaluation.models.robustness.panel.wild_cluster_bootstrap", lambda *_, **__: found)
    wild = inference_panel(result, "treated").loc["wild-bootstrap"]
    assert wild[["ci_low", "ci_high"]].tolist() == [-np.inf, 9.0]
    assert wild["note"].endswith("; interval in pieces: -inf to -2.5, 0.25 to 9")


def test_the_statsmodels_row(result: FittedModel) -> None:
    second = inference_panel(result, "treated").loc["statsmodels"]
    found = second_engine(result)
    estimate, error = found.terms.loc["treated", ["second_estimate", "second_std_error"]]
    z = estimate / error
    expected = [
        estimate,
        error,
        np.inf,
        z,
        2 * stats.norm.sf(abs(z)),
        estimate - 1.959964 * error,
        estimate + 1.959964 * error,
    ]
    assert second[NUMBERS].tolist() == pytest.approx(expected, rel=1e-6)
    assert second["note"] == found.reason


ABSENT = {
    "maximum likelihood": (FORMULA, {"reml": False}, "treated", {"kenward-roger": "needs a REML fit"}),
    "weights": (FORMULA, {"weights": "weight"}, "treated", {"cr2": "not available with weights", "statsmodels": "no weights"}),
    "crossed": (
        FORMULA + " + (1 | town)", {"crossed": True}, "treated",
        {"cr2": "crossed", "wild-bootstrap": "crossed", "group-means": "crossed", "statsmodels": "crossed"},
    ),
    "no groups": (
        "score ~ baseline + treated", {}, "treated",
        {"cr2": "Clusters are needed", "wild-bootstrap": "has no groups: add (1 | school), or name a cluster", "group-means": "has no groups",
         "randomisation": "has no groups", "statsmodels": "no groups"},
    ),
    "within schools": (
        FORMULA, {}, "baseline",
        {"randomisation": "varies within every group", "group-means": "'baseline' varies within a school, and means"},
    ),
    "no constant": ("score ~ 0 + baseline + treated + (1 | school)", {}, "treated", {"group-means": "an intercept"}),
    "one treated school": (
        "score ~ baseline + first + (1 | school)", {}, "first",
        {"cr2": "No cluster-robust error holds for first"},
    ),
    "as many terms as trusts": (
        "score ~ treated * baseline + (1 | trust)", {}, "treated", {"group-means": "4 clusters are too few for 4 terms"},
    ),
    "determined by other means": (
        "score ~ own + treated + (1 | school)", {}, "treated", {"group-means": "other terms' means determine"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ABSENT)
def test_a_method_that_does_not_apply_says_why(case: str) -> None:
    formula, options, term, missing = ABSENT[case]
    frame = study()
    frame["own"] = frame["treated"] + frame["centred"]
    frame["first"] = (frame["school"] == frame["school"].iloc[0]).astype(int)
    panel = inference_panel(fit(formula, frame, **options), term)
    without = panel.index[panel["note"].str.startswith("not available: ")]
    assert set(without) == set(missing)
    assert panel.loc[without, NUMBERS].isna().all(axis=None)
    for method, words in missing.items():
        assert words in panel.loc[method, "note"]
    given = panel.drop(index=without)
    assert given[["estimate", "statistic", "p_value"]].notna().all(axis=None)


def test_cross_products_lack_only_statsmodels() -> None:
    frame = study()
    summed = inference_panel(fit(cross_products(FORMULA, frame, cluster="trust")), "treated", "trust")
    whole = inference_panel(fit(FORMULA, frame), "treated", "trust")
    assert "needs the rows" in summed.loc["statsmodels", "note"]
    pd.testing.assert_frame_equal(
        summed.drop(index="statsmodels"), whole.drop(index="statsmodels"), rtol=1e-9
    )


def test_a_boundary_is_noted_of_satterthwaite() -> None:
    frame = study().assign(score=np.random.default_rng(4).normal(size=len(study())))
    result = fit(FORMULA, frame)
    assert result.diagnostics.at_boundary
    panel = inference_panel(result, "treated")
    assert "on its boundary" in panel.loc["satterthwaite", "note"]
    assert panel.loc["satterthwaite", "df"] == pytest.approx(len(frame) - 3, rel=1e-6)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_of_rows_and_labels_change_nothing(seed: int) -> None:
    frame = study(seed)
    labels = dict(zip(sorted(set(frame["school"])), np.random.default_rng(seed).permutation(8), strict=True))
    other = frame.sample(frac=1, random_state=seed).assign(school=lambda d: d["school"].map(labels))
    one, two = (inference_panel(fit(FORMULA, d), "treated").drop(index="statsmodels") for d in (frame, other))
    pd.testing.assert_frame_equal(one.drop(columns="note"), two.drop(columns="note"), rtol=1e-5)
    assert one["note"].tolist() == two["note"].tolist()


@pytest.mark.parametrize(
    ("term", "cluster", "allocation", "words"),
    [
        ("treted", None, None, "'treted' is not in the model"),
        ("treated", "trst", None, "'trst' is not a column of the data. Did you mean 'trust'"),
        ("treated", None, Allocation("trst"), "Did you mean 'trust'"),
        ("treated", None, Allocation("trust", "regon"), "Did you mean 'region'"),
    ],
)
def test_unknown_names(
    result: FittedModel, term: str, cluster: str | None, allocation: Allocation | None, words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        inference_panel(result, term, cluster, allocation)


SENTENCES = {
    "All 3 methods that apply agree that the effect differs from zero at 5%: p runs from 0.001 (cr2) to 0.049 (a).": (
        0.049, 0.001, 0.02,
    ),
    "All 3 methods that apply agree that the effect cannot be told from zero at 5%: p runs from 0.05 (a) to 0.7 (b).": (
        0.05, 0.3, 0.7,
    ),
    "The methods do not agree: a would call the effect different from zero at 5%, and cr2, b would not; p runs from 0.01 (a) "
    "to 0.7 (b).": (0.01, 0.05, 0.7),
    "Both methods that apply agree that the effect differs from zero at 5%: p runs from 0.01 (a) to 0.02 (cr2).": (
        0.01, 0.02, np.nan,
    ),
    "Only one method applies, and by it the effect cannot be told from zero at 5%: p is 0.2 (b).": (np.nan, np.nan, 0.2),
    "No method applies.": (np.nan, np.nan, np.nan),
}  # fmt: skip


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("second", [1e-9, 0.9])
def test_agreement_in_a_sentence(sentence: str, second: float) -> None:
    """statsmodels, which has no small-sample inference, has no vote."""
    panel = pd.DataFrame({"p_value": [*SENTENCES[sentence], second]}, index=["a", "cr2", "b", "statsmodels"])
    assert agreement(panel) == sentence

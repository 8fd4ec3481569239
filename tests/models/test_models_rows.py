"""Predictions, residuals and shares of variance against lme4's and performance's, and what is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from in_r import Case, answers, fitted

from evaluation.errors import ModelError
from evaluation.models import FittedModel, fit
from evaluation.models.engine.r_squared import RSquared

NESTED = "y ~ x + sex + (1 | school/class)"
SLOPES = "y ~ x * sex + (1 + x | school) + (1 | school:class)"
ROWS = ("rows", "criteria")
CASES = {
    "nested": Case("pupils", NESTED, (*ROWS, "shares"), new="new"),
    "slopes": Case("pupils", SLOPES, (*ROWS, "shares"), new="new"),
    "slopes apart": Case("pupils", "y ~ x + sex + (1 + x || school)", (*ROWS, "shares"), new="new"),
    "labels' effects": Case("pupils", "y ~ x + (0 + sex | school)", (*ROWS, "shares"), new="new"),
    "no intercept": Case("pupils", "y ~ 0 + sex + x:sex + (1 | school)", ROWS, new="new"),
    "transformed": Case("pupils", "log(y) ~ log(x) + I(x ** 2) + (1 + x | school)", (*ROWS, "shares"), new="new"),
    "weights and offset": Case(
        "pupils", SLOPES, ROWS, weights="w", offset="expected", new="new"
    ),
    "maximum likelihood": Case("pupils", SLOPES, (*ROWS, "shares"), reml=False, new="new"),
    "maximum likelihood, weights": Case("pupils", NESTED, ROWS, reml=False, weights="w", new="new"),
    "crossed": Case("pupils", "y ~ x + (1 | school) + (1 + x | club)", (*ROWS, "shares"), crossed=True, new="new"),
}  # fmt: skip
Answers = dict[str, tuple[FittedModel, dict[str, Any], pd.DataFrame]]
cases = pytest.mark.parametrize("case", CASES)
sharing = pytest.mark.parametrize("case", [name for name, case in CASES.items() if "shares" in case.asks])


def pupils(seed: int = 8) -> pd.DataFrame:
    """Schools of one pupil to forty, classes within them, and clubs across them."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(16), rng.integers(1, 41, 16))
    n = len(school)
    frame = pd.DataFrame(
        {
            "school": [f"s{number:02d}" for number in school],
            "class": [f"c{number}" for number in rng.integers(0, 3, n)],
            "club": [f"k{number}" for number in rng.integers(0, 9, n)],
            "sex": rng.choice(["F", "M"], n),
            "x": rng.normal(10, 2, n),
            "w": rng.uniform(0.3, 3, n),
            "expected": rng.normal(0, 2, n),
        }
    )
    intercept, slope = rng.normal(0, 4, 16)[school], rng.normal(0, 1, 16)[school]
    club = rng.normal(0, [2, 1], (9, 2))[frame["club"].str[1:].astype(int)]
    within = rng.normal(0, 3, (16, 3))[school, frame["class"].str[1:].astype(int)]
    y = (
        60
        + intercept
        + within
        + club[:, 0]
        + frame["x"]
        + (slope + club[:, 1]) * (frame["x"] - 10)
        + rng.normal(0, 3, n)
    )
    return frame.assign(y=y + 2 * (frame["sex"] == "M"))


def strangers(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows to predict: of the fit, of a school or class that was not in it, and with values missing."""
    new = frame.groupby("school").head(2).reset_index(drop=True).drop(columns="y")
    new.loc[3, "school"], new.loc[5, "class"], new.loc[7, "club"] = "elsewhere", "c9", "k9"
    new.loc[[8, 9], "x"], new.loc[10, "sex"] = np.nan, None
    return new


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    folder = tmp_path_factory.mktemp("rows")
    frames = {"pupils": pupils(), "new": strangers(pupils())}
    found = answers(folder, CASES, frames, "performance")
    new = pd.read_csv(folder / "new.csv")
    return {name: (fitted(CASES[name], folder), answer, new) for name, answer in found.items()}


def numbers(values: list[float | None]) -> list[float]:
    return [np.nan if value is None else value for value in values]


@pytest.mark.r
@cases
def test_fitted_values_and_residuals_equal_lme4_s(compared: Answers, case: str) -> None:
    result, answer, _ = compared[case]
    data = result.data
    assert data is not None
    theirs = answer["rows"]
    assert result.predict(data).tolist() == pytest.approx(theirs["fitted"], rel=1e-7)
    size = np.abs(theirs["residuals"]).max()
    assert result.residuals().tolist() == pytest.approx(theirs["residuals"], abs=1e-7 * size)


@pytest.mark.r
@cases
def test_predictions_of_new_rows_equal_lme4_s(compared: Answers, case: str) -> None:
    """R counts a school it does not know as an average one, as ours does when told to; what is missing stays so."""
    result, answer, new = compared[case]
    theirs = answer["rows"]
    marginal = result.predict(new, group_effects=False)
    assert marginal.tolist() == pytest.approx(numbers(theirs["marginal"]), rel=1e-7, nan_ok=True)
    ours = result.predict(new, new_groups=True)
    assert ours.tolist() == pytest.approx(numbers(theirs["conditional"]), rel=1e-7, nan_ok=True)
    assert ours.isna().sum() >= 2


@pytest.mark.r
@cases
def test_likelihood_and_criteria_equal_lme4_s(compared: Answers, case: str) -> None:
    result, answer, _ = compared[case]
    found = [result.log_likelihood, result.aic, result.bic]
    theirs = answer["criteria"]
    assert found == pytest.approx([theirs["log_likelihood"], theirs["aic"], theirs["bic"]], rel=1e-9)


@pytest.mark.r
@sharing
def test_shares_of_variance_equal_r_s(compared: Answers, case: str) -> None:
    """Performance's where it knows the model: not two terms of one factor, a slope alone, nor one that is no fixed term."""
    result, answer, _ = compared[case]
    theirs = answer["shares"]
    assert shares(result.r_squared) == pytest.approx(theirs["by_hand"], rel=1e-6)
    if case not in ("slopes apart", "labels' effects", "transformed"):
        assert shares(result.r_squared) == pytest.approx(theirs["performance"], rel=1e-6)


def test_shares_of_variance_do_not_depend_on_the_unit_of_weights() -> None:
    frame = pupils()
    plain, tenfold = fit(SLOPES, frame), fit(SLOPES, frame.assign(w=10.0), weights="w")
    assert shares(tenfold.r_squared) == pytest.approx(shares(plain.r_squared), rel=1e-7)
    assert tenfold.icc.tolist() == pytest.approx(plain.icc.tolist(), rel=1e-6)
    assert tenfold.group_variances.tolist() == pytest.approx(plain.group_variances.tolist(), rel=1e-6)


def shares(found: RSquared) -> list[float]:
    return [found.marginal, found.conditional]


@pytest.mark.parametrize(
    "options", [{}, {"weights": "w"}, {"offset": "expected"}, {"weights": "w", "offset": "expected"}]
)
def test_prediction_and_residual_add_up_to_the_outcome(options: dict[str, str]) -> None:
    frame = pupils()
    frame.loc[4, "x"], frame.loc[6, "y"], frame.loc[9, "expected"], frame.loc[9, "w"] = None, None, None, None
    result = fit(SLOPES, frame, **options)
    kept = frame.dropna(subset=["x", "y", *options.values()]).index
    assert result.residuals().index.equals(kept)
    for kind, groups in (("conditional", True), ("marginal", False)):
        together = result.predict(frame, group_effects=groups) + result.residuals(kind)
        assert together[kept].tolist() == pytest.approx(frame.loc[kept, "y"].tolist(), rel=1e-12)


def test_least_squares_has_no_groups_to_add() -> None:
    frame = pupils()
    result = fit("y ~ x + sex", frame)
    x = np.column_stack([np.ones(len(frame)), frame["x"], frame["sex"] == "M"])
    expected = x @ np.linalg.lstsq(x, frame["y"], rcond=None)[0]
    assert result.predict(frame).tolist() == pytest.approx(expected.tolist())
    assert result.residuals().tolist() == pytest.approx((frame["y"] - expected).tolist())
    assert result.residuals("marginal").equals(result.residuals())
    shares = 1 - ((frame["y"] - expected) ** 2).sum() / ((frame["y"] - frame["y"].mean()) ** 2).sum()
    n, p = x.shape
    within = (
        (1 - shares) * (n - 1) / (n - p)
    )  # the residual variance is unbiased, so this is not quite 1 - shares
    assert result.r_squared.marginal == pytest.approx(shares / (shares + within))


def test_unknown_groups_are_refused_unless_they_may_be_average() -> None:
    frame = pupils()
    result = fit(SLOPES, frame)
    stranger = frame.head(2).assign(school="elsewhere")
    with pytest.raises(
        ModelError, match="2 rows are of a school that was not in the fit; with new_groups=True"
    ):
        result.predict(stranger)
    assert result.predict(stranger, new_groups=True).equals(result.predict(stranger, group_effects=False))
    with pytest.raises(ModelError, match="1 rows are of a school:class that was not in the fit"):
        result.predict(frame.head(1).assign(**{"class": "c9"}))


def test_unknown_labels_of_a_fixed_term_are_refused() -> None:
    """In R too; formulaic would count them as the label left out."""
    frame = pupils()
    with pytest.raises(ModelError, match="labels that were not in the fit"):
        fit(NESTED, frame).predict(frame.assign(sex="X"))
    batched = fit(NESTED, [frame.head(50), frame.iloc[50:]])
    with pytest.raises(ModelError, match="'sex' has labels that were not in the fit, which knows F, M"):
        batched.predict(frame.assign(sex="X"))
    some = frame.assign(sex=frame["sex"].where(frame.index != 3))
    assert batched.predict(some).isna().tolist() == (frame.index == 3).tolist()


def test_a_prediction_needs_its_columns_and_nothing_else() -> None:
    frame = pupils()
    result = fit(SLOPES, frame, offset="expected")
    fixed = frame[["x", "sex", "expected"]]
    assert result.predict(fixed, group_effects=False).equals(result.predict(frame, group_effects=False))
    with pytest.raises(ModelError, match="needs the column 'class'"):
        result.predict(frame.drop(columns="class"))
    with pytest.raises(ModelError, match="needs the column 'expected'"):
        result.predict(frame.drop(columns="expected"), group_effects=False)
    with pytest.raises(ModelError, match="'expected' holds text"):
        result.predict(frame.assign(expected="much"))


def test_labels_of_any_kind_and_rows_of_any_name() -> None:
    """Group labels match whatever their column's kind, and an index may name two rows alike."""
    frame = pupils().assign(school=lambda d: d["school"].str[1:].astype(int))
    result = fit(SLOPES, frame)
    expected = result.predict(frame).tolist()
    for kind in ("Int64", "float", "category", "object"):
        assert result.predict(frame.assign(school=frame["school"].astype(kind))).tolist() == expected
    twice = result.predict(frame.set_index(frame.index // 2))
    assert twice.tolist() == expected
    assert twice.index.tolist() == (frame.index // 2).tolist()


def test_rows_are_needed_for_residuals_alone() -> None:
    frame = pupils()
    batched = fit(SLOPES, [frame.head(60), frame.iloc[60:]])
    whole = fit(SLOPES, frame)
    assert batched.predict(frame).tolist() == pytest.approx(whole.predict(frame).tolist(), rel=1e-9)
    with pytest.raises(ModelError, match="Residuals need the rows"):
        batched.residuals()
    with pytest.raises(ModelError, match="no 'pearson' residuals; choose conditional or marginal"):
        whole.residuals("pearson")  # type: ignore[arg-type]

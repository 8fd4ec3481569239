"""Effect sizes: what is divided by what."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate
from scipy.stats import chi2

from evaluation.errors import ModelError
from evaluation.models import FittedModel, effect_size, fit
from evaluation.models.hedges import hedges_j

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def star() -> FittedModel:
    data = pd.read_csv(REFERENCE / "star_kindergarten.csv")
    return fit("math ~ small + aide + free_lunch + (1 | school/teacher)", data)


def refit(star: FittedModel, fixed: str) -> FittedModel:
    return fit(
        f"math ~ {fixed} + (1 | school/teacher)",
        pd.read_csv(REFERENCE / "star_kindergarten.csv").dropna(subset=["free_lunch"]),
    )


@pytest.mark.parametrize(
    ("definition", "fixed", "groups"),
    [
        ("eef", "small", ["school", "school:teacher", "residual"]),
        ("eef-intercept-only", "1", ["school", "school:teacher", "residual"]),
        ("within", "small", ["residual"]),
    ],
)
def test_denominators(star: FittedModel, definition: str, fixed: str, groups: list[str]) -> None:
    variances = refit(star, fixed).variances.set_index("group")["variance"]
    found = effect_size(star, "small", definition)
    assert found.denominator == pytest.approx(np.sqrt(variances[groups].sum()), rel=1e-6)
    term = star.coefficients.loc["small"]
    ratio = found.estimate * found.denominator / term["estimate"]
    assert 0.99 < ratio < 1
    assert found.ci_low * found.denominator == pytest.approx(ratio * term["ci_low"])
    assert found.ci_high * found.denominator == pytest.approx(ratio * term["ci_high"])
    assert found.reason == ""


def test_denominator_of_a_slope_model_is_the_average_variance() -> None:
    data = pd.read_csv(REFERENCE / "exam.csv")
    result = fit("normexam ~ standLRT + sex + (1 + standLRT | school)", data)
    alone = fit("normexam ~ sex + (1 + standLRT | school)", data)
    v, x = alone.variances["variance"], data["standLRT"]
    average = (v[0] + v[1] * x**2 + 2 * v[2] * x + v[3]).mean()
    assert effect_size(result, "sex[T.M]").denominator == pytest.approx(np.sqrt(average), rel=1e-6)


def test_individual_data_give_hedges_g() -> None:
    """Without groups: the difference in means over the pooled sd, times J with n - 2 degrees of freedom."""
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"treated": np.repeat([0, 1], [9, 14]), "score": rng.normal(size=23)})
    groups = data.groupby("treated")["score"]
    pooled = np.sqrt((groups.var() * (groups.size() - 1)).sum() / 21)
    found = effect_size(fit("score ~ treated", data), "treated")
    assert found.estimate == pytest.approx(groups.mean().diff()[1] / pooled * hedges_j(21), rel=1e-9)


@pytest.mark.parametrize("df", [2.0, 7.5, 21.0])
def test_hedges_j_makes_a_chi_unbiased(df: float) -> None:
    """E(1 / s) J(df) = 1 for s^2 a mean square on df degrees of freedom."""
    mean = integrate.quad(lambda q: np.sqrt(df / q) * chi2.pdf(q, df), 0, np.inf)[0]
    assert mean * hedges_j(df) == pytest.approx(1, rel=1e-6)


def test_no_effect_size_says_why(star: FittedModel) -> None:
    data = pd.read_csv(REFERENCE / "star_kindergarten.csv").assign(tiny=lambda d: 2 * d["small"])
    found = effect_size(fit("math ~ small + tiny + (1 | school)", data), "tiny")
    assert np.isnan(found.estimate)
    assert "'tiny'" in found.reason
    with pytest.raises(ModelError, match="no term 'smal'"):
        effect_size(star, "smal")
    with pytest.raises(ModelError, match="eef, eef-intercept-only, within, hedges-2007"):
        effect_size(star, "small", "cohen")  # type: ignore[arg-type]

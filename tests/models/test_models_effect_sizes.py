"""Effect sizes: what is divided by what."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate
from scipy.stats import chi2, t

from evaluation.errors import ModelError
from evaluation.models import FittedModel, effect_size, fit
from evaluation.models.sizes.effect_sizes import Definition
from evaluation.models.sizes.hedges import hedges_j

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


def trial(
    seed: int = 3, sizes: tuple[int, ...] = (6, 9, 14, 20, 8, 11, 5, 16), treated: int = 3
) -> pd.DataFrame:
    """Clusters of unequal size, the first of them treated; stratum, baseline and class within."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(len(sizes)), sizes)
    frame = pd.DataFrame(
        {
            "school": school,
            "class": rng.integers(0, 2, len(school)),
            "treated": (school < treated).astype(int),
            "stratum": np.array(list("ababbaba"))[school],
            "baseline": rng.normal(0, 1, len(school)),
        }
    )
    between = rng.normal(0, 2, len(sizes)) + 3 * (frame["stratum"].groupby(school).first() == "b")
    return frame.assign(
        score=50
        + 2 * frame["treated"]
        + 2 * frame["baseline"]
        + between[school].to_numpy()
        + rng.normal(0, 4, len(school))
    )


def hedges_by_hand(
    frame: pd.DataFrame, difference: float, std_error: float | None
) -> tuple[float, float, float]:
    """METHODS, section 5, term by term; rho from the model with the treatment alone."""
    rho = fit("score ~ treated + (1 | school)", frame).icc["school"]
    n_t, n_c = (frame[frame["treated"] == arm].groupby("school").size().to_numpy(float) for arm in (1, 0))
    arms = frame.groupby("treated")["score"]
    size, m_t, m_c = len(frame), len(n_t), len(n_c)
    big_t, big_c = n_t.sum(), n_c.sum()
    total_sd = np.sqrt(((arms.size() - 1) * arms.var()).sum() / (size - 2))
    u_t, u_c = ((n.sum() ** 2 - (n**2).sum()) / (n.sum() * (len(n) - 1)) for n in (n_t, n_c))
    share = np.sqrt(1 - rho * ((size - u_t * m_t - u_c * m_c) + u_t + u_c - 2) / (size - 2))
    d = difference / total_sd * share
    b = u_t * (m_t - 1) + u_c * (m_c - 1)
    a = sum(
        (n.sum() ** 2 * (n**2).sum() + (n**2).sum() ** 2 - 2 * n.sum() * (n**3).sum()) / n.sum() ** 2
        for n in (n_t, n_c)
    )
    mean = big_c * (n_t**2).sum() / (big_t * size) + big_t * (n_c**2).sum() / (big_c * size)
    first = (big_t + big_c) / (big_t * big_c) * (1 + (mean - 1) * rho)
    if std_error is not None:
        first = (std_error * share / total_sd) ** 2
    rest = (size - 2) * (1 - rho) ** 2 + a * rho**2 + 2 * b * rho * (1 - rho)
    variance = first + d**2 * rest / (2 * (size - 2) * ((size - 2) - rho * (size - 2 - b)))
    reach = t.ppf(0.975, m_t + m_c - 2) * np.sqrt(variance)
    return d, d - reach, d + reach


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize(
    "formula", ["score ~ treated", "score ~ treated + baseline", "score ~ baseline + stratum + treated"]
)
def test_hedges_2007_by_hand(formula: str, seed: int) -> None:
    """An unadjusted difference has its variance from the clusters' sizes, an adjusted one from its own standard error."""
    frame = trial(seed)
    result = fit(f"{formula} + (1 | school)", frame)
    difference, error = result.coefficients.loc["treated", ["estimate", "std_error"]]
    found = effect_size(result, "treated", "hedges-2007")
    expected = hedges_by_hand(frame, difference, None if formula == "score ~ treated" else error)
    assert [found.estimate, found.ci_low, found.ci_high] == pytest.approx(expected, rel=1e-9)
    arms = frame.groupby("treated")["score"]
    pooled = np.sqrt((arms.var() * (arms.size() - 1)).sum() / (len(frame) - 2))
    assert found.denominator == pytest.approx(pooled)
    assert (found.definition, found.reason) == ("hedges-2007", "")


@pytest.mark.parametrize("arms", [{0: 3.0, 1: 7.5}, {0: "as before", 1: "new"}])
def test_hedges_2007_whatever_the_arms_are_called(arms: dict[int, float | str]) -> None:
    frame = trial()
    plain = effect_size(fit("score ~ treated + baseline + (1 | school)", frame), "treated", "hedges-2007")
    named = frame.assign(treated=frame["treated"].map(arms))
    term = "treated[T.new]" if arms[1] == "new" else "treated"
    found = effect_size(fit("score ~ treated + baseline + (1 | school)", named), term, "hedges-2007")
    assert [found.estimate, found.ci_low, found.ci_high] == pytest.approx(
        [plain.estimate, plain.ci_low, plain.ci_high], rel=1e-6
    )


def test_hedges_2007_at_the_boundary_is_the_plain_difference() -> None:
    noise = np.random.default_rng(8).normal(size=len(trial()))
    level = trial().assign(score=noise).groupby("school")["score"].transform("mean")
    frame = trial().assign(score=lambda d: noise - level + d["treated"] / 2)
    result = fit("score ~ treated + (1 | school)", frame)
    assert result.icc["school"] == 0
    found = effect_size(result, "treated", "hedges-2007")
    assert found.estimate == pytest.approx(result.coefficients.loc["treated", "estimate"] / found.denominator)


REFUSED = {
    "one cluster in an arm": ("score ~ treated + (1 | school)", {"treated": 1}, {}, "the treated arm has one cluster"),
    "within clusters": ("score ~ baseline + (1 | school)", {}, {}, "'baseline' varies within a school"),
    "three levels": ("score ~ treated + (1 | school/class)", {}, {}, "one level of clusters with a random intercept"),
    "a slope": ("score ~ treated + baseline + (1 + baseline | school)", {}, {}, "one level of clusters"),
    "no clusters": ("score ~ treated", {}, {}, "one level of clusters"),
    "three values": ("score ~ dose + (1 | school)", {}, {}, "'dose' has 3 values"),
    "weights": ("score ~ treated + (1 | school)", {}, {"weights": "weight"}, "takes no weights"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_hedges_2007_says_when_it_does_not_apply(case: str) -> None:
    formula, made, options, words = REFUSED[case]
    frame = trial(**made).assign(dose=lambda d: d["school"] % 3, weight=1.5)
    term = next(name for name in ("treated", "dose", "baseline") if name in formula)
    found = effect_size(fit(formula, frame, **options), term, "hedges-2007")
    assert words in found.reason
    assert np.isnan([found.estimate, found.ci_low, found.ci_high, found.denominator]).all()


@pytest.mark.parametrize(("strata", "fixed"), [((), "treated"), (("stratum[T.b]",), "treated + stratum")])
def test_strata_are_in_the_denominator_unless_they_are_kept_in_its_model(
    strata: tuple[str, ...], fixed: str
) -> None:
    """Fixed terms of the analysis either way; the denominator's model leaves them out, so that their variance counts."""
    frame = trial()
    result = fit("score ~ treated + baseline + stratum + (1 | school)", frame)
    variances = fit(f"score ~ {fixed} + (1 | school)", frame).variances.set_index("group")["variance"]
    assert effect_size(result, "treated", strata=strata).denominator == pytest.approx(
        np.sqrt(variances.sum()), rel=1e-6
    )
    within = effect_size(result, "treated", "within", strata=strata)
    assert within.denominator == pytest.approx(np.sqrt(variances["residual"]), rel=1e-6)


def test_strata_taken_out_make_the_denominator_smaller() -> None:
    result = fit("score ~ treated + baseline + stratum + (1 | school)", trial())
    kept, out = (effect_size(result, "treated", strata=strata) for strata in ((), ("stratum[T.b]",)))
    assert out.denominator < kept.denominator
    assert out.estimate > kept.estimate > 0


def test_no_effect_size_says_why(star: FittedModel) -> None:
    data = pd.read_csv(REFERENCE / "star_kindergarten.csv").assign(tiny=lambda d: 2 * d["small"])
    found = effect_size(fit("math ~ small + tiny + (1 | school)", data), "tiny")
    assert np.isnan(found.estimate)
    assert "'tiny'" in found.reason
    with pytest.raises(ModelError, match="no term 'smal'"):
        effect_size(star, "smal")
    with pytest.raises(ModelError, match="eef, eef-intercept-only, within, hedges-2007"):
        effect_size(star, "small", "cohen")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="no term 'blocks'"):
        effect_size(star, "small", strata=["blocks"])
    for definition in ("eef-intercept-only", "hedges-2007"):
        with pytest.raises(
            ModelError, match=f"'{definition}' keeps no strata: leave strata= out, or choose eef or within"
        ):
            effect_size(star, "small", definition, strata=["aide"])


@pytest.mark.parametrize("definition", ["eef", "within"])
def test_a_weight_that_all_rows_share_changes_nothing(definition: Definition) -> None:
    """A weight of 10 for all is the same model, its residual variance told for a weight of 1."""
    data = pd.read_csv(REFERENCE / "ten_schools_ordinary.csv").assign(ten=10.0)
    formula = "score ~ baseline + treated + (1 | school)"
    plain, weighted = fit(formula, data), fit(formula, data, weights="ten")
    expected = effect_size(plain, "treated", definition)
    found = effect_size(weighted, "treated", definition)
    assert (found.estimate, found.ci_low, found.denominator) == pytest.approx(
        (expected.estimate, expected.ci_low, expected.denominator), rel=1e-6
    )
    assert weighted.group_variances.tolist() == pytest.approx(plain.group_variances.tolist(), rel=1e-5)
    assert weighted.icc.tolist() == pytest.approx(plain.icc.tolist(), rel=1e-5)
    assert weighted.r_squared.marginal == pytest.approx(plain.r_squared.marginal, rel=1e-6)
    assert weighted.r_squared.conditional == pytest.approx(plain.r_squared.conditional, rel=1e-6)
    assert weighted.residual_variance == pytest.approx(10 * plain.residual_variance, rel=1e-6)

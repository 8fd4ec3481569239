"""Crossed factors against lme4, lmerTest and pbkrtest: slopes, three factors, one of them nested, and the boundary."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from in_r import Case, answers, fitted, in_r

from evaluation.errors import ModelError
from evaluation.models import FittedModel, fit, second_engine, wild_cluster_bootstrap
from evaluation.models.engine.crossed import DENSE

MIXED = ("mixed", "kenward_roger")
CASES = {
    "slope on the larger": Case(
        "moves", "y ~ x * sex + (1 + x | primary) + (1 | second)", MIXED, joint=("x", "x:sex[T.M]"), crossed=True
    ),
    "slope on the smaller": Case(
        "moves", "y ~ x * sex + (1 | primary) + (1 + x | second)", MIXED, joint=("x", "x:sex[T.M]"), crossed=True
    ),
    "slopes on both, apart": Case("moves", "y ~ x + (1 + x || primary) + (1 + x || second)", MIXED, crossed=True),
    "three, one nested": Case(
        "moves", "y ~ x + sex + (1 | second/class) + (1 | primary)", MIXED, joint=("x", "sex[T.M]"), crossed=True
    ),
    "three, all crossed": Case("moves", "y ~ x + (1 | primary) + (1 | second) + (1 | area)", MIXED, crossed=True),
    "singular": Case("moves", "z ~ x + sex + (1 | primary) + (1 | second)", MIXED, joint=("x", "sex[T.M]"), crossed=True),
    "singular slope": Case("moves", "z ~ x + (1 + x | second) + (1 | primary)", MIXED, crossed=True),
    "maximum likelihood": Case("moves", "y ~ x + (1 | primary) + (1 + x | second)", ("mixed",), reml=False, crossed=True),
    "scotland, singular slope": Case(
        "scotland_few", "attain ~ verbal + sex + (1 | primary) + (1 + verbal | second)", MIXED, crossed=True
    ),
    "penicillin: every pair once": Case("penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", MIXED, crossed=True),
    "ratings: students, lecturers, departments": Case(
        "ratings", "rating ~ service + (1 | student) + (1 | lecturer) + (1 | department)", MIXED, crossed=True
    ),
}  # fmt: skip
Answers = dict[str, tuple[FittedModel, dict[str, Any]]]
cases = pytest.mark.parametrize("case", CASES)
restricted = pytest.mark.parametrize("case", [name for name, case in CASES.items() if case.reml])


def moves(seed: int = 12) -> pd.DataFrame:
    """Pupils who went from 25 primary to 9 secondary schools, a few of them each way; of `z` the schools explain nothing."""
    rng = np.random.default_rng(seed)
    n = 260
    primary = rng.integers(0, 25, n)
    second = (primary // 3 + rng.integers(0, 4, n)) % 9
    frame = pd.DataFrame(
        {
            "primary": [f"p{number:02d}" for number in primary],
            "second": [f"s{number}" for number in second],
            "class": [f"c{number}" for number in rng.integers(0, 3, n)],
            "area": [f"a{number}" for number in rng.integers(0, 7, n)],
            "sex": rng.choice(["F", "M"], n),
            "x": rng.normal(0, 1, n),
        }
    )
    from_primary, from_second = (
        rng.normal(0, [2, 1], (25, 2))[primary],
        rng.normal(0, [1.5, 0.8], (9, 2))[second],
    )
    within = rng.normal(0, 1.5, (9, 3))[second, frame["class"].str[1:].astype(int)]
    area = rng.normal(0, 1, 7)[frame["area"].str[1:].astype(int)]
    noise = rng.normal(0, 2, n)
    slope = 1 + from_primary[:, 1] + from_second[:, 1]
    y = 50 + from_primary[:, 0] + from_second[:, 0] + within + area + slope * frame["x"] + noise
    alike = noise - pd.Series(noise).groupby(primary).transform("mean")
    return frame.assign(y=y, z=alike + frame["x"])


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    folder = tmp_path_factory.mktemp("crossed")
    found = answers(folder, CASES, {"moves": moves()}, "mlmRev")
    return {name: (fitted(CASES[name], folder), answer) for name, answer in found.items()}


def distance(values: pd.Series, theirs: list[float]) -> float:
    return float(np.abs(values.to_numpy() / np.array(theirs) - 1).max())


@pytest.mark.r
@cases
def test_fit_equals_lme4(compared: Answers, case: str) -> None:
    result, answer = compared[case]
    theirs = answer["mixed"]
    table = result.inference("wald")
    assert result.n == theirs["n"]
    assert [in_r(term) for term in table.index] == theirs["terms"]
    assert np.abs((table["estimate"] - theirs["beta"]) / theirs["se"]).max() < 1e-6
    assert distance(table["std_error"], theirs["se"]) < 1e-6
    assert -2 * result.log_likelihood == pytest.approx(theirs["criterion"], rel=1e-8)
    assert result.diagnostics.at_boundary == ("singular" in case)


@pytest.mark.r
@cases
def test_variances_equal_lme4_s(compared: Answers, case: str) -> None:
    result, answer = compared[case]
    found = result.variances.set_index(["group", "term_1", "term_2"])["variance"]
    theirs = answer["mixed"]["variances"]
    assert len(found) == len(theirs)
    for row in theirs:
        first, second = plain(row["term_1"]), plain(row["term_2"])
        ours = found[group(row["group"]), first, second or first]
        assert ours == pytest.approx(row["variance"], rel=1e-5, abs=1e-9)


@pytest.mark.r
@cases
def test_satterthwaite_equals_lmertest_s(compared: Answers, case: str) -> None:
    result, answer = compared[case]
    assert distance(result.inference("satterthwaite")["df"], answer["mixed"]["df"]) < 1e-4


@pytest.mark.r
@restricted
def test_kenward_roger_equals_pbkrtest_s(compared: Answers, case: str) -> None:
    result, answer = compared[case]
    theirs = answer["kenward_roger"]
    assert distance(result.coefficients["std_error"], theirs["se"]) < 1e-5
    assert distance(result.coefficients["df"], theirs["df"]) < 1e-5
    if CASES[case].joint:
        test = result.joint_test(CASES[case].joint)
        found = [test.statistic, test.df_num, test.df_denom, test.p_value]
        assert found == pytest.approx(theirs["joint"], rel=1e-5)


@pytest.mark.r
@cases
def test_group_effects_equal_lme4_s(compared: Answers, case: str) -> None:
    result, answer = compared[case]
    theirs = pd.DataFrame(answer["mixed"]["effects"])
    tolerance, count = 1e-6 * np.sqrt(result.residual_variance), 0
    for name in result.n_groups:
        effects = result.group_effects(name).set_index(["level", "term"])
        rows = theirs[theirs["group"].map(group) == name]
        levels = [":".join(reversed(level.split(":"))) for level in rows["level"]]
        places = list(zip(levels, rows["term"].map(plain), strict=True))
        assert effects.loc[places, "estimate"].tolist() == pytest.approx(
            rows["estimate"].tolist(), abs=tolerance
        )
        assert effects.loc[places, "std_error"].tolist() == pytest.approx(rows["sd"].tolist(), abs=tolerance)
        assert len(effects) == len(rows)
        count += len(rows)
    assert count == len(theirs)


def plain(term: str | None) -> str:
    return (term or "").replace("(Intercept)", "Intercept")


def group(name: str) -> str:
    """Our name of R's `class:second`, `primary.1` or `Residual`."""
    name = name.removesuffix(".1").replace("Residual", "residual")
    return ":".join(reversed(name.split(":")))


def test_batches_and_the_order_of_rows_change_nothing() -> None:
    frame = moves()
    formula = "y ~ x * sex + (1 + x | primary) + (1 | second)"
    whole = fit(formula, frame, crossed=True)
    shuffled = frame.sample(frac=1, random_state=1)
    for other in (shuffled, [frame.head(100), frame.iloc[100:101], frame.iloc[101:]]):
        again = fit(formula, other, crossed=True)
        a, b = whole.coefficients, again.coefficients
        assert np.abs((a["estimate"] - b["estimate"]) / a["std_error"]).max() < 1e-7
        assert a["df"].tolist() == pytest.approx(b["df"].tolist(), rel=1e-6)


def test_factors_that_turn_out_nested_are_fitted_as_nested() -> None:
    """crossed=True is leave, not an order: then there are independent blocks, and CR2."""
    frame = moves()
    formula = "y ~ x + (1 | second/class)"
    assert fit(formula, frame, crossed=True).coefficients.equals(fit(formula, frame).coefficients)
    assert fit(formula, frame, crossed=True).inference("cr2").equals(fit(formula, frame).inference("cr2"))


@pytest.mark.parametrize(
    "formula", ["y ~ x + (1 | primary) + (1 | second)", "y ~ x + (1 | second/class) + (1 | primary)"]
)
def test_crossed_factors_are_refused_unless_they_are_meant(formula: str) -> None:
    with pytest.raises(
        ModelError, match="are crossed: each has groups that meet several of the other's"
    ) as refusal:
        fit(formula, moves())
    assert "crossed=True" in str(refusal.value)
    assert "primary" in str(refusal.value)
    fit(formula, moves(), crossed=True)


def test_too_many_effects_are_refused_by_name() -> None:
    """All but the factor with the most groups are dense."""
    rng = np.random.default_rng(1)
    n = 3 * DENSE
    frame = pd.DataFrame(
        {"a": rng.permutation(n) // 2, "b": rng.permutation(n) // 2, "y": rng.normal(size=n)}
    )
    frame["few"] = frame["b"] % (DENSE // 2 + 1)
    with pytest.raises(
        ModelError, match=rf"may have {DENSE} effects together.*3000.*\(a \(3000\), b \(3000\)\)"
    ):
        fit("y ~ 1 + (1 | a) + (1 | b)", frame, crossed=True)
    with pytest.raises(
        ModelError, match=rf"may have {DENSE} effects together, and here they have {DENSE + 2}"
    ):
        fit("y ~ 1 + (1 | a) + (1 + y | few)", frame, crossed=True)


def test_methods_of_independent_clusters_are_refused_by_name() -> None:
    result = fit("y ~ x + (1 | primary) + (1 | second)", moves(), crossed=True)
    for ask in (
        result.inference,
        lambda method: result.joint_test(["x"], method),
        lambda _: wild_cluster_bootstrap(result, "x"),
    ):
        with pytest.raises(ModelError, match="has crossed factors, which leave no clusters independent"):
            ask("cr2")
    second = second_engine(result)
    assert (second.verdict, second.terms.empty) == ("not fitted", True)
    assert "factors that nest, and these are crossed" in second.reason


def test_a_slope_of_three_factors_equals_its_definition() -> None:
    """The restricted criterion at the fit, with n-by-n matrices, and its gradient by differences: nothing in any direction."""
    frame = moves()
    result = fit("y ~ x + (1 + x | primary) + (1 | second) + (1 | second:class)", frame, crossed=True)
    terms = [
        (["primary"], ["Intercept", "x"]),
        (["second"], ["Intercept"]),
        (["second", "class"], ["Intercept"]),
    ]
    x = np.column_stack([np.ones(len(frame)), frame["x"]])
    y = frame["y"].to_numpy()

    def criterion(covariances: list[np.ndarray], residual: float) -> float:
        v = residual * np.eye(len(y))
        for (columns, effects), covariance in zip(terms, covariances, strict=True):
            codes = frame.groupby(columns).ngroup().to_numpy()
            z = x[:, : len(effects)]
            v += (codes[:, None] == codes) * (z @ covariance @ z.T)
        w = np.linalg.inv(v)
        information = x.T @ w @ x
        e = y - x @ np.linalg.solve(information, x.T @ w @ y)
        logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
        return float(logs + e @ w @ e + (len(y) - 2) * np.log(2 * np.pi))

    places = {":".join(columns): i for i, (columns, _) in enumerate(terms)}
    at = [np.zeros((len(effects), len(effects))) for _, effects in terms]
    for level, name in enumerate(result.n_groups):
        at[places[name]] = result.group_covariance(level)
    least = criterion(at, result.residual_variance)
    assert result.reml_criterion == pytest.approx(least, rel=1e-10)
    for i, covariance in enumerate(at):
        for k in range(len(covariance)):
            for step in (-1e-3, 1e-3):
                moved = [part.copy() for part in at]
                moved[i][k, k] *= 1 + step
                assert criterion(moved, result.residual_variance) > least - 1e-9

"""Profile intervals of variances: lme4's after maximum likelihood, and after REML where the deviance, worked out with
n-by-n matrices and minimised anew, has risen by chi-squared's quantile."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from in_r import Case, answers, fitted
from scipy import optimize, stats

from evaluation.models import FittedModel, fit

ASKS = ("intervals",)
CASES = {
    "one level": Case("pupils", "y ~ x + (1 | school)", ASKS, reml=False),
    "two levels": Case("pupils", "y ~ x + (1 | school/class)", ASKS, reml=False),
    "slope": Case("pupils", "y ~ x + (1 + x | school)", ASKS, reml=False),
    "slope apart": Case("pupils", "y ~ x + (1 + x || school)", ASKS, reml=False),
    "crossed": Case("pupils", "y ~ x + (1 | school) + (1 | club)", ASKS, reml=False, crossed=True),
}  # fmt: skip
RISE = stats.chi2.ppf(0.95, 1)  # 3.8415
SPLINE = 1e-4  # R's intervals lie on a spline, here through steps of a fortieth of the cut-off


def pupils() -> pd.DataFrame:
    """Schools of 2 to 11 pupils; classes and slopes differ so little that their variances are nought."""
    rng = np.random.default_rng(7)
    school = np.repeat(np.arange(12), rng.integers(2, 12, 12))
    n = len(school)
    frame = pd.DataFrame(
        {
            "school": [f"s{number:02d}" for number in school],
            "class": [f"c{number}" for number in rng.integers(0, 2, n)],
            "club": [f"k{number}" for number in rng.integers(0, 6, n)],
            "x": rng.normal(0, 1, n),
            "w": rng.uniform(0.5, 2, n),
        }
    )
    club = rng.normal(0, 1.5, 6)[frame["club"].str[1:].astype(int)]
    within = rng.normal(0, 0.3, (12, 2))[school, frame["class"].str[1:].astype(int)]
    y = 50 + rng.normal(0, 2, 12)[school] + club + within
    y += (1 + rng.normal(0, 1, 12)[school]) * frame["x"] + rng.normal(0, 2, n)
    return frame.assign(y=y)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[FittedModel, dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("profile")
    found = answers(folder, CASES, {"pupils": pupils()})
    return {name: (fitted(CASES[name], folder), answer["intervals"]) for name, answer in found.items()}


@pytest.mark.r
@pytest.mark.parametrize("case", CASES)
def test_intervals_equal_lme4_s(compared: dict[str, tuple[FittedModel, dict[str, Any]]], case: str) -> None:
    result, theirs = compared[case]
    ours = result.variance_intervals().set_index(["group", "term"])
    assert len(ours) == len(theirs["name"])
    for name, low, high in zip(*(theirs[key] for key in ("name", "low", "high")), strict=True):
        row = ours.loc[place(name)]
        assert np.sqrt(row["ci_high"]) == pytest.approx(high, rel=SPLINE)
        assert np.sqrt(row["ci_low"]) == pytest.approx(low or 0.0, rel=SPLINE, abs=1e-9)


def place(name: str) -> tuple[str, str]:
    """R's `sd_(Intercept)|class:school` and `sigma` in our table."""
    term, _, group = name.removeprefix("sd_").partition("|")
    groups = {"class:school": "school:class"}
    return (groups.get(group, group), term.strip("()")) if group else ("residual", "")


Term = tuple[str, list[str], list[str]]  # group, its columns, effects
SCHOOL, CLASS, CLUB = ["school"], ["school", "class"], ["club"]
FITS: dict[str, tuple[str, list[Term], dict[str, Any]]] = {
    "one level": ("y ~ x + (1 | school)", [("school", SCHOOL, ["Intercept"])], {}),
    "two levels": (
        "y ~ x + (1 | school/class)",
        [("school", SCHOOL, ["Intercept"]), ("school:class", CLASS, ["Intercept"])],
        {},
    ),
    "slope": ("y ~ x + (1 + x | school)", [("school", SCHOOL, ["Intercept", "x"])], {}),
    "crossed, weights": (
        "y ~ x + (1 | school) + (1 | club)",
        [("school", SCHOOL, ["Intercept"]), ("club", CLUB, ["Intercept"])],
        {"crossed": True, "weights": "w"},
    ),
    "maximum likelihood": (
        "y ~ x + (1 + x | school)",
        [("school", SCHOOL, ["Intercept", "x"])],
        {"reml": False},
    ),
}


class Dense:
    """The deviance of a model by matrices of all rows, in the Cholesky entries of its terms and the residual's log variance."""

    def __init__(self, frame: pd.DataFrame, terms: list[Term], reml: bool = True, **options: Any) -> None:
        self.y = frame["y"].to_numpy()
        self.x = np.column_stack([np.ones(len(frame)), frame["x"]])
        self.noise = 1 / frame["w"].to_numpy() if "weights" in options else np.ones(len(frame))
        self.reml = reml
        self.terms = []
        for _, columns, effects in terms:
            codes = frame.groupby(columns).ngroup().to_numpy()
            z = np.column_stack(
                [np.ones(len(frame)) if name == "Intercept" else frame[name] for name in effects]
            )
            self.terms.append((codes[:, None] == codes, z))

    def at(self, factors: list[np.ndarray], residual: float) -> float:
        v = np.diag(residual * self.noise)
        for (together, z), factor in zip(self.terms, factors, strict=True):
            v += together * (z @ factor @ factor.T @ z.T)
        w = np.linalg.inv(v)
        information = self.x.T @ w @ self.x
        e = self.y - self.x @ np.linalg.solve(information, self.x.T @ w @ self.y)
        n, p = self.x.shape
        value = np.linalg.slogdet(v)[1] + e @ w @ e + (n - p * self.reml) * np.log(2 * np.pi)
        return value + self.reml * np.linalg.slogdet(information)[1]

    def least(self, held: tuple[int, int] | None = None, variance: float = 0.0) -> float:
        """The least of it over all parameters but a variance held: an effect (term, effect), or the residual (-1, 0)."""
        if held and held[0] >= 0:
            term, effect = held
            together, z = self.terms[
                term
            ]  # with the effect first, its variance is one Cholesky entry squared
            order = [effect, *(k for k in range(z.shape[1]) if k != effect)]
            self.terms[term] = (together, z[:, order])
            found = self._search(self._reader(held, variance))
            self.terms[term] = (together, z)
            return found
        return self._search(self._reader(held, variance))

    def _reader(
        self, held: tuple[int, int] | None, variance: float
    ) -> Callable[[np.ndarray], tuple[list[np.ndarray], float]]:
        def read(point: np.ndarray) -> tuple[list[np.ndarray], float]:
            factors, start = [], 0
            for _, z in self.terms:
                q = z.shape[1]
                factor = np.zeros((q, q))
                rows, columns = np.tril_indices(q)
                factor[rows, columns] = point[start : start + len(rows)]
                factors.append(factor)
                start += len(rows)
            if held and held[0] >= 0:
                factors[held[0]][0, 0] = np.sqrt(variance)
            return factors, variance if held == (-1, 0) else float(np.exp(point[start]))

        return read

    def _search(self, read: Callable[[np.ndarray], tuple[list[np.ndarray], float]]) -> float:
        sizes = [z.shape[1] for _, z in self.terms]
        best = np.inf
        for sd in (0.3, 1.5):
            start = np.concatenate([*(sd * np.eye(q)[np.tril_indices(q)] for q in sizes), [1.2]])
            found = optimize.minimize(
                lambda point: self.at(*read(point)), start, method="L-BFGS-B", tol=1e-12
            )
            best = min(best, found.fun)
        return best


@pytest.mark.parametrize("name", FITS)
def test_the_deviance_has_risen_by_chi_squared_s_quantile_at_each_end(name: str) -> None:
    formula, terms, options = FITS[name]
    frame = pupils()
    result = fit(formula, frame, **options)
    dense = Dense(frame, terms, **options)
    least = dense.least()
    assert least == pytest.approx(-2 * result.log_likelihood, abs=1e-6)
    places = {
        (group, effect): (i, k)
        for i, (group, _, effects) in enumerate(terms)
        for k, effect in enumerate(effects)
    }
    for row in result.variance_intervals().itertuples():
        held = places.get((row.group, row.term), (-1, 0))
        assert row.ci_low <= row.variance < row.ci_high
        assert dense.least(held, row.ci_high) - least == pytest.approx(RISE, abs=2e-5)
        rise = dense.least(held, row.ci_low) - least
        if row.ci_low:
            assert rise == pytest.approx(RISE, abs=2e-5)
        else:
            assert rise < RISE


def test_intervals_follow_the_units_and_the_level() -> None:
    frame = pupils()
    formula = "y ~ x + (1 + x | school)"
    plain = fit(formula, frame).variance_intervals()
    scaled = fit(formula, frame.assign(y=15 * frame["y"], x=frame["x"] / 100)).variance_intervals()
    units = np.where(plain["term"] == "x", (15 * 100) ** 2, 15**2)[:, None]
    numbers = ["variance", "ci_low", "ci_high"]
    assert (plain[numbers] * units).to_numpy() == pytest.approx(
        scaled[numbers].to_numpy(), rel=1e-5, abs=1e-9
    )
    narrow = fit(formula, frame).variance_intervals(level=0.8)
    assert (narrow["ci_high"] < plain["ci_high"]).all()
    assert (narrow["ci_low"] >= plain["ci_low"]).all()


def test_a_variance_of_zero_has_an_interval_from_zero() -> None:
    """Schools exactly alike, which is as little variance as there can be."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"school": np.repeat(np.arange(10), 6), "y": np.tile(rng.normal(0, 1, 6), 10)})
    result = fit("y ~ 1 + (1 | school)", frame)
    school, _ = result.variance_intervals().itertuples()
    assert (school.variance, school.ci_low) == (0.0, 0.0)
    assert school.ci_high > 0

"""Two responses fitted together: against nlme live, and against the same equations with n-by-n matrices."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ModelError
from evaluation.models import TwoResponseModel, fit, fit_two

OUTCOME, BASELINE = "y ~ t + x + ", "b ~ x + "
SCHOOL, CLASS = "(1 | school)", "(1 | school/class)"


def study(
    seed: int = 3, schools: int = 20, sizes: tuple[int, int] = (8, 25), missing: float = 0.15
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), rng.integers(*sizes, schools))
    n, room = len(school), rng.integers(0, 3, len(school))
    between, t = rng.multivariate_normal([0, 0], [[12, 5], [5, 10]], schools)[school], school % 2
    rooms = rng.multivariate_normal([0, 0], [[9, 3], [3, 8]], (schools, 3))[school, room]
    within, x = rng.multivariate_normal([0, 0], [[20, 12], [12, 25]], n), rng.normal(size=n)
    frame = pd.DataFrame({"school": school, "class": room, "t": t, "x": x})
    frame["y"], frame["b"] = np.array([60 + 2 * t, 50 + 0 * t]) + x + (between + rooms + within).T
    for response in ("y", "b"):
        frame.loc[rng.random(n) < missing, response] = np.nan
    return frame


def by_schools(frame: pd.DataFrame) -> pd.DataFrame:
    """Two schools without any baseline, and one without an outcome."""
    return frame.assign(
        b=frame["b"].where(~frame["school"].isin([1, 4])), y=frame["y"].where(frame["school"] != 7)
    )


# ---- against nlme

NLME = {
    "two levels": (False, "REML"), "two levels, ML": (False, "ML"),
    "three levels": (True, "REML"), "three levels, ML": (True, "ML"),
}  # fmt: skip


@pytest.fixture(scope="module")
def in_r(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    needed = "stopifnot(all(sapply(c('nlme', 'jsonlite'), requireNamespace, quietly=TRUE)))"
    if subprocess.run(["Rscript", "-e", needed], capture_output=True, check=False).returncode:
        pytest.skip("R lacks nlme or jsonlite")
    folder = tmp_path_factory.mktemp("r")
    study().to_csv(folder / "study.csv", index=False)
    asked = [
        {"csv": str(folder / "study.csv"), "three_levels": three, "method": method}
        for three, method in NLME.values()
    ]
    (folder / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
    script = Path(__file__).with_name("two_responses.R")
    command = ["Rscript", str(script), str(folder / "cases.json"), str(folder / "answers.json")]
    subprocess.run(command, check=True, capture_output=True)
    return dict(zip(NLME, json.loads((folder / "answers.json").read_text(encoding="utf-8")), strict=True))


@pytest.mark.r
@pytest.mark.parametrize("case", NLME)
def test_equals_nlme(in_r: dict[str, dict[str, Any]], case: str) -> None:
    three, method = NLME[case]
    random = CLASS if three else SCHOOL
    ours, theirs = fit_two(OUTCOME + random, BASELINE + random, study(), reml=method == "REML"), in_r[case]
    wald = ours.inference("wald")
    assert wald.index.tolist() == ["y: Intercept", "y: t", "y: x", "b: Intercept", "b: x"]
    assert (
        -1e-8 < theirs["deviance"] - ours.criterion < 1e-7
    )  # its search, by values alone, ends a little early
    assert np.abs((wald["estimate"] - theirs["estimate"]) / wald["std_error"]).max() < 3e-5
    assert wald["std_error"].tolist() == pytest.approx(theirs["std_error"], rel=3e-5)
    assert ours.variances["variance"].tolist() == pytest.approx(theirs["variances"], rel=1e-4)


# ---- against the definition


class Dense:
    """The model at a fit's own variances, with n-by-n matrices: rows are responses, outcomes first."""

    def __init__(
        self, result: TwoResponseModel, frame: pd.DataFrame, terms: dict[str, Sequence[str]]
    ) -> None:
        rows = pd.concat([frame[frame[r].notna()].assign(response=r, value=frame[r]) for r in ("y", "b")])
        constant = rows.assign(Intercept=1.0)
        columns = {
            f"{r}: {k}": constant[k] * (rows["response"] == r)
            for r in terms
            for k in ("Intercept", *terms[r])
        }
        groups = {"school": ["school"], "school:class": ["school", "class"]}
        self.x, self.y = np.column_stack(list(columns.values())), rows["value"].to_numpy()
        self.v, self.g = np.zeros((len(rows), len(rows))), []
        for part in result.variances.itertuples():
            if part.group == "residual":
                of, effects = (
                    rows.index.to_numpy(),
                    [(rows["response"] == r) * 1.0 for r in (part.term_1, part.term_2)],
                )
            else:
                of = rows.groupby(groups[part.group]).ngroup().to_numpy()
                effects = [columns[part.term_1], columns[part.term_2]]
            g = (of[:, None] == of) * np.outer(*effects)
            self.g.append(g if part.term_1 == part.term_2 else g + g.T)
            self.v += part.variance * self.g[-1]
        self.w = np.linalg.inv(self.v)
        self.phi = np.linalg.inv(self.x.T @ self.w @ self.x)
        self.p = self.w - self.w @ self.x @ self.phi @ self.x.T @ self.w

    def deviance(self, reml: bool) -> float:
        n, k = self.x.shape
        logs = np.linalg.slogdet(self.v)[1] - (np.linalg.slogdet(self.phi)[1] if reml else 0)
        return (n - k * reml) * np.log(2 * np.pi) + logs + self.y @ self.p @ self.y

    def scores(self, reml: bool) -> np.ndarray:
        """The deviance's gradient in each variance, over its own size."""
        inner = self.p if reml else self.w
        gradient = [np.trace(inner @ g) - self.y @ self.p @ g @ self.p @ self.y for g in self.g]
        return np.array(gradient) / [np.sqrt(2 * np.trace(self.w @ g @ self.w @ g)) for g in self.g]

    def kenward_roger(self) -> tuple[np.ndarray, np.ndarray]:
        """Standard errors and degrees of freedom, as METHODS, section 2, defines them."""
        wx, phi, several = self.w @ self.x, self.phi, range(len(self.g))
        cov = np.linalg.inv([[np.trace(self.p @ a @ self.p @ b) / 2 for b in self.g] for a in self.g])
        first = [-wx.T @ a @ wx for a in self.g]
        bend = sum(
            cov[i, j] * (wx.T @ self.g[i] @ self.w @ self.g[j] @ wx - first[i] @ phi @ first[j])
            for i in several for j in several
        )  # fmt: skip
        pull = np.array([np.diag(phi @ a @ phi) for a in first]) / np.diag(phi)
        return np.sqrt(np.diag(phi + 2 * phi @ bend @ phi)), 2 / np.einsum("ik,ij,jk->k", pull, cov, pull)


DENSE = {
    "two levels": (OUTCOME + SCHOOL, BASELINE + SCHOOL, study(5, 12, (5, 14))),
    "three levels": (OUTCOME + CLASS, BASELINE + CLASS, study(11, 10, (10, 18))),
    "slope of the outcome alone": (OUTCOME + "(1 + x | school)", BASELINE + SCHOOL, study(6, 12, (5, 14)).assign(y=lambda d: d["y"] + d["x"] * (d["school"] % 5))),
    "whole schools lack one": (OUTCOME + SCHOOL, BASELINE + SCHOOL, by_schools(study(5, 12, (5, 14)))),
    "complete": (OUTCOME + SCHOOL, BASELINE + SCHOOL, study(8, 10, (5, 12), missing=0)),
    "no groups": ("y ~ t + x", "b ~ x", study(9, 10, (5, 12))),
}  # fmt: skip


@pytest.mark.parametrize("case", DENSE)
@pytest.mark.parametrize("reml", [True, False])
def test_equals_the_definition(case: str, reml: bool) -> None:
    outcome, baseline, frame = DENSE[case]
    result = fit_two(outcome, baseline, frame, reml=reml)
    dense = Dense(result, frame, {"y": ["t", "x"], "b": ["x"]})
    wald = result.inference("wald")
    beta = dense.phi @ dense.x.T @ dense.w @ dense.y
    assert not result.at_boundary
    assert np.abs((wald["estimate"] - beta) / wald["std_error"]).max() < 1e-9
    assert wald["std_error"].tolist() == pytest.approx(np.sqrt(np.diag(dense.phi)), rel=1e-9)
    assert result.criterion == pytest.approx(dense.deviance(reml), rel=1e-11)
    assert np.abs(dense.scores(reml)).max() < 1e-6
    if reml:
        errors, df = dense.kenward_roger()
        assert result.coefficients["std_error"].tolist() == pytest.approx(errors, rel=1e-8)
        assert result.coefficients["df"].tolist() == pytest.approx(df, rel=1e-7)


def test_at_the_boundary_the_definition_holds_too() -> None:
    """No variance between schools at all: singular covariance, Kenward-Roger in variances as ever."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"school": np.repeat(np.arange(8), 9), "x": rng.normal(size=72)}).assign(
        t=lambda d: d["school"] % 2
    )
    frame[["y", "b"]] = rng.multivariate_normal([0, 0], [[4, 2], [2, 3]], 72)
    result = fit_two(OUTCOME + SCHOOL, BASELINE + SCHOOL, frame)
    assert result.at_boundary
    dense = Dense(result, frame, {"y": ["t", "x"], "b": ["x"]})
    errors, df = dense.kenward_roger()
    assert result.criterion == pytest.approx(dense.deviance(True), rel=1e-11)
    assert result.coefficients["std_error"].tolist() == pytest.approx(errors, rel=1e-7)
    assert result.coefficients["df"].tolist() == pytest.approx(df, rel=1e-6)


# ---- what it is for


def test_rows_with_one_response_count() -> None:
    frame = study()
    result = fit_two(OUTCOME + SCHOOL, BASELINE + SCHOOL, frame)
    has = frame[["y", "b"]].notna()
    assert result.n == {
        "both": int(has.all(axis=1).sum()),
        "y alone": int((has["y"] & ~has["b"]).sum()),
        "b alone": int((has["b"] & ~has["y"]).sum()),
    }
    assert result.n_dropped == int((~has.any(axis=1)).sum()) > 0
    complete = fit_two(OUTCOME + SCHOOL, BASELINE + SCHOOL, frame[has.all(axis=1)])
    for term in ("y: t", "y: x", "b: x"):
        assert result.coefficients.loc[term, "std_error"] < complete.coefficients.loc[term, "std_error"]
    gaps = frame.assign(x=frame["x"].where(frame.index != has.index[has.all(axis=1)][0]))
    assert fit_two(OUTCOME + SCHOOL, BASELINE + SCHOOL, gaps).n_dropped == result.n_dropped + 1


def test_without_groups_the_effect_is_analysis_of_covariance_s() -> None:
    """The likelihood is that of b times that of y given b, and the latter's parameters are free: by ML, exactly least squares."""
    frame = study(4, missing=0)
    result = fit_two("y ~ t", "b ~ 1", frame, reml=False)
    ancova = smf.ols("y ~ t + b", frame).fit()
    assert result.coefficients.loc["y: t", "estimate"] == pytest.approx(ancova.params["t"], rel=1e-7)


def test_in_balanced_schools_the_effect_is_that_between_their_means() -> None:
    """As without groups, separately between schools and within: by ML, least squares on the means of both responses."""
    frame = study(4, 16, (12, 13), missing=0)
    result = fit_two("y ~ t + (1 | school)", "b ~ 1 + (1 | school)", frame, reml=False)
    assert not result.at_boundary
    means = smf.ols("y ~ t + b", frame.groupby("school")[["y", "t", "b"]].mean()).fit()
    assert result.coefficients.loc["y: t", "estimate"] == pytest.approx(means.params["t"], rel=1e-6)


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_in_unequal_schools_the_effect_is_near_analysis_of_covariance_s(seed: int) -> None:
    """One model's slope on the baseline is its own within and between schools, the other's is one: close, not the same."""
    frame = study(seed, 40, missing=0)
    ours = fit_two("y ~ t + (1 | school)", "b ~ 1 + (1 | school)", frame).coefficients.loc["y: t"]
    other = fit("y ~ t + b + (1 | school)", frame).coefficients.loc["t"]
    assert 1e-4 < abs(ours["estimate"] - other["estimate"]) / other["std_error"] < 0.3
    assert ours["std_error"] == pytest.approx(other["std_error"], rel=0.1)
    alone = fit("y ~ t + (1 | school)", frame).coefficients.loc["t"]
    assert ours["std_error"] < 0.95 * alone["std_error"]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1 / 15, 15]), st.sampled_from([1 / 15, 1, 15]))
def test_units_of_either_response(seed: int, of_y: float, of_b: float) -> None:
    frame = study(seed, 10)
    one = fit_two(OUTCOME + SCHOOL, BASELINE + SCHOOL, frame)
    moved = frame.assign(y=frame["y"] * of_y - 7, b=frame["b"] * of_b + 3).sample(frac=1, random_state=seed)
    other = fit_two(OUTCOME + SCHOOL, BASELINE + SCHOOL, moved)
    unit = np.array([of_y, of_y, of_y, of_b, of_b])
    assert (one.coefficients["std_error"] * unit).tolist() == pytest.approx(
        other.coefficients["std_error"].tolist(), rel=1e-6
    )
    assert one.coefficients["df"].tolist() == pytest.approx(other.coefficients["df"].tolist(), rel=1e-5)
    slopes = ["y: t", "y: x", "b: x"]
    apart = one.coefficients["estimate"] * unit - other.coefficients["estimate"]
    assert (apart[slopes] / other.coefficients["std_error"][slopes]).abs().max() < 1e-6
    correlation = [r.residual[0, 1] / np.sqrt(r.residual[0, 0] * r.residual[1, 1]) for r in (one, other)]
    assert correlation[1] == pytest.approx(correlation[0], rel=1e-6)


def test_joint_test_and_methods() -> None:
    result = fit_two(OUTCOME + SCHOOL, BASELINE + SCHOOL, study())
    table, found = result.coefficients, result.joint_test(["y: t"])
    assert found.statistic == pytest.approx(table.loc["y: t", "statistic"] ** 2)
    assert (found.df_num, found.df_denom) == (1, pytest.approx(table.loc["y: t", "df"]))
    both = ["y: x", "b: x"]
    z = table.loc[both, "statistic"].to_numpy()
    assert result.joint_test(both).statistic < (z**2).sum()
    with pytest.raises(ModelError, match="'t' is not in the model; the model's terms are y: Intercept, y: t"):
        result.joint_test(["t"])
    with pytest.raises(ModelError, match="'cr2' for two responses; choose from kenward-roger, wald"):
        result.inference("cr2")
    likelihood = fit_two(OUTCOME + SCHOOL, BASELINE + SCHOOL, study(), reml=False)
    assert likelihood.coefficients["df"].tolist() == [np.inf] * 5
    with pytest.raises(ModelError, match="needs a REML fit"):
        likelihood.inference("kenward-roger")


# ---- what it refuses

Y, B = "y ~ t + (1 | school)", "b ~ 1 + (1 | school)"
ODD = np.arange(len(study(1, 12, missing=0))) % 2 == 1
REFUSED = {
    "no overlap": (Y, B, {"y": lambda d: d["y"].where(ODD), "b": lambda d: d["b"].where(~ODD)}, "No row has both 'y' and 'b'"),
    "the same response": (Y, "y ~ 1 + (1 | school)", {}, "Both formulas have the response 'y': name two"),
    "other groups": (Y, "b ~ 1 + (1 | class)", {}, "need the same groups"),
    "groups of one alone": (Y, "b ~ 1", {}, "need the same groups"),
    "text": (Y, B, {"b": "absent"}, "'b' must be a column of numbers"),
    "no such response": (Y, "bb ~ 1 + (1 | school)", {}, "'bb' must be a column of numbers"),
    "no such term": ("y ~ tt + (1 | school)", B, {}, "names the column 'tt', which is not in the data"),
    "an expression": ("np.log(y) ~ t + (1 | school)", B, {}, "must be a column of numbers"),
    "empty": (Y, B, {"b": np.nan}, "No row has 'b'"),
    "constant": (Y, B, {"b": 4.0}, "'b' is 4 in every row"),
    "infinite": (Y, B, {"b": lambda d: d["b"].where(d.index != 3, np.inf)}, "'b' is infinite or not a number in 1 rows"),
    "perfectly correlated": (Y, B, {"b": lambda d: 3 - 2 * d["y"]}, "one response is settled by the other"),
    "all but perfectly": (Y, B, {"b": lambda d: d["y"] + 0.01 * d["x"]}, "one response is settled by the other"),
    "settled by groups": (Y, B, {"b": lambda d: d["school"] * 1.5}, "or by the groups"),
    "a response as a term": ("y ~ t + b + (1 | school)", B, {}, "'b' is a response, and cannot be among the terms of 'y ~ t"),
    "a response as a slope": (Y, "b ~ 1 + (1 + y | school)", {}, "'y' is a response"),
    "uncorrelated effects": ("y ~ t + (x || school)", B, {}, "several random terms of one group"),
    "crossed": ("y ~ t + (1 | school) + (1 | class)", "b ~ 1 + (1 | school) + (1 | class)", {}, "school and class are crossed"),
    "two groups": ("y ~ x + (1 | t)", "b ~ 1 + (1 | t)", {}, "t has 2 groups, too few for 2 random effects"),
    "one group": ("y ~ x + (1 | one)", "b ~ 1 + (1 | one)", {"one": 1}, "one has 1 group, too few"),
    "a group each": ("y ~ t + (1 | pupil)", "b ~ 1 + (1 | pupil)", {"pupil": lambda d: d.index}, "as many random effects"),
    "fixed groups": ("y ~ C(school) + (1 | school)", B, {}, "already have a coefficient for each school"),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", REFUSED)
def test_named_error(case: str) -> None:
    outcome, baseline, changes, words = REFUSED[case]
    with pytest.raises(ModelError, match=words):
        fit_two(outcome, baseline, study(1, 12, missing=0).assign(**changes))


def test_a_term_that_others_determine_is_dropped_by_name() -> None:
    frame = study().assign(twice=lambda d: 2 * d["x"] + 1)
    result = fit_two("y ~ t + x + twice + (1 | school)", BASELINE + SCHOOL, frame)
    assert result.problem.dropped_terms == ("y: twice",)
    plain = fit_two(OUTCOME + SCHOOL, BASELINE + SCHOOL, frame)
    pd.testing.assert_frame_equal(result.coefficients, plain.coefficients, rtol=1e-8)

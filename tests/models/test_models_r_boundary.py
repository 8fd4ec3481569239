"""The boundary against R: 200 ten-school studies without school variance, and forty whose slopes do not vary.

The studies are those of test_models_boundary.py; one R process fits each set of them.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_models_boundary import STUDIES, least_squares, study

from evaluation.models import FittedModel, fit

pytestmark = pytest.mark.r
SCRIPT = Path(__file__).with_name("boundary.R")
PACKAGES = ("lme4", "lmerTest", "pbkrtest", "numDeriv", "jsonlite")
INTERCEPT = "score ~ baseline + treated + (1 | school)"
SLOPE = "score ~ baseline + treated + (1 + baseline | school)"
SLOPE_STUDIES = range(1000, 1040)

# METHODS, section 1; relative, but for coefficients, which are in units of their standard error.
COEFFICIENT, STANDARD_ERROR, VARIANCE, CRITERION = 1e-6, 1e-6, 1e-5, 1e-8
SATTERTHWAITE_DF, KENWARD_ROGER = 1e-4, 1e-5
EXACT = 1e-8


@dataclass(frozen=True, slots=True)
class Compared:
    data: pd.DataFrame
    ours: FittedModel
    theirs: dict[str, Any]


def compare(folder: Path, formula: str, studies: dict[int, pd.DataFrame]) -> list[Compared]:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    wanted = f"stopifnot(all(sapply(c{PACKAGES!r}, requireNamespace, quietly = TRUE)))"
    if subprocess.run(["Rscript", "-e", wanted], capture_output=True, check=False).returncode:
        pytest.skip(f"R lacks one of {', '.join(PACKAGES)}")
    together = pd.concat(data.assign(study=seed) for seed, data in studies.items())
    together.to_csv(folder / "studies.csv", index=False)
    command = ["Rscript", SCRIPT, folder / "studies.csv", formula, folder / "results.json"]
    subprocess.run(list(map(str, command)), check=True)
    answers = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return [Compared(data, fit(formula, data), answers[str(seed)]) for seed, data in studies.items()]


@pytest.fixture(scope="module")
def intercepts(tmp_path_factory: pytest.TempPathFactory) -> list[Compared]:
    studies = {seed: study(seed) for seed in range(STUDIES)}
    return compare(tmp_path_factory.mktemp("intercepts"), INTERCEPT, studies)


@pytest.fixture(scope="module")
def slopes(tmp_path_factory: pytest.TempPathFactory) -> list[Compared]:
    studies = {seed: study(seed) for seed in SLOPE_STUDIES}
    scaled = {seed: data.assign(baseline=(data["baseline"] - 100) / 15) for seed, data in studies.items()}
    return compare(tmp_path_factory.mktemp("slopes"), SLOPE, scaled)


@pytest.fixture(scope="module", params=["intercepts", "slopes"])
def compared(request: pytest.FixtureRequest) -> list[Compared]:
    found: list[Compared] = request.getfixturevalue(request.param)
    return found


def assert_near(ours: pd.Series, theirs: list[float], tolerance: float) -> None:
    assert np.abs(ours.to_numpy() / np.array(theirs) - 1).max() < tolerance


def test_zero_exactly_when_the_score_is_not_positive_and_then_least_squares(
    intercepts: list[Compared],
) -> None:
    at_zero = 0
    for case in intercepts:
        score = least_squares(case.data)[2]
        assert case.ours.diagnostics.at_boundary == (score <= 0) == (case.theirs["variances"][0] == 0)
        if case.ours.diagnostics.at_boundary:
            at_zero += 1
            table, std_error = case.ours.inference("wald"), np.array(case.theirs["ols_se"])
            assert np.abs((table["estimate"] - case.theirs["ols_beta"]) / std_error).max() < EXACT
            assert_near(table["std_error"], case.theirs["ols_se"], EXACT)
    assert STUDIES / 3 < at_zero < STUDIES


def test_lme4(compared: list[Compared]) -> None:
    for case in compared:
        table, theirs = case.ours.inference("wald"), case.theirs
        assert case.ours.reml_criterion == pytest.approx(theirs["criterion"], rel=CRITERION)
        assert np.abs((table["estimate"] - theirs["beta"]) / theirs["se"]).max() < COEFFICIENT
        assert_near(table["std_error"], theirs["se"], STANDARD_ERROR)
        found = case.ours.variances["variance"]
        assert found.tolist() == pytest.approx(theirs["variances"], rel=VARIANCE, abs=1e-12 * found.max())


def test_pbkrtest_at_the_boundary_and_off_it(compared: list[Compared]) -> None:
    for case in compared:
        table = case.ours.inference("kenward-roger")
        assert_near(table["std_error"], case.theirs["kr_se"], KENWARD_ROGER)
        assert_near(table["df"], case.theirs["kr_df"], KENWARD_ROGER)
    assert len({case.ours.diagnostics.at_boundary for case in compared}) == 2


def test_lmertest(compared: list[Compared]) -> None:
    """At a singular slope lmerTest's own derivatives are too coarse to compare with."""
    for case in compared:
        if not case.ours.diagnostics.at_boundary or len(case.ours.variances) == 2:
            table = case.ours.inference("satterthwaite")
            assert_near(table["df"], case.theirs["satterthwaite_df"], SATTERTHWAITE_DF)

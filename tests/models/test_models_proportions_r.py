"""Logistic GEE against geepack, its corrected covariance against clubSandwich, the linear model against clubSandwich and pbkrtest."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from yes_no import fitted, simulate

from evaluation.models.proportions import gee
from evaluation.models.proportions.difference import LINEAR_CR2, LINEAR_KENWARD_ROGER, proportion_difference

pytestmark = pytest.mark.r

CASES = {
    "treated": (simulate(1), ("treated",)),
    "covariates": (simulate(2, 14), ("treated", "disadvantaged", "baseline", "treated:disadvantaged")),
    "no correlation": (simulate(6, 8, 0.0), ("treated",)),
    "no correlation, varying within schools": (simulate(6, 8, 0.0), ("treated", "disadvantaged")),
}


@pytest.fixture(scope="module")
def in_r(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    packages = "stopifnot(all(sapply(c('geepack','clubSandwich','lme4','pbkrtest','jsonlite'), requireNamespace, quietly=TRUE)))"
    if subprocess.run(["Rscript", "-e", packages], capture_output=True, check=False).returncode:
        pytest.skip("R lacks geepack, clubSandwich, lme4, pbkrtest or jsonlite")
    folder = tmp_path_factory.mktemp("r")
    for name, (data, _) in CASES.items():
        data.to_csv(folder / f"{name}.csv", index=False)
    asked = {name: {"csv": f"{name}.csv", "terms": terms} for name, (_, terms) in CASES.items()}
    (folder / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
    subprocess.run(
        ["Rscript", str(Path(__file__).with_name("gee.R")), str(folder)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return json.loads((folder / "answers.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", ["treated", "covariates"])
def test_equations_equal_geepack(in_r: dict[str, dict], case: str) -> None:
    data, names = CASES[case]
    ours, _, _ = fitted(data, *names)
    theirs = {name: np.array(value) for name, value in in_r[case].items()}
    m = np.linalg.inv(ours.information.sum(axis=0))
    assert ours.correlation == pytest.approx(theirs["alpha"].item(), rel=1e-6)
    assert ours.beta == pytest.approx(theirs["beta"], rel=1e-7)
    np.testing.assert_allclose(m * theirs["phi"], theirs["naive"], rtol=1e-6)  # geepack's has the scale in it
    np.testing.assert_allclose(m @ ours.scores.T @ ours.scores @ m, theirs["robust"], rtol=1e-6)


@pytest.mark.parametrize(
    ("case", "rel"), [("no correlation", 1e-7), ("no correlation, varying within schools", 5e-3)]
)
def test_corrected_covariance_and_df_equal_clubsandwich(in_r: dict[str, dict], case: str, rel: float) -> None:
    """Where the correlation is 0 the equations are those of glm.

    Its CR2 is Kauermann and Carroll's correction where the variance is the same throughout a school; where it is not, it
    is another root of the same matrix.
    """
    data, names = CASES[case]
    ours, _, _ = fitted(data, *names)
    assert ours.correlation == 0
    theirs = in_r[case]
    assert ours.beta == pytest.approx(theirs["glm_beta"], rel=1e-8)
    for place, gradient in enumerate(np.eye(len(ours.beta))):
        expected = (theirs["kc_se"][place], theirs["kc_df"][place])
        assert gee.inference(ours, gradient) == pytest.approx(expected, rel=rel)


@pytest.mark.parametrize("case", CASES)
def test_linear_rows_equal_clubsandwich_and_pbkrtest(in_r: dict[str, dict], case: str) -> None:
    data, names = CASES[case]
    formula = f"reached ~ {' + '.join(names)} + (1 | school)"
    for place, term in enumerate(names, start=1):
        found = proportion_difference(formula, data, term)
        theirs = in_r[case]
        assert found.estimate == pytest.approx(100 * theirs["linear"][place], rel=1e-5)
        cr2, kenward_roger = found.methods.loc[LINEAR_CR2], found.methods.loc[LINEAR_KENWARD_ROGER]
        expected = [100 * theirs["cr2_se"][place], theirs["cr2_df"][place]]
        assert cr2[["std_error", "df"]].tolist() == pytest.approx(expected, rel=1e-4)
        expected = [100 * theirs["kr_se"][place], theirs["kr_df"][place]]
        assert kenward_roger[["std_error", "df"]].tolist() == pytest.approx(expected, rel=1e-4)

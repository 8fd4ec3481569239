"""Live comparison with lme4, lmerTest and pbkrtest: singular slopes, unbalanced levels, slopes outside classes."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.models import FittedModel, fit

pytestmark = pytest.mark.r
PACKAGES = (
    "stopifnot(all(sapply(c('lme4','lmerTest','pbkrtest','jsonlite'), requireNamespace, quietly=TRUE)))"
)

# formula, sd of schools, of slopes and of classes, schools' sizes, seed, terms tested jointly
CASES = {
    "unbalanced, three levels": (
        "y ~ t + x + (1 | school/class)", 2, 0, 2, [1, 2, 3, 9, 20, 30, 4, 2, 8, 15], 1, ["t", "x"],
    ),
    "singular slope": ("y ~ t*x + (1 + x | school)", 2, 0, 1, [10] * 12, 2, ["t", "t:x"]),
    "uncorrelated slope": ("y ~ t*x + (1 + x || school)", 1, 0.8, 1, [10] * 12, 5, None),
    "slope outside, classes inside": (
        "y ~ t*g + (1 + g | school) + (1 | school:class)", 1, 0.8, 1, [10] * 12, 6, ["g", "t:g"],
    ),
    "singular slopes at two levels": ("y ~ t*x + (1 + x | school/class)", 1, 0.8, 1, [3] * 40, 10, None),
}  # fmt: skip


def simulate(school_sd: float, slope_sd: float, class_sd: float, sizes: list[int], seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for school, size in enumerate(sizes):
        intercept, slope = rng.normal(0, school_sd), rng.normal(0, slope_sd)
        for number in range(1 + rng.integers(0, 4)):
            shift = rng.normal(0, class_sd)
            for _ in range(max(1, int(size * rng.uniform(0.3, 1.5)))):
                x, g = rng.normal(), int(rng.normal() > 0)
                y = 50 + 2 * (school % 2) + (0.5 + slope) * x + intercept + shift + rng.normal(0, 3)
                rows.append((f"s{school:02d}", f"c{number}", school % 2, x, g, y))
    return pd.DataFrame(rows, columns=["school", "class", "t", "x", "g", "y"])


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[FittedModel, dict]]:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    if subprocess.run(["Rscript", "-e", PACKAGES], capture_output=True, check=False).returncode:
        pytest.skip("R lacks lme4, lmerTest, pbkrtest or jsonlite")
    folder = tmp_path_factory.mktemp("r")
    frames = {name: simulate(*case[1:6]) for name, case in CASES.items()}
    asked = []
    for number, (name, frame) in enumerate(frames.items()):
        frame.to_csv(folder / f"{number}.csv", index=False)
        asked.append(
            {"csv": str(folder / f"{number}.csv"), "formula": CASES[name][0], "joint": CASES[name][6]}
        )
    (folder / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
    script = Path(__file__).with_name("lme4.R")
    command = ["Rscript", str(script), str(folder / "cases.json"), str(folder / "results.json")]
    subprocess.run(command, check=True, capture_output=True)
    answers = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return {
        name: (fit(CASES[name][0], frames[name]), answer)
        for name, answer in zip(frames, answers, strict=True)
    }


cases = pytest.mark.parametrize("case", CASES)


@cases
def test_fit_equals_lme4(compared: dict[str, tuple[FittedModel, dict]], case: str) -> None:
    ours, theirs = compared[case]
    wald = ours.inference("wald")
    assert np.abs((wald["estimate"] - theirs["beta"]) / theirs["se"]).max() < 1e-6
    assert wald["std_error"].tolist() == pytest.approx(theirs["se"], rel=1e-6)
    assert ours.reml_criterion == pytest.approx(theirs["reml_criterion"], rel=1e-8)
    assert ours.diagnostics.at_boundary == ("singular" in case)
    variances = {row["variance"] for row in theirs["variances"] if row["group"] == "Residual"}
    assert ours.residual_variance == pytest.approx(variances.pop(), rel=1e-5)


@cases
def test_small_sample_inference_equals_pbkrtest(
    compared: dict[str, tuple[FittedModel, dict]], case: str
) -> None:
    ours, theirs = compared[case]
    assert ours.coefficients["std_error"].tolist() == pytest.approx(theirs["kr_se"], rel=1e-5)
    assert ours.coefficients["df"].tolist() == pytest.approx(theirs["kr_df"], rel=1e-5)
    assert ours.inference("satterthwaite")["df"].tolist() == pytest.approx(
        theirs["satterthwaite_df"], rel=1e-4
    )
    if CASES[case][6]:
        joint, (row,) = ours.joint_test(CASES[case][6]), [theirs["joint"]]
        expected = [row["Fstat"], row["ddf"], row["p.value"]]
        assert [joint.statistic, joint.df_denom, joint.p_value] == pytest.approx(expected, rel=1e-5)
        joint, (row,) = ours.joint_test(CASES[case][6], "satterthwaite"), theirs["satterthwaite"]
        assert [joint.statistic, joint.df_denom, joint.p_value] == pytest.approx(list(row.values()), rel=1e-4)


@cases
def test_group_effects_equal_lme4(compared: dict[str, tuple[FittedModel, dict]], case: str) -> None:
    ours, theirs = compared[case]
    rows = pd.DataFrame(theirs["effects"])
    size = rows["estimate"].abs().max()
    for group in ours.n_groups:
        effects = ours.group_effects(group).set_index(["level", "term"])
        in_r = rows["group"].str.removesuffix(".1")
        expanded = ":".join(reversed(group.split(":")))  # R writes school/class as class:school
        part = rows[in_r.isin([group, expanded])]
        turned = expanded in set(in_r) and ":" in group
        levels = [":".join(level.split(":")[:: -1 if turned else 1]) for level in part["level"]]
        places = list(zip(levels, part["term"].replace("(Intercept)", "Intercept"), strict=True))
        assert effects.loc[places, "estimate"].tolist() == pytest.approx(
            part["estimate"].tolist(), abs=1e-5 * size
        )
        assert effects.loc[places, "std_error"].tolist() == pytest.approx(
            part["sd"].tolist(), abs=1e-5 * size
        )
        assert len(effects) == len(part)

"""The null model: lme4's variances of the same pupils, whose they are, and what is published of them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from impact_r import needs_r, numbers_of_r
from impact_tables import simulated

from evaluation.disclose.null_model import protect_null_model
from evaluation.impact.null_model import null_model
from evaluation.models import fit
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
LME4 = """
options(digits = 15); suppressMessages(library(lme4)); d <- read.csv("%s")
m <- lmer(endline ~ 1 + (1 | school/class), d, control = lmerControl(optCtrl = list(ftol_abs = 1e-14, xtol_abs = 1e-14)))
v <- as.data.frame(VarCorr(m)); cat(v$vcov[match(c("school", "class:school", "Residual"), v$grp)], nobs(m), sep = "\\n")
"""


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


@pytest.fixture(scope="module")
def pupils() -> pd.DataFrame:
    table = simulated(3)
    rng = np.random.default_rng(3)
    lifted = {key: rng.normal(0, 3) for key in sorted(set(zip(table["school"], table["class"], strict=True)))}
    table["endline"] += [lifted[key] for key in zip(table["school"], table["class"], strict=True)]
    table.loc[::17, "baseline_within"] = np.nan
    return table


@needs_r
def test_variances_and_correlations_are_lme4_s(study: Study, pupils: pd.DataFrame, tmp_path: Path) -> None:
    headline = fit("endline ~ treated + baseline_within + (1 | school/class)", pupils)
    found = null_model(study, pupils, headline).set_index("group")
    kept = pupils.dropna(subset=["baseline_within"])[["endline", "school", "class"]]
    school, of_class, residual, n = numbers_of_r(LME4, kept, tmp_path)
    total = school + of_class + residual
    assert found["variance"].tolist() == pytest.approx([school, of_class, residual], rel=1e-5)
    assert found["icc"].tolist()[:2] == pytest.approx([school / total, (school + of_class) / total], rel=1e-5)
    assert np.isnan(found.loc["residual", "icc"])
    assert set(found["n_pupils"]) == {n} == {headline.n}, "the headline's own pupils, none told apart"
    assert found.loc["school", "n_groups"] == 24
    assert found["share"].sum() == pytest.approx(1)


def test_one_class_a_school_is_no_level_and_one_school_has_a_reason(
    study: Study, pupils: pd.DataFrame
) -> None:
    found = null_model(study, pupils.assign(**{"class": "A"}), None)
    assert list(found["group"]) == ["school", "residual"]
    one = null_model(study, pupils[pupils["school"] == "s00"].assign(**{"class": "A"}), None)
    assert len(one) == 1
    assert "no model fits" in one.loc[0, "reason"]


def test_few_pupils_or_schools_are_withheld(study: Study, pupils: pd.DataFrame) -> None:
    exact = null_model(study, pupils, None)
    published = protect_null_model(exact, 10)
    assert (published["symbol"] == "").all()
    assert published["variance"].tolist() == [float(f"{value:.4g}") for value in exact["variance"]]
    for few in (exact.assign(n_schools=2), exact.assign(n_pupils=9)):
        hidden = protect_null_model(few, 10)
        assert (hidden["symbol"] == "c").all()
        assert hidden[["variance", "share", "icc", "n_pupils"]].isna().all(axis=None)

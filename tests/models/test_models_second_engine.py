"""statsmodels as a second opinion: where it agrees, where it cannot follow, and its defect at the boundary."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.models import fit, second_engine

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.mark.parametrize(
    ("file", "formula"),
    [
        ("exam.csv", "normexam ~ standLRT + sex + (1 + standLRT | school)"),
        ("ten_schools_ordinary.csv", "score ~ baseline + treated + (1 | school)"),
    ],
)
def test_agrees(file: str, formula: str) -> None:
    found = second_engine(fit(formula, pd.read_csv(REFERENCE / file)))
    assert found.verdict == "agrees", found.reason
    assert found.terms["apart"].max() < 0.01
    assert found.terms["second_std_error"].tolist() == pytest.approx(
        found.terms["std_error"].tolist(), rel=0.01
    )


def test_agrees_on_classes_within_schools() -> None:
    data = pd.read_csv(REFERENCE / "star_kindergarten.csv").query("school <= 25")
    found = second_engine(fit("math ~ small + aide + (1 | school/teacher)", data))
    assert found.verdict == "agrees", found.reason


def test_stopping_short_is_told_from_disagreement() -> None:
    """On these data MixedLM's defaults end 0.6 above the least deviance, which lme4 finds."""
    found = second_engine(
        fit("normexam ~ standLRT + sex + (1 | school)", pd.read_csv(REFERENCE / "exam.csv"))
    )
    assert found.terms["apart"].max() > 0.01
    assert found.verdict == "failed"
    assert "stopped short" in found.reason


def test_its_boundary_defect_is_recognised() -> None:
    """Ten schools, a true effect of 5: MixedLM returns 0 for some of these studies, and says that it converged."""
    verdicts = {}
    for seed in range(30):
        rng = np.random.default_rng(seed)
        school = np.repeat(np.arange(10), rng.integers(6, 30, 10))
        baseline = rng.normal(100, 15, len(school))
        score = 40 + 0.6 * baseline + 5 * (school % 2) + rng.normal(0, 11, len(school))
        data = pd.DataFrame({"school": school, "treated": school % 2, "baseline": baseline, "score": score})
        result = fit("score ~ baseline + treated + (1 | school)", data)
        found = second_engine(result)
        verdicts[seed] = found.verdict
        if found.terms["second_estimate"]["treated"] == pytest.approx(0, abs=1e-6):
            assert found.verdict == "failed"
            assert "defect at the variance boundary" in found.reason
            assert result.diagnostics.at_boundary
    assert {"agrees", "failed"} <= set(verdicts.values())
    assert "differs" not in verdicts.values()


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("math ~ small", "no groups"),
        ("math ~ small + (small || school)", "one random term"),
        ("math ~ small + (1 + free_lunch | school/teacher)", "a random intercept for groups within"),
    ],
)
def test_what_it_cannot_follow_is_not_fitted(formula: str, words: str) -> None:
    found = second_engine(
        fit(formula, pd.read_csv(REFERENCE / "star_kindergarten.csv").query("school <= 25"))
    )
    assert found.verdict == "not fitted"
    assert words in found.reason

"""Searches that once went wrong."""

import numpy as np
import pandas as pd
import pytest

from evaluation.models import fit


def test_an_inflection_of_the_deviance_at_the_start() -> None:
    """One study in some hundred thousand has no curvature where the search begins, and a Newton step without end.

    Expected, by lme4: m <- lmer(score ~ baseline + treated + (1 | school), study); REMLcrit(m); getME(m, "theta")^2.
    """
    rng = np.random.default_rng([20140930, 0, 5294])
    school = np.repeat(np.arange(6), 24)
    baseline = np.sqrt(0.15) * rng.standard_normal(6)[school]
    baseline += np.sqrt(0.85) * rng.standard_normal(144)
    rng.standard_normal(6)
    score = 0.6 * baseline + rng.standard_normal(144)
    study = pd.DataFrame({"school": school, "treated": school % 2, "baseline": baseline, "score": score})
    result = fit("score ~ baseline + treated + (1 | school)", study)
    assert result.reml_criterion == pytest.approx(390.95155185, abs=1e-7)
    variances = result.variances["variance"]
    assert variances[0] / variances[1] == pytest.approx(0.2057495**2, rel=1e-5)

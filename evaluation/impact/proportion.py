"""How many reached the expected standard: a difference of proportions, in percentage points, where the test has a threshold."""

import numpy as np
import pandas as pd

from evaluation.derive import as_analysed
from evaluation.derive.scales import EXPECTED
from evaluation.errors import ModelError
from evaluation.impact.plan import nothing
from evaluation.impact.sample import population
from evaluation.models import proportion_difference
from evaluation.study import Study

PROPORTIONS = [
    "outcome", "threshold", "estimate", "std_error", "df", "p_value", "ci_low", "ci_high", "treated", "control", "n_treated",
    "n_control", "method", "reason",
]  # fmt: skip
FIGURES = ["estimate", "std_error", "df", "p_value", "ci_low", "ci_high"]


def proportions(study: Study, analysis: pd.DataFrame) -> pd.DataFrame:
    """PROPORTIONS: one row for the primary outcome, none where its test has no threshold or the plan no headline model.

    The model is the headline's with "reached the threshold" (0 or 1) for the score; its term is the answer, by
    `evaluation.models.proportion_difference`. `treated` and `control` are the plain proportions, of `n_treated` and `n_control` pupils.
    """
    headline, least = study.analysis.models.get("headline"), threshold(study)
    if headline is None or least is None or headline.term != study.analysis.treatment:
        return nothing(PROPORTIONS)
    primary, treatment = study.analysis.primary, study.analysis.treatment
    pupils = population(analysis).dropna(subset=[primary, treatment])
    pupils = pupils.assign(reached=(pupils[primary] >= least).astype(float))
    plain = pupils.groupby(treatment)["reached"].agg(["mean", "size"]).reindex([1, 0])
    row: dict[str, object] = {
        "outcome": primary,
        "threshold": least,
        **dict(zip(("treated", "control"), plain["mean"], strict=True)),
        **dict(zip(("n_treated", "n_control"), plain["size"], strict=True)),
    }
    try:
        rest = headline.formula.split("~", 1)[1]
        found = proportion_difference(f"reached ~ {rest}", pupils, headline.term, logistic=False)
    except ModelError as error:
        row |= {**dict.fromkeys(FIGURES, np.nan), "method": "", "reason": f"no model fits: {error}"}
    else:
        row |= {**{name: getattr(found, name) for name in FIGURES}, "method": found.method, "reason": ""}
    return pd.DataFrame([row], columns=PROPORTIONS)


def threshold(study: Study) -> float | None:
    """The least score of the primary outcome that is the expected standard; None where nothing says, or scores were put on another scale."""
    name = study.analysis.outcomes[study.analysis.primary].instrument
    test = study.instrument(name)
    if study.scales.footing != "none" or as_analysed(study, name) != test:
        return None
    return float(EXPECTED) if test.score == "scaled" else test.expected

"""What the design can detect: as it was planned, and as it came to be analysed."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.impact.claims import QUESTIONS
from evaluation.models.planning.power import multiplier, precision
from evaluation.study import Study

ALPHA, POWER = 0.05, 0.8
COLUMNS = [
    "question", "model", "stage", "design", "n_pupils", "n_schools", "df", "std_error", "sd", "mdes", "mdes_units", "reason"
]  # fmt: skip
PLANNED, ANALYSED = "as planned", "as analysed"


def detectable(study: Study, estimates: pd.DataFrame | None, sizes: pd.DataFrame | None) -> pd.DataFrame:
    """Minimum detectable effects of the plan's questions: the least true effect found in four studies of five.

    As planned it is that of the design and quantities the plan expects (Dong and Maynard, Journal of Research on Educational
    Effectiveness 6:24-67, 2013). As analysed it is the estimate's own standard error times the multiplier at its
    degrees of freedom: what this analysis can tell, whatever the estimate turned out to be.

    Parameters
    ----------
    study : Study
    estimates, sizes : DataFrame or None
        From `evaluation.impact.plan`; None before there are data.

    Returns
    -------
    DataFrame
        COLUMNS: `std_error` and `mdes_units` in the outcome's units, `mdes` in standard deviations (`sd`). NaN with a reason
        where there is none.

    Raises
    ------
    ModelError
        When the plan's expectations are not what its design takes.
    """
    rows = list(_planned(study))
    if estimates is not None and sizes is not None:
        rows += _analysed(study, estimates, sizes)
    return pd.DataFrame(rows, columns=COLUMNS)


def _planned(study: Study) -> Iterator[dict[str, object]]:
    if not study.comparison.has_group:
        return
    models = {question: model for question, model, term in QUESTIONS if term is None}
    norm = study.instrument(study.analysis.outcomes[study.analysis.primary].instrument).norm_sd
    sd = np.nan if norm is None else norm
    for question, expected in study.analysis.power.items():
        try:
            found = precision(expected.design, expected.quantities)
        except ModelError as error:
            raise ModelError(f"params/{study.study}.yml: analysis.power.{question}: {error}") from None
        least = multiplier(found.df, ALPHA, POWER, two_tailed=True) * found.std_error
        yield {
            "question": question,
            "model": models[question],
            "stage": PLANNED,
            "design": expected.design,
            "df": found.df,
            "std_error": found.std_error * sd,
            "sd": sd,
            "mdes": least,
            "mdes_units": least * sd,
            "reason": "",
        }


def _analysed(study: Study, estimates: pd.DataFrame, sizes: pd.DataFrame) -> Iterator[dict[str, object]]:
    planned = study.analysis.models
    for question, model, term in QUESTIONS:
        if term is not None or model not in planned:
            continue
        row = estimates[(estimates["model"] == model) & (estimates["term"] == planned[model].term)].iloc[0]
        size = sizes[sizes["model"] == model].iloc[0]
        usable = np.isfinite(row["std_error"]) and row["df"] > 1
        least = multiplier(row["df"], ALPHA, POWER, two_tailed=True) * row["std_error"] if usable else np.nan
        yield {
            "question": question,
            "model": model,
            "stage": ANALYSED,
            "design": "",
            "n_pupils": row["n_pupils"],
            "n_schools": row["n_schools"],
            "df": row["df"],
            "std_error": row["std_error"],
            "sd": size["denominator"],
            "mdes": least / size["denominator"],
            "mdes_units": least,
            "reason": size["reason"] if usable else "too few schools for an interval",
        }

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


CHANGE = "change"  # the design of a study that compares its schools with nobody
ALONE = {"headline": "change", "gap_change": "change_in_gap"}  # what such a study asks instead
NO_GROUP = (
    "this design is of groups that are compared, and there is nobody to compare with: give the design change"
)
HAS_GROUP = "the design change is of schools that nobody is compared with, and this study has a comparison"
FEW = "too few schools for an interval"


def detectable(
    study: Study,
    estimates: pd.DataFrame | None,
    sizes: pd.DataFrame | None,
    changes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Minimum detectable effects of the plan's questions: the least true effect found in four studies of five.

    As planned it is that of the design and quantities the plan expects (Dong and Maynard, Journal of Research on Educational
    Effectiveness 6:24-67, 2013). As analysed it is the estimate's own standard error times the multiplier at its
    degrees of freedom: what this analysis can tell, whatever the estimate turned out to be. Where nobody is compared with, both
    are of Student's t for one sample of schools' changes.

    Parameters
    ----------
    study : Study
    estimates, sizes : DataFrame or None
        From `evaluation.impact.plan`; None before there are data.
    changes : DataFrame or None
        From `evaluation.impact.change`.

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
    if changes is not None and not study.comparison.has_group:
        rows += _changed(study, changes)
    return pd.DataFrame(rows, columns=COLUMNS)


def _planned(study: Study) -> Iterator[dict[str, object]]:
    models = {question: model for question, model, term in QUESTIONS if term is None}
    alone, sd = not study.comparison.has_group, _norm_sd(study)
    for question, expected in study.analysis.power.items():
        row: dict[str, object] = {"stage": PLANNED, "design": expected.design, "reason": ""}
        row |= (
            {"question": ALONE[question], "model": ""}
            if alone
            else {"question": question, "model": models[question]}
        )
        if alone != (expected.design == CHANGE):
            yield row | {"reason": NO_GROUP if alone else HAS_GROUP}
            continue
        try:
            found = precision(expected.design, expected.quantities)
        except ModelError as error:
            raise ModelError(f"params/{study.study}.yml: analysis.power.{question}: {error}") from None
        least = multiplier(found.df, ALPHA, POWER, two_tailed=True) * found.std_error
        size = {"std_error": found.std_error * sd, "sd": sd, "mdes": least, "mdes_units": least * sd}
        yield row | {"df": found.df} | size


def _norm_sd(study: Study) -> float:
    norm = study.instrument(study.analysis.outcomes[study.analysis.primary].instrument).norm_sd
    return np.nan if norm is None else norm


def _changed(study: Study, changes: pd.DataFrame) -> Iterator[dict[str, object]]:
    """As analysed, of how the schools changed."""
    sd = _norm_sd(study)
    for row in changes.to_dict("records"):
        usable = np.isfinite(row["std_error"])
        least = multiplier(row["df"], ALPHA, POWER, two_tailed=True) * row["std_error"] if usable else np.nan
        kept = {name: row[name] for name in ("question", "n_pupils", "n_schools", "df", "std_error")}
        size = {"sd": sd, "mdes": least / sd, "mdes_units": least}
        yield {**kept, "model": "", "stage": ANALYSED, "design": "", **size, "reason": "" if usable else FEW}


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
            "reason": size["reason"] if usable else FEW,
        }

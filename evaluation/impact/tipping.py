"""The tipping point: how different missing pupils would have to be from what is expected of them to change the finding."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from evaluation.derive import arms
from evaluation.impact.claims import code
from evaluation.impact.imputed import Imputed, pooled
from evaluation.impact.plan import nothing
from evaluation.study import Study

COLUMNS = ["arm", "finding", "delta", "delta_sd", "sd", "share", "n_missing", "reason"]
FARTHEST = 3.0  # standard deviations; beyond them there is no need to look
NEAR = 0.01  # of the standard error: an end of the interval this near to zero is at it
STEPS = 8
SMALL, MUCH = 0.2, 0.05

Interval = Callable[[float], tuple[float, float]]


def tipping(study: Study, imputed: Imputed | None) -> pd.DataFrame:
    """One row an arm: by how much its pupils without the outcome would have to differ from what was drawn for them.

    Their drawn scores are moved by `delta`, in the outcome's units, until an end of the interval reaches zero: where it lies off
    zero the finding is lost there, and where it covers zero one is made. The other arm's stay as drawn (delta adjustment:
    Cro and others, Statistics in Medicine 39:2815, 2020). `delta_sd` is in standard deviations of the outcome.

    Returns
    -------
    DataFrame
        COLUMNS; `finding` is the claim of the imputed interval, `share` the arm's pupils without the outcome, schools without any left
        out. No rows without a main model, or where no outcome is missing.
    """
    if imputed is None or not imputed.completed:
        return nothing(COLUMNS).astype({"arm": "str", "finding": "str"})
    outcome = study.analysis.primary
    arm, missing = arms(study, imputed.pupils), imputed.pupils[outcome].isna()
    sd = float(imputed.pupils[outcome].std())
    rows = [
        {
            "arm": name,
            "sd": sd,
            **_tip(study, imputed, missing & (arm == name), sd),
            **_amount(missing[arm == name]),
        }
        for name in (study.words.treated, study.words.control)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _amount(missing: pd.Series) -> dict[str, float]:
    return {"share": missing.mean(), "n_missing": missing.sum()}


def _tip(study: Study, imputed: Imputed, moved: pd.Series, sd: float) -> dict[str, object]:
    at = moved_interval(study, imputed, moved)
    low, high = at(0.0)
    found: dict[str, object] = {"finding": code(low, high), "delta": np.nan, "delta_sd": np.nan}
    if not moved.any():
        return {**found, "reason": "nobody of this arm lacks the outcome"}
    if found["finding"] == "not_estimable":
        return {**found, "reason": "the model cannot be fitted to the completed pupils"}
    delta = tip(at, sd)
    if delta is None:
        return {**found, "reason": f"not within {FARTHEST:g} standard deviations either way"}
    return {**found, "delta": delta, "delta_sd": delta / sd, "reason": ""}


def moved_interval(study: Study, imputed: Imputed, moved: pd.Series) -> Interval:
    """The interval of the main model as a function of by how much the drawn outcomes of some pupils are moved."""
    planned, outcome = study.analysis.models["headline"], study.analysis.primary
    shift = moved.to_numpy(float)

    def interval(delta: float) -> tuple[float, float]:
        sets = [each.assign(**{outcome: each[outcome] + delta * shift}) for each in imputed.completed]
        found = pooled(planned.formula, planned.term, sets)
        return found.ci_low, found.ci_high

    return interval


def tip(at: Interval, sd: float) -> float | None:
    """The least shift, either way, that brings an end of the interval to zero; None where it is beyond FARTHEST.

    Both ends go with the shift almost in proportion, so that the secant's rule needs few steps.
    """
    start, further = at(0.0), at(sd)
    ends = range(2) if start[0] <= 0 <= start[1] else [0] if start[0] > 0 else [1]
    near = sorted(
        (abs(first), end, first)
        for end, first in _first_guesses(start, further, sd, ends)
        if np.isfinite(first)
    )
    if not near or near[0][0] > FARTHEST * sd:
        return None
    _, end, guess = near[0]
    error = (start[1] - start[0]) / 4
    before, value = (0.0, start[end]), at(guess)[end]
    for _ in range(STEPS):
        if abs(value) <= NEAR * error or value == before[1]:
            break
        after = guess - value * (guess - before[0]) / (value - before[1])
        before, guess = (guess, value), after
        value = at(guess)[end]
    return guess if abs(guess) <= FARTHEST * sd else None


def _first_guesses(
    start: tuple[float, float],
    further: tuple[float, float],
    sd: float,
    ends: Iterator[int] | range | list[int],
) -> Iterator[tuple[int, float]]:
    for end in ends:
        slope = (further[end] - start[end]) / sd
        yield end, -start[end] / slope if slope else np.inf


def missing_claim(tipped: pd.DataFrame) -> pd.DataFrame:
    """What the missing scores allow to be said: level, unit, question, code; no row where none is missing.

    `fragile`: pupils who differ by less than SMALL standard deviations would change the finding. `much_missing`: it would take more, but
    over MUCH of an arm's scores are missing. `settled`: neither.
    """
    columns = ["level", "unit", "question", "code"]
    if not len(tipped) or not tipped["n_missing"].sum():
        return pd.DataFrame(columns=columns, dtype="str")
    if (tipped["delta_sd"].abs() < SMALL).any():
        said = "fragile"
    else:
        said = "much_missing" if (tipped["share"] > MUCH).any() else "settled"
    return pd.DataFrame([("project", "", "missing", said)], columns=columns)

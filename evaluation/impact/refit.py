"""The plan's main model fitted otherwise: other terms, or other pupils."""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from evaluation.errors import ModelError
from evaluation.models import fit
from evaluation.models.sums.spec import ModelSpec, parse_formula, read_formula, variables

NAN = float("nan")
INFERENCE = ("estimate", "std_error", "df", "p_value", "ci_low", "ci_high")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one fit answers, in the outcome's units; NaN with a `reason` where it cannot be had."""

    estimate: float = NAN
    std_error: float = NAN
    df: float = NAN
    p_value: float = NAN
    ci_low: float = NAN
    ci_high: float = NAN
    n_pupils: float = NAN
    n_schools: float = NAN
    reason: str = ""


def answered(formula: str, term: str, pupils: pd.DataFrame, weights: str | None = None) -> Answer:
    """The term's estimate and Kenward-Roger inference; the reason where these pupils cannot give one."""
    try:
        found = fit(formula, pupils, weights=weights)
    except ModelError:
        # What the engine says may name a class or a value: a reason is published.
        return Answer(reason="the model cannot be fitted to these pupils")
    if term not in found.coefficients.index:
        return Answer(
            reason="among these pupils the groups compared cannot be told apart from the other terms"
        )
    table = found.coefficients
    estimate, std_error, df, p_value, low, high = (float(table[name][term]) for name in INFERENCE)
    schools = complete(formula, pupils)["school"].nunique()
    return Answer(estimate, std_error, df, p_value, low, high, found.n, schools)


def complete(formula: str, pupils: pd.DataFrame) -> pd.DataFrame:
    """The pupils with everything the formula needs."""
    return pupils.dropna(subset=list(parse_formula(formula).columns))


def changed(formula: str, drop: Collection[str] = (), add: Collection[str] = ()) -> str:
    """The formula without every term in which one of `drop` stands, and with `add`.

    Raises
    ------
    ModelError
        When a variable to be left out is not in the fixed part.
    """
    spec = parse_formula(formula)
    absent = sorted(set(drop) - variables(spec.fixed))
    if absent:
        raise ModelError(
            f"{', '.join(absent)}: not in the formula {formula!r}, and so not to be left out of it."
        )
    gone = [
        str(term)
        for term in read_formula(spec.fixed)
        if any(variables(str(f)) & set(drop) for f in term.factors)
    ]
    fixed = " - ".join([" + ".join([spec.fixed, *add]), *gone])
    return " + ".join([f"{spec.outcome} ~ {fixed}", *_random(spec)])


def fixed_only(formula: str) -> str:
    """The formula without its random terms."""
    spec = parse_formula(formula)
    return f"{spec.outcome} ~ {spec.fixed}"


def _random(spec: ModelSpec) -> list[str]:
    return [f"({term.effects} | {term.name})" for term in spec.random]

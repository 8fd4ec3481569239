"""Pupils who had help beside pupils like them, for release: few are helped, and those who know the others must not find the last."""

import numpy as np
import pandas as pd

from evaluation.disclose.precision import STANDARD_SD, Precision
from evaluation.disclose.proportions import withhold_claim
from evaluation.disclose.release import withhold
from evaluation.disclose.robustness import apart
from evaluation.disclose.rounding import step, to_step, up_to_step
from evaluation.impact.balance import verdict
from evaluation.impact.claims import FOUND, ONE_OF_SEVERAL, code

FIGURES = ["estimate", "ci_low", "ci_high", "df"]
OPEN = "inconclusive"
COUNTS = ["n_pairs", "n_scored", "n_helped"]
FINEST, OF_SCHOOLS = 0.01, 0.1  # standard deviations


def protect_helped(table: pd.DataFrame, given: Precision, primary: str, minimum: int) -> pd.DataFrame:
    """The estimate as rough as a mean of so many pairs must be, its interval never narrower; a few pairs are withheld.

    Each number is given only where it is apart from the others by the minimum, or the same: a few pupils without a match could else be told.
    """
    protected = withhold(table, table["n_pairs"] >= minimum, [*FIGURES, *COUNTS, "n_schools"])
    for at in protected.index[protected["estimate"].notna()]:
        width = given.step(primary, float(table.loc[at, "n_pairs"]))
        estimate = to_step(table.loc[at, "estimate"], width)
        reach = up_to_step((table.loc[at, "ci_high"] - table.loc[at, "ci_low"]) / 2, width)
        protected.loc[at, ["estimate", "ci_low", "ci_high"]] = [estimate, estimate - reach, estimate + reach]
    for at in protected.index[protected["symbol"] == ""]:
        numbers = table.loc[at, COUNTS].astype(float).reset_index(drop=True)
        told = apart(numbers, pd.Series([True, False, False]), minimum)
        protected.loc[at, COUNTS] = numbers.where(told).to_numpy()
    return protected.drop(columns=["std_error", "p_value"])


def protect_likeness(table: pd.DataFrame, status: str, score_width: float, minimum: int) -> pd.DataFrame:
    """Differences as rough as a mean of so many pupils must be; of a proportion of pupils only where enough have it and enough do not.

    Those of schools are of one school each as much as another, and given to a tenth of their spread. How many of a few pupils are of one
    `status` by disadvantage would follow from their difference, however rough: it is withheld, and pairs are alike in it anyway.
    """
    of_schools = table["question"] != "helped"
    few = (np.minimum(table["n_with"], table["n"] - table["n_with"]) < minimum) | (table["n"] < minimum)
    few |= table["characteristic"] == status
    protected = withhold(table, of_schools | ~few, ["before", "after"])
    widths = [
        OF_SCHOOLS if schools else step(score_width / STANDARD_SD / n, FINEST)
        for schools, n in zip(of_schools, table["n"], strict=True)
    ]
    for name in ("before", "after"):
        protected[name] = [to_step(*pair) for pair in zip(protected[name], widths, strict=True)]
    judged = pd.Series([verdict(value) for value in protected["after"]], index=table.index, dtype="str")
    protected["verdict"] = judged.mask(protected["symbol"] != "", "withheld")
    return protected.drop(columns=["n", "n_with"])


def helped_claim(claims: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Claims, the one on help open where its published interval, which is wider than the answer's own, leaves it so."""
    claims = withhold_claim(claims, "helped", published)
    open_now = [code(low, high) == OPEN for low, high in published[["ci_low", "ci_high"]].to_numpy(float)]
    settled = (claims["question"] == "helped") & claims["code"].isin([*FOUND, ONE_OF_SEVERAL])
    return claims.assign(code=claims["code"].mask(settled & any(open_now), OPEN))

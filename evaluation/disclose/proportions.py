"""Proportions at the expected standard, for release."""

import pandas as pd

from evaluation.disclose.release import withhold

DECIMALS = 2
FIGURES = ["estimate", "std_error", "df", "p_value", "ci_low", "ci_high", "treated", "control"]


def protect_proportions(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Shown where each side has enough pupils who reached it and enough who did not; the proportions to whole percentage points."""
    allowed = pd.Series(True, index=table.index)
    for arm in ("treated", "control"):
        reached = (table[arm] * table[f"n_{arm}"]).round()
        allowed = allowed & (reached >= minimum) & (table[f"n_{arm}"] - reached >= minimum)
    protected = withhold(table, allowed, FIGURES)
    protected[["treated", "control"]] = protected[["treated", "control"]].round(DECIMALS)
    return protected.drop(columns=["n_treated", "n_control"])


def withhold_claim(claims: pd.DataFrame, question: str, table: pd.DataFrame) -> pd.DataFrame:
    """Claims, of which that on a question is withheld where its figures are."""
    if not (table["symbol"] != "").any():
        return claims
    return claims.assign(code=claims["code"].mask(claims["question"] == question, "withheld"))

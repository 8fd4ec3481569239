"""The answer of those who took the project up, for release."""

import pandas as pd

from evaluation.disclose.release import withhold

DECIMALS = 2
FIGURES = ["estimate", "std_error", "df", "p_value", "ci_low", "ci_high", "share", "first_stage_f"]


def protect_compliance(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Where each pupil took it up or not, shown only if enough did and enough did not; of whole schools it is no pupil's secret."""
    enough = (table["n_took"] >= minimum) & (table["n_not"] >= minimum)
    told = enough | (table["kind"] != "interventions") | table["n_took"].isna()
    protected = withhold(table, told, FIGURES)
    protected["share"] = protected["share"].round(DECIMALS)
    protected["reason"] = protected["reason"].where(told, "")
    return protected.drop(columns=["n_took", "n_not"])

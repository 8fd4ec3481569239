"""Balance between the arms as it is published."""

import numpy as np
import pandas as pd

from evaluation.disclose.release import withhold

DECIMALS = 2
PROPORTION = "proportion"


def protect_balance(table: pd.DataFrame, described: pd.DataFrame, status: str, minimum: int) -> pd.DataFrame:
    """Shown where every arm has enough pupils and, of a proportion, enough with and enough without.

    A proportion is the count it is of: that of disadvantaged pupils is shown only where their count in each arm is.

    Parameters
    ----------
    table
        From `evaluation.impact.balance`.
    described
        The descriptives of the primary outcome as they are published.
    status
        What the proportion of disadvantaged pupils is called.
    minimum
        The smallest count.
    """
    counts = described[(described["level"] == "project") & (described["split"] == "treatment_disadvantaged")]
    allowed = pd.Series(True, index=table.index)
    if (counts["symbol"] != "").any():
        allowed &= table["characteristic"] != status
    proportion = table["characteristic"].str.startswith(PROPORTION)
    for arm in ("treated", "control"):
        n = table[f"n_{arm}"]
        allowed &= n >= minimum
        those = (table[arm] * n).round()
        allowed &= ~proportion | (np.minimum(those, n - those) >= minimum)
    means = ["treated", "control", "difference", "effect_size"]
    protected = withhold(table, allowed, [*means, "n_treated", "n_control"])
    protected["verdict"] = protected["verdict"].where(allowed, "withheld")
    protected[means] = protected[means].round(DECIMALS)
    return protected.drop(columns=["n_treated", "n_control"])

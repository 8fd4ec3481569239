"""Balance between the arms as it is published."""

import numpy as np
import pandas as pd

from evaluation.disclose.release import withhold

DECIMALS = 2
PROPORTION = "proportion"


def protect_balance(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Shown where every arm has enough pupils and, of a proportion, enough with and enough without."""
    allowed = pd.Series(True, index=table.index)
    proportion = table["characteristic"].str.startswith(PROPORTION)
    for arm in ("treated", "control"):
        n = table[f"n_{arm}"]
        allowed &= n >= minimum
        fewest = np.minimum(table[arm], 1 - table[arm]) * n
        allowed &= ~proportion | (fewest >= minimum)
    means = ["treated", "control", "difference", "effect_size"]
    protected = withhold(table, allowed, [*means, "n_treated", "n_control"])
    protected["verdict"] = protected["verdict"].where(allowed, "withheld")
    protected[means] = protected[means].round(DECIMALS)
    return protected.drop(columns=["n_treated", "n_control"])

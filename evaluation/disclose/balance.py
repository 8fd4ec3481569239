"""Balance between the arms as it is published."""

from typing import Any

import numpy as np
import pandas as pd

from evaluation.disclose.precision import Precision
from evaluation.disclose.release import records, withhold
from evaluation.impact.balance import cox_of, verdict

DECIMALS = 2
PROPORTION = "proportion"


def protect_balance(table: pd.DataFrame, minimum: int, given: Precision) -> pd.DataFrame:
    """Shown where every arm has enough pupils and, of a proportion, enough with and enough without.

    A proportion is that of a blurred count, and what follows from two of them follows from those.
    """
    allowed = pd.Series(True, index=table.index)
    proportion = table["characteristic"].str.startswith(PROPORTION)
    for arm in ("treated", "control"):
        n = table[f"n_{arm}"]
        allowed &= n >= minimum
        fewest = np.minimum(table[arm], 1 - table[arm]) * n
        allowed &= ~proportion | (fewest >= minimum)
    rows = [
        _blurred(row, given) if blur else row
        for row, blur in zip(records(table), proportion & allowed & given.blur, strict=True)
    ]
    published = pd.DataFrame(rows, columns=table.columns, index=table.index)
    means = ["treated", "control", "difference", "effect_size"]
    protected = withhold(published, allowed, [*means, "n_treated", "n_control"])
    protected["verdict"] = protected["verdict"].where(allowed, "withheld")
    protected[means] = protected[means].round(DECIMALS)
    return protected.drop(columns=["n_treated", "n_control"])


def _blurred(row: dict[str, Any], given: Precision) -> dict[str, Any]:
    parts = {
        arm: given.count(round(row[arm] * row[f"n_{arm}"]), f"{row['characteristic']}|{arm}")
        / row[f"n_{arm}"]
        for arm in ("treated", "control")
    }
    effect = cox_of(parts["treated"], parts["control"], row["n_treated"] + row["n_control"] - 2)
    difference = parts["treated"] - parts["control"]
    return {**row, **parts, "difference": difference, "effect_size": effect, "verdict": verdict(effect)}

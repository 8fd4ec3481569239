"""Dose beside results, for release: several lines through the same few schools would tell their means."""

import pandas as pd

from evaluation.disclose.precision import Precision
from evaluation.disclose.release import withhold
from evaluation.disclose.rounding import FINEST, to_step, up_to_step
from evaluation.impact.dose import BETWEEN, BOUND, SAME_START, confounded


def protect_dose(table: pd.DataFrame, given: Precision, primary: str, minimum: int) -> pd.DataFrame:
    """Each estimate as rough as the smallest school's mean must be, its interval never narrower; few pupils are withheld.

    The bound is that of the estimates as they are published, and no narrower.
    """
    allowed = (table["n_smallest"] >= minimum) | table["ci_low"].isna()
    protected = withhold(table, allowed, ["estimate", "std_error", "ci_low", "ci_high", "need"])
    for at in protected.index[protected["estimate"].notna()]:
        step = given.step(primary, float(table.loc[at, "n_smallest"]))
        estimate = to_step(table.loc[at, "estimate"], step)
        reach = up_to_step((table.loc[at, "ci_high"] - table.loc[at, "ci_low"]) / 2, step)
        protected.loc[at, ["estimate", "ci_low", "ci_high"]] = [estimate, estimate - reach, estimate + reach]
    protected["need"] = protected["need"].round(1)
    shown = protected.set_index(["kind", "measure"])["estimate"]
    for at in protected.index[(protected["measure"] == BOUND) & protected["ci_low"].notna()]:
        kind, need = protected.loc[at, ["kind", "need"]]
        ends = confounded(shown[kind, BETWEEN], shown[kind, SAME_START], need)
        protected.loc[at, ["ci_low", "ci_high"]] = [
            -up_to_step(-ends[0], FINEST),
            up_to_step(ends[1], FINEST),
        ]
    return protected.drop(columns=["std_error", "n_smallest"])

"""Participant flow: no two counts of a unit may differ by a handful of pupils."""

from collections.abc import Mapping

import pandas as pd

from evaluation.disclose.release import withhold


def protect_flow(flow: pd.DataFrame, analysed: Mapping[tuple[str, str], int], minimum: int) -> pd.DataFrame:
    """Withhold each stage that, beside another shown count of the unit, tells of one to `minimum` - 1 pupils.

    A cluster's stage is withheld where any school has the stage withheld, since subtraction could recover it.

    Parameters
    ----------
    flow
        level, unit, stage, order, n.
    analysed
        The number of pupils that each (level, unit)'s other figures describe.
    """
    allowed = pd.Series(False, index=flow.index)
    for (level, unit), rows in flow.groupby(["level", "unit"], sort=False):
        known = [analysed[(level, unit)]] if (level, unit) in analysed else []
        for index, n in rows["n"].iloc[::-1].items():
            if n >= minimum and all(n == other or abs(n - other) >= minimum for other in known):
                allowed[index] = True
                known.append(n)
    hidden_stages = set(flow.loc[(flow["level"] == "school") & ~allowed, "stage"])
    allowed &= ~((flow["level"] == "cluster") & flow["stage"].isin(hidden_stages))
    return withhold(flow, allowed, ["n"])

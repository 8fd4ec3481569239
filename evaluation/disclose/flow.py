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
    known = {unit: [n] for unit, n in analysed.items()}
    allowed = pd.Series(False, index=flow.index)
    # From the last stage back, so that what is analysed is shown first.
    for position in reversed(range(len(flow))):
        level, unit, n = flow[["level", "unit", "n"]].iloc[position]
        others = known.setdefault((level, unit), [])
        if n >= minimum and all(n == other or abs(n - other) >= minimum for other in others):
            allowed.iloc[position] = True
            others.append(n)
    hidden_stages = set(flow.loc[(flow["level"] == "school") & ~allowed, "stage"])
    allowed &= ~((flow["level"] == "cluster") & flow["stage"].isin(hidden_stages))
    return withhold(flow, allowed, ["n"])

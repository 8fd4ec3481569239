"""Participant flow: no two counts may differ by a handful of pupils."""

from collections.abc import Mapping

import pandas as pd

from evaluation.disclose.release import withhold


def protect_flow(flow: pd.DataFrame, analysed: Mapping[tuple[str, str], int], minimum: int) -> pd.DataFrame:
    """The flow that may be shown: the project's arms, and the schools that lost nobody.

    A stage of an arm is withheld where, beside another shown count, it tells of one to `minimum` - 1 pupils. A school
    that lost pupils is withheld at every stage, and clusters are left out, so that no school's loss can be had by
    subtraction.

    Parameters
    ----------
    flow
        level, unit, stage, order, n, and `absent`: how many of n are in no file. The plan tells of these, so that what a count tells of
        pupils in files is n without them.
    analysed
        The number of pupils that the other shown figures of an arm (level "project") or a school describe; a school
        missing here is withheld.
    """
    kept = flow[flow["level"] != "cluster"].reset_index(drop=True)
    told = kept["n"] - kept["absent"]
    known = {unit: [n] for unit, n in analysed.items()}
    allowed = pd.Series(False, index=kept.index)
    # From the last stage back, so that what is analysed is shown first.
    for position in reversed(range(len(kept))):
        (level, unit), n = kept[["level", "unit"]].iloc[position], told.iloc[position]
        others = known.get((level, unit), [])
        least = minimum if level == "project" else float("inf")
        if n >= minimum and all(n == other or abs(n - other) >= least for other in others):
            allowed.iloc[position] = level == "project" or bool(others)
            known.setdefault((level, unit), []).append(n)
    allowed |= (kept["absent"] > 0) & (told == 0)
    lost = set(kept.loc[(kept["level"] == "school") & ~allowed, "unit"])
    return withhold(
        kept.drop(columns="absent"), allowed & ~((kept["level"] == "school") & kept["unit"].isin(lost)), ["n"]
    )

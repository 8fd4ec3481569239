"""How many scores of each outcome stand at a bound of their test, by arm and wave."""

from collections.abc import Sequence

import pandas as pd

from evaluation.derive.arms import arms
from evaluation.study import Study


def censored_table(study: Study, analysis: pd.DataFrame) -> pd.DataFrame:
    """Scores of the population's pupils, and those of them censored, which the analysis keeps at their bound.

    Returns
    -------
    DataFrame
        outcome, instrument, wave, arm (in words), scores, low, high. Every arm has a row for every outcome.
    """
    inside = analysis["in_population"]
    arm = arms(study, analysis)[inside]
    parts = []
    for name, outcome in study.analysis.outcomes.items():
        flag = analysis.loc[inside, f"{name}_censored"]
        counted = pd.DataFrame(
            {"scores": analysis.loc[inside, name].notna(), "low": flag == "low", "high": flag == "high"}
        )
        by_arm = counted.astype("int64").groupby(arm, sort=False, observed=False).sum()
        table = by_arm.rename_axis("arm").reset_index().astype({"arm": "str"})
        parts.append(table.assign(outcome=name, instrument=outcome.instrument, wave=outcome.wave))
    columns = ["outcome", "instrument", "wave", "arm", "scores", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns]


def all_censored(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The counts of all pupils from those of some and of others."""
    by = ["outcome", "instrument", "wave", "arm"]
    summed = pd.concat(parts).groupby(by, sort=False).sum().reset_index()
    return summed.sort_values("outcome", kind="stable", ignore_index=True, key=_appearance)


def _appearance(column: pd.Series) -> pd.Series:
    return pd.Series(pd.factorize(column)[0], index=column.index)

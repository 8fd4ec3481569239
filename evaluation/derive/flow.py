"""The flow of pupils: how many are left at each stage between being listed and being analysed."""

import re
from collections.abc import Sequence

import pandas as pd

from evaluation.clean.compact import plain
from evaluation.derive.arms import arms
from evaluation.study import Study


def flow_table(study: Study, analysis: pd.DataFrame) -> pd.DataFrame:
    """Pupils at each stage, each stage a part of the one before, by school, arm and disadvantage.

    Returns
    -------
    DataFrame
        school, arm (in words), disadvantaged (0/1/NaN), stage, order (from 1), n.
        Every group listed has a row for every stage, 0 included. "analysed" is who the headline model can
        use: its variables all there.
    """
    by = ["school", "arm", "disadvantaged"]
    groups = analysis.assign(arm=arms(study, analysis).astype(str))[by]
    parts = []
    for order, (stage, reached) in enumerate(_stages(study, analysis).items(), start=1):
        counted = groups.assign(n=reached.astype("int64")).groupby(by, sort=False, dropna=False)["n"].sum()
        parts.append(counted.reset_index().assign(stage=stage, order=order))
    return plain(pd.concat(parts, ignore_index=True)[[*by, "stage", "order", "n"]])


def all_flow(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The flow of all pupils from that of some and of others."""
    table = pd.concat(parts)
    by = [name for name in table if name != "n"]
    summed = table.groupby(by, sort=False, dropna=False)["n"].sum().reset_index()
    return summed.sort_values("order", kind="stable", ignore_index=True)


def _stages(study: Study, table: pd.DataFrame) -> dict[str, pd.Series]:
    plan = study.analysis
    stages = {"listed": pd.Series(True, index=table.index), "in the population": table["in_population"]}
    if plan.baseline:
        stages["with a baseline score"] = stages["in the population"] & table[plan.baseline].notna()
    stages["with an outcome score"] = list(stages.values())[-1] & table[plan.primary].notna()
    headline = plan.models.get("headline")
    words = set() if headline is None else set(re.findall(r"[A-Za-z_]\w*", headline.formula))
    complete = table[[name for name in table if name in words]].notna().all(axis=1)
    return {**stages, "analysed": stages["with an outcome score"] & complete}

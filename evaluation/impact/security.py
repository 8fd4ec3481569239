"""How secure the evidence is: four parts, each rated from 0 to 5 by the tables below, and the whole as its weakest part.

After the Education Endowment Foundation's classification of the security of findings (2019): design, smallest effect the study could
detect, and pupils lost; balance at the start is rated here as a part of its own.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from evaluation.impact.claims import MAIN
from evaluation.impact.power import ANALYSED
from evaluation.study import Study

BEST = 5
COLUMNS = ["part", "rating", "found"]
# What the comparison allows for, from strong to weak: lots; likeness on what was measured; how schools changed beside others, which the
# Foundation puts before likeness, but in published tables it is mostly other pupils' change; nobody.
DESIGNS = {"randomised": 5, "matched": 3, "published": 2, "norm": 0, "none": 0}
# The upper end of each rating's band, from 5 down to 1; beyond the last it is 0.
DETECTABLE = (0.20, 0.30, 0.40, 0.50, 0.60)  # standard deviations
LOST = (0.10, 0.20, 0.30, 0.40, 0.50)  # of the pupils in the population
APART = (0.05, 0.10, 0.25, 0.50, 1.00)  # standard deviations between the groups at the start


def security(study: Study, power: pd.DataFrame, flow: pd.DataFrame, balance: pd.DataFrame) -> pd.DataFrame:
    """One row a part, then the whole: part, rating, and the band that was found, never the figure itself.

    Parameters
    ----------
    study : Study
    power : DataFrame
        From `evaluation.impact.power.detectable`.
    flow : DataFrame
        level, unit, stage, n.
    balance : DataFrame
        From `evaluation.impact.balance.balance`.
    """
    rows = list(_parts(study, power, flow, balance))
    whole = min(rating for _, rating, _ in rows)
    weakest = [part for part, rating, _ in rows if rating == whole]
    return pd.DataFrame([*rows, ("whole", whole, ", ".join(weakest))], columns=COLUMNS)


def _parts(
    study: Study, power: pd.DataFrame, flow: pd.DataFrame, balance: pd.DataFrame
) -> Iterator[tuple[str, int, str]]:
    kind = study.comparison.kind
    # Likeness on what was measured, with nothing known of how pupils started, allows for some of it alone.
    yield "design", DESIGNS[kind] - (kind == "matched" and study.analysis.baseline is None), kind
    headline = power[power["question"].isin(MAIN) & (power["stage"] == ANALYSED)]["mdes"]
    yield "detectable", *_rated(headline, DETECTABLE)
    yield "lost", *_rated(_lost(flow), LOST)
    if study.comparison.has_group:
        yield "balance", *_rated(balance["effect_size"].abs(), APART)


def _rated(values: pd.Series, bands: Sequence[float]) -> tuple[int, str]:
    """The rating of the largest value, and its band; of none at all, 0."""
    known = values.dropna()
    if known.empty:
        return 0, "not known"
    at = int(np.searchsorted(bands, known.max() - 1e-9))
    ends = [0.0, *bands]
    if at == len(bands):
        return 0, f"over {bands[-1]:.2f}"
    return BEST - at, f"{ends[at]:.2f} to {ends[at + 1]:.2f}"


def _lost(flow: pd.DataFrame) -> pd.Series:
    """The share of each arm's population that is not analysed, and over all arms."""
    counts = flow[flow["level"] == "project"].pivot_table(
        index="unit", columns="stage", values="n", sort=False
    )
    both = counts[["in the population", "analysed"]]
    return 1 - pd.concat([both, both.sum().to_frame("all").T]).pipe(
        lambda t: t["analysed"] / t["in the population"]
    )

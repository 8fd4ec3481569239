"""Pupils who had help beside pupils like them who had none. Teachers chose who was helped, so it is an association and no effect."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.impact.balance import characteristics
from evaluation.impact.likeness import LIKENESS, likeness
from evaluation.impact.plan import nothing
from evaluation.impact.sample import matched, population
from evaluation.models import fit, optimal_pairs
from evaluation.study import Study

HELPED = [
    "question", "estimate", "std_error", "df", "p_value", "ci_low", "ci_high", "caliper", "n_helped", "n_scored", "n_pairs",
    "n_schools", "method", "reason",
]  # fmt: skip
FIGURES = ["estimate", "std_error", "df", "p_value", "ci_low", "ci_high"]
ALIKE = ["school", "year_group", "disadvantaged"]
METHOD = "matched pairs, what is left of the first score adjusted for, CR2 by school"
FEWEST = 4
FEW = "fewer than four schools with a matched pair"


def helped(
    study: Study, analysis: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How pupils with a record of help scored beside matched pupils without; both empty where there is no record, or no baseline.

    Pairs are of the same school, year group and disadvantage, their first scores at most the plan's caliper apart, in standard
    deviations of all these pupils' (`evaluation.models.optimal_pairs`). The answer is the mean lead of the helped at no difference of
    first score, by least squares over pairs. Help that began only after the last test does not count.

    Returns
    -------
    helped : DataFrame
        HELPED, one row: `n_helped` of the population had help, `n_scored` of them have what matching needs, `n_pairs` have a match.
    likeness : DataFrame
        LIKENESS, beside all others of their schools and year groups, and beside the matched.
    """
    baseline, primary = study.analysis.baseline, study.analysis.primary
    records = tables.get("interventions", pd.DataFrame())
    if baseline is None or records.empty:
        return nothing(HELPED), nothing(LIKENESS)
    everyone = population(analysis)
    last = pd.Timestamp(study.wave(study.analysis.outcomes[primary].wave).date)
    had = everyone["pupil"].isin(records.loc[~(records["started"] > last), "pupil"])
    pupils = matched(study, everyone).dropna(subset=ALIKE)
    reached = had[pupils.index].groupby([pupils["school"].astype(str), pupils["year_group"]]).transform("any")
    pupils = pupils[reached]
    ours, caliper = had[pupils.index], study.analysis.matching.caliper
    pairs, weights = _pairs(pupils, ours, (baseline, primary), caliper)
    row: dict[str, object] = {
        "question": "helped",
        "caliper": caliper,
        "n_helped": had.sum(),
        "n_scored": ours.sum(),
        "n_pairs": len(pairs),
        "n_schools": pairs["school"].nunique(),
        "method": METHOD,
    }
    listed = [(label, values) for label, values, _ in characteristics(study, pupils)]
    return pd.DataFrame([row | _lead(pairs)])[HELPED], likeness("helped", listed, ours, weights)


def _pairs(
    pupils: pd.DataFrame, ours: pd.Series, scores: tuple[str, str], caliper: float
) -> tuple[pd.DataFrame, pd.Series]:
    """Each pair's school, `lead` in the last score and `apart` in the first; and each pupil's share in the match.

    Pupils alike in all that is matched on are equally good: their mean last score stands for each, so that the order of rows decides nothing.
    """
    first, last = scores
    ordered = pupils.sort_values(first, kind="stable")
    had, unit = ours[ordered.index].to_numpy(), pupils[first].std()
    same = [*ALIKE, had, first]
    starts = ordered[first].to_numpy()
    ends = ordered.groupby(same, observed=True)[last].transform("mean").to_numpy()
    kept, took = [], np.zeros(len(ordered))
    for (school, *_), rows in ordered.assign(place=range(len(ordered))).groupby(ALIKE, observed=True):
        places = rows["place"].to_numpy()
        one, other = places[had[places]], places[~had[places]]
        chosen = optimal_pairs(np.abs(np.subtract.outer(starts[one], starts[other])) / unit, caliper)
        one, other = one[chosen[0]], other[chosen[1]]
        took[one] = took[other] = 1.0
        lead, apart = (values[one] - values[other] for values in (ends, starts))
        kept.append(pd.DataFrame({"school": str(school), "lead": lead, "apart": apart}))
    weights = ordered.assign(took=took).groupby(same, observed=True)["took"].transform("mean")
    none = pd.DataFrame({"school": pd.Series(dtype=str), "lead": 0.0, "apart": 0.0})
    return pd.concat([none, *kept], ignore_index=True), weights.reindex(pupils.index)


def _lead(pairs: pd.DataFrame) -> dict[str, object]:
    """The mean lead where pairs start alike, with its inference; no figures but a reason where there are few schools."""
    none: dict[str, object] = dict.fromkeys(FIGURES, np.nan)
    if pairs["school"].nunique() < FEWEST:
        return none | {"reason": FEW}
    try:
        table = fit("lead ~ apart", pairs).inference("cr2", cluster="school")
    except ModelError:
        return none | {"reason": "no line fits these pairs"}
    figures = table.loc["Intercept", FIGURES].to_numpy(dtype=float)
    return dict(zip(FIGURES, figures, strict=True)) | {"reason": ""}

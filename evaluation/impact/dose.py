"""Training, support and help beside results, among taking-part schools. Need drove the dose, so none of it is an effect."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.impact.change import gains
from evaluation.impact.growth import scales, waves
from evaluation.impact.plan import nothing
from evaluation.impact.sample import matched, population
from evaluation.models import fit
from evaluation.study import Study

DOSE = ["kind", "measure", "estimate", "std_error", "df", "ci_low", "ci_high", "need", "n_schools", "n_smallest", "method", "reason"]  # fmt: skip
FIGURES = ["estimate", "std_error", "df", "ci_low", "ci_high"]
# What a record of each kind counts for, the column of its day, and what its amount is read from.
KINDS = {"training": ("date", "attended"), "support": ("date", "days"), "interventions": ("started", "hours")}
ATTENDED = {"yes": 1.0, "late": 1.0, "half day": 0.5, "no": 0.0}
BETWEEN, SAME_START, WITHIN = "between", "same_start", "within"
FEWEST = 6  # a line through schools with the same start takes three of them
FEW = "fewer than six taking-part schools with scores, or all had the same"


def dose(study: Study, analysis: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """DOSE: for each kind of record the difference in change that goes with one standard deviation more of it, by least squares over schools.

    Three measures: `between` schools; between schools of the `same_start`; and `within` schools, where there is a wave in between: whether a
    school gained more in the part of the year in which it had more, which its lasting need cannot explain. A school without a record had none.
    `need` is the correlation of dose and first score over schools: below zero, schools that started lower had more.
    """
    baseline = study.analysis.baseline
    kinds = [kind for kind in KINDS if kind in tables and len(tables[kind])]
    if baseline is None or not kinds:
        return nothing(DOSE)
    pupils = matched(study, population(analysis))
    pupils = pupils[pupils[study.analysis.treatment] == 1]
    school = pupils["school"].astype(str)
    schools = pd.DataFrame(
        {
            "change": gains(study, pupils, baseline).groupby(school).mean(),
            "start": pupils[baseline].groupby(school).mean(),
            "n": school.groupby(school).size(),
        }
    )
    rows = [row for kind in kinds for row in _kind(study, kind, tables[kind], pupils, schools)]
    return pd.DataFrame(rows, columns=DOSE)


def _kind(
    study: Study, kind: str, records: pd.DataFrame, pupils: pd.DataFrame, schools: pd.DataFrame
) -> Iterator[dict[str, object]]:
    day, amount = KINDS[kind][0], amounts(kind, records)
    given = amount.groupby(records["school"].astype(str)).sum().reindex(schools.index, fill_value=0.0)
    row: dict[str, object] = {
        "kind": kind,
        "n_schools": len(schools),
        "n_smallest": schools["n"].min(),
        "method": "least squares",
    }
    if len(schools) < FEWEST or given.nunique() < 2:
        yield row | {"measure": BETWEEN, "reason": FEW}
        return
    unit = given.std()
    data = schools.assign(more=given / unit)
    row["need"] = given.corr(schools["start"])
    yield row | {"measure": BETWEEN} | _slope("change ~ more", data)
    yield row | {"measure": SAME_START} | _slope("change ~ more + start", data)
    middle = waves(study)[1:-1]
    change = _second_less_first(study, pupils, middle[0]) if len(middle) == 1 else None
    if change is None:
        return
    late = records[day] > pd.Timestamp(study.wave(study.analysis.outcomes[middle[0]].wave).date)
    signed = (amount * np.where(late, 1.0, -1.0)).groupby(records["school"].astype(str)).sum()
    data = pd.DataFrame({"change": change, "more": signed.reindex(change.index, fill_value=0.0) / unit})
    yield row | {"measure": WITHIN} | _slope("change ~ more", data)


def amounts(kind: str, records: pd.DataFrame) -> pd.Series:
    """What each record counts for: sessions attended, days or hours."""
    column = KINDS[kind][1]
    return (records[column].map(ATTENDED) if kind == "training" else records[column]).astype(float)


def _second_less_first(study: Study, pupils: pd.DataFrame, middle: str) -> pd.Series | None:
    """Each school's change after the wave in between less that before it; None where the tests have no scale in common."""
    baseline, primary = study.analysis.baseline, study.analysis.primary
    found = scales(study, waves(study))
    if found is None or baseline is None:
        return None
    first, between, last = (
        pupils[name] * found[name][0] + found[name][1] for name in (baseline, middle, primary)
    )
    return (last + first - 2 * between).dropna().groupby(pupils["school"].astype(str)).mean()


def _slope(formula: str, schools: pd.DataFrame) -> dict[str, object]:
    try:
        found = fit(formula, schools.reset_index(drop=True)).coefficients.reindex(["more"])[FIGURES].iloc[0]
    except ModelError as error:
        return {"reason": f"no line fits: {error}"}
    figures = {name: float(found[name]) for name in FIGURES}
    return {**figures, "reason": "" if np.isfinite(found["estimate"]) else FEW}

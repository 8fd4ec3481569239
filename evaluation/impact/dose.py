"""Training, support and help beside results, among taking-part schools. Need drove the dose, so none of it is an effect."""

from collections.abc import Iterator, Mapping
from typing import Any

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
BETWEEN, SAME_START, WITHIN, LAGGED, BOUND = "between", "same_start", "within", "lagged", "bound"
FEWEST = 6  # a line through schools with the same start takes three of them
FEW = "fewer than six taking-part schools with scores, or all had the same"
NO_PARTS = "there is no one test in between, on a scale in common, by which to part the year"
CLOSE = "what was given goes too closely with the first score"
ALIKE = "all had the same before the test in between"
WEIGHED = "least squares, as if need unseen weighed as much as the first score"


def dose(study: Study, analysis: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """DOSE: for each kind of record the difference in change that goes with one standard deviation more of it, by least squares over schools.

    Four measures: `between` schools; between schools of the `same_start`; `within` schools, where there is a wave in between: whether a
    school gained more in the part of the year in which it had more, which its lasting need cannot explain; and `lagged`: what was given before
    that wave beside the change after it, which cannot have called for it. A school without a record had none. A fifth row is no
    estimate: the `bound` on the first two, from `ci_low` to `ci_high` (`confounded`).
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
    row: dict[str, Any] = {
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
    between, same_start = _slope("change ~ more", data), _slope("change ~ more + start", data)
    yield row | {"measure": BETWEEN} | between
    yield row | {"measure": SAME_START} | same_start
    if not between["reason"] and not same_start["reason"]:
        low, high = confounded(between["estimate"], same_start["estimate"], row["need"])
        reason = "" if np.isfinite(low) else CLOSE
        yield row | {"measure": BOUND, "ci_low": low, "ci_high": high, "method": WEIGHED, "reason": reason}
    changes = _in_parts(study, pupils)
    if changes is None:
        yield from (row | {"measure": name, "reason": NO_PARTS} for name in (WITHIN, LAGGED))
        return
    middle = study.wave(study.analysis.outcomes[waves(study)[1]].wave)
    late = records[day] > pd.Timestamp(middle.date)
    early = records[day].notna() & ~late
    first, second = (
        amount[part].groupby(records["school"].astype(str)).sum().reindex(changes.index, fill_value=0.0)
        for part in (early, late)
    )
    within = pd.DataFrame({"change": changes["second"] - changes["first"], "more": (second - first) / unit})
    yield row | {"measure": WITHIN} | _slope("change ~ more", within)
    lagged = pd.DataFrame({"change": changes["second"], "more": first / unit})
    yield (
        row
        | {"measure": LAGGED}
        | (_slope("change ~ more", lagged) if first.nunique() > 1 else {"reason": ALIKE})
    )


def confounded(between: float, same_start: float, need: float) -> tuple[float, float]:
    """The least and the largest of three slopes: without the first score, with it, and with as much need again that it does not show.

    The third is what would be left were there need uncorrelated with the first score that weighs as much, both on the dose and on the change
    (Oster, J Business and Economic Statistics 37:187, 2019, delta = 1). For a dose d and a first score s of one standard
    deviation, with correlation r (`need`), d = r s + r u + e leaves u a weight of r / (1 - r^2) on d where s is held; so the slope
    moves on by (same_start - between) / (1 - 2 r^2). NaN where r^2 is a half or more: then it could be anything.
    """
    left = 1 - 2 * need**2
    if not left > 0:
        return np.nan, np.nan
    three = (between, same_start, same_start + (same_start - between) / left)
    return min(three), max(three)


def amounts(kind: str, records: pd.DataFrame) -> pd.Series:
    """What each record counts for: sessions attended, days or hours."""
    column = KINDS[kind][1]
    return (records[column].map(ATTENDED) if kind == "training" else records[column]).astype(float)


def _in_parts(study: Study, pupils: pd.DataFrame) -> pd.DataFrame | None:
    """Each school's change before the wave in between, `first`, and after it, `second`; None without one, or a scale in common."""
    names, plan = waves(study), study.analysis
    found = scales(study, names)
    if len(names) != 3 or (names[0], names[2]) != (plan.baseline, plan.primary) or found is None:
        return None
    start, between, end = (pupils[name] * found[name][0] + found[name][1] for name in names)
    changes = pd.DataFrame({"first": between - start, "second": end - between}).dropna()
    return changes.groupby(pupils["school"].astype(str)).mean()


def _slope(formula: str, schools: pd.DataFrame) -> dict[str, Any]:
    try:
        found = fit(formula, schools.reset_index(drop=True)).coefficients.reindex(["more"])[FIGURES].iloc[0]
    except ModelError as error:
        return {"reason": f"no line fits: {error}"}
    figures = {name: float(found[name]) for name in FIGURES}
    return {**figures, "reason": "" if np.isfinite(found["estimate"]) else FEW}

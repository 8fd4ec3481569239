"""What is true of one synthetic study, for every question it is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

import pandas as pd
from questions_studies import NORM, SHARE, Design, Drawn, Planted

from evaluation.simulate.schools import TAKING_PART
from evaluation.simulate.truth import Truth

TRUTH = Truth(gap_sd=3.0)


@dataclass(frozen=True, slots=True)
class Known:
    """True values in points, of the very pupils and schools of the study where effects differ between them; NaN where nothing planted says.

    Attributes
    ----------
    effect, halfway : mean over the pupils of schools taking part, at the last wave and in between.
    by_part : effect by year group and phase, as the question names them.
    gap, gap_change : of the model's pupils who started at the same level.
    lifted : percentage points of the treated that the effect alone brought to the expected standard.
    per_doubling, per_unit : for each doubling of the distance, and each standard deviation of days of support.
    helped : of help, on those who had it.
    took_up : of the project on those who had help, where nothing else of it has an effect.
    changes : of schools taking part since the first test, weighted alike; `regression` is the part of it due to how they were chosen.
    differ : by question, 1 where effects differ between parts and 0 where they are alike.
    own, own_gaps : by school, its distance from what its first test lets expect, and its gap.
    gaps : by level and unit, the difference to be expected between these pupils in these classes.
    """

    effect: float
    halfway: float
    by_part: Mapping[str, float]
    gap: float
    gap_change: float
    lifted: float
    per_doubling: float
    per_unit: float
    helped: float
    took_up: float
    changes: Mapping[str, float]
    regression: float
    supporting: float
    differ: Mapping[str, float]
    own: Mapping[str, float]
    own_gaps: Mapping[str, float]
    gaps: Mapping[tuple[str, str], float]


def known(drawn: Drawn, design: Design, planted: Planted) -> Known:
    """What is true of a study of a design, with effects planted."""
    pupils = drawn.analysis[["school", "year_group", "phase", "cluster", "role", "disadvantaged", "baseline"]]
    pupils = pupils.join(drawn.hidden)
    treated = pupils[pupils["role"] == TAKING_PART]
    effect = float(treated["effect"].mean())
    days = drawn.support.groupby("school")["days"].sum()
    regression = _regression(treated, planted) if design.chosen else 0.0
    by_school = treated.groupby("school")["effect"].mean()
    others = planted.by_year or planted.disadvantaged or planted.per_doubling or planted.per_day
    alike = not (others or planted.helped)
    # Who had help goes with the first test, and so with disadvantage, the distance and the days of support.
    unless_helped = nan if planted.helped else 1.0
    by_year = 1.0 if planted.by_year else 0.0 if alike else nan
    own = pupils.groupby("school")["own"].mean().add(by_school - effect, fill_value=0.0)
    # Where effects go by year group, a school's own is held to an average that no model of all schools has.
    own = own * (nan if planted.by_year else 1.0)
    from_start = (1 - TRUTH.correlation) * planted.gap
    own_gaps = from_start + pupils.groupby("school")["own_gap"].first()
    own_gaps = own_gaps.add(pd.Series(planted.disadvantaged, by_school.index), fill_value=0.0)
    return Known(
        effect=effect,
        halfway=float(treated["halfway"].mean()),
        by_part={
            **{
                f"year {year}": value
                for year, value in treated.groupby("year_group")["effect"].mean().items()
            },
            **treated.groupby("phase")["effect"].mean(),
        },
        gap=from_start,
        gap_change=planted.disadvantaged * unless_helped,
        lifted=100 * float(treated["lifted"].mean()),
        per_doubling=nan if planted.by_year else planted.per_doubling * unless_helped,
        per_unit=planted.per_day * float(days.std()) * unless_helped,
        helped=planted.helped,
        took_up=nan if others or planted.others else planted.helped,
        changes={
            "change": float(by_school.mean()) + regression,
            "change_in_gap": planted.disadvantaged * unless_helped,
        },
        regression=regression,
        supporting=planted.supporting,
        differ={"year_group": by_year, "phase": by_year, "cluster": 0.0 if alike else nan},
        own=own.to_dict(),
        own_gaps=(own_gaps * unless_helped).to_dict(),
        gaps={("school", unit): gap for unit, gap in _gaps(pupils, "school").items()}
        | {("cluster", unit): gap for unit, gap in _gaps(pupils, "cluster").items()},
    )


def _regression(treated: pd.DataFrame, planted: Planted) -> float:
    """How far schools chosen by their first test come back of themselves to what their pupils let expect, weighted alike."""
    expected = NORM + planted.gap * (treated["disadvantaged"] - SHARE)
    below = (expected - treated["baseline"]).groupby(treated["school"]).mean()
    return (1 - TRUTH.correlation) * float(below.mean())


def _gaps(pupils: pd.DataFrame, unit: str) -> pd.Series:
    means = pupils.groupby([unit, "disadvantaged"])["last"].mean().unstack()
    return means[1.0] - means[0.0]

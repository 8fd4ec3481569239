"""Schools taking part beside the comparison schools most like them: how alike, and how many have one near enough."""

import numpy as np
import pandas as pd

from evaluation.impact.likeness import LIKENESS, likeness
from evaluation.impact.parts import FEWEST_ON_A_SIDE
from evaluation.impact.plan import nothing
from evaluation.impact.sample import matched, population
from evaluation.models import optimal_pairs
from evaluation.study import Study

NEAR_SCHOOLS = ["question", "caliper", "n_treated", "n_comparison", "n_pairs"]


def near_schools(study: Study, analysis: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How near the comparison schools are; both empty where they were not matched, or a side has fewer than three.

    Returns
    -------
    near_schools : DataFrame
        NEAR_SCHOOLS, one row: `n_pairs` of `n_treated` schools have a comparison school of their own, by `school_pairs`.
    likeness : DataFrame
        LIKENESS of schools, beside all comparison schools, and of the paired beside theirs.
    """
    schools = _schools(study, population(analysis))
    if schools is None:
        return nothing(NEAR_SCHOOLS), nothing(LIKENESS)
    paired, ours = schools.index.isin(school_pairs(study, population(analysis))), schools["treated"] == 1
    row = {
        "question": "schools",
        "caliper": study.analysis.matching.schools,
        "n_treated": ours.sum(),
        "n_comparison": (~ours).sum(),
        "n_pairs": (ours & paired).sum(),
    }
    listed = [(str(name), schools[name]) for name in schools.columns.drop(["treated", "phase"])]
    weights = pd.Series(paired.astype(float), index=schools.index)
    return pd.DataFrame([row]), likeness("schools", listed, ours, weights)


def school_pairs(study: Study, pupils: pd.DataFrame) -> list[str]:
    """The schools of both sides in pairs of one phase, as many as the plan's caliper allows and the nearest such, by `nearest_schools`.

    They are paired on mean first score, proportion disadvantaged and number of pupils. Empty where the comparison was not matched.
    """
    schools = _schools(study, pupils)
    if schools is None:
        return []
    numbers = schools.drop(columns=["treated", "phase", SECONDARY])
    pairs = nearest_schools(
        numbers, schools["phase"], schools["treated"] == 1, study.analysis.matching.schools
    )
    return [*pairs["ours"], *pairs["other"]]


def nearest_schools(numbers: pd.DataFrame, kind: pd.Series, ours: pd.Series, caliper: float) -> pd.DataFrame:
    """Schools paired one to one within their kind, as many as the caliper allows and the nearest such: ours, other, apart.

    The distance of two is the root mean square of how far apart their numbers are, each in standard deviations over all schools given.

    Parameters
    ----------
    numbers : DataFrame
        One row a school, by its name, and one column a number it is matched on.
    kind, ours : Series
        By school: its kind, and whether it is to be paired (True) or to be chosen from.
    caliper : float
        The largest distance.
    """
    scaled = numbers / numbers.std().where(lambda sd: sd > 0, 1.0)
    found = [pd.DataFrame({"ours": [], "other": [], "apart": []}).astype({"ours": "str", "other": "str"})]
    for _, alike in scaled.groupby(kind):
        sides = [alike[ours[alike.index] == side] for side in (True, False)]
        differences = sides[0].to_numpy()[:, None, :] - sides[1].to_numpy()[None, :, :]
        apart = np.sqrt((differences**2).mean(axis=2))
        rows, columns = optimal_pairs(apart, caliper)
        names = {"ours": sides[0].index[rows], "other": sides[1].index[columns]}
        found.append(pd.DataFrame({**names, "apart": apart[rows, columns]}))
    return pd.concat(found, ignore_index=True)


SECONDARY = "proportion of secondary schools"


def _schools(study: Study, pupils: pd.DataFrame) -> pd.DataFrame | None:
    """One row a school of pupils with both tests; None where schools were not matched, or are too few."""
    plan = study.analysis
    if study.comparison.kind != "matched" or study.comparison.unit != "school" or plan.baseline is None:
        return None
    by_school = matched(study, pupils).groupby(pupils["school"].astype(str))
    phase = by_school["phase"].first().astype(str)
    schools = pd.DataFrame(
        {
            f"{plan.outcomes[plan.baseline].title}, mean": by_school[plan.baseline].mean(),
            f"proportion of {study.words.disadvantaged}": by_school["disadvantaged"].mean(),
            "number of pupils": by_school.size().astype(float),
            SECONDARY: (phase.str.casefold() == "secondary").astype(float),
            "phase": phase,
            "treated": by_school[plan.treatment].first(),
        }
    ).dropna()
    sides = schools["treated"].value_counts().reindex([1, 0], fill_value=0)
    return schools if sides.min() >= FEWEST_ON_A_SIDE else None

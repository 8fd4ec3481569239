"""The finest counts: how many pupils are alike in everything that a published count tells apart."""

import pandas as pd

from evaluation.impact.sample import disadvantage_group, matched, treatment_group, year_group
from evaluation.study import Study

ATOM = ["school", "in_project", "treatment", "year_group", "disadvantaged"]


def atoms(study: Study, analysis: pd.DataFrame) -> pd.DataFrame:
    """One row for each school, arm, year group and status, inside the plan's population or not, and outcome: n.

    Every count that a report shows is a sum of these, so that whoever protects counts needs to know of nothing else.
    """
    pupils = matched(study, analysis[~analysis["joined_late"]])
    labels = pd.DataFrame(
        {
            "school": pupils["school"].astype(str),
            "in_project": pupils["in_population"],
            # A pupil of no arm is in the counts of all pupils and in none by arm.
            "treatment": treatment_group(study, pupils).astype(object).fillna(""),
            "year_group": year_group(study, pupils).astype(str),
            "disadvantaged": disadvantage_group(study, pupils).astype(str),
        }
    )
    outcomes = list(study.analysis.outcomes)
    counted = pupils[outcomes].notna().groupby([labels[name] for name in ATOM], sort=True).sum()
    return _with_nobody(study, counted).melt(ATOM, var_name="outcome", value_name="n")


def _with_nobody(study: Study, counted: pd.DataFrame) -> pd.DataFrame:
    """The counts with those of nobody: a school whose pupils are all alike by status must not be known to be so."""
    kinds = dict.fromkeys(key[:-1] for key in counted.index)
    both = [(*kind, status) for kind in kinds for status in (study.words.disadvantaged, study.words.others)]
    every = counted.index.union(pd.MultiIndex.from_tuples(both, names=ATOM))
    return counted.reindex(every, fill_value=0).reset_index()

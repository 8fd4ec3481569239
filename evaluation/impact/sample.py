"""Who is in which figure: the population of the models, and the pupils a unit's figures describe."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from evaluation.derive import arms
from evaluation.study import Study

ALL = "all pupils"
UNKNOWN = "pupils whose status is not known"
NO_YEAR = "year group not known"


@dataclass(frozen=True)
class Unit:
    """The project, a cluster or a school, with the pupils its figures describe."""

    level: str
    name: str
    pupils: pd.DataFrame


def population(analysis: pd.DataFrame) -> pd.DataFrame:
    """The pupils the plan's models are about, as allocated."""
    return analysis[analysis["in_population"]].reset_index(drop=True)


def matched(study: Study, pupils: pd.DataFrame) -> pd.DataFrame:
    """Pupils with the primary outcome and, where the plan has a baseline, the baseline too.

    Every descriptive figure uses these pupils, so that a change is never a change of pupils, and so that no two
    figures differ by a handful of leavers whose scores could be worked out.
    """
    needed = [name for name in (study.analysis.primary, study.analysis.baseline) if name is not None]
    return pupils.dropna(subset=needed)


def reported_schools(study: Study, schools: pd.DataFrame) -> pd.DataFrame:
    """The schools that get a report, in the register's order."""
    roles = study.reports.school_roles
    return schools if roles is None else schools[schools["role"].isin(roles)].reset_index(drop=True)


def clusters(study: Study, schools: pd.DataFrame) -> dict[str, list[str]]:
    """Each cluster's reported schools, clusters in the register's order."""
    reported = reported_schools(study, schools)
    named = reported[reported["cluster"] != ""]
    return {str(name): list(rows["school"]) for name, rows in named.groupby("cluster", sort=False)}


def units(study: Study, analysis: pd.DataFrame, schools: pd.DataFrame) -> Iterator[Unit]:
    """The project, then each cluster, then each reported school."""
    listed = analysis[~analysis["joined_late"]]
    yield Unit("project", "", population(analysis))
    for name, members in clusters(study, schools).items():
        yield Unit("cluster", name, listed[listed["school"].isin(members)])
    for school in reported_schools(study, schools)["school"]:
        yield Unit("school", str(school), listed[listed["school"] == school])


def disadvantage_group(study: Study, pupils: pd.DataFrame) -> pd.Series:
    """Each pupil's group by disadvantage, in the study's words; both groups are categories even where empty.

    Pupils whose status is not known are a group of their own, since a difference would tell of them.
    """
    flag, words = pupils["disadvantaged"], study.words
    labels = flag.map({1: words.disadvantaged, 0: words.others}).fillna(UNKNOWN)
    categories = [words.disadvantaged, words.others, *([UNKNOWN] if flag.isna().any() else [])]
    return pd.Series(pd.Categorical(labels, categories=categories), index=pupils.index)


def treatment_group(study: Study, pupils: pd.DataFrame) -> pd.Series:
    """Each pupil's arm, those present as categories."""
    return arms(study, pupils).cat.remove_unused_categories()


def year_group(study: Study, pupils: pd.DataFrame) -> pd.Series:
    """Each pupil's year group, those present as categories in the study's order.

    Pupils of none that the study has are a group of their own: all pupils less those of each year would tell of them.
    """
    known = pupils["year_group"].isin(study.year_groups)
    present = [name for name in study.year_groups if (pupils["year_group"] == name).any()]
    labels = ("year " + pupils["year_group"].astype("string")).where(known, NO_YEAR)
    categories = [*(f"year {name}" for name in present), *([] if known.all() else [NO_YEAR])]
    return pd.Series(pd.Categorical(labels, categories=categories), index=pupils.index)

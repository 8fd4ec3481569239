"""The analysis table: one row a pupil, as allocated, with every variable the plan names."""

import pandas as pd

from evaluation.clean.compact import mapped, places, taken
from evaluation.derive.arms import arms
from evaluation.derive.scales import scaled_standard
from evaluation.errors import DataError, nearest
from evaluation.study import Study

FIXED = ["school", "class", "year_group", "sex", "disadvantaged", "disadvantaged_by", "eal", "send"]
SCHOOL = ["phase", "role", "cluster"]


def analysis_table(
    study: Study, linked_pupils: pd.DataFrame, linked_scores: pd.DataFrame, schools: pd.DataFrame
) -> pd.DataFrame:
    """One row a pupil with the school, class and characteristics of the first wave at which the pupil is listed.

    Parameters
    ----------
    study : Study
        Its analysis section names the variables and the population.
    linked_pupils : DataFrame
        From `evaluation.link.link`, through `with_disadvantage`.
    linked_scores : DataFrame
        From `evaluation.link.link`, on the study's footing.
    schools : DataFrame
        From `schools_table`.

    Returns
    -------
    DataFrame
        In source order: pupil, school, class, year_group, sex, disadvantaged (0/1/NaN), disadvantaged_by,
        eal, send (0/1/NaN), phase, role, cluster, the attributes, each indicator, each outcome and
        `<outcome>_censored` ("", "low" or "high"), `<outcome>_standard` ("below", "expected" or "high") where
        it is a key stage scaled score, joined_late, in_population, and `<name>_school` and `<name>_within`
        for each name in school_means.

    Raises
    ------
    DataError
        When a variable of the plan rests on a column the table does not have, or the population is empty.
    """
    table = _with_indicators(study, linked_pupils, schools)
    for name, outcome in study.analysis.outcomes.items():
        found = _outcome(study, linked_scores, name)
        at = places(table["pupil"], found["pupil"])
        table[name] = taken(found["score"], at, table.index)
        table[f"{name}_censored"] = taken(found["censored"], at, table.index).fillna("")
        if study.instrument(outcome.instrument).score == "scaled" and study.scales.footing == "none":
            table[f"{name}_standard"] = scaled_standard(table[name])
    table["in_population"] = _in_population(study, table)
    if not table["in_population"].any():
        raise DataError(
            "No pupil is in the population of the plan (analysis: population). "
            f"Roles in the register: {', '.join(sorted(set(table['role']))) or 'none'}. "
            f"Year groups in the files: {', '.join(sorted(set(table['year_group'].dropna()))) or 'none'}."
        )
    for name in study.analysis.school_means:
        table = table.assign(**_school_means(table, name))
    return table


def allocated(study: Study, linked_pupils: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """One row a pupil: pupil, school, class and year_group as allocated, and compared: in the plan's population and control.

    Parameters are those of `analysis_table`; raises DataError as it does.
    """
    table = _with_indicators(study, linked_pupils, schools)
    compared = _in_population(study, table) & (arms(study, table) == study.words.control)
    return table[["pupil", "school", "class", "year_group"]].assign(compared=compared)


def _with_indicators(study: Study, pupils: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Each pupil as allocated, with what is known of the school, the attributes and the indicators."""
    table = _as_allocated(study, pupils)
    for name in SCHOOL:
        of_school = dict(zip(schools["school"], schools[name], strict=True))
        table[name] = mapped(table["school"], of_school).astype("str").fillna("").astype("category")
    table = table[["pupil", *FIXED, *SCHOOL, *study.attributes, "joined_late"]]
    for name in study.analysis.indicators:
        table[name] = _indicator(study, table, name)
    return table


def _as_allocated(study: Study, pupils: pd.DataFrame) -> pd.DataFrame:
    """Each pupil's first listing, and whether that is later than the first wave at which anyone is listed."""
    order = mapped(pupils["wave"], {wave.name: at for at, wave in enumerate(study.waves)})
    first = order.groupby(pupils["pupil"]).transform("min")
    table = pupils[order == first].assign(joined_late=first > order.min())
    flags = {name: table[name].astype("float64") for name in ("disadvantaged", "eal", "send")}
    return table.assign(**flags).reset_index(drop=True)


def _column(table: pd.DataFrame, name: str, use: str) -> pd.Series:
    if name not in table:
        hint = nearest(name, list(table.columns))
        raise DataError(f"{use} rests on {name!r}, which is not a variable of the analysis.{hint}")
    return table[name]


def _indicator(study: Study, table: pd.DataFrame, name: str) -> pd.Series:
    """1 where the column equals the value, else 0; NaN where the column is missing."""
    indicator = study.analysis.indicators[name]
    column = _column(table, indicator.column, f"Indicator {name!r}")
    value = (column == indicator.equals).astype("int64")
    return value.where(column.notna()) if column.isna().any() else value


def _outcome(study: Study, scores: pd.DataFrame, name: str) -> pd.DataFrame:
    """Each pupil's score on the outcome's instrument at its wave: pupil, score, censored."""
    outcome = study.analysis.outcomes[name]
    wanted = (scores["instrument"] == outcome.instrument) & (scores["wave"] == outcome.wave)
    has = wanted & scores["pupil"].notna() & scores["score"].notna()
    return scores.loc[has, ["pupil", "score", "censored"]].drop_duplicates("pupil")


def _in_population(study: Study, table: pd.DataFrame) -> pd.Series:
    population = study.analysis.population
    inside = ~table["joined_late"]
    if population.roles is not None:
        inside &= table["role"].isin(population.roles)
    if population.year_groups is not None:
        inside &= table["year_group"].isin(population.year_groups)
    return inside


def _school_means(table: pd.DataFrame, name: str) -> dict[str, pd.Series]:
    """The mean over the school's pupils in the population, and each pupil's distance from it."""
    value = _column(table, name, "school_means")
    mean = value.where(table["in_population"]).groupby(table["school"]).transform("mean")
    return {f"{name}_school": mean, f"{name}_within": value - mean}

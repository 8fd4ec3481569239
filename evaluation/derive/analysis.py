"""The analysis table: one row a pupil, as allocated, with every variable the plan names."""

from collections.abc import Sequence

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
    table = analysis_rows(study, linked_pupils, linked_scores, schools).reset_index(drop=True)
    check_population(table)
    means = [school_means(table, name) for name in study.analysis.school_means]
    return with_school_means(table, means)


def analysis_rows(
    study: Study,
    pupils: pd.DataFrame,
    scores: pd.DataFrame,
    schools: pd.DataFrame,
    begun: int | None = None,
) -> pd.DataFrame:
    """The analysis table of some pupils, but for the means of their schools, under the labels of their first listings.

    `begun` is the place of the first wave at which anyone is listed; without it, any of these. Parameters and errors are
    otherwise those of `analysis_table`.
    """
    table = _with_indicators(study, pupils, schools, begun)
    for name, outcome in study.analysis.outcomes.items():
        found = _outcome(study, scores, name)
        at = places(table["pupil"], found["pupil"])
        table[name] = taken(found["score"], at, table.index)
        table[f"{name}_censored"] = taken(found["censored"], at, table.index).fillna("")
        if study.instrument(outcome.instrument).score == "scaled" and study.scales.footing == "none":
            table[f"{name}_standard"] = scaled_standard(table[name])
    table["in_population"] = _in_population(study, table)
    return table


def check_population(table: pd.DataFrame) -> None:
    """Refuse an analysis without a pupil in its population: in_population, role and year_group of each.

    Raises
    ------
    DataError
    """
    if not table["in_population"].any():
        raise DataError(
            "No pupil is in the population of the plan (analysis: population). "
            f"Roles in the register: {', '.join(sorted(set(table['role']))) or 'none'}. "
            f"Year groups in the files: {', '.join(sorted(set(table['year_group'].dropna()))) or 'none'}."
        )


def allocated(
    study: Study, linked_pupils: pd.DataFrame, schools: pd.DataFrame, begun: int | None = None
) -> pd.DataFrame:
    """One row a pupil: pupil, school, class and year_group as allocated, and compared: in the plan's population and control.

    Parameters are those of `analysis_rows`; raises DataError as it does.
    """
    table = _with_indicators(study, linked_pupils, schools, begun)
    compared = _in_population(study, table) & (arms(study, table) == study.words.control)
    return table[["pupil", "school", "class", "year_group"]].assign(compared=compared)


def _with_indicators(
    study: Study, pupils: pd.DataFrame, schools: pd.DataFrame, begun: int | None
) -> pd.DataFrame:
    """Each pupil as allocated, with what is known of the school, the attributes and the indicators."""
    table = _as_allocated(study, pupils, begun)
    for name in SCHOOL:
        of_school = dict(zip(schools["school"], schools[name], strict=True))
        table[name] = mapped(table["school"], of_school).astype("str").fillna("").astype("category")
    table = table[["pupil", *FIXED, *SCHOOL, *study.attributes, "joined_late"]]
    for name in study.analysis.indicators:
        table[name] = _indicator(study, table, name)
    return table


def _as_allocated(study: Study, pupils: pd.DataFrame, begun: int | None) -> pd.DataFrame:
    """Each pupil's first listing, and whether that is later than the first wave at which anyone is listed."""
    order = mapped(pupils["wave"], {wave.name: at for at, wave in enumerate(study.waves)})
    first = order.groupby(pupils["pupil"]).transform("min")
    table = pupils[order == first].assign(joined_late=first > (order.min() if begun is None else begun))
    flags = {name: table[name].astype("float64") for name in ("disadvantaged", "eal", "send")}
    return table.assign(**flags)


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


def school_means(table: pd.DataFrame, name: str) -> pd.Series:
    """The mean of a column over each school's pupils in the population, by school."""
    value = _column(table, name, "school_means")
    return value.where(table["in_population"]).groupby(table["school"].astype("str"), sort=False).mean()


def with_school_means(table: pd.DataFrame, means: Sequence[pd.Series]) -> pd.DataFrame:
    """The table with the means of each pupil's school, from `school_means`, and the distance from them."""
    for mean in means:
        own = mapped(table["school"], mean.to_dict()).astype("float64")
        table = table.assign(**{f"{mean.name}_school": own, f"{mean.name}_within": table[mean.name] - own})
    return table

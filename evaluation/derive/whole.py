"""What is derived of all pupils, a pile of them at a time, and counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from evaluation.clean.compact import places, plain
from evaluation.clean.shelf import Shelf, stacked
from evaluation.derive.analysis import (
    allocated,
    analysis_rows,
    check_population,
    school_means,
    with_school_means,
)
from evaluation.derive.censored import all_censored, censored_table
from evaluation.derive.disadvantage import Disadvantage, count_characteristics, spoken_of
from evaluation.derive.flow import all_flow, flow_table
from evaluation.derive.footing import Footing, choose_footing
from evaluation.derive.norms import NormTable
from evaluation.derive.sittings import sittings
from evaluation.derive.topics import facility_table
from evaluation.errors import DataError
from evaluation.study import Study

TEST = ["file", "sheet", "row", "instrument", "wave"]
OF_SCORES = ["pupil", "year_group", "compared"]


@dataclass(frozen=True, slots=True)
class Derived:
    """The tables of pupils, each a shelf of rows in order of their labels, and how they were come by."""

    pupils: Shelf
    scores: Shelf
    analysis: Shelf
    fixed: Disadvantage
    footing: Footing


@dataclass(frozen=True, slots=True)
class Counts:
    """The tables that count the pupils of the analysis table."""

    flow: pd.DataFrame
    characteristics: pd.DataFrame
    censored: pd.DataFrame
    facility: pd.DataFrame


def first_wave(study: Study, pupils: Shelf) -> int:
    """The place of the first wave at which anyone is listed.

    Raises
    ------
    DataError
        When nobody is.
    """
    listed = {wave for rows in pupils.pieces(["wave"]) for wave in rows["wave"].unique()}
    places = [at for at, wave in enumerate(study.waves) if wave.name in listed]
    if not places:
        raise DataError(
            "No row of a pupil list says whose it is: none has a pupil number or identifier, nor names and a date of birth or "
            "school that no other row of its wave has. Name their columns (sources: columns:) or ask the school for numbers."
        )
    return places[0]


def derive(
    study: Study,
    pupils: Shelf,
    scores: Shelf,
    schools: pd.DataFrame,
    fixed: Disadvantage,
    norms: Mapping[str, NormTable],
    months: pd.Series | None,
) -> Derived:
    """Scores on the study's footing, and the analysis table.

    Parameters
    ----------
    pupils, scores : Shelf
        Linked rows, those of a pupil in one pile; pupils with disadvantage as fixed.
    schools : DataFrame
    fixed : Disadvantage
    norms : mapping
        Instrument to its table of norms.
    months : Series or None
        Age at the test in months, by TEST; None where no instrument has norms.

    Raises
    ------
    DataError
        When a score or a variable of the plan cannot be made, or nobody is in its population.
    """
    begun = first_wave(study, pupils)

    def piles() -> Iterator[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.Series]]:
        for pile in sorted({*pupils.piles, *scores.piles}):
            listed, sat = pupils.take(pile), scores.take(pile)
            told = (
                allocated(study, listed, schools, begun) if len(listed) else listed.reindex(columns=OF_SCORES)
            )
            yield listed, sat, told, _ages(sat, months)

    sat = [item for _, rows, told, ages in piles() for item in sittings(study, rows, told, norms, ages)]
    footing = choose_footing(study, norms, sat)
    made = [pupils.another() for _ in range(3)]
    for listed, rows, told, ages in piles():
        footed = footing.footed(rows, told, ages)
        made[0].put_in_order(listed)
        made[1].put_in_order(rows.assign(analysed=footed["score"]))
        if len(listed):
            made[2].put_in_order(analysis_rows(study, listed, footed, schools, begun))
    return Derived(made[0].tidy(), made[1].tidy(), _with_means(study, made[2]).tidy(), fixed, footing)


def _ages(rows: pd.DataFrame, months: pd.Series | None) -> pd.Series:
    if months is None:
        return pd.Series(float("nan"), index=rows.index)
    return pd.Series(months.reindex(pd.MultiIndex.from_frame(plain(rows[TEST]))).to_numpy(), index=rows.index)


def _with_means(study: Study, analysis: Shelf) -> Shelf:
    asked = ["in_population", "role", "year_group"]
    check_population(plain(stacked(rows.drop_duplicates() for rows in analysis.pieces(asked))))
    names = study.analysis.school_means
    if not names:
        return analysis
    means = [school_means(analysis.whole([name, "school", "in_population"]), name) for name in names]
    whole = analysis.another()
    for rows in analysis.plain_pieces():
        whole.put_in_order(with_school_means(rows, means))
    return whole


def count_pupils(study: Study, made: Derived, topics: pd.DataFrame) -> Counts:
    """What the analysis table comes to."""
    flow, characteristics, censored, sat = [], [], [], []
    for rows in made.analysis.plain_pieces():
        flow.append(flow_table(study, rows))
        characteristics.append(count_characteristics(rows, made.fixed.conflicts))
        censored.append(censored_table(study, rows))
        sat.append(rows.loc[places(rows["pupil"], topics["pupil"]) >= 0, ["pupil", "school", "class"]])
    return Counts(
        all_flow(flow),
        spoken_of(*characteristics),
        all_censored(censored),
        facility_table(topics, pd.concat(sat)),
    )

"""Rules that need every file of a study at once: who has which number, and what other files say of a pupil."""

from itertools import chain

import numpy as np
import pandas as pd

from evaluation.clean.compact import numbers
from evaluation.clean.issues import gather
from evaluation.clean.names import name_keys
from evaluation.clean.rules.agreement import scores_out_of_place
from evaluation.clean.rules.between_files import between_files
from evaluation.clean.rules.listed_details import (
    agreed_birthdays,
    exchanged_names,
    other_names,
    other_places,
    other_sexes,
)
from evaluation.clean.rules.mended_numbers import confirmed_numbers, padded_identifiers
from evaluation.clean.rules.names_parted import names_as_known
from evaluation.clean.rules.no_results import classes_without_results
from evaluation.clean.rules.scores_again import scores_again
from evaluation.clean.rules.single_sex import single_sex
from evaluation.clean.rules.whose_number import numbers_of_others
from evaluation.clean.shelf import Shelf, stacked
from evaluation.study import Study

CHANGED = ("upn", "pupil_id", "surname", "forename", "dob", "sex")
HELD = [
    "source", "file", "sheet", "row", "wave", "school", *CHANGED, "year_group", "class", "instrument", "score"
]  # fmt: skip


def check_across(
    study: Study,
    register: pd.DataFrame | None,
    pupils: Shelf,
    scores: Shelf,
    issues: pd.DataFrame,
) -> pd.DataFrame:
    """Hold the cleaned rows of all sources against one another and against the schools register.

    What the rules put right is changed on the shelves.

    Parameters
    ----------
    register : DataFrame or None
        Cleaned rows of the register.
    pupils, scores : Shelf
        Cleaned rows of all sources of each kind.
    issues : DataFrame
        What cleaning found, source by source.

    Returns
    -------
    DataFrame
        The issues found, as from `gather`.
    """
    every = _every(study, pupils, scores)
    columns = {name: _headings(study, every, name) for name in (*CHANGED, "name", "school", "year_group")}
    both = [source.name for source in study.sources if "name" in study.columns(source)]
    found: list[pd.DataFrame] = []
    for rule in (
        lambda rows: confirmed_numbers(rows, issues, columns["upn"]),
        lambda rows: padded_identifiers(rows, columns["pupil_id"]),
        lambda rows: names_as_known(rows, both, columns["name"]),
        lambda rows: exchanged_names(rows, columns),
        lambda rows: numbers_of_others(rows.assign(name_dob=name_keys(rows)), "upn", columns["upn"]),
        lambda rows: numbers_of_others(rows, "pupil_id", columns["pupil_id"]),
        lambda rows: agreed_birthdays(rows.assign(number=_number(rows)), columns["dob"]),
        lambda rows: single_sex(rows, register, columns["sex"]),
    ):
        every, listed = rule(every)
        found += listed
    every["name_dob"] = name_keys(every)
    scored = {source.name: study.columns(source).get("score", "") for source in study.sources}
    found += other_names(every, columns["surname"])
    found += other_sexes(every, columns["sex"])
    found += other_places(every, columns)
    found += between_files(every)
    found += scores_out_of_place(every, scored)
    found += scores_again(every, {wave.name: wave.date for wave in study.waves}, scored)
    found += classes_without_results(every)
    _put_right(pupils, every[: len(pupils)])
    _put_right(scores, every[len(pupils) :])
    return gather(found)


def _every(study: Study, pupils: Shelf, scores: Shelf) -> pd.DataFrame:
    """What the rules ask of rows of both kinds, one kind after the other, with the school year of their wave."""
    every = stacked(chain(pupils.pieces(HELD), scores.pieces(HELD))).reset_index(drop=True)
    kinds = pd.Categorical(["pupils", "scores"]).repeat([len(pupils), len(scores)])
    years = {wave.name: wave.date.year - (wave.date.month < 9) for wave in study.waves}
    by_wave = [years[wave] for wave in every["wave"].cat.categories]
    return every.assign(kind=kinds, academic_year=np.array(by_wave, "int16")[every["wave"].cat.codes])


def _put_right(shelf: Shelf, checked: pd.DataFrame) -> None:
    """Have the shelf hold what the rules made of its rows."""
    changed = []
    for rows in shelf.pieces(CHANGED):
        mine = checked.iloc[rows.index]
        for name, column in rows.items():
            texts = isinstance(column.dtype, pd.CategoricalDtype)
            before, now = (
                (values.astype("str") if texts else values).array for values in (column, mine[name])
            )
            same = (before == now) | (pd.isna(before) & pd.isna(now))
            changed.append((str(name), pd.Series(now, rows.index)[~same]))
    for name, values in changed:
        shelf.change(name, values)


def _headings(study: Study, every: pd.DataFrame, name: str) -> pd.Series:
    """The heading of a column in each row's file."""
    headings = {source.name: study.columns(source).get(name, "") for source in study.sources}
    at, known = pd.factorize(pd.Series([headings[source] for source in every["source"].cat.categories]))
    by_row = at.astype("int32")[every["source"].cat.codes]
    return pd.Series(pd.Categorical.from_codes(by_row, known), index=every.index)


def _number(rows: pd.DataFrame) -> pd.Series:
    """A number for each pupil number, or identifier where a row has none."""
    if rows["pupil_id"].isna().all():
        return numbers(rows["upn"])
    return numbers(rows["upn"].fillna(rows["pupil_id"]))

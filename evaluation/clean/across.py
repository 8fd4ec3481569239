"""Rules that need every file of a study at once: who has which number, and what other files say of a pupil.

What is said of one pupil is looked into a pile of pupils at a time, and what is said of a table or a school a piece of the
files at a time. From pile to pile there are kept only counts and what is found.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from evaluation.clean.compact import mapped, numbers, plain
from evaluation.clean.issues import PLACE, gather
from evaluation.clean.names import name_keys
from evaluation.clean.rules.agreement import TEST, all_spread, beside_others, scores_out_of_place, spread
from evaluation.clean.rules.between_files import between_files
from evaluation.clean.rules.listed_details import (
    agreed_birthdays,
    exchanged_names,
    other_names,
    other_places,
    other_sexes,
    told_of_birthdays,
    told_of_names,
)
from evaluation.clean.rules.mended_numbers import confirmed_numbers, longest_identifier, padded_identifiers
from evaluation.clean.rules.names_parted import known_partings, names_as_known
from evaluation.clean.rules.no_results import Tested, all_tested, classes_without_results, count_tested
from evaluation.clean.rules.scores_again import Twice, all_sat_twice, sat_twice, scores_again
from evaluation.clean.rules.single_sex import single_sex
from evaluation.clean.rules.whose_number import numbers_of_others, told_of_numbers
from evaluation.clean.shelf import Shelf
from evaluation.clean.whose import WHO, Everyone, everyone
from evaluation.study import Study

NUMBERS = ("upn", "pupil_id")
# In the order in which what they find is listed.
ORDER = (
    "confirmed", "padded", "parted", "exchanged", *NUMBERS, "dob", "single_sex", "name", "other_sex", "other_place", "again",
)  # fmt: skip
Found = dict[tuple[str, int], list[pd.DataFrame]]
Heading = Callable[[pd.DataFrame, str], pd.Series]


@dataclass(slots=True)
class _Open:
    """What piles of pupils leave to be looked into elsewhere.

    Attributes
    ----------
    right : mapping of str to list
        Of numbers, dates of birth and names: what rows ought to have, which may stand in another row of their table.
    spreads, twice, tested : list
        What `spread`, `sat_twice` and `count_tested` come to of the piles so far: of one item, or none.
    """

    right: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    spreads: list[pd.DataFrame] = field(default_factory=list)
    twice: list[Twice] = field(default_factory=list)
    tested: list[Tested] = field(default_factory=list)

    def count(self, spreads: pd.DataFrame, twice: Twice, tested: Tested) -> None:
        """Take in the counts of one pile more."""
        self.spreads = [all_spread([*self.spreads, spreads])]
        self.twice = [all_sat_twice([*self.twice, twice])]
        self.tested = [all_tested([*self.tested, tested])]


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
        Cleaned rows of all sources of each kind, no source in two piles.
    issues : DataFrame
        What cleaning found, source by source.

    Returns
    -------
    DataFrame
        The issues found, as from `gather`.
    """
    every = everyone(study, pupils, scores)
    heading = partial(_headings, study)
    found: Found = defaultdict(list)
    _hold_sexes(every, register, heading, found)
    _part_names(study, every, heading, found)
    left = _hold_pupils(study, every, issues, heading, found)
    _look_in_tables(every, left, heading, found)
    return gather([*_in_order(found), *_scores(study, every, left)])


def _hold_sexes(every: Everyone, register: pd.DataFrame | None, heading: Heading, found: Found) -> None:
    if register is None or register["gender"].isna().all():
        return
    for rows in every.pieces([*PLACE, "school", "sex"]):
        checked, listed = single_sex(rows, register, heading(rows, "sex"))
        _tell(found, "single_sex", listed)
        _change(every, rows, checked, ["sex"])


def _part_names(study: Study, every: Everyone, heading: Heading, found: Found) -> None:
    both = [source.name for source in study.sources if "name" in study.columns(source)]
    if not both:
        return
    columns = [*PLACE, "school", *WHO]
    partings = every.dealt.another()
    for rows in every.dealt.pieces(columns):
        partings.put_in_order(known_partings(rows, both))
    for rows in every.pieces(columns):
        mine = partings.along(rows.index)
        asked = rows.loc[mine.index]
        names, notes, parted = names_as_known(asked, mine, heading(asked, "name"))
        found["parted", 0] += notes
        found["parted", 1].append(parted)
        for name, column in names.items():
            every.change(str(name), column)


def _hold_pupils(
    study: Study, every: Everyone, issues: pd.DataFrame, heading: Heading, found: Found
) -> _Open:
    """Put right what the lists know better, a pile of pupils at a time, and find what they say otherwise of a pupil."""
    left = _Open()
    longest = longest_identifier(every.pupils.pieces(["pupil_id"]))
    dates = {wave.name: wave.date for wave in study.waves}
    for rows in every.dealt:
        rows = _as_lists_know(every, rows, longest, issues, heading, found)
        rows = rows.assign(name_dob=name_keys(rows))
        for name in NUMBERS:
            right = numbers_of_others(rows, name)
            left.right[name].append(right)
            if len(right):
                rows = rows.assign(**{name: rows[name].mask(rows.index.isin(right.index))})
        rows = rows.assign(number=_number(rows))
        _tell(found, "other_sex", other_sexes(rows, heading(rows, "sex")))
        columns = {name: heading(rows, name) for name in ("school", "year_group")}
        _tell(found, "other_place", other_places(rows, columns))
        _tell(found, "again", between_files(rows))
        left.right["name"].append(other_names(rows))
        most = agreed_birthdays(rows)
        left.right["dob"].append(most)
        counts = spread(rows), sat_twice(rows, dates)
        if len(most):
            agreed = rows.assign(dob=rows["dob"].mask(rows.index.isin(most.index), most.reindex(rows.index)))
            rows = rows.assign(name_dob=name_keys(agreed))
        left.count(*counts, count_tested(rows))
    return left


def _as_lists_know(
    every: Everyone, rows: pd.DataFrame, longest: int, issues: pd.DataFrame, heading: Heading, found: Found
) -> pd.DataFrame:
    """Rows with numbers, identifiers and names put right that pupil lists have in one way alone."""
    for turn, names, rule in (
        ("confirmed", ["upn"], lambda rows: confirmed_numbers(rows, issues, heading(rows, "upn"))),
        ("padded", ["pupil_id"], lambda rows: padded_identifiers(rows, longest, heading(rows, "pupil_id"))),
        ("exchanged", ["surname", "forename"], lambda rows: exchanged_names(rows, heading(rows, "surname"))),
    ):
        checked, listed = rule(rows)
        _tell(found, turn, listed)
        _change(every, rows, checked, names)
        rows = checked
    return rows


def _look_in_tables(every: Everyone, left: _Open, heading: Heading, found: Found) -> None:
    """Say where in its table stands what a row ought to have; leave numbers of others empty, put dates of birth right."""
    right = {name: pd.concat(parts).sort_index() for name, parts in left.right.items()}
    if not any(map(len, right.values())):
        return
    born = []
    for rows in every.pieces([*PLACE, "school", *WHO]):
        mine = {name: wanted[wanted.index.isin(rows.index)] for name, wanted in right.items()}
        for name in NUMBERS:
            if len(mine[name]):
                _tell(found, name, [told_of_numbers(rows, name, mine[name], heading(rows, name))])
        if len(mine["dob"]):
            told, mended = told_of_birthdays(rows, mine["dob"], heading(rows, "dob"))
            _tell(found, "dob", [told])
            born.append(mended)
        if len(mine["name"]):
            _tell(found, "name", [told_of_names(rows, mine["name"], heading(rows, "surname"))])
    for name in NUMBERS:
        every.change(name, pd.Series(None, right[name].index, dtype="str"))
    for mended in born:
        every.change("dob", mended)


def _scores(study: Study, every: Everyone, left: _Open) -> list[pd.DataFrame]:
    """Notes on scores beside the wrong names, sent again, or not there."""
    scored = {source.name: study.columns(source).get("score", "") for source in study.sources}
    notes = []
    columns = ["kind", *TEST, "upn", "pupil_id", "score"]
    beside = every.dealt.another()
    for rows in every.dealt.pieces(columns):
        beside.put_in_order(beside_others(rows.assign(number=_number(rows)), left.spreads[0]))
    if len(beside):
        for rows in every.pieces([*PLACE, "school"]):
            mine = plain(rows).join(beside.along(rows.index), how="inner")
            notes += scores_out_of_place(mine, scored)
    return [*notes, *scores_again(left.twice[0], scored), *classes_without_results(left.tested[0])]


def _tell(found: Found, turn: str, listed: Iterable[pd.DataFrame]) -> None:
    for part, issues in enumerate(listed):
        if len(issues):
            found[turn, part].append(issues)


def _in_order(found: Found) -> Iterator[pd.DataFrame]:
    """What each rule found of all rows, in their order."""
    for turn in sorted(found, key=lambda turn: (ORDER.index(turn[0]), turn[1])):
        if found[turn]:
            yield pd.concat(found[turn]).sort_index(kind="stable")


def _change(every: Everyone, before: pd.DataFrame, after: pd.DataFrame, names: Iterable[str]) -> None:
    """Have the rows hold what a rule made of them."""
    for name in names if after is not before else ():
        texts = isinstance(before[name].dtype, pd.CategoricalDtype)
        old, new = (frame[name].astype("str") if texts else frame[name] for frame in (before, after))
        every.change(name, new[(old != new).fillna(True) & (old.notna() | new.notna())])


def _headings(study: Study, rows: pd.DataFrame, name: str) -> pd.Series:
    """The heading of a column in each row's file."""
    headings = {source.name: study.columns(source).get(name, "") for source in study.sources}
    return mapped(rows["source"], headings).astype("str").astype("category")


def _number(rows: pd.DataFrame) -> pd.Series:
    """A number for each pupil number, or identifier where a row has none."""
    if rows["pupil_id"].isna().all():
        return numbers(rows["upn"])
    return numbers(rows["upn"].fillna(rows["pupil_id"]))

"""How much speaks for two records being one pupil: Splink's weights, with the stored priors, for every pair worth a look."""

import gc
import itertools
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import log2
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from evaluation.clean.compact import plain, texts
from evaluation.link.database import quiet_database
from evaluation.link.names import COLUMNS
from evaluation.link.priors import (
    BORN,
    FORENAME,
    MATCHED,
    SAME_COHORT,
    SAME_SCHOOL,
    SEX,
    SURNAME,
    Level,
)

RECORDS, PUPILS = "a_records", "b_pupils"  # Splink takes as left what comes first in the alphabet
NAMES, PLACES = ("surname", "forename_key"), ("school", "cohort")
OF_NAMES, PAIRED = {"surname": SURNAME, "forename": FORENAME}, ["born", "sex", "school", "cohort"]
COMPARED = [*OF_NAMES, *PAIRED]
# A pair is looked at when one of these holds: whoever differs in all of them could not reach the review list.
BLOCKS = (
    "l.born = r.born",
    "l.born = r.turned",
    "l.school = r.school AND left(l.forename, 1) = left(r.forename, 1)",
    "l.school = r.school AND left(l.surname, 1) = left(r.surname, 1)",
    "l.surname = r.surname AND left(l.forename, 1) = left(r.forename, 1)",
    "l.whole = r.whole",
)
DIGITS = 6
RAREST = 0.0001  # a name says no more than one that so many bear
SLACK = 0.001  # bits, for rounding
EQUAL = re.compile(r"(\w+)_l = (\w+)_r")
AT_A_TIME = 100_000  # the room that Splink takes grows with the rows it is given
MUCH = 5_000  # rows whose leavings are worth the tenths of a second that clearing them takes


@dataclass(frozen=True)
class Listings:
    """Counts of all listings, which are weighed a piece at a time.

    Attributes
    ----------
    pupils : int
        How many pupils there are.
    names : mapping of str to Series
        Of surname and forename_key: how many pupils have each name.
    places : mapping of str to Series
        Of school and cohort: how many listings have each.
    """

    pupils: int
    names: Mapping[str, pd.Series]
    places: Mapping[str, pd.Series]


def count_listings(pieces: Iterable[pd.DataFrame]) -> Listings:
    """The counts of listings, all those of a pupil in one piece: with `identity`, and each content once."""
    pupils, counts = 0, dict.fromkeys([*NAMES, *PLACES], pd.Series(dtype="int64"))
    for listings in pieces:
        pupils += listings["identity"].nunique()
        for name, before in counts.items():
            rows = listings[["identity", name]].drop_duplicates() if name in NAMES else listings
            counts[name] = pd.concat([before, texts(rows[name]).value_counts()]).groupby(level=0).sum()
    return Listings(pupils, *({name: counts[name] for name in names} for names in (NAMES, PLACES)))


def weigh(records: pd.DataFrame, listings: pd.DataFrame, known: Listings) -> Iterator[pd.DataFrame]:
    """Pairs of a record and a listing for which more speaks than against, some rows of the two at a time.

    Parameters
    ----------
    records, listings : DataFrame
        The columns of `compared_names`, and born ("20150513"), turned (the same with day and month exchanged; NA
        where that is no date), sex, school, cohort; NA where missing. The index numbers the rows. Listings also have
        identity, for a pupil may be listed in several ways, and row.
    known : Listings
        The counts of all listings, of which these may be some.

    Yields
    ------
    DataFrame
        record, listing (labels of the two indexes), weight (bits: log2 of the odds of a match, rounded, above 0),
        and the level reached by each of COMPARED ("" where one side has nothing).
    """
    settings = _settings(records, known)
    frequencies = {name: _frequency(known, name) for name in NAMES}
    rows = listings.drop(columns=["identity", "row"])
    for at, among in itertools.product(*(range(0, len(frame), AT_A_TIME) for frame in (records, rows))):
        some = (records.iloc[at : at + AT_A_TIME], plain(rows.iloc[among : among + AT_A_TIME]))
        yield _weighed(*some, settings, frequencies)
        if sum(map(len, some)) > MUCH:
            gc.collect()  # what Splink makes refers to itself, and would stay


def worth_weighing(records: pd.DataFrame, listings: pd.DataFrame, known: Listings) -> pd.DataFrame:
    """The listings that make a pair for which more could speak than against: mostly few, and Splink needs much room for each.

    Parameters are those of `weigh`.
    """
    others, columns = _others(records, known), [*COLUMNS, "turned", *PAIRED]
    both = ", ".join(f"l.{name} AS {name}_l, r.{name} AS {name}_r" for name in columns)
    enough = _enough(others, known)
    pairs = " UNION ALL ".join(
        f"SELECT r.number, {both} FROM l JOIN r ON {rule} AND {enough}" for rule in BLOCKS
    )
    said = " + ".join(_most_said(name, levels, known) for name, levels in (OF_NAMES | others).items())
    with quiet_database() as database:
        for name, frame in (("l", records), ("r", listings)):
            numbered = frame[columns].assign(number=np.arange(len(frame)))
            database.register(name, pa.Table.from_pandas(numbered, preserve_index=False))
        found = database.execute(f"SELECT DISTINCT number FROM ({pairs}) WHERE {said} > {_needed(known)}")
        return listings.iloc[np.sort(found.fetchnumpy()["number"])]


def _weighed(
    records: pd.DataFrame,
    listings: pd.DataFrame,
    settings: dict[str, Any],
    frequencies: dict[str, pd.DataFrame],
) -> pd.DataFrame:
    from splink import Linker  # seconds, which files with pupil numbers need not pay
    from splink.backends.duckdb import DuckDBAPI

    with quiet_database() as database:
        api = DuckDBAPI(database)
        tables = [
            api.register(frame.rename_axis("unique_id").reset_index(), dataset_display_name=name)
            for name, frame in ((RECORDS, records), (PUPILS, listings))
        ]
        linker = Linker(tables, settings, log_level=logging.CRITICAL, validate_settings=False)
        for column, shares in frequencies.items():
            frequency = api.register(shares, dataset_display_name=f"frequency_{column}")
            linker.table_management.register_term_frequency_lookup(frequency, column)
        found = linker.inference.predict(threshold_match_weight=0, warning_mode="never")
        pairs = found.as_pandas_dataframe()
    names = {item["output_column_name"]: _names(item) for item in settings["comparisons"]}
    levels = {
        name: pairs[f"gamma_{name}"].map(known).fillna("").astype("str") for name, known in names.items()
    }
    table = pd.DataFrame(
        {
            "record": pairs["unique_id_l"],
            "listing": pairs["unique_id_r"],
            "weight": pairs["match_weight"].astype("float64").round(DIGITS),
            **levels,
        }
    )
    return table[table["weight"] > 0]


def _names(comparison: dict[str, Any]) -> dict[int, str]:
    """The number Splink gives a level (from the last, 0, upwards) to its name."""
    levels = [item["label_for_charts"] for item in comparison["comparison_levels"][1:]]
    return dict(enumerate(reversed(levels)))


def _frequency(known: Listings, column: str) -> pd.DataFrame:
    """The share of listed pupils who have each name: Splink's own count would take in the records, repeats and all."""
    return (known.names[column] / known.pupils).rename(f"tf_{column}").rename_axis(column).reset_index()


def _settings(records: pd.DataFrame, known: Listings) -> dict[str, Any]:
    others = _others(records, known)
    enough = _enough(others, known)
    return {
        "link_type": "link_only",
        "probability_two_random_records_match": MATCHED / known.pupils,
        "comparisons": [_comparison(name, levels) for name, levels in (OF_NAMES | others).items()],
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": f"{rule} AND {enough}", "sql_dialect": "duckdb"} for rule in BLOCKS
        ],
        "retain_intermediate_calculation_columns": True,
    }


def _others(records: pd.DataFrame, known: Listings) -> dict[str, tuple[Level, ...]]:
    """The levels of PAIRED: of what is compared besides names."""
    return {
        "born": BORN,
        "sex": SEX,
        "school": _chance(records, known, "school", SAME_SCHOOL),
        "cohort": _chance(records, known, "cohort", SAME_COHORT),
    }


def _enough(others: dict[str, tuple[Level, ...]], known: Listings) -> str:
    """A condition, in SQL: names, whatever they are, could still bring a pair to where more speaks for it than against."""
    most = sum(max(_most(level, known) for level in levels) for levels in OF_NAMES.values())
    said = " + ".join(map(_bits, others, others.values()))
    return f"{said} > {_needed(known) - most}"


def _needed(known: Listings) -> float:
    """Bits that comparisons must say for more to speak for a pair than against."""
    chance = MATCHED / known.pupils
    return -log2(chance / (1 - chance)) - SLACK


def _most_said(column: str, levels: tuple[Level, ...], known: Listings) -> str:
    """The most that a comparison can say of a pair, in SQL: whatever the name's own frequency."""
    said = [f"WHEN {level.condition} THEN {_most(level, known)}" for level in levels[:-1]]
    other = _most(levels[-1], known)
    return f"CASE WHEN {column}_l IS NULL OR {column}_r IS NULL THEN 0 {' '.join(said)} ELSE {other} END"


def _bits(column: str, levels: tuple[Level, ...]) -> str:
    """The most that a comparison can say of a pair, in SQL that is quick: only levels of equality are told apart."""
    equal = [(EQUAL.fullmatch(level.condition), level) for level in levels]
    said = [
        f"WHEN l.{found[1]} = r.{found[2]} THEN {log2(level.m / level.u)}" for found, level in equal if found
    ]
    other = max(log2(level.m / level.u) for found, level in equal if not found)
    return f"CASE WHEN l.{column} IS NULL OR r.{column} IS NULL THEN 0 {' '.join(said)} ELSE {other} END"


def _most(level: Level, known: Listings) -> float:
    """The most that a level can say; of a name it is the more, the fewer have it."""
    if not level.frequency:
        return log2(level.m / level.u)
    rarest = known.names[level.frequency].min() / known.pupils
    return log2(level.m / min(level.u, max(rarest, RAREST)))


def _comparison(column: str, levels: tuple[Level, ...]) -> dict[str, Any]:
    missing = {
        "sql_condition": f"{column}_l IS NULL OR {column}_r IS NULL",
        "is_null_level": True,
        "label_for_charts": "missing",
    }
    return {"output_column_name": column, "comparison_levels": [missing, *map(_level, levels)]}


def _level(level: Level) -> dict[str, Any]:
    by_frequency = {
        "tf_adjustment_column": level.frequency,
        "tf_minimum_u_value": RAREST,
        "disable_tf_exact_match_detection": True,
    }
    return {
        "sql_condition": level.condition,
        "label_for_charts": level.name,
        "m_probability": level.m,
        "u_probability": level.u,
        **(by_frequency if level.frequency else {}),
    }


def _chance(records: pd.DataFrame, known: Listings, column: str, m: float) -> tuple[Level, ...]:
    """Agreement in a column whose chance is that of two rows drawn from the files at hand."""
    theirs = known.places[column]
    shares = texts(records[column]).value_counts(normalize=True) * (theirs / theirs.sum())
    u = float(np.clip(shares.sum(), 0.001, m))
    return (
        Level("same", f"{column}_l = {column}_r", m, u),
        Level("other", "ELSE", 1 - m, 1 - u),
    )

"""How much speaks for two records being one pupil: Splink's weights, with the stored priors, for every pair worth a look."""

import itertools
import logging
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from evaluation.clean.compact import plain
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
COMPARED = ["surname", "forename", "born", "sex", "school", "cohort"]
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
AT_A_TIME = 50_000  # the room that Splink takes grows with the rows it is given


def weigh(records: pd.DataFrame, pupils: pd.DataFrame) -> pd.DataFrame:
    """Pairs of a record and a listing for which more speaks than against.

    Parameters
    ----------
    records, pupils : DataFrame
        The columns of `compared_names`, and born ("20150513"), turned (the same with day and month exchanged; NA
        where that is no date), sex, school, cohort; NA where missing. The index numbers the rows. `pupils` also has
        identity: a pupil may be listed in several ways.

    Returns
    -------
    DataFrame
        record, listing (labels of the two indexes), weight (bits: log2 of the odds of a match, rounded, above 0),
        and the level reached by each of COMPARED ("" where one side has nothing). Sorted by record and listing.
    """
    settings = _settings(records, pupils)
    frequencies = {column: _frequency(pupils, column) for column in ("surname", "forename_key")}
    listings = pupils.drop(columns="identity")
    pieces = itertools.product(*(range(0, len(frame), AT_A_TIME) for frame in (records, listings)))
    parts = []
    for at, among in pieces:
        some = (records.iloc[at : at + AT_A_TIME], plain(listings.iloc[among : among + AT_A_TIME]))
        parts.append(_weighed(*some, settings, frequencies))
    return pd.concat(parts).sort_values(["record", "listing"], ignore_index=True)


def _weighed(
    records: pd.DataFrame,
    listings: pd.DataFrame,
    settings: dict[str, Any],
    frequencies: dict[str, pd.DataFrame],
) -> pd.DataFrame:
    from splink import Linker  # seconds, which files with pupil numbers need not pay
    from splink.backends.duckdb import DuckDBAPI

    with duckdb.connect() as database:
        database.execute("SET enable_progress_bar = false")
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


def _frequency(pupils: pd.DataFrame, column: str) -> pd.DataFrame:
    """The share of listed pupils who have each name: Splink's own count would take in the records, repeats and all."""
    count = pupils[["identity", column]].drop_duplicates()[column].astype("str").value_counts()
    return (count / pupils["identity"].nunique()).rename(f"tf_{column}").reset_index()


def _settings(records: pd.DataFrame, pupils: pd.DataFrame) -> dict[str, Any]:
    return {
        "link_type": "link_only",
        "probability_two_random_records_match": MATCHED / pupils["identity"].nunique(),
        "comparisons": [
            _comparison("surname", SURNAME),
            _comparison("forename", FORENAME),
            _comparison("born", BORN),
            _comparison("sex", SEX),
            _comparison("school", _chance(records, pupils, "school", SAME_SCHOOL)),
            _comparison("cohort", _chance(records, pupils, "cohort", SAME_COHORT)),
        ],
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": rule, "sql_dialect": "duckdb"} for rule in BLOCKS
        ],
        "retain_intermediate_calculation_columns": True,
    }


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
        "tf_minimum_u_value": 0.0001,
        "disable_tf_exact_match_detection": True,
    }
    return {
        "sql_condition": level.condition,
        "label_for_charts": level.name,
        "m_probability": level.m,
        "u_probability": level.u,
        **(by_frequency if level.frequency else {}),
    }


def _chance(records: pd.DataFrame, pupils: pd.DataFrame, column: str, m: float) -> tuple[Level, ...]:
    """Agreement in a column whose chance is that of two rows drawn from the files at hand."""
    shares = [frame[column].astype("str").value_counts(normalize=True) for frame in (records, pupils)]
    u = float(np.clip((shares[0] * shares[1]).sum(), 0.001, m))
    return (
        Level("same", f"{column}_l = {column}_r", m, u),
        Level("other", "ELSE", 1 - m, 1 - u),
    )

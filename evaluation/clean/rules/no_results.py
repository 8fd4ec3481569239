"""Classes on a pupil list of which a wave's results hold nobody."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from evaluation.clean.compact import plain
from evaluation.clean.issues import ISSUE_COLUMNS

FEWEST = 10
TEST, CLASS = ["wave", "instrument"], ["school", "class"]


@dataclass(frozen=True, slots=True)
class Tested:
    """How many pupils of classes are listed, and of which classes some have a row in each test's results.

    Attributes
    ----------
    listed : DataFrame
        school, class, n.
    tested : DataFrame
        TEST, school, class: each of which somebody has.
    places : DataFrame
        TEST, school (each at which someone sat), source and file, under the label of the first row.
    """

    listed: pd.DataFrame
    tested: pd.DataFrame
    places: pd.DataFrame


def count_tested(every: pd.DataFrame) -> Tested:
    """The counts of some pupils: rows with `kind`, `number` and `name_dob`, all rows of a pupil."""
    at = ["school", "class", "number", "name_dob"]
    listed = every.loc[(every["kind"] == "pupils") & every["number"].notna(), at].drop_duplicates("number")
    results = every.loc[every["kind"] == "scores", ["source", "file", *TEST, *at]]
    among = [pd.DataFrame(columns=[*TEST, *CLASS])]
    for keys, rows in results.groupby(TEST, sort=False):
        has = listed["number"].isin(rows["number"]) | listed["name_dob"].isin(rows["name_dob"].dropna())
        wave, instrument = map(str, keys)
        among.append(_by_class(listed[has])[CLASS].assign(wave=wave, instrument=instrument))
    places = results.drop_duplicates([*TEST, "school"])[[*TEST, "school", "source", "file"]]
    return Tested(_by_class(listed), pd.concat(among), plain(places))


def _by_class(rows: pd.DataFrame) -> pd.DataFrame:
    return plain(rows[CLASS]).groupby(CLASS, sort=False).size().rename("n").reset_index()


def all_tested(parts: Sequence[Tested]) -> Tested:
    """What counts of some pupils and of others come to."""
    listed = pd.concat([part.listed for part in parts]).groupby(CLASS, sort=False)["n"].sum().reset_index()
    tested = pd.concat([part.tested for part in parts]).drop_duplicates()
    places = pd.concat([part.places for part in parts]).sort_index().drop_duplicates([*TEST, "school"])
    return Tested(listed, tested, places)


def classes_without_results(found: Tested) -> list[pd.DataFrame]:
    """A note on each listed class of ten or more that no result of a wave is for: a sheet or page left out.

    A school nobody of which was tested at that wave is not listed: it may not have taken part.
    """
    large = found.listed[found.listed["n"] >= FEWEST].sort_values(CLASS)[[*CLASS, "n"]]
    tested = set(found.tested[[*TEST, *CLASS]].itertuples(index=False, name=None))
    issues = []
    for (wave, instrument), rows in found.places.groupby(TEST, sort=False):
        there = large[large["school"].isin(rows["school"])]
        for school, name, n in there.itertuples(index=False):
            if (wave, instrument, school, name) not in tested:
                issues.append(_note(rows.iloc[0], school, f"{n} pupils of one listed class have no row in the {wave} "
                                    f"results of {instrument}. Was a sheet or a page left out?"))  # fmt: skip
    return issues


def _note(first: pd.Series, school: str, reason: str) -> pd.DataFrame:
    where = {"source": first["source"], "file": first["file"], "sheet": "", "row": pd.NA, "school": school}
    one = {**where, "column": "", "rule": "no_results", "severity": "note", "reason": reason}
    return pd.DataFrame([one], columns=ISSUE_COLUMNS)

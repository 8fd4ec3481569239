"""Schools that those taking part could be compared with, chosen from the published tables of the last year before the project."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.impact.likeness import LIKENESS, likeness
from evaluation.impact.near_schools import nearest_schools
from evaluation.impact.plan import nothing
from evaluation.impact.published import WITHOUT_OWN, arm_of_schools, numbers_of_schools, tested
from evaluation.study import Study

CHOSEN = ["school", "name", "chosen", "chosen_name", "apart", "years", "reason"]
# By kind of table: what pupils reached, how many they are, and how many of them disadvantaged.
MEASURES = {"ks2": ("MAT_AVERAGE", "TELIG", "TFSM6CLA1A"), "ks4": ("ATT8SCR", "TPUP", "TFSM6CLA1A")}
NUMBERS = ["published results", "number of pupils", "proportion of disadvantaged pupils"]
FEWEST = 3
FAR = "no school of its kind is near enough"
LACKING = "its figures are not in the tables"


def choose_schools(study: Study, tables: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """For each school taking part another of its kind, one to one and nearest in all (`nearest_schools`), within the plan's caliper.

    Both tables are empty where the study has comparison schools of its own, or no such published table.

    Returns
    -------
    chosen : DataFrame
        CHOSEN, one row a school taking part.
    likeness : DataFrame
        LIKENESS of these schools, beside all others in the tables, and beside the chosen; none of fewer than three.
    """
    parts = (
        [_of_kind(study, tables, kind) for kind in MEASURES] if study.comparison.kind in WITHOUT_OWN else []
    )
    found = [part for part in parts if part is not None]
    if not found:
        return nothing(CHOSEN), nothing(LIKENESS)
    chosen, alike = zip(*found, strict=True)
    return pd.concat(chosen, ignore_index=True), pd.concat(alike, ignore_index=True)


def _of_kind(
    study: Study, tables: Mapping[str, pd.DataFrame], kind: str
) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """The same from tables of one kind; None where there is none of a year before the project."""
    before = [item for item in study.published if item.kind == kind and tested(item) < study.period().first]
    if not before:
        return None
    last = max(map(tested, before))
    year = next(str(item.year) for item in before if tested(item) == last)
    schools = _figures(tables, [item.name for item in before if tested(item) == last], MEASURES[kind])
    arm_of = arm_of_schools(study, tables["analysis"])
    of_study = numbers_of_schools(tables["schools"], arm_of)
    name = schools["laestab"].map(of_study).fillna(schools["urn"].map(of_study)).fillna("")
    # A school that the study has for something else is neither to be paired nor to be chosen.
    schools = schools[name.map(arm_of).fillna(study.words.treated) == study.words.treated]
    ours = name[schools.index]
    if not (ours != "").any():
        return None
    known = schools.dropna(subset=NUMBERS)
    paired = nearest_schools(
        known[NUMBERS], known["rectype"], ours[known.index] != "", study.analysis.matching.schools
    )
    rows = schools[ours != ""].assign(school=ours, years=year).join(paired.set_index("ours"))
    for column, value in (("chosen", "laestab"), ("chosen_name", "name")):
        rows[column] = schools[value].reindex(rows["other"]).fillna("").to_numpy()
    rows["reason"] = np.where(rows["other"].notna(), "", np.where(rows.index.isin(known.index), FAR, LACKING))
    chosen = rows[CHOSEN].reset_index(drop=True)
    if len(paired) < FEWEST:
        return chosen, nothing(LIKENESS)
    weights = pd.Series(
        known.index.isin([*paired["ours"], *paired["other"]]).astype(float), index=known.index
    )
    listed = [(name, known[name]) for name in NUMBERS]
    return chosen, likeness(f"chosen {kind}", listed, ours[known.index] != "", weights)


def _figures(
    tables: Mapping[str, pd.DataFrame], sources: Sequence[str], measures: Sequence[str]
) -> pd.DataFrame:
    """The schools of some files, once each, with NUMBERS; NaN where a file gives no number."""
    schools, published = tables["published_schools"], tables["published"]
    rows = schools[schools["source"].isin(sources) & (schools["level"] == "school")].drop_duplicates(
        "laestab"
    )
    given = published[published["source"].isin(sources) & published["measure"].isin(measures)]
    values = given.astype({"source": "str", "measure": "str"}).pivot_table(
        "value", ["source", "row"], "measure", "first"
    )
    result, size, count = (values.reindex(columns=list(measures))[name] for name in measures)
    numbers = pd.DataFrame(dict(zip(NUMBERS, (result, size, count / size.where(size > 0)), strict=True)))
    return rows.join(numbers, on=["source", "row"])

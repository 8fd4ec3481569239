"""Cleaned rows to linked rows: from here on a pupil is a pseudonym.

A record is linked by its pupil number, a former one, its pupil identifier, or exact name and date of birth where they
point at one pupil of its school; else by how probable it is, or by a person's decision. Decisions rest on what
records say and never on their order. Names, numbers and dates of birth end here, but for the pairs that a person must
see to decide (`Linked.doubtful`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.link.certain import in_order
from evaluation.link.decisions import Decision, record_keys
from evaluation.link.doubtful import side_by_side
from evaluation.link.pseudonyms import pseudonym
from evaluation.link.reasons import LISTED_TWICE, OTHER_SCORE
from evaluation.link.roll import identified
from evaluation.link.tested import matched
from evaluation.study import Study

PLACE = ["file", "sheet", "row"]
PUPIL_COLUMNS = ["pupil", "wave", "school", "year_group", "class", "sex", "disadvantaged", "eal", "send"]
SCORE_COLUMNS = [
    "pupil", "wave", "instrument", "school", "year_group", "score", "score_reason", "censored", "linked_by", "file", "sheet", "row",
]  # fmt: skip
REVIEW_COLUMNS = ["source", "file", "sheet", "row", "school", "reason"]
COUNT_COLUMNS = ["source", "wave", "school", "disadvantaged", "linked_by"]


@dataclass(frozen=True, slots=True)
class Linked:
    """Pupils and scores under pseudonyms.

    Attributes
    ----------
    pupils : DataFrame
        One row a pupil and wave: pupil, wave, school, year_group, class, sex, disadvantaged, eal, send, the
        study's attributes, file, sheet, row.
    scores : DataFrame
        One row an accepted score row: pupil (NA when unlinked), wave, instrument, school, year_group, score,
        score_reason, censored, linked_by ("upn", "former_upn", "pupil_id", "name_dob", "probable", "decision"
        or ""), file, sheet, row.
    review : DataFrame
        source, file, sheet, row, school, reason of each record that is unlinked or doubtful.
    counts : DataFrame
        source, wave, school, disadvantaged (as first listed; NA when unknown), linked_by, n: every accepted row of
        every source, by what linked it.
    doubtful : DataFrame
        Pairs for a person to decide, from `side_by_side`. The only table here that holds identities: it goes to the
        review workbook and nowhere else.
    """

    pupils: pd.DataFrame
    scores: pd.DataFrame
    review: pd.DataFrame
    counts: pd.DataFrame
    doubtful: pd.DataFrame


def link(
    study: Study,
    pupils: pd.DataFrame,
    scores: pd.DataFrame,
    key: bytes,
    decisions: Sequence[Decision] = (),
) -> Linked:
    """Link the cleaned rows of all pupils sources and all scores sources.

    Parameters
    ----------
    study : Study
        Gives the order of sources, the attributes, the thresholds and the name the pseudonyms are bound to.
    pupils, scores : DataFrame
        Cleaned rows, those of all sources of the kind one after another.
    key : bytes
        The study's pseudonym key.
    decisions : sequence of Decision
        What people have decided about doubtful pairs, from `read_decisions`.
    """
    listed, asked = _listed(study, pupils, key, decisions)
    tested = _recorded(study, scores, key)
    tested, asked_too = matched(study, tested.assign(group=tested["source"]), listed, decisions)
    doubtful = [
        side_by_side(rows, listed, pairs, decisions) for rows, pairs in ((listed, asked), (tested, asked_too))
    ]
    listed, tested = _under_pseudonyms(study, key, listed, tested)
    again = listed["pupil"].notna() & listed.duplicated(["pupil", "wave"])
    twice = listed[again].assign(reason=LISTED_TWICE)
    tested, clashes = _settle_scores(tested)
    kept = listed[listed["pupil"].notna() & ~again]
    return Linked(
        kept[[*PUPIL_COLUMNS, *study.attributes, *PLACE]].reset_index(drop=True),
        tested[SCORE_COLUMNS].reset_index(drop=True),
        pd.concat([_reviewed(frame) for frame in (listed, twice, tested, clashes)], ignore_index=True),
        _counted(listed, tested),
        pd.concat([part for part in doubtful if len(part)] or doubtful[:1], ignore_index=True),
    )


def pupil_keys(
    study: Study,
    pupils: pd.DataFrame,
    rows: pd.DataFrame,
    key: bytes,
    decisions: Sequence[Decision] = (),
) -> pd.DataFrame:
    """The listed pupil each cleaned row of any kind is about, matched as scores are, several rows a pupil allowed.

    Parameters
    ----------
    study, pupils, key, decisions
        As for `link`.
    rows : DataFrame
        Cleaned rows of whatever kind, the columns of `evaluation.study.fields.WHO` among them.

    Returns
    -------
    DataFrame
        With the index of `rows`: pupil (NA where there is none), and reason ("" where none need be given).
    """
    listed, _ = _listed(study, pupils, key, decisions)
    asked = _recorded(study, rows.assign(place=np.arange(len(rows))), key)
    found, _ = matched(study, asked.assign(group=asked["place"]), listed, decisions)
    (named,) = _under_pseudonyms(study, key, found)
    return named.sort_values("place").set_index(rows.index)[["pupil", "reason"]]


def _recorded(study: Study, rows: pd.DataFrame, key: bytes) -> pd.DataFrame:
    ordered = in_order(study, rows)
    return ordered.assign(record_key=record_keys(key, study.study, ordered))


def _listed(
    study: Study, pupils: pd.DataFrame, key: bytes, decisions: Sequence[Decision]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    return identified(study, _recorded(study, pupils, key), key, decisions)


def _under_pseudonyms(study: Study, key: bytes, *frames: pd.DataFrame) -> list[pd.DataFrame]:
    everyone = pd.concat([frame["identity"] for frame in frames]).dropna().unique()
    names = {who: pseudonym(key, study.study, who) for who in everyone}
    return [frame.assign(pupil=frame["identity"].map(names).astype("str")) for frame in frames]


def _settle_scores(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A pupil's scores on one instrument at one wave, from several rows: where they differ none is used."""
    who = ["pupil", "instrument", "wave"]
    distinct = rows.groupby(who)["score"].transform("nunique")
    clash = rows["pupil"].notna() & rows["score"].notna() & (distinct > 1)
    settled = rows.assign(
        score=rows["score"].mask(clash),
        score_reason=rows["score_reason"].mask(clash, "conflict"),
        censored=rows["censored"].mask(clash, ""),
    )
    return settled, rows[clash].assign(reason=OTHER_SCORE)


def _reviewed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.loc[rows["reason"] != "", REVIEW_COLUMNS]


def _counted(listed: pd.DataFrame, tested: pd.DataFrame) -> pd.DataFrame:
    """Every accepted row, by source, wave, school, disadvantage and what linked it."""
    first = listed.sort_values("at", kind="stable").drop_duplicates("pupil").set_index("pupil")
    known = tested["pupil"].map(first["disadvantaged"]).astype("Int64")
    rows = pd.concat([listed, tested.assign(disadvantaged=known)], ignore_index=True)
    rows = rows.assign(school=rows["school"].fillna(""))
    counted = rows.groupby(COUNT_COLUMNS, sort=False, dropna=False).size().reset_index(name="n")
    return counted.sort_values(["source", "wave"], kind="stable", key=_appearance, ignore_index=True)


def _appearance(column: pd.Series) -> pd.Series:
    return pd.Series(pd.factorize(column)[0], index=column.index)

"""Cleaned rows to linked rows: from here on a pupil is a pseudonym.

A record is linked by its pupil number, a former one, its pupil identifier, or exact name and date of birth where they
point at one pupil of its school; else by how probable it is, or by a person's decision. Decisions rest on what
records say and never on their order. Names, numbers and dates of birth end here, but for the pairs that a person must
see to decide (`Linked.doubtful`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evaluation.clean.compact import disputed, numbers, places, plain, taken
from evaluation.clean.rules.class_names import unnamed_classes
from evaluation.link.certain import in_order
from evaluation.link.decisions import Decision, Keys
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
AT_A_TIME = 100_000
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
        Pairs for a person to decide, from `side_by_side`. It holds identities, and goes to the review workbook and
        nowhere else.
    listed : DataFrame
        The listed rows with their identities, which `pupil_keys` holds rows of other kinds against; it goes nowhere.
    """

    pupils: pd.DataFrame
    scores: pd.DataFrame
    review: pd.DataFrame
    counts: pd.DataFrame
    doubtful: pd.DataFrame
    listed: pd.DataFrame = field(repr=False)


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
    keys = Keys(key, study.study)
    listed, asked = listed_pupils(study, pupils, key, decisions)
    tested = in_order(study, scores)
    tested, asked_too = matched(study, tested.assign(group=tested["source"]), listed, keys, decisions)
    doubtful = [
        side_by_side(rows, listed, pairs, keys, decisions)
        for rows, pairs in ((listed, asked), (tested, asked_too))
    ]
    identities = listed
    listed, tested = _under_pseudonyms(study, key, listed, tested)
    again = listed["pupil"].notna() & listed.duplicated(["pupil", "at"])
    twice = listed[again].assign(reason=LISTED_TWICE)
    tested, clashes = _settle_scores(tested)
    kept = listed.loc[listed["pupil"].notna() & ~again, [*PUPIL_COLUMNS, *study.attributes, *PLACE]]
    return Linked(
        unnamed_classes(
            kept.reset_index(drop=True), lambda who: pseudonym(key, study.study, f"class|{who}")[:6]
        ),
        tested[SCORE_COLUMNS].reset_index(drop=True),
        pd.concat([_reviewed(frame) for frame in (listed, twice, tested, clashes)], ignore_index=True),
        _counted(listed, tested),
        pd.concat([part for part in doubtful if len(part)] or doubtful[:1], ignore_index=True),
        identities,
    )


def listed_pupils(
    study: Study, pupils: pd.DataFrame, key: bytes, decisions: Sequence[Decision] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The listed rows with their identities, and pairs of them for a person to decide; parameters are those of `link`."""
    return identified(study, in_order(study, pupils), Keys(key, study.study), decisions)


def pupil_keys(
    study: Study,
    listed: pd.DataFrame,
    rows: pd.DataFrame,
    key: bytes,
    decisions: Sequence[Decision] = (),
) -> pd.DataFrame:
    """The listed pupil each cleaned row of any kind is about, matched as scores are, several rows a pupil allowed.

    Parameters
    ----------
    study, key, decisions
        As for `link`.
    listed : DataFrame
        From `link` or `listed_pupils`.
    rows : DataFrame
        Cleaned rows of whatever kind, the columns of `evaluation.study.fields.WHO` among them.

    Returns
    -------
    DataFrame
        With the index of `rows`: pupil (NA where there is none), and reason ("" where none need be given).
    """
    keys = Keys(key, study.study)
    asked = in_order(study, rows.assign(place=np.arange(len(rows))))
    found, _ = matched(study, asked.assign(group=asked["place"]), listed, keys, decisions)
    (named,) = _under_pseudonyms(study, key, found)
    return named.sort_values("place").set_index(rows.index)[["pupil", "reason"]]


def _under_pseudonyms(study: Study, key: bytes, *frames: pd.DataFrame) -> list[pd.DataFrame]:
    at, everyone = pd.factorize(pd.concat([frame["identity"] for frame in frames], ignore_index=True))
    # Some at a time: a text of Python's own takes three times the room of one in a column.
    parts = (everyone[begin : begin + AT_A_TIME] for begin in range(0, len(everyone) + 1, AT_A_TIME))
    names = [pd.array([pseudonym(key, study.study, who) for who in part], dtype="str") for part in parts]
    pupil = pd.concat([pd.Series(part) for part in names], ignore_index=True).array.take(at, allow_fill=True)
    ends = np.cumsum([len(frame) for frame in frames])
    return [
        frame.assign(pupil=pupil[end - len(frame) : end]) for frame, end in zip(frames, ends, strict=True)
    ]


def _settle_scores(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A pupil's scores on one instrument at one wave, from several rows: where they differ none is used."""
    clash = disputed(numbers(rows["pupil"], rows["instrument"], rows["at"]), rows["score"])
    settled = rows.assign(
        score=rows["score"].mask(clash),
        score_reason=rows["score_reason"].mask(clash, "conflict"),
        censored=rows["censored"].mask(clash, ""),
    )
    return settled, rows[clash].assign(reason=OTHER_SCORE)


def _reviewed(rows: pd.DataFrame) -> pd.DataFrame:
    return plain(rows.loc[rows["reason"] != "", REVIEW_COLUMNS])


def _counted(listed: pd.DataFrame, tested: pd.DataFrame) -> pd.DataFrame:
    """Every accepted row, by source, wave, school, disadvantage and what linked it."""
    first = listed[["pupil", "at", "disadvantaged"]].sort_values("at", kind="stable").drop_duplicates("pupil")
    known = taken(first["disadvantaged"], places(tested["pupil"], first["pupil"]), tested.index)
    counts = [
        plain(
            rows[COUNT_COLUMNS].groupby(COUNT_COLUMNS, sort=False, dropna=False).size().reset_index(name="n")
        )
        for rows in (listed, tested.assign(disadvantaged=known))
    ]
    counted = pd.concat(counts, ignore_index=True).fillna({"school": ""})
    return counted.sort_values(["source", "wave"], kind="stable", key=_appearance, ignore_index=True)


def _appearance(column: pd.Series) -> pd.Series:
    return pd.Series(pd.factorize(column)[0], index=column.index)

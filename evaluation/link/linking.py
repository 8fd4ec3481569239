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
from evaluation.clean.shelf import Shelf, stacked
from evaluation.link.certain import in_order
from evaluation.link.dealt import NOBODY, Roll
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
COUNT_COLUMNS = ["source", "wave", "school", "disadvantaged", "linked_by"]


@dataclass(frozen=True, slots=True)
class Linked:
    """Pupils and scores under pseudonyms, a row's label its place in order of sources, files and rows.

    Attributes
    ----------
    pupils : Shelf
        One row a pupil and wave, all rows of a pupil in one pile: pupil, wave, school, year_group, class, sex, disadvantaged, eal, send, the
        study's attributes, file, sheet, row.
    scores : Shelf
        One row an accepted score row, in the pile of the pupil, or that of NOBODY: pupil (NA when unlinked), wave, instrument, school, year_group, score,
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
    roll : Roll
        The listed rows with their identities, which `pupil_keys` holds rows of other kinds against; it goes nowhere.
    """

    pupils: Shelf
    scores: Shelf
    review: pd.DataFrame
    counts: pd.DataFrame
    doubtful: pd.DataFrame
    roll: Roll = field(repr=False)


def link(
    study: Study,
    pupils: Shelf,
    scores: Shelf,
    key: bytes,
    decisions: Sequence[Decision] = (),
) -> Linked:
    """Link the cleaned rows of all pupils sources and all scores sources, a pile of pupils at a time.

    Parameters
    ----------
    study : Study
        Gives the order of sources, the attributes, the thresholds and the name the pseudonyms are bound to.
    pupils, scores : Shelf
        Cleaned rows, those of all sources of the kind one after another, no source in two piles.
    key : bytes
        The study's pseudonym key.
    decisions : sequence of Decision
        What people have decided about doubtful pairs, from `read_decisions`.
    """
    keys = Keys(key, study.study)
    roll, asked = listed_pupils(study, pupils, key, decisions)
    ordered = (rows.assign(group=rows["source"]) for rows in in_order(study, scores))
    tested, asked_too = matched(study, ordered, roll, keys, decisions)
    doubtful = [
        side_by_side(rows.rest, roll, pairs, keys, decisions)
        for rows, pairs in ((roll, asked), (tested, asked_too))
    ]
    kept, settled = pupils.another(), scores.another()
    reviewed: list[pd.DataFrame] = []
    counts: list[pd.DataFrame] = []
    for pile in (*range(roll.numbers.piles), NOBODY):
        both = _under_pseudonyms(study, key, roll.pile(pile), tested.pile(pile))
        one = _settled(*both)
        listed = one.pupils[[*PUPIL_COLUMNS, *study.attributes, *PLACE]]
        kept.put(unnamed_classes(listed, lambda who: pseudonym(key, study.study, f"class|{who}")[:6]), pile)
        settled.put(one.scores[SCORE_COLUMNS], pile)
        reviewed.append(one.reviewed)
        counts = [_summed([*counts, _counted(*both)])]
    return Linked(
        kept,
        settled,
        _together(reviewed)[REVIEW_COLUMNS],
        _in_files_order(*counts),
        pd.concat([part for part in doubtful if len(part)] or doubtful[:1], ignore_index=True),
        roll,
    )


def listed_pupils(
    study: Study, pupils: Shelf, key: bytes, decisions: Sequence[Decision] = ()
) -> tuple[Roll, pd.DataFrame]:
    """The listed rows with their identities, and pairs of them for a person to decide; parameters are those of `link`."""
    return identified(study, pupils, Keys(key, study.study), decisions)


def pupil_keys(
    study: Study,
    roll: Roll,
    rows: pd.DataFrame,
    key: bytes,
    decisions: Sequence[Decision] = (),
) -> pd.DataFrame:
    """The listed pupil each cleaned row of any kind is about, matched as scores are, several rows a pupil allowed.

    Parameters
    ----------
    study, key, decisions
        As for `link`.
    roll : Roll
        From `link` or `listed_pupils`.
    rows : DataFrame
        Cleaned rows of whatever kind, the columns of `evaluation.study.fields.WHO` among them.

    Returns
    -------
    DataFrame
        With the index of `rows`: pupil (NA where there is none), and reason ("" where none need be given).
    """
    keys = Keys(key, study.study)
    asked = in_order(study, [rows.assign(place=np.arange(len(rows)))])
    grouped = (part.assign(group=part["place"]) for part in asked)
    found, _ = matched(study, grouped, roll, keys, decisions)
    columns = ["identity", "reason", "place"]
    every = stacked([*found.piles(columns), found.pile(NOBODY, columns)])
    (named,) = _under_pseudonyms(study, key, every)
    return plain(named).sort_values("place").set_index(rows.index)[["pupil", "reason"]]


def _under_pseudonyms(study: Study, key: bytes, *frames: pd.DataFrame) -> list[pd.DataFrame]:
    at, everyone = pd.factorize(pd.concat([frame["identity"] for frame in frames], ignore_index=True))
    names = pd.array([pseudonym(key, study.study, who) for who in everyone], dtype="str")
    pupil = names.take(at, allow_fill=True)
    ends = np.cumsum([len(frame) for frame in frames])
    return [
        frame.assign(pupil=pupil[end - len(frame) : end]) for frame, end in zip(frames, ends, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Settled:
    """Of some pupils: the listings kept, the scores, and what is to be reviewed, with its `turn` in the list."""

    pupils: pd.DataFrame
    scores: pd.DataFrame
    reviewed: pd.DataFrame


def _settled(listed: pd.DataFrame, tested: pd.DataFrame) -> _Settled:
    """One listing a pupil and wave; a pupil's scores on one instrument at one wave, where several rows differ, none."""
    again = listed["pupil"].notna() & listed.duplicated(["pupil", "at"])
    clash = disputed(numbers(tested["pupil"], tested["instrument"], tested["at"]), tested["score"])
    settled = tested.assign(
        score=tested["score"].mask(clash),
        score_reason=tested["score_reason"].mask(clash, "conflict"),
        censored=tested["censored"].mask(clash, ""),
    )
    told = (
        listed,
        listed[again].assign(reason=LISTED_TWICE),
        settled,
        settled[clash].assign(reason=OTHER_SCORE),
    )
    parts = [plain(rows.loc[rows["reason"] != "", REVIEW_COLUMNS]) for rows in told]
    reviewed = pd.concat([part.assign(turn=turn) for turn, part in enumerate(parts)])
    return _Settled(listed[listed["pupil"].notna() & ~again], settled, reviewed)


def _together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """What was found pile by pile, in one order: by turn, and then as rows stand in the files."""
    found = pd.concat(parts).rename_axis("place").reset_index()
    return found.sort_values(["turn", "place"], kind="stable", ignore_index=True)


def _counted(listed: pd.DataFrame, tested: pd.DataFrame) -> pd.DataFrame:
    """Every accepted row of some pupils, by source, wave, school, disadvantage and what linked it; with the first of each."""
    first = listed[["pupil", "at", "disadvantaged"]].sort_values("at", kind="stable").drop_duplicates("pupil")
    known = taken(first["disadvantaged"], places(tested["pupil"], first["pupil"]), tested.index)
    counts = []
    for turn, rows in enumerate((listed, tested.assign(disadvantaged=known))):
        placed = plain(rows[COUNT_COLUMNS]).assign(place=rows.index)
        grouped = placed.groupby(COUNT_COLUMNS, sort=False, dropna=False)["place"]
        counts.append(grouped.agg(n="size", place="min").reset_index().assign(turn=turn))
    return pd.concat(counts)


def _summed(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The counts of several piles."""
    grouped = pd.concat(parts).groupby(["turn", *COUNT_COLUMNS], sort=False, dropna=False)
    return grouped.agg(n=("n", "sum"), place=("place", "min")).reset_index()


def _in_files_order(counted: pd.DataFrame) -> pd.DataFrame:
    """Counts in order of the sources' appearance."""
    counted = counted.sort_values(["turn", "place"])[[*COUNT_COLUMNS, "n"]].fillna({"school": ""})
    return counted.sort_values(["source", "wave"], kind="stable", key=_appearance, ignore_index=True)


def _appearance(column: pd.Series) -> pd.Series:
    return pd.Series(pd.factorize(column)[0], index=column.index)

"""Which listed pupil each score row is about."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from evaluation.clean.compact import places, plain, worded
from evaluation.clean.shelf import stacked
from evaluation.link.certain import by_name, is_shared, look_up, name_dob, namesakes, other_person
from evaluation.link.dealt import CERTAIN, Dealt, Roll
from evaluation.link.decisions import Decision, Keys
from evaluation.link.probable import probable
from evaluation.link.reasons import (
    DOUBLE_TESTED,
    DOUBTFUL,
    NOT_LISTED,
    OTHER_FORMER,
    OTHER_NUMBER,
    OTHER_PERSON,
    SHARED_NAME,
    TOO_LITTLE,
)
from evaluation.study import Study

NUMBERS = ["upn", "former_upn", "pupil_id"]


def matched(
    study: Study, pieces: Iterable[pd.DataFrame], roll: Roll, keys: Keys, decisions: Sequence[Decision]
) -> tuple[Dealt, pd.DataFrame]:
    """Rows with the `identity` of the listed pupil they are about, what it rests on, and a `reason` to review them.

    Parameters
    ----------
    study : Study
    pieces : iterable of DataFrame
        Cleaned rows from `in_order`, with `group` (within which a pupil has one row).
    roll : Roll
        From `identified`.
    keys : Keys
    decisions : sequence of Decision

    Returns
    -------
    rows : Dealt
    doubtful : DataFrame
        Pairs for a person to decide: record is a label of the rows, listing one of the roll's.
    """
    dealt = _by_number(pieces, roll)
    rest = dealt.rest
    near = roll.near(rest.assign(name_dob=name_dob(rest)))
    rows, unknown = _certainly(rest, near)
    rows = _with_doubts(rows, near)
    certain = Dealt(roll.numbers, dealt.shelf, rows)
    found = probable(study, unknown, roll, _taken(certain), keys, decisions)
    rows.loc[found.linked.index, ["identity", "linked_by"]] = found.linked
    unlinked = unknown.drop(index=found.linked.index)
    asked = pd.concat([found.doubtful, _numbered_otherwise(unlinked, near, keys, decisions)])
    doubles = found.doubtful.loc[found.doubtful["taken"].astype(bool), "record"]
    why = np.select(
        [
            unlinked["named"].notna(),
            unlinked["shared"],
            unlinked.index.isin(doubles),
            unlinked.index.isin(found.doubtful["record"]),
            _says_nothing(unlinked),
        ],
        [OTHER_NUMBER, SHARED_NAME, DOUBLE_TESTED, DOUBTFUL, TOO_LITTLE],
        NOT_LISTED,
    )
    rows.loc[unlinked.index, "reason"] = why
    return Dealt(roll.numbers, dealt.shelf, rows), asked


def _by_number(pieces: Iterable[pd.DataFrame], roll: Roll) -> Dealt:
    """The rows in the piles of the pupils whom their numbers give; the rest are those of no number that is listed."""
    asked, found, rest = roll.shelf.another(), roll.shelf.another(), []
    for rows in pieces:
        pile = roll.numbers.pile_asked(rows)
        asked.put(rows[pile >= 0], pile[pile >= 0])
        rest.append(rows[pile < 0])
    for at in range(roll.numbers.piles):
        listed, rows = roll.pile(at, CERTAIN), asked.take(at)
        identity, linked_by = _numbered(rows, listed)
        known = identity.notna() & ~((linked_by == "pupil_id") & roll.numbers.is_shared(rows["pupil_id"]))
        linked = rows[known].assign(identity=identity[known], linked_by=linked_by[known])
        found.put(_with_doubts(linked, listed), at)
        rest.append(rows[~known])
    return Dealt(roll.numbers, found, stacked(rest).sort_index())


def _numbered(rows: pd.DataFrame, listed: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The identity that each row's number gives, NA for none, and which number it is."""
    former = listed["former_upn"].mask(listed["reason"] == OTHER_FORMER)
    numbers = pd.concat([listed["upn"], former], ignore_index=True)
    whose = pd.concat([listed["identity"]] * 2, ignore_index=True)
    ways = [look_up(rows[way], numbers, whose) for way in ("upn", "former_upn")]
    ways.append(look_up(rows["pupil_id"], listed["pupil_id"], listed["identity"]))
    linked_by = pd.Series(worded([way.notna() for way in ways], NUMBERS), index=rows.index)
    return ways[0].fillna(ways[1]).fillna(ways[2]), linked_by


def _certainly(rows: pd.DataFrame, listed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows with identity and linked_by where numbers or an exact name say; and those of which they do not.

    Of these there is also told whether several pupils have the name and date of birth (`shared`), and the pupil of that name
    and date of birth where the row's number is another (`named`).
    """
    by_number, linked_by = _numbered(rows, listed)
    rest = rows[by_number.isna()]
    rest = plain(rest).assign(name_dob=name_dob(rest))
    known = namesakes(rest, listed)
    named = by_name(rest, known)
    other_number = rest["upn"].notna() & _has_number(named, listed)
    by_name_alone = named.mask(other_number).dropna()
    identity = by_number.fillna(by_name_alone.reindex(rows.index))
    linked_by = linked_by.mask(rows.index.isin(by_name_alone.index), "name_dob")
    shared = is_shared(rest["name_dob"], known["name_dob"], known["identity"])
    rest = rest.assign(shared=shared, named=named.where(other_number))
    return rows.assign(identity=identity, linked_by=linked_by), rest.drop(index=by_name_alone.index)


def _with_doubts(rows: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """The rows with the reason to review those whose number is somebody's whom they do not otherwise describe."""
    by_number = rows["identity"].where(rows["linked_by"].isin(["upn", "former_upn"]))
    reason = worded([other_person(rows, listed, by_number)], [OTHER_PERSON])
    return rows.assign(reason=pd.Series(reason, index=rows.index))


def _taken(certain: Dealt) -> Callable[[pd.Series], pd.DataFrame]:
    return lambda identity: certain.of(identity, ["group", "identity"]).drop_duplicates()


def _has_number(identity: pd.Series, listed: pd.DataFrame) -> pd.Series:
    return pd.Series(
        places(identity, listed.loc[listed["upn"].notna(), "identity"]) >= 0, index=identity.index
    )


def _numbered_otherwise(
    unlinked: pd.DataFrame, listed: pd.DataFrame, keys: Keys, decisions: Sequence[Decision]
) -> pd.DataFrame:
    """Pairs that agree in all but the pupil number, where nobody has decided: no probability says which is wrong."""
    named = unlinked["named"].dropna()
    pairs = pd.DataFrame(
        {
            "record": named.index,
            "listing": listed.index[places(named, listed["identity"])],
            "identity": named.to_numpy(),
            "weight": np.nan,
            "taken": False,
        }
    )
    apart = {(item.record, item.pupil) for item in decisions if item.verdict == "different"}
    both = zip(keys.records(unlinked.loc[named.index]), keys.listings(pairs["identity"]), strict=True)
    return pairs[[pair not in apart for pair in both]]


def _says_nothing(rows: pd.DataFrame) -> pd.Series:
    return rows["name_dob"].isna() & rows["upn"].isna() & rows["pupil_id"].isna()

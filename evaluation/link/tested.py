"""Which listed pupil each score row is about."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.clean.compact import places, plain, worded
from evaluation.link.certain import by_name, is_shared, look_up, name_dob, namesakes, other_person
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
from evaluation.link.roll import LISTED
from evaluation.study import Study

CERTAIN = ["upn", "former_upn", "pupil_id", "name_dob"]


def matched(
    study: Study, rows: pd.DataFrame, listed: pd.DataFrame, keys: Keys, decisions: Sequence[Decision]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows with the `identity` of the listed pupil they are about, what it rests on, and a `reason` to review them.

    Parameters
    ----------
    study : Study
    rows : DataFrame
        Cleaned rows from `in_order`, with `group` (within which a pupil has one row).
    listed : DataFrame
        From `identified`.
    keys : Keys
    decisions : sequence of Decision

    Returns
    -------
    rows : DataFrame
    doubtful : DataFrame
        Pairs for a person to decide: record is a label of `rows`, listing one of `listed`.
    """
    rows, unknown = _certainly(rows, listed)
    known = listed.loc[listed["identity"].notna(), LISTED]
    found = probable(study, unknown, known, _taken(rows), keys, decisions)
    rows.loc[found.linked.index, ["identity", "linked_by"]] = found.linked
    unlinked = unknown.drop(index=found.linked.index)
    asked = pd.concat([found.doubtful, _numbered_otherwise(unlinked, known, keys, decisions)])
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
    by_number = rows["identity"].where(rows["linked_by"].isin(["upn", "former_upn"]))
    rows.loc[other_person(rows, listed, by_number), "reason"] = OTHER_PERSON
    rows.loc[unlinked.index, "reason"] = why
    return rows, asked


def _certainly(rows: pd.DataFrame, listed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows with identity and linked_by where numbers or an exact name say; and those of which they do not.

    Of these there is also told whether several pupils have the name and date of birth (`shared`), and the pupil of that name
    and date of birth where the row's number is another (`named`).
    """
    former = listed["former_upn"].mask(listed["reason"] == OTHER_FORMER)
    numbers = pd.concat([listed["upn"], former], ignore_index=True)
    whose = pd.concat([listed["identity"]] * 2, ignore_index=True)
    by_upn, by_former = (look_up(rows[way], numbers, whose) for way in ("upn", "former_upn"))
    by_id = look_up(rows["pupil_id"], listed["pupil_id"], listed["identity"])
    by_number = by_upn.fillna(by_former).fillna(by_id)
    rest = rows[by_number.isna()]
    rest = plain(rest).assign(name_dob=name_dob(rest))
    known = namesakes(rest, listed)
    named = by_name(rest, known)
    other_number = rest["upn"].notna() & _has_number(named, listed)
    by_name_alone = named.mask(other_number).dropna()
    ways = (by_upn, by_former, by_id, by_name_alone.reindex(rows.index))
    linked_by = worded([way.notna() for way in ways], CERTAIN)
    rows = rows.assign(identity=by_number.fillna(ways[-1]), linked_by=linked_by)
    shared = is_shared(rest["name_dob"], known["name_dob"], known["identity"])
    rest = rest.assign(shared=shared, named=named.where(other_number))
    return rows, rest.drop(index=by_name_alone.index)


def _taken(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["group", "identity"]].dropna().drop_duplicates()


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

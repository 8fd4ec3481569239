"""Which listed pupil each score row is about."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.link.certain import by_name, is_shared, look_up, other_person
from evaluation.link.decisions import Decision
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

CERTAIN = ["upn", "former_upn", "pupil_id", "name_dob"]


def matched(
    study: Study, rows: pd.DataFrame, listed: pd.DataFrame, decisions: Sequence[Decision]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows with the `identity` of the listed pupil they are about, what it rests on, and a `reason` to review them.

    Parameters
    ----------
    study : Study
    rows : DataFrame
        Cleaned rows from `in_order`, with `record_key` and `group` (within which a pupil has one row).
    listed : DataFrame
        From `identified`, with `pupil_key`.
    decisions : sequence of Decision

    Returns
    -------
    rows : DataFrame
    doubtful : DataFrame
        Pairs for a person to decide: record is a label of `rows`, listing one of `listed`.
    """
    rows = _certainly(rows, listed)
    unknown = rows[rows["identity"].isna()]
    found = probable(study, unknown, listed.dropna(subset=["identity"]), _taken(rows), decisions)
    rows = rows.assign(
        identity=rows["identity"].fillna(found.linked["identity"].reindex(rows.index)),
        linked_by=found.linked["linked_by"].reindex(rows.index).fillna(rows["linked_by"]),
    )
    asked = pd.concat([found.doubtful, _numbered_otherwise(rows, listed, decisions)])
    doubles = found.doubtful.loc[found.doubtful["taken"].astype(bool), "record"]
    unlinked = rows["identity"].isna()
    reason = np.select(
        [
            unlinked & rows["named"].notna(),
            unlinked & rows["shared"],
            unlinked & rows.index.isin(doubles),
            unlinked & rows.index.isin(found.doubtful["record"]),
            unlinked & _says_nothing(rows),
            unlinked,
            other_person(rows, listed, rows["identity"].where(rows["linked_by"].isin(["upn", "former_upn"]))),
        ],
        [OTHER_NUMBER, SHARED_NAME, DOUBLE_TESTED, DOUBTFUL, TOO_LITTLE, NOT_LISTED, OTHER_PERSON],
        "",
    )
    return rows.assign(reason=reason), asked


def _certainly(rows: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Rows with identity and linked_by where numbers or an exact name say; `shared`, whether several pupils have the name
    and date of birth; and `named`, the pupil of that name and date of birth where the row's number is another."""
    former = listed["former_upn"].mask(listed["reason"] == OTHER_FORMER)
    numbers = pd.concat([listed["upn"], former], ignore_index=True)
    whose = pd.concat([listed["identity"]] * 2, ignore_index=True)
    by_upn, by_former = (look_up(rows[way], numbers, whose) for way in ("upn", "former_upn"))
    by_id = look_up(rows["pupil_id"], listed["pupil_id"], listed["identity"])
    named = by_name(rows, listed)
    other_number = rows["upn"].notna() & by_upn.fillna(by_former).isna() & _has_number(named, listed)
    ways = [by_upn, by_former, by_id, named.mask(other_number)]
    identity = ways[0]
    for way in ways[1:]:
        identity = identity.fillna(way)
    linked_by = np.select([way.notna() for way in ways], CERTAIN, "")
    shared = is_shared(rows["name_dob"], listed["name_dob"], listed["identity"])
    return rows.assign(identity=identity, linked_by=linked_by, shared=shared, named=named.where(other_number))


def _taken(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["group", "identity"]].dropna().drop_duplicates()


def _has_number(identity: pd.Series, listed: pd.DataFrame) -> pd.Series:
    return identity.isin(listed.loc[listed["upn"].notna(), "identity"])


def _numbered_otherwise(
    rows: pd.DataFrame, listed: pd.DataFrame, decisions: Sequence[Decision]
) -> pd.DataFrame:
    """Pairs that agree in all but the pupil number, where nobody has decided: no probability says which is wrong."""
    first = listed.reset_index().drop_duplicates("identity").set_index("identity")
    open_rows = rows.loc[rows["identity"].isna() & rows["named"].notna(), "named"]
    pairs = pd.DataFrame(
        {
            "record": open_rows.index,
            "listing": first["index"].reindex(open_rows).to_numpy(),
            "identity": open_rows.to_numpy(),
            "weight": np.nan,
            "taken": False,
        }
    )
    apart = {(item.record, item.pupil) for item in decisions if item.verdict == "different"}
    keys = zip(
        rows["record_key"].reindex(pairs["record"]),
        listed["pupil_key"].reindex(pairs["listing"]),
        strict=True,
    )
    return pairs[[key not in apart for key in keys]]


def _says_nothing(rows: pd.DataFrame) -> pd.Series:
    return rows["name_dob"].isna() & rows["upn"].isna() & rows["pupil_id"].isna()

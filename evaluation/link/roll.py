"""Who each listed row is about: by number, else by what the pupils of the other waves are called."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.link.certain import by_name, is_shared, look_up
from evaluation.link.decisions import Decision, listing_keys
from evaluation.link.numbers import same_numbers
from evaluation.link.probable import probable
from evaluation.link.reasons import DOUBLE_LISTED, DOUBTFUL, OTHER_FORMER, SHARED_NAME, TOO_LITTLE
from evaluation.study import Study


def identified(
    study: Study, rows: pd.DataFrame, key: bytes, decisions: Sequence[Decision]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pupil rows with their `identity`, what it rests on (`linked_by`) and a `reason` to review them.

    Rows with a number are that pupil. The others are taken wave by wave: each is the pupil of that name and date of
    birth at that school, else probably one listed at other waves, else somebody new.

    Parameters
    ----------
    study : Study
    rows : DataFrame
        Cleaned pupil rows from `in_order`, with `record_key`.
    key : bytes
    decisions : sequence of Decision

    Returns
    -------
    rows : DataFrame
        With `pupil_key`.
    doubtful : DataFrame
        Pairs for a person to decide; record and listing are labels of `rows`.
    """
    rows = _numbered(rows)
    doubtful = []
    for wave in study.waves:
        unknown = (rows["wave"] == wave.name) & rows["identity"].isna()
        if unknown.any():
            rows = rows.assign(pupil_key=listing_keys(key, study.study, rows["identity"]))
            rows, asked = _with_wave(study, rows, unknown, decisions)
            doubtful.append(asked)
    rows = rows.assign(pupil_key=listing_keys(key, study.study, rows["identity"]))
    return rows, pd.concat(doubtful, ignore_index=True) if doubtful else pd.DataFrame()


def _numbered(rows: pd.DataFrame) -> pd.DataFrame:
    """The identity of rows with a pupil number, a former one, or a pupil identifier."""
    known_by, refused = same_numbers(rows)
    now, before = (
        "upn|" + rows[name].map(known_by).astype("str").fillna(rows[name]) for name in ("upn", "former_upn")
    )
    upn = now.fillna(before)
    pupil_id = rows["pupil_id"]
    identity = upn.fillna(look_up(pupil_id, pupil_id, upn)).fillna("id|" + pupil_id)
    direct = (now == "upn|" + rows["upn"]).fillna(False).astype(bool)
    linked_by = np.select([direct, upn.notna(), pupil_id.notna()], ["upn", "former_upn", "pupil_id"], "")
    reason = np.where(rows["upn"].isin(refused), OTHER_FORMER, "")
    return rows.assign(identity=identity, linked_by=linked_by, reason=reason)


def _with_wave(
    study: Study, rows: pd.DataFrame, unknown: pd.Series, decisions: Sequence[Decision]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of one wave that no number identifies, identified where they can be."""
    mine, listed = rows[unknown], rows[rows["identity"].notna()]
    here = listed["wave"].isin(mine["wave"])
    alone = _alone(mine)
    twice = alone.duplicated(keep=False) & alone.notna()
    shared = is_shared(mine["name_dob"], listed["name_dob"], listed["identity"]) | twice
    exact = by_name(mine, listed).mask(shared)
    open_rows = mine[exact.isna() & alone.notna() & ~twice].assign(group=mine["wave"])
    taken = pd.DataFrame({"group": mine["wave"].iloc[0], "identity": listed.loc[here, "identity"].unique()})
    taken = pd.concat([taken, pd.DataFrame({"group": mine["wave"], "identity": exact}).dropna()])
    found = probable(study, open_rows.assign(shared=shared), listed, taken, decisions)
    new = _new_identities(mine, alone.mask(shared), set(listed["identity"]))
    identity = exact.fillna(found.linked["identity"].reindex(mine.index)).fillna(new)
    asked = found.doubtful["record"]
    reason = np.select(
        [
            mine.index.isin(found.linked.index) | exact.notna(),
            alone.isna(),
            shared,
            mine.index.isin(asked[found.doubtful["taken"].astype(bool)]),
            mine.index.isin(asked),
        ],
        ["", TOO_LITTLE, SHARED_NAME, DOUBLE_LISTED, DOUBTFUL],
        "",
    )
    how = found.linked["linked_by"].reindex(mine.index).fillna("name_dob").where(identity.notna(), "")
    rows = rows.copy()
    rows.loc[mine.index, ["identity", "linked_by"]] = pd.DataFrame({"identity": identity, "linked_by": how})
    rows.loc[mine.index, "reason"] = reason
    return rows, found.doubtful


def _alone(rows: pd.DataFrame) -> pd.Series:
    """What tells a row from the others of its wave: name and date of birth, else name and school; NA for too little."""
    surname, forename = rows["surname"], rows["forename"]
    born = rows["dob"].dt.strftime("%Y-%m-%d").astype("str")
    whole = surname.fillna("") + "|" + forename.fillna("") + "|" + born.fillna("") + "|" + rows["school"]
    enough = surname.notna() & (forename.notna() | born.notna())
    return rows["name_dob"].fillna(whole.where(enough))


def _new_identities(rows: pd.DataFrame, alone: pd.Series, known: set[str]) -> pd.Series:
    """An identity for whoever is nobody listed so far: apart from any pupil of the same name and date of birth."""
    identity = "name|" + alone
    return identity.mask(identity.isin(known), identity + "|" + rows["school"] + "|" + rows["wave"])

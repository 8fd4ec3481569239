"""Who each listed row is about: by number, else by what the pupils of the other waves are called."""

from collections.abc import Mapping, Sequence

import pandas as pd

from evaluation.clean.compact import places, plain, worded
from evaluation.link.certain import by_name, is_shared, look_up, name_dob, namesakes
from evaluation.link.decisions import Decision, Keys
from evaluation.link.numbers import same_numbers
from evaluation.link.probable import probable
from evaluation.link.reasons import DOUBLE_LISTED, DOUBTFUL, OTHER_FORMER, SHARED_NAME, TOO_LITTLE
from evaluation.study import Study
from evaluation.study.fields import ALSO_CALLED

LISTED = [
    "identity", "wave", "at", "school", "upn", "pupil_id", "surname", "forename", "dob", "sex", "year_group",
    *(field.name for field in ALSO_CALLED),
]  # fmt: skip


def identified(
    study: Study, rows: pd.DataFrame, keys: Keys, decisions: Sequence[Decision]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pupil rows with their `identity`, what it rests on (`linked_by`) and a `reason` to review them.

    Rows with a number are that pupil. The others are taken wave by wave: each is the pupil of that name and date of
    birth at that school, else probably one listed at other waves, else somebody new.

    Parameters
    ----------
    study : Study
    rows : DataFrame
        Cleaned pupil rows from `in_order`.
    keys : Keys
    decisions : sequence of Decision

    Returns
    -------
    rows : DataFrame
    doubtful : DataFrame
        Pairs for a person to decide; record and listing are labels of `rows`.
    """
    rows = _numbered(rows)
    doubtful = []
    for wave in study.waves:
        unknown = (rows["wave"] == wave.name) & rows["identity"].isna()
        if unknown.any():
            rows, asked = _with_wave(study, rows, unknown, keys, decisions)
            doubtful.append(asked)
    return rows, pd.concat(doubtful, ignore_index=True) if doubtful else pd.DataFrame()


def _numbered(rows: pd.DataFrame) -> pd.DataFrame:
    """The identity of rows with a pupil number, a former one, or a pupil identifier."""
    known_by, refused = same_numbers(rows)
    now, before = ("upn|" + _known_by(rows[name], known_by) for name in ("upn", "former_upn"))
    upn = now.fillna(before)
    pupil_id = rows["pupil_id"]
    identity = upn.fillna(look_up(pupil_id, pupil_id, upn)).fillna("id|" + pupil_id)
    direct = (now == "upn|" + rows["upn"]).fillna(False).astype(bool)
    linked_by = worded([direct, upn.notna(), pupil_id.notna()], ["upn", "former_upn", "pupil_id"])
    reason = worded([rows["upn"].isin(refused)], [OTHER_FORMER])
    return rows.assign(identity=identity, linked_by=linked_by, reason=reason)


def _known_by(number: pd.Series, known_by: Mapping[str, str]) -> pd.Series:
    """The numbers, those that follow a former one as their pupil is known."""
    joined = number[number.isin(list(known_by))]
    found = number.copy()
    found[joined.index] = joined.map(known_by)
    return found


def _with_wave(
    study: Study, rows: pd.DataFrame, unknown: pd.Series, keys: Keys, decisions: Sequence[Decision]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of one wave that no number identifies, identified where they can be."""
    mine = rows[unknown]
    mine = plain(mine).assign(name_dob=name_dob(mine))
    listed = rows.loc[rows["identity"].notna(), LISTED]
    here = listed["at"].isin(mine["at"])
    named = namesakes(mine, listed)
    alone = _alone(mine)
    twice = alone.duplicated(keep=False) & alone.notna()
    shared = is_shared(mine["name_dob"], named["name_dob"], named["identity"]) | twice
    exact = by_name(mine, named).mask(shared)
    open_rows = mine[exact.isna() & alone.notna() & ~twice].assign(group=mine["wave"])
    taken = pd.DataFrame({"group": mine["wave"].iloc[0], "identity": listed.loc[here, "identity"].unique()})
    taken = pd.concat([taken, pd.DataFrame({"group": mine["wave"], "identity": exact}).dropna()])
    found = probable(study, open_rows.assign(shared=shared), listed, taken, keys, decisions)
    new = _new_identities(mine, alone.mask(shared), listed["identity"])
    identity = exact.fillna(found.linked["identity"].reindex(mine.index)).fillna(new)
    asked = found.doubtful["record"]
    reason = worded(
        [
            mine.index.isin(found.linked.index) | exact.notna(),
            alone.isna(),
            shared,
            mine.index.isin(asked[found.doubtful["taken"].astype(bool)]),
            mine.index.isin(asked),
        ],
        ["", TOO_LITTLE, SHARED_NAME, DOUBLE_LISTED, DOUBTFUL],
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


def _new_identities(rows: pd.DataFrame, alone: pd.Series, known: pd.Series) -> pd.Series:
    """An identity for whoever is nobody listed so far: apart from any pupil of the same name and date of birth."""
    identity = "name|" + alone
    return identity.mask(places(identity, known) >= 0, identity + "|" + rows["school"] + "|" + rows["wave"])

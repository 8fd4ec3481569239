"""One key for each pupil across sources and waves; whoever cannot be linked for certain goes to a review list.

A record is linked by its unique pupil number, else by its pupil identifier, else by exact name and date of
birth where they point at one pupil only. Decisions rest on what records say and never on their order.
Names, numbers and dates of birth end here: what leaves holds pseudonyms.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.clean import normalise_names
from evaluation.errors import StoreError
from evaluation.study import Study

KEY_BYTES = 32
PLACE = ["file", "sheet", "row"]
PUPIL_COLUMNS = ["pupil", "wave", "school", "year_group", "class", "sex", "disadvantaged", "eal", "send"]
SCORE_COLUMNS = [
    "pupil", "wave", "instrument", "school", "year_group", "score", "score_reason", "censored", "linked_by", "file", "sheet", "row",
]  # fmt: skip
REVIEW_COLUMNS = ["source", "file", "sheet", "row", "school", "reason"]
WAYS = ["upn", "pupil_id", "name_dob"]

TOO_LITTLE = "There is no valid pupil number or identifier, and name and date of birth are not both there."
SHARED_NAME = "There is no valid pupil number, and more than one pupil has this name and date of birth."
NOT_LISTED = "No school lists a pupil with this number, identifier, or name and date of birth."
OTHER_NUMBER = "The name and date of birth are a listed pupil's, but the pupil number is another."
OTHER_PERSON = "Linked by its number, but neither the name nor the date of birth is the listed pupil's."
OTHER_SCORE = "The pupil has another score at this wave in another row; neither is used."


@dataclass(frozen=True)
class Linked:
    """Pupils and scores under pseudonyms.

    Attributes
    ----------
    pupils : DataFrame
        One row a pupil and wave: pupil, wave, school, year_group, class, sex, disadvantaged, eal, send, the
        study's attributes, file, sheet, row.
    scores : DataFrame
        One row an accepted score row: pupil (NA when unlinked), wave, instrument, school, year_group, score,
        score_reason, censored, linked_by ("upn", "pupil_id", "name_dob" or ""), file, sheet, row.
    review : DataFrame
        source, file, sheet, row, school, reason of each record that is unlinked or doubtful.
    counts : DataFrame
        source, linked_by, n: every accepted row of every source, by what linked it.
    """

    pupils: pd.DataFrame
    scores: pd.DataFrame
    review: pd.DataFrame
    counts: pd.DataFrame


def link(study: Study, pupils: pd.DataFrame, scores: pd.DataFrame, key: bytes) -> Linked:
    """Link the cleaned rows of all pupils sources and all scores sources.

    Parameters
    ----------
    study : Study
        Gives the order of sources, the attributes and the name the pseudonyms are bound to.
    pupils, scores : DataFrame
        Cleaned rows, those of all sources of the kind one after another.
    key : bytes
        The study's pseudonym key.
    """
    listed = _identified(_in_source_order(study, pupils))
    tested = _matched(_in_source_order(study, scores), listed)
    names = {who: pseudonym(key, study.study, who) for who in listed["identity"].dropna().unique()}
    listed["pupil"], tested["pupil"] = (
        frame["identity"].map(names).astype("str") for frame in (listed, tested)
    )
    again = listed["pupil"].notna() & listed.duplicated(["pupil", "wave"])
    twice = listed[again].assign(
        reason="The pupil is listed at this wave already; the first listing is used."
    )
    tested, clashes = _settle_scores(tested)
    review = pd.concat([_reviewed(frame) for frame in (listed, twice, tested, clashes)], ignore_index=True)
    ways = pd.concat([frame[["source", "linked_by"]] for frame in (listed, tested)])
    counts = ways.groupby(["source", "linked_by"], sort=False).size().reset_index(name="n")
    kept = listed[listed["pupil"].notna() & ~again]
    return Linked(
        kept[[*PUPIL_COLUMNS, *study.attributes, *PLACE]].reset_index(drop=True),
        tested[SCORE_COLUMNS].reset_index(drop=True),
        review,
        counts,
    )


def pupil_keys(study: Study, pupils: pd.DataFrame, rows: pd.DataFrame, key: bytes) -> pd.DataFrame:
    """The listed pupil each cleaned row of any kind is about, matched as scores are.

    Parameters
    ----------
    study, key
        As for `link`.
    pupils : DataFrame
        Cleaned rows of all pupils sources.
    rows : DataFrame
        Cleaned rows of whatever kind, the columns of `evaluation.study.fields.WHO` among them.

    Returns
    -------
    DataFrame
        With the index of `rows`: pupil (NA where there is none), and reason ("" where none need be given).
    """
    listed = _identified(_in_source_order(study, pupils))
    named = rows.reset_index(drop=True).assign(name_dob=_name_dob(rows).to_numpy(), reason="")
    matched = _matched(named, listed).set_index(rows.index)
    names = {who: pseudonym(key, study.study, who) for who in matched["identity"].dropna().unique()}
    return matched[["reason"]].assign(pupil=matched["identity"].map(names).astype("str"))[["pupil", "reason"]]


def pseudonym(key: bytes, study: str, identity: str) -> str:
    """First 16 hexadecimal figures of the HMAC-SHA256 of study and identity: the same wherever the key is."""
    return hmac.new(key, f"{study}|{identity}".encode(), hashlib.sha256).hexdigest()[:16]


def _in_source_order(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    order = {source.name: at for at, source in enumerate(study.sources)}
    ranked = rows.assign(_order=rows["source"].map(order)).sort_values(
        ["_order", "file", "sheet", "row"], kind="stable"
    )
    return (
        ranked.drop(columns="_order")
        .reset_index(drop=True)
        .assign(name_dob=_name_dob(ranked).to_numpy(), reason="")
    )


def _name_dob(rows: pd.DataFrame) -> pd.Series:
    """Normalised surname and forename with date of birth; NA when one of them is missing."""
    surname, forename = normalise_names(rows["surname"]), normalise_names(rows["forename"])
    born = rows["dob"].dt.strftime("%Y-%m-%d").astype("str")
    return surname + "|" + forename + "|" + born


def _identified(rows: pd.DataFrame) -> pd.DataFrame:
    """Pupil rows with their `identity` and what it rests on (`linked_by`).

    A row with a pupil number is that pupil. One with an identifier is the pupil whose number stands beside
    that identifier elsewhere. One with neither is the pupil of that name and date of birth, if there is one
    only.
    """
    upn, pupil_id, name_dob = "upn|" + rows["upn"], rows["pupil_id"], rows["name_dob"]
    certain = upn.fillna(_look_up(pupil_id, pupil_id, upn)).fillna("id|" + pupil_id)
    nameless = certain.isna() & name_dob.isna()
    twice = (
        rows[certain.isna()]
        .duplicated(["wave", "name_dob"], keep=False)
        .reindex(rows.index, fill_value=False)
    )
    doubtful = certain.isna() & ~nameless & (twice | _is_shared(name_dob, name_dob, certain))
    by_name = _look_up(name_dob, name_dob, certain).fillna("name|" + name_dob).mask(doubtful)
    reason = np.select([nameless, doubtful], [TOO_LITTLE, SHARED_NAME], "")
    linked_by = np.select([upn.notna(), pupil_id.notna(), by_name.notna()], WAYS, "")
    return rows.assign(identity=certain.fillna(by_name), linked_by=linked_by, reason=reason)


def _look_up(wanted: pd.Series, known: pd.Series, identity: pd.Series) -> pd.Series:
    """For each wanted key the identity that stands beside it among the known, if it is one only; else NA."""
    pairs = pd.DataFrame({"known": known, "identity": identity}).dropna().drop_duplicates()
    single = pairs[~pairs["known"].duplicated(keep=False)].set_index("known")["identity"]
    return wanted.map(single).astype("str")


def _is_shared(wanted: pd.Series, known: pd.Series, identity: pd.Series) -> pd.Series:
    """Whether a wanted key stands beside more than one identity among the known."""
    return wanted.map(identity.groupby(known).nunique()).fillna(0) > 1


def _matched(rows: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Score rows with the `identity` of the listed pupil they are about."""
    by_upn, by_id, by_name = (_look_up(rows[way], listed[way], listed["identity"]) for way in WAYS)
    other_number = rows["upn"].notna() & by_upn.isna() & by_name.str.startswith("upn|", na=False)
    by_name = by_name.mask(other_number)
    identity = by_upn.fillna(by_id).fillna(by_name)
    linked_by = np.select([by_upn.notna(), by_id.notna(), by_name.notna()], WAYS, "")
    unlinked = identity.isna()
    shared = _is_shared(rows["name_dob"], listed["name_dob"], listed["identity"])
    unsayable = rows["name_dob"].isna() & rows["upn"].isna() & rows["pupil_id"].isna()
    reason = np.select(
        [
            unlinked & other_number,
            unlinked & shared,
            unlinked & unsayable,
            unlinked,
            _other_person(rows, listed, by_upn),
        ],
        [OTHER_NUMBER, SHARED_NAME, TOO_LITTLE, NOT_LISTED, OTHER_PERSON],
        "",
    )
    return rows.assign(identity=identity, linked_by=linked_by, reason=reason)


def _other_person(rows: pd.DataFrame, listed: pd.DataFrame, by_upn: pd.Series) -> pd.Series:
    """Rows linked by number whose names and date of birth all differ from every listing of that pupil."""
    parts = ["surname", "forename", "dob"]
    pairs = (
        pd.DataFrame({"identity": by_upn, "at": rows.index})
        .dropna()
        .merge(listed[["identity", *parts]], on="identity")
    )
    agrees = pd.Series(False, index=pairs.index)
    comparable = pd.Series(True, index=pairs.index)
    for part in parts:
        mine = rows.loc[pairs["at"], part].reset_index(drop=True)
        theirs = pairs[part]
        if part != "dob":
            mine, theirs = normalise_names(mine), normalise_names(theirs)
        agrees |= mine == theirs
        comparable &= mine.notna() & theirs.notna()
    pairs = pairs.assign(agrees=agrees | ~comparable)
    by_row = pairs.groupby("at")["agrees"].any()
    return ~by_row.reindex(rows.index, fill_value=True)


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


def pseudonym_key(study: str) -> bytes:
    """The study's secret key, made on first use: 32 random bytes in a file only its owner may read.

    The file is <study>.key in the folder $EVALUATION_KEYS, else ~/.config/evaluation/keys.

    Raises
    ------
    StoreError
        When the file cannot be made or read, or is not such a key.
    """
    path = key_path(study)
    try:
        if not path.exists():
            _make_key(path.parent, path)
        key = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: the pseudonym key cannot be made or read ({error.strerror}).") from None
    if len(key) != KEY_BYTES:
        raise StoreError(
            f"{path}: not a pseudonym key of {KEY_BYTES} bytes. Put the key back from your copy of it."
        )
    return key


def key_path(study: str) -> Path:
    """Where the study's key is, or will be."""
    folder = Path(os.environ.get("EVALUATION_KEYS") or Path.home() / ".config" / "evaluation" / "keys")
    return folder / f"{study}.key"


def _make_key(folder: Path, path: Path) -> None:
    """Written aside and linked into place, so that two first runs at once end with one key."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, aside = tempfile.mkstemp(dir=folder, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        Path(path).hardlink_to(aside)
    except FileExistsError:
        pass
    finally:
        Path(aside).unlink()

"""Identifiers read otherwise than they stand, which the pupil lists must know."""

from collections.abc import Iterable

import pandas as pd

from evaluation.clean.compact import plain
from evaluation.clean.issues import PLACE, issues_at

Checked = tuple[pd.DataFrame, list[pd.DataFrame]]


def confirmed_numbers(every: pd.DataFrame, issues: pd.DataFrame, columns: pd.Series) -> Checked:
    """Leave empty each number read with 0 for O, or 1 for I, that no pupil list has as it stands."""
    said = issues[(issues["rule"] == "upn_as_read") & issues["row"].notna()]
    if said.empty:
        return every, []
    rows = plain(every.loc[every["source"].isin(said["source"]) & every["upn"].notna(), PLACE])
    asked = rows.index[pd.MultiIndex.from_frame(rows).isin(pd.MultiIndex.from_frame(said[PLACE]))]
    listed = every.loc[(every["kind"] == "pupils") & ~every.index.isin(asked), "upn"]
    unknown = asked[~every.loc[asked, "upn"].isin(listed.dropna())]
    reason = "No pupil list has the number that this one was read as; it was not used."
    found = issues_at(every.loc[unknown], "upn_unconfirmed", "cell", reason, columns[unknown])
    return every.assign(upn=every["upn"].mask(every.index.isin(unknown))), [found]


def longest_identifier(pieces: Iterable[pd.DataFrame]) -> int:
    """The figures of the longest identifier on the pupil lists; 0 where they have none."""
    return max(max(map(len, rows["pupil_id"].dropna().unique()), default=0) for rows in pieces)


def padded_identifiers(every: pd.DataFrame, longest: int, columns: pd.Series) -> Checked:
    """Put back the leading zeros of pupil identifiers that the pupil lists know only with them."""
    known = every.loc[every["kind"] == "pupils", "pupil_id"].dropna().drop_duplicates()
    ours = every["pupil_id"].dropna()
    unknown = ours[~ours.isin(known)]
    full = unknown.str.zfill(longest)
    padded = unknown.index[full.isin(known)]
    if padded.empty:
        return every, []
    reason = "The identifier lacks the leading zeros it has in the pupil list; read with them."
    found = issues_at(every.loc[padded], "pupil_id_as_read", "note", reason, columns[padded])
    mended = every["pupil_id"].copy()
    mended[padded] = full[padded]
    return every.assign(pupil_id=mended), [found]

"""Identifiers read otherwise than they stand, which the pupil lists must know."""

import pandas as pd

from evaluation.clean.issues import PLACE, issues_at

Checked = tuple[pd.DataFrame, list[pd.DataFrame]]


def confirmed_numbers(every: pd.DataFrame, issues: pd.DataFrame, columns: pd.Series) -> Checked:
    """Leave empty each number read with 0 for O, or 1 for I, that no pupil list has as it stands."""
    said = issues[(issues["rule"] == "upn_as_read") & issues["row"].notna()]
    if said.empty:
        return every, []
    mended = pd.MultiIndex.from_frame(every[PLACE]).isin(pd.MultiIndex.from_frame(said[PLACE]))
    known = set(every.loc[~mended & (every["kind"] == "pupils"), "upn"].dropna())
    unknown = every.index[mended & every["upn"].notna() & ~every["upn"].isin(known)]
    reason = "No pupil list has the number that this one was read as; it was not used."
    found = issues_at(every.loc[unknown], "upn_unconfirmed", "cell", reason, columns[unknown])
    return every.assign(upn=every["upn"].mask(every.index.isin(unknown))), [found]


def padded_identifiers(every: pd.DataFrame, columns: pd.Series) -> Checked:
    """Put back the leading zeros of pupil identifiers that the pupil lists know only with them."""
    listed = every.loc[every["kind"] == "pupils", "pupil_id"].dropna()
    known = set(listed)
    width = max(map(len, known), default=0)
    ours = every["pupil_id"].dropna()
    short = {item: item.zfill(width) for item in set(ours) - known if item.zfill(width) in known}
    padded = ours.index[ours.isin(list(short))]
    reason = "The identifier lacks the leading zeros it has in the pupil list; read with them."
    found = issues_at(every.loc[padded], "pupil_id_as_read", "note", reason, columns[padded])
    return every.assign(pupil_id=every["pupil_id"].replace(short)), [found]

"""Doubtful pairs side by side: what a person needs to see to decide."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.clean.compact import plain
from evaluation.link.dealt import Roll
from evaluation.link.decisions import Decision, Keys
from evaluation.study.fields import ALSO_CALLED

ALSO = [field.name for field in ALSO_CALLED]
SHOWN = ["surname", "forename", "also_called", "dob", "sex", "school", "year_group", "class", "upn"]
PAIR_COLUMNS = [
    "record_key", "pupil_key", "decision", "probability", "reason", "source", "file", "sheet", "row", "wave",
    *(f"record_{name}" for name in SHOWN), "pupil_wave", *(f"pupil_{name}" for name in SHOWN),
]  # fmt: skip


def side_by_side(
    records: pd.DataFrame,
    roll: Roll,
    pairs: pd.DataFrame,
    keys: Keys,
    decisions: Sequence[Decision],
) -> pd.DataFrame:
    """PAIR_COLUMNS for each pair: keys, the decision so far ("unsure" or ""), how probable, where, and both records.

    Pairs of one record stand together, the likelier first.
    """
    if pairs.empty:
        return pd.DataFrame(columns=PAIR_COLUMNS)
    ranked = pairs.sort_values(["record", "weight", "listing"], ascending=[True, False, True])
    mine = plain(records.loc[ranked["record"]]).reset_index(drop=True)
    theirs = roll.of(pairs["identity"], ["identity", "wave", *SHOWN, *ALSO]).loc[ranked["listing"]]
    theirs = plain(theirs).reset_index(drop=True)
    mine = mine.assign(record_key=keys.records(mine), also_called=_also_called(mine))
    theirs = theirs.assign(pupil_key=keys.listings(theirs["identity"]), also_called=_also_called(theirs))
    unsure = {(item.record, item.pupil) for item in decisions if item.verdict == "unsure"}
    pairs_of_keys = zip(mine["record_key"], theirs["pupil_key"], strict=True)
    odds = np.exp2(-ranked["weight"].to_numpy("float64"))
    shown = {f"record_{name}": mine.get(name) for name in SHOWN}
    shown |= {f"pupil_{name}": theirs[name] for name in SHOWN}
    return mine.assign(
        pupil_key=theirs["pupil_key"],
        decision=["unsure" if pair in unsure else "" for pair in pairs_of_keys],
        probability=(1 / (1 + odds)).round(3),
        pupil_wave=theirs["wave"],
        **shown,
    ).reindex(columns=PAIR_COLUMNS)


def _also_called(rows: pd.DataFrame) -> list[str]:
    """What else the pupil is or was called, as far as a list says: a pair may rest on it."""
    names = rows.reindex(columns=ALSO).astype("str").fillna("")
    return [", ".join(dict.fromkeys(filter(None, cells))) for cells in names.to_numpy()]

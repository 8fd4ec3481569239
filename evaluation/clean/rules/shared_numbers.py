"""One pupil number beside two pupils of a source."""

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.names import normalise_names

_PARTS = ("surname", "forename", "dob")


def unshared_numbers(rows: pd.DataFrame, name: str, heading: str) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Take a number (`name`: upn or pupil_id) from all its rows when two of them agree in neither name nor date of birth.

    Such rows are of different pupils, and the number may be either's: they are linked by what else they say.
    """
    again = rows[rows[name].notna() & rows[name].duplicated(keep=False)]
    if again.empty:
        return rows, []
    compared = pd.DataFrame(
        {
            "surname": normalise_names(again["surname"]),
            "forename": normalise_names(again["forename"]),
            "dob": again["dob"],
            "number": again[name],
        }
    )
    differ = pd.concat([compared.groupby("number")[part].transform("nunique") > 1 for part in _PARTS], axis=1)
    shared = again.index[differ.all(axis=1)]
    reason = (
        "The same pupil number stands beside another name and date of birth in this source; it was not used."
    )
    issues = [issues_at(rows.loc[shared], f"{name}_shared", "cell", reason, heading)]
    return rows.assign(**{name: rows[name].mask(rows.index.isin(shared))}), issues

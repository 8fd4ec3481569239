"""Classes on a pupil list of which a wave's results hold nobody."""

import pandas as pd

from evaluation.clean.compact import plain
from evaluation.clean.issues import ISSUE_COLUMNS

FEWEST = 10


def classes_without_results(every: pd.DataFrame) -> list[pd.DataFrame]:
    """A note on each listed class of ten or more that no result of a wave is for: a sheet or page left out.

    A school nobody of which was tested at that wave is not listed: it may not have taken part.
    """
    at = ["school", "class", "number", "name_dob"]
    listed = every.loc[(every["kind"] == "pupils") & every["number"].notna(), at].drop_duplicates("number")
    tested = every.loc[every["kind"] == "scores", ["source", "file", "wave", "instrument", *at]]
    issues = []
    for _, rows in tested.groupby(["wave", "instrument"], sort=False):
        wave, instrument = rows["wave"].iloc[0], rows["instrument"].iloc[0]
        there = listed[listed["school"].isin(rows["school"].unique())]
        has = (there["number"].isin(rows["number"]) | there["name_dob"].isin(rows["name_dob"])).groupby(
            [there["school"], there["class"]]
        )
        found = pd.DataFrame({"n": has.size(), "tested": has.sum()})
        nobody = found[(found["n"] >= FEWEST) & (found["tested"] == 0)].reset_index()
        nobody = plain(nobody).sort_values(["school", "class"])
        for school, n in nobody[["school", "n"]].itertuples(index=False):
            issues.append(_note(rows.iloc[0], school, f"{n} pupils of one listed class have no row in the {wave} "
                                f"results of {instrument}. Was a sheet or a page left out?"))  # fmt: skip
    return issues


def _note(first: pd.Series, school: str, reason: str) -> pd.DataFrame:
    where = {"source": first["source"], "file": first["file"], "sheet": "", "row": pd.NA, "school": school}
    one = {**where, "column": "", "rule": "no_results", "severity": "note", "reason": reason}
    return pd.DataFrame([one], columns=ISSUE_COLUMNS)

"""The same pupil in two files that ought to have each pupil once."""

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.repeats import pupil_key

_ONCE = {"pupils": ["wave"], "scores": ["wave", "instrument"]}
_WORDS = {
    "pupils": "The same pupil is in row {row} of {file} too, at the same wave. Linking keeps one listing.",
    "scores": "The same pupil has a result in row {row} of {file} too, on the same test at the same wave.",
}


def between_files(every: pd.DataFrame) -> list[pd.DataFrame]:
    """Notes on rows whose pupil another source has at the same wave (and, for results, on the same test)."""
    issues = []
    key = pupil_key(every)
    for kind, once in _ONCE.items():
        rows = every[(every["kind"] == kind) & key.notna()]
        who = [key[rows.index].rename("who"), *(rows[name] for name in once)]
        first = rows.groupby(who)["source"].transform("first")
        again = rows.index[first != rows["source"]]
        if again.empty:
            continue
        theirs = rows.assign(who=key).drop_duplicates(["who", *once]).set_index(["who", *once])
        at = pd.MultiIndex.from_frame(rows.loc[again].assign(who=key[again])[["who", *once]])
        there = theirs.reindex(at)
        told = [
            _WORDS[kind].format(row=row, file=file)
            for row, file in zip(there["row"], there["file"], strict=True)
        ]
        reason = pd.Series(told, index=again, dtype="str")
        issues.append(issues_at(rows.loc[again], "in_another_file", "note", reason))
    return issues

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
    """Notes on rows whose pupil another source has at the same wave (and, for results, on the same test).

    Both rows are noted, for either may be the one too many.
    """
    issues = []
    key = pupil_key(every)
    for kind, once in _ONCE.items():
        rows = every[(every["kind"] == kind) & key.notna()].assign(who=key)
        who = rows.groupby(["who", *once])
        first, last = who["source"].transform("first"), who["source"].transform("last")
        again = rows[first != last]
        if again.empty:
            continue
        ends = again.groupby(["who", *once])[["row", "file", "source"]]
        at = pd.MultiIndex.from_frame(again[["who", *once]])
        head, tail = (part.reindex(at).set_axis(again.index) for part in (ends.first(), ends.last()))
        other = tail.where(again["source"] == head["source"], head)
        told = [
            _WORDS[kind].format(row=row, file=file)
            for row, file in zip(other["row"], other["file"], strict=True)
        ]
        issues.append(
            issues_at(again, "in_another_file", "note", pd.Series(told, index=again.index, dtype="str"))
        )
    return issues

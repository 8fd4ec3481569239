"""The same pupil in two files that ought to have each pupil once."""

import pandas as pd

from evaluation.clean.compact import disputed, numbers, plain
from evaluation.clean.issues import PLACE, issues_at
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
    key = _who(every)
    for kind, once in _ONCE.items():
        mine = every.loc[every["kind"] == kind, [*PLACE, "school", *once]].assign(who=key)
        each = numbers(mine["who"], *(mine[name] for name in once))
        rows = plain(mine[disputed(each, mine["source"])])
        who = rows.groupby(["who", *once])
        first, last = who["source"].transform("first"), who["source"].transform("last")
        again = rows[first != last]
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


def _who(every: pd.DataFrame) -> pd.Series:
    """A number for each pupil as `pupil_key` tells them apart; NA where a row does not say."""
    who, nameless = numbers(every["upn"]), every["upn"].isna()
    rest = numbers(
        pupil_key(plain(every.loc[nameless, ["upn", "pupil_id", "surname", "forename", "dob", "school"]]))
    )
    who[nameless] = rest + len(every)
    return who

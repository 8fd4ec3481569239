"""Last wave's results sent again as this wave's."""

import datetime as dt
from collections.abc import Mapping, Sequence

import pandas as pd

from evaluation.clean.compact import numbers, plain
from evaluation.clean.issues import PLACE, issues_at

FEWEST, MOST = 10, 0.9


ALIKE = ["source", "other", "instrument", "wave", "then"]
Twice = tuple[pd.DataFrame, pd.DataFrame]


def sat_twice(every: pd.DataFrame, dates: Mapping[str, dt.date]) -> Twice:
    """Pupils of two sources of one test at two waves, and those of them who have the same score in both.

    A pupil is known by number, else by name and date of birth.

    Parameters
    ----------
    every : DataFrame
        Cleaned rows of all sources with `kind`, `number` and `name_dob`, all rows of a pupil.
    dates : mapping of str to date
        The day of each wave.

    Returns
    -------
    counts : DataFrame
        ALIKE (the later source first), n, same, and the first of each instrument, wave and pair (labels, to order by).
    first : DataFrame
        Each source's first row with a score: its place and school.
    """
    who = every["number"].fillna(numbers(every["name_dob"]) + len(every))
    has = (every["kind"] == "scores") & every["score"].notna() & who.notna()
    scored = plain(every.loc[has, [*PLACE, "school", "wave", "instrument", "score"]]).assign(who=who[has])
    several = scored[scored.duplicated(["instrument", "who"], keep=False)]
    several = several[["source", "wave", "instrument", "who", "score"]].assign(label=several.index)
    both = several.merge(several, on=["instrument", "who"], suffixes=("", "_then"))
    later = both["wave"].map(dates) > both["wave_then"].map(dates)
    both = both[later].rename(columns={"source_then": "other", "wave_then": "then"})
    both = both.assign(same=both["score"] == both["score_then"])
    counts = both.groupby(ALIKE, sort=False).agg(
        n=("same", "size"), same=("same", "sum"), label=("label", "min"), beside=("label_then", "min")
    )
    return counts.reset_index(), scored.drop_duplicates("source")[[*PLACE, "school"]]


def all_sat_twice(parts: Sequence[Twice]) -> Twice:
    """What `sat_twice` found of some pupils and of others."""
    counts, first = (pd.concat(found) for found in zip(*parts, strict=True))
    sums = {"n": "sum", "same": "sum", "label": "min", "beside": "min"}
    counts = counts.groupby(ALIKE, sort=False).agg(sums).reset_index()
    return counts, first.sort_index().drop_duplicates("source")


def scores_again(found: Twice, headings: Mapping[str, str]) -> list[pd.DataFrame]:
    """A note on each source of scores nearly all of which the same pupils have at another wave of the same test.

    Scores of two sittings agree by chance for one pupil in ten or so, and never for nine in ten.

    Parameters
    ----------
    found : tuple of DataFrame
        From `all_sat_twice`.
    headings : mapping of str to str
        The heading of each source's scores.
    """
    twice, heads = found
    orders = {name: twice.groupby(name)["label"].transform("min") for name in ("instrument", "wave")}
    twice = twice.assign(**orders).sort_values(["instrument", "wave", "label", "beside"])
    notes = []
    for source, other, n, same in twice[["source", "other", "n", "same"]].itertuples(index=False):
        if n < FEWEST or same / n < MOST:
            continue
        reason = (
            f"{same / n:.0%} of the {n:,} pupils who are in source {other!r} too have the same score there, at "
            "another wave. Is it the earlier file again?"
        )
        head = heads[heads["source"] == source]
        told = issues_at(head, "scores_again", "note", reason, headings.get(source, ""))
        notes.append(told.assign(school="").drop(columns="row"))
    return notes

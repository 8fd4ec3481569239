"""Last wave's results sent again as this wave's."""

import datetime as dt
from collections.abc import Iterator, Mapping

import pandas as pd

from evaluation.clean.compact import numbers
from evaluation.clean.issues import PLACE, issues_at

FEWEST, MOST = 10, 0.9


def scores_again(
    every: pd.DataFrame, dates: Mapping[str, dt.date], headings: Mapping[str, str]
) -> list[pd.DataFrame]:
    """A note on each source of scores nearly all of which the same pupils have at another wave of the same test.

    Scores of two sittings agree by chance for one pupil in ten or so, and never for nine in ten. A pupil is known by
    number, else by name and date of birth.

    Parameters
    ----------
    every : DataFrame
        Cleaned rows of all sources with `kind`, `number` and `name_dob`.
    dates : mapping of str to date
        The day of each wave.
    headings : mapping of str to str
        The heading of each source's scores.
    """
    who = every["number"].fillna(numbers(every["name_dob"]) + len(every))
    has = (every["kind"] == "scores") & every["score"].notna() & who.notna()
    scored = every.loc[has, [*PLACE, "school", "wave", "instrument", "score"]].assign(who=who[has])
    notes = []
    for source, other, n, same in _alike(scored, dates):
        reason = (
            f"{same:.0%} of the {n:,} pupils who are in source {other!r} too have the same score there, at "
            "another wave. Is it the earlier file again?"
        )
        first = scored[scored["source"] == source].iloc[:1]
        told = issues_at(first, "scores_again", "note", reason, headings.get(source, ""))
        notes.append(told.assign(school="").drop(columns="row"))
    return notes


def _alike(scored: pd.DataFrame, dates: Mapping[str, dt.date]) -> Iterator[tuple[str, str, int, float]]:
    """Two sources of one test at two waves, the later first; how many pupils are in both, and the share with one score."""
    several = scored.loc[
        scored.duplicated(["instrument", "who"], keep=False), ["source", "wave", "instrument", "who", "score"]
    ]
    for _, tests in several.groupby("instrument", sort=False):
        waves = {
            str(wave): rows[["source", "who", "score"]] for wave, rows in tests.groupby("wave", sort=False)
        }
        for wave, mine in waves.items():
            for then in (name for name in waves if dates[name] < dates[wave]):
                both = mine.merge(waves[then], on="who", suffixes=("", "_then"))
                same = (both["score"] == both["score_then"]).groupby(
                    [both["source"], both["source_then"]], sort=False
                )
                counts = same.agg(["size", "mean"])
                counts = counts[(counts["size"] >= FEWEST) & (counts["mean"] >= MOST)]
                yield from counts.reset_index().itertuples(index=False, name=None)

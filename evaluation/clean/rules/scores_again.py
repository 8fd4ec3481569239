"""Last wave's results sent again as this wave's."""

import pandas as pd

from evaluation.clean.issues import issues_at

FEWEST, MOST = 10, 0.9


def scores_again(every: pd.DataFrame, headings: dict[str, str]) -> list[pd.DataFrame]:
    """A note on each source of scores nearly all of which the same pupils have at another wave of the same test.

    Scores of two sittings agree by chance for one pupil in ten or so, and never for nine in ten. A pupil is known by
    number, else by name and date of birth.
    """
    who = every["number"].fillna(every["name_dob"])
    scored = every[(every["kind"] == "scores") & every["score"].notna() & who.notna()].assign(who=who)
    notes = []
    for _, rows in scored.groupby("instrument", sort=False):
        for source, mine in rows.groupby("source", sort=False):
            earlier = rows[rows["wave_date"] < mine["wave_date"].iloc[0]]
            for other, theirs in earlier.groupby("source", sort=False):
                both = mine.merge(theirs[["who", "score"]], on="who", suffixes=("", "_then"))
                same = (both["score"] == both["score_then"]).mean()
                if len(both) >= FEWEST and same >= MOST:
                    reason = (
                        f"{same:.0%} of the {len(both):,} pupils who are in source {other!r} too have the same score there, at "
                        "another wave. Is it the earlier file again?"
                    )
                    told = issues_at(
                        mine.iloc[:1], "scores_again", "note", reason, headings.get(str(source), "")
                    )
                    notes.append(told.assign(school="").drop(columns="row"))
    return notes

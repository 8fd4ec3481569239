"""What spells of free meals say of a pupil: eligible on any day of the six years before a date, or not."""

import pandas as pd

from evaluation.clean.compact import mapped, places

YEARS = 6
ENGLAND = frozenset(["", "eng", "england", "gb-eng"])


def window_start(date: pd.Timestamp) -> pd.Timestamp:
    """The first day of the six years before a date: the same day of the year, 28 February for 29 February."""
    return date - pd.DateOffset(years=YEARS)


def eligible(spells: pd.DataFrame) -> pd.Series:
    """Whether each spell has a day from the first of the six years to the date itself, both inclusive.

    Parameters
    ----------
    spells : DataFrame
        start, end (the last day; NaT: the spell goes on), date.
    """
    opens = spells["date"].map({day: window_start(day) for day in spells["date"].unique()})
    opens = opens.astype("datetime64[us]")
    lasts = spells["end"].isna() | (spells["end"] >= opens)
    return spells["start"].notna() & (spells["start"] <= spells["date"]) & lasts


def in_england(spells: pd.DataFrame) -> pd.Series:
    """Whether each spell is England's: it says so, or does not say."""
    return spells["uk_country"].fillna("").str.strip().str.casefold().isin(ENGLAND)


def beside_first(first: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that are linked to a pupil, with who (the row of `first`), at_first and date, which are that pupil's."""
    who = places(rows["pupil"], first["pupil"])
    known, who = rows[who >= 0], who[who >= 0]
    own = first.iloc[who]
    return known.assign(who=who, at_first=own["at"].to_numpy(), date=own["date"].to_numpy())


def spell_claims(first: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """What spells say of each pupil: value (1, 0, or NaN when they do not speak) and abroad (spells elsewhere only).

    Spells sent with a later wave than a pupil's first are not looked at. Where a school sent spells, its
    pupils without one have had none; other schools' pupils without one are unknown.

    Parameters
    ----------
    first : DataFrame
        One row a pupil, numbered from 0: pupil, school, at (order of the first wave), date.
    spells : DataFrame
        pupil (NA: not linked), school, at (order of the wave sent), start, end, uk_country.

    Returns
    -------
    DataFrame
        With the index of `first`: value, abroad.
    """
    sent = spells[["school", "at"]].dropna().groupby("school")["at"].min()
    covered = mapped(first["school"], sent.to_dict()).astype("float64").le(first["at"])
    known = beside_first(first, spells)
    known = known[known["at"] <= known["at_first"]]
    counts, english = eligible(known), in_england(known)
    yes = first.index.isin(known.loc[counts & english, "who"])
    abroad = first.index.isin(known.loc[counts & ~english, "who"]) & ~yes
    spoken = first.index.isin(known["who"]) | covered
    value = pd.Series(yes.astype("float64"), index=first.index).where(spoken)
    return pd.DataFrame({"value": value, "abroad": abroad})

"""What spells of free meals say of a pupil: eligible on any day of the six years before a date, or not."""

import pandas as pd

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


def spell_claims(first: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """1 or 0 for each pupil of whom spells speak: pupil, source ("spells"), value, abroad (spells elsewhere only).

    Spells sent with a later wave than a pupil's first are not looked at. Where a school sent spells, its
    pupils without one have had none; other schools' pupils without one are unknown.

    Parameters
    ----------
    first : DataFrame
        One row a pupil: pupil, school, at (order of the first wave), date.
    spells : DataFrame
        pupil (NA: not linked), school, at (order of the wave sent), start, end, uk_country.
    """
    sent = spells[["school", "at"]].dropna().groupby("school")["at"].min()
    covered = first["school"].map(sent).le(first["at"])
    joined = spells.drop(columns="school").merge(
        first[["pupil", "date", "at"]], on="pupil", suffixes=("", "_first")
    )
    joined = joined[joined["at"] <= joined["at_first"]]
    counts = eligible(joined)
    english = in_england(joined)
    yes = set(joined.loc[counts & english, "pupil"])
    spoken = first["pupil"].isin(joined["pupil"]) | covered
    value = first["pupil"].isin(yes).astype("float64")
    abroad = first["pupil"].isin(joined.loc[counts & ~english, "pupil"]) & ~first["pupil"].isin(yes)
    return first[["pupil"]].assign(source="spells", value=value, abroad=abroad)[spoken]

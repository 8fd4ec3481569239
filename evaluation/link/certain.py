"""What is certain without comparing names: numbers, identifiers, and one name and date of birth at one school."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from evaluation.clean.compact import mapped, places, plain, taken, texts
from evaluation.clean.names import under_every_name
from evaluation.link.names import plain_names
from evaluation.study import Study
from evaluation.study.fields import ALSO_CALLED


def in_order(study: Study, pieces: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Rows in order of sources, files and rows, numbered, with `at`, the place of their wave, and an empty `reason`.

    The pieces come in order of sources, and no source is in two of them.
    """
    sources = {source.name: at for at, source in enumerate(study.sources)}
    waves = {wave.name: at for at, wave in enumerate(study.waves)}
    done = 0
    for rows in pieces:
        files, sheets = (_by_alphabet(rows[name]) for name in ("file", "sheet"))
        order = np.lexsort((rows["row"], sheets, files, mapped(rows["source"], sources)))
        if (order[1:] < order[:-1]).any():
            rows = rows.iloc[order]
        rows = rows.set_axis(pd.RangeIndex(done, done + len(rows)))
        done += len(rows)
        yield rows.assign(at=mapped(rows["wave"], waves).astype("int8"), reason="")


def _by_alphabet(texts: pd.Series) -> pd.Series:
    return mapped(texts, {text: at for at, text in enumerate(sorted(texts.unique()))})


def name_dob(rows: pd.DataFrame) -> pd.Series:
    """Surname and forename in plain letters with the date of birth; NA when one of them is missing."""
    born = days(rows["dob"], "%Y-%m-%d")
    return plain_names(rows["surname"]) + "|" + plain_names(rows["forename"]) + "|" + born


def days(dates: pd.Series, form: str) -> pd.Series:
    """Dates as text, each distinct one written once; NA where there is none."""
    at, known = pd.factorize(dates)
    written = pd.Series(pd.DatetimeIndex(known).strftime(form), dtype="str").array
    return pd.Series(written.take(at, allow_fill=True), index=dates.index)


def namesakes(rows: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """The listings of whoever has a row's `name_dob`: identity, school, name_dob."""
    named = name_dob(listed)
    here = places(named, rows["name_dob"].dropna().drop_duplicates()) >= 0
    found = plain(listed.loc[here, ["identity", "school"]])
    return found.assign(name_dob=named[here]).dropna(subset=["identity"])


def look_up(wanted: pd.Series, known: pd.Series, identity: pd.Series) -> pd.Series:
    """For each wanted key the identity that stands beside it among the known, if it is one only; else NA."""
    if wanted.isna().all():
        return pd.Series(None, index=wanted.index, dtype="str")
    pairs = pd.DataFrame({"known": known, "identity": identity}).dropna().drop_duplicates()
    single = pairs[~pairs["known"].duplicated(keep=False)]
    at = places(wanted, single["known"])
    return taken(single["identity"], at, wanted.index)


def is_shared(wanted: pd.Series, known: pd.Series, identity: pd.Series) -> pd.Series:
    """Whether a wanted key stands beside more than one identity among the known."""
    return wanted.map(identity.groupby(known).nunique()).fillna(0) > 1


def by_name(rows: pd.DataFrame, named: pd.DataFrame) -> pd.Series:
    """The one listed pupil of a row's name and date of birth (of `namesakes`); listed at the row's school, where it names one."""
    found = look_up(rows["name_dob"], named["name_dob"], named["identity"])
    schools = set((named["identity"] + "|" + named["school"]).dropna())
    school = texts(rows["school"])
    return found.where(school.isna() | (found + "|" + school).isin(schools))


def other_person(rows: pd.DataFrame, listed: pd.DataFrame, identity: pd.Series) -> pd.Series:
    """Rows linked by number whose names and date of birth all differ from every listing of that pupil."""
    parts = ["surname", "forename", "dob"]
    also = [field.name for field in ALSO_CALLED]
    asked = identity[~_as_listed(rows, listed, identity)]
    here = places(listed["identity"], asked.drop_duplicates()) >= 0
    pairs = (
        pd.DataFrame({"identity": asked, "at": asked.index})
        .dropna()
        .merge(under_every_name(plain(listed.loc[here, ["identity", *parts, *also]])), on="identity")
    )
    agrees, comparable = (np.full(len(pairs), start) for start in (False, True))
    for part in parts:
        mine, theirs = rows.loc[pairs["at"], part].reset_index(drop=True), pairs[part]
        if part != "dob":
            mine, theirs = plain_names(mine), plain_names(theirs)
        agrees |= (mine == theirs).to_numpy(bool)
        comparable &= (mine.notna() & theirs.notna()).to_numpy()
    by_row = pd.Series(agrees | ~comparable, index=pairs["at"]).groupby(level=0).any()
    return ~by_row.reindex(rows.index, fill_value=True)


def _as_listed(rows: pd.DataFrame, listed: pd.DataFrame, identity: pd.Series) -> pd.Series:
    """Rows, nearly all, that have a name or the date of birth as the pupil's first listing has it; and those of nobody."""
    first = listed[~listed["identity"].duplicated()]
    at = places(identity, first["identity"])
    same = at < 0
    for part in ("surname", "forename", "dob"):
        mine, theirs = (column if part == "dob" else texts(column) for column in (rows[part], first[part]))
        same |= (mine == taken(theirs, at, rows.index)).to_numpy(bool)
    return pd.Series(same, index=rows.index)

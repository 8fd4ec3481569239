"""How each school's published figure changed between two years: schools linked, and a reason for each that has no change."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from evaluation.derive.across_years import link_schools
from evaluation.errors import DataError, nearest

WHO = ["laestab", "urn", "name", "type", "rectype"]
COLUMNS = [f"{name}_{when}" for when in ("before", "after") for name in WHO]
COLUMNS += ["before", "after", "change", "size", "why"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure in one year's published files, and the measure that counts the pupils it is of.

    Attributes
    ----------
    sources : tuple of str
        The files by name: one of all England, or one an area.
    measure, count : str
    """

    sources: tuple[str, ...]
    measure: str
    count: str


def school_changes(tables: Mapping[str, pd.DataFrame], before: Figure, after: Figure) -> pd.DataFrame:
    """The change of a figure in every school that is in either of two files, or the reason there is none.

    A change rests on the pupils of two years: its size is 1/(1/n + 1/m), so that its variance, as far as it is the pupils',
    is one pupil's over the size.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `published`, `published_schools` and `published_links` of the store.
    before, after : Figure
        Of two years, or both from files that carry an earlier year's figures too.

    Returns
    -------
    DataFrame
        One row a school: laestab, urn, name, type and rectype before and after ("" where it has no row), before, after,
        change, size, and why there is no change ("" where there is). In the order of the earlier file, then of the later.

    Raises
    ------
    DataError
        When a file has no such measure.
    """
    schools = tables["published_schools"]
    earlier, later = (_schools(schools, figure) for figure in (before, after))
    pairs, alone = _linked(earlier, later, tables["published_links"])
    first, second = (_values(tables["published"], schools, figure) for figure in (before, after))
    years = _year(schools, before), _year(schools, after)
    found = pairs
    for row, when, parts in (("earlier", "before", (first, earlier)), ("later", "after", (second, later))):
        for part in parts:
            found = found.join(part.add_suffix(f"_{when}"), on=row)
    found = found.rename(columns={"value_before": "before", "value_after": "after"})
    found["change"] = found["after"] - found["before"]
    found["size"] = 1 / (1 / found["count_before"] + 1 / found["count_after"])
    found["why"] = _why(found, alone, before, after, years)
    texts = [name for name in COLUMNS if name.partition("_")[0] in WHO]
    return found.fillna(dict.fromkeys(texts, ""))[COLUMNS]


def lacks(tables: Mapping[str, pd.DataFrame], figure: Figure) -> str:
    """The measures of a figure that its files do not have, or ""."""
    published = tables["published"]
    there = published.loc[published["source"].isin(figure.sources), "measure"].unique()
    return " and ".join(name for name in (figure.measure, figure.count) if name not in there)


def _schools(schools: pd.DataFrame, figure: Figure) -> pd.DataFrame:
    rows = schools[schools["source"].isin(figure.sources) & (schools["level"] == "school")]
    return rows[[*WHO, "urn_ac"]]


def _year(schools: pd.DataFrame, figure: Figure) -> str:
    return str(schools.loc[schools["source"].isin(figure.sources), "year"].iloc[0])


def _linked(
    earlier: pd.DataFrame, later: pd.DataFrame, links: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Series]:
    """Rows of either file (missing where a school is in one alone), and why it is."""
    linked = link_schools(earlier, later, links)
    pairs = pd.concat(
        [
            linked.pairs[["earlier", "later"]],
            pd.DataFrame({"earlier": linked.only_earlier.index}),
            pd.DataFrame({"later": linked.only_later.index}),
        ],
        ignore_index=True,
    )
    whys = [""] * len(linked.pairs) + [*linked.only_earlier["why"], *linked.only_later["why"]]
    return pairs, pd.Series(whys, index=pairs.index)


def _values(published: pd.DataFrame, schools: pd.DataFrame, figure: Figure) -> pd.DataFrame:
    """By row of `schools`: value and reason of the measure, and of its count (count, count_reason)."""
    rows = published[published["source"].isin(figure.sources)].astype({"source": "str", "reason": "str"})
    places = schools[["source", "row"]].rename_axis("place").reset_index()
    parts = []
    for measure, names in ((figure.measure, ["value", "reason"]), (figure.count, ["count", "count_reason"])):
        found = places.merge(rows[rows["measure"] == measure], on=["source", "row"]).set_index("place")
        if found.empty:
            there = sorted(set(rows["measure"]))
            files = ", ".join(figure.sources)
            raise DataError(f"Published tables {files}: no measure {measure!r}.{nearest(measure, there)}")
        parts.append(found[["value", "reason"]].set_axis(names, axis=1))
    return parts[0].join(parts[1])


def _why(
    found: pd.DataFrame, alone: pd.Series, before: Figure, after: Figure, years: tuple[str, str]
) -> pd.Series:
    """Why each school has no change: that it is in one table alone, or the first figure that it lacks."""
    why = alone.mask(found["later"].isna(), f"not in the {years[1]} table: " + alone)
    why = why.mask(found["earlier"].isna(), f"not in the {years[0]} table: " + alone)
    for when, figure, year in (("before", before, years[0]), ("after", after, years[1])):
        for measure, value, reason in (
            (figure.measure, found[when], found[f"reason_{when}"]),
            (
                figure.count,
                found[f"count_{when}"].where(found[f"count_{when}"] > 0),
                found[f"count_reason_{when}"],
            ),
        ):
            said = reason.fillna("").replace("", "0")
            why = why.mask((why == "") & value.isna(), f"{measure} of {year}: " + said)
    return why

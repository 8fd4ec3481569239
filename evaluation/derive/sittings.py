"""The papers that pupils sat: what a scale for each is made from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.clean.compact import places, taken, texts
from evaluation.derive.norms import NO_NORM, NormTable
from evaluation.derive.scales import Paper
from evaluation.study import Study


@dataclass(frozen=True, slots=True)
class Sat:
    """One paper as some pupils sat it.

    Attributes
    ----------
    paper : Paper
    place : int
        Of its first row.
    given, raw, lost : int
        Scores as they came; scores by the table of norms, where there is one; and those that it has no line for.
    distinct, times : ndarray of shape (n,)
        The comparison pupils' distinct scores, and how many of them have each.
    """

    paper: Paper
    place: int
    given: int
    raw: int
    lost: int
    distinct: np.ndarray
    times: np.ndarray

    @property
    def compared(self) -> np.ndarray:
        """The comparison pupils' scores, one a pupil."""
        return np.repeat(self.distinct, self.times)


def sittings(
    study: Study,
    scores: pd.DataFrame,
    allocated: pd.DataFrame,
    norms: Mapping[str, NormTable],
    months: pd.Series,
) -> list[Sat]:
    """The papers that some pupils sat, all rows of a pupil among theirs; parameters are those of `put_on_footing`."""
    again = scores.loc[scores["score"].notna(), ["pupil", "instrument", "wave"]].duplicated()
    at = places(scores["pupil"], allocated["pupil"])
    among = (at >= 0) & np.append(allocated["compared"].to_numpy(bool), False)[at]
    compared = among & ~again.reindex(scores.index, fill_value=False)
    found = []
    for paper, rows in by_paper(study, scores, allocated):
        raw = by_norms(norms, paper, rows, months)
        known = raw["score"].notna()
        theirs = raw.loc[compared[rows.index] & known, "score"].to_numpy("float64")
        lost = int((raw["score_reason"] == NO_NORM).sum())
        given = int(rows["score"].notna().sum())
        counted = np.unique(theirs, return_counts=True)
        found.append(Sat(paper, int(rows.index[0]), given, int(known.sum()), lost, *counted))
    return found


def all_sat(sat: Sequence[Sat]) -> list[Sat]:
    """One a paper, in the order of their first rows."""
    by_paper: dict[Paper, list[Sat]] = {}
    for item in sorted(sat, key=lambda item: item.place):
        by_paper.setdefault(item.paper, []).append(item)
    return [
        Sat(
            paper,
            items[0].place,
            sum(item.given for item in items),
            sum(item.raw for item in items),
            sum(item.lost for item in items),
            np.concatenate([item.distinct for item in items]),
            np.concatenate([item.times for item in items]),
        )
        for paper, items in by_paper.items()
    ]


def by_paper(
    study: Study, scores: pd.DataFrame, allocated: pd.DataFrame
) -> Iterator[tuple[Paper, pd.DataFrame]]:
    """The rows of each paper; where a row does not say its year group, the pupil's."""
    at = places(scores["pupil"], allocated["pupil"])
    own_year = taken(texts(allocated["year_group"]), at, scores.index)
    year = texts(scores["year_group"]).fillna(own_year).fillna("")
    for keys, rows in scores.groupby(["instrument", year, "wave"], sort=False, observed=True):
        name, year_group, wave = map(str, keys)
        yield Paper(name, study.instrument(name).edition or "", year_group, wave), rows


def by_norms(
    norms: Mapping[str, NormTable], paper: Paper, rows: pd.DataFrame, months: pd.Series
) -> pd.DataFrame:
    """The rows by the publisher's table of norms, where there is one."""
    table = norms.get(paper.instrument)
    return rows if table is None else table.standardise(rows, months[rows.index])

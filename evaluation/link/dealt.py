"""Rows dealt into piles by whom they are about: what is said of one pupil needs no other pile."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import pandas as pd

from evaluation.clean.compact import places
from evaluation.clean.shelf import Shelf, stacked
from evaluation.link.certain import name_dob
from evaluation.link.numbers import Numbers
from evaluation.study.fields import ALSO_CALLED

NOBODY = -1
"""The pile of rows that are about no known pupil."""


@dataclass(frozen=True, slots=True)
class Dealt:
    """Rows in piles by the identity they are found to have, so that all rows of a pupil are in one.

    Attributes
    ----------
    numbers : Numbers
        Says which pile is whose.
    shelf : Shelf
        The rows that a number identifies, with `identity`, `linked_by` and `reason`; their index is their place in order
        of sources, files and rows.
    rest : DataFrame
        The others, held: identified by names or a person, or not at all.
    """

    numbers: Numbers
    shelf: Shelf = field(repr=False)
    rest: pd.DataFrame = field(repr=False)

    def pile(self, pile: int, columns: Collection[str] | None = None) -> pd.DataFrame:
        """The rows of the pupils of a pile, or of NOBODY, in order."""
        mine = self.rest[self.numbers.pile(self.rest["identity"]) == pile]
        there = self.shelf.take(pile, columns)
        return stacked([there, mine[list(there)]]).sort_index() if len(mine) else there

    def piles(self, columns: Collection[str] | None = None) -> Iterator[pd.DataFrame]:
        """The piles of all pupils, one after another."""
        for pile in range(self.numbers.piles):
            yield self.pile(pile, columns)

    def of(self, identity: pd.Series, columns: Collection[str] | None = None) -> pd.DataFrame:
        """The rows of some pupils, in order."""
        found = [self.pile(0, columns)[:0]]
        for pile in sorted({*self.numbers.pile(identity).tolist()} - {NOBODY}):
            rows = self.pile(pile, columns)
            found.append(rows[places(rows["identity"], identity) >= 0])
        return stacked(found).sort_index()


# What rows are held against when it is asked whose they are for certain.
CERTAIN = [
    "identity", "reason", "upn", "former_upn", "pupil_id", "surname", "forename", "dob", "school",
    *(field.name for field in ALSO_CALLED),
]  # fmt: skip


class Roll(Dealt):
    """The listed rows."""

    __slots__ = ()

    def near(self, rows: pd.DataFrame) -> pd.DataFrame:
        """CERTAIN of the listings that have a number, or name and date of birth, of some of the rows, and of all others of those pupils."""
        asked = {name: rows[name].dropna().drop_duplicates() for name in ("upn", "former_upn", "pupil_id")}
        asked["upn"] = asked["former_upn"] = pd.concat([asked["upn"], asked["former_upn"]])
        named = rows["name_dob"].dropna().drop_duplicates()
        found = []
        for listed in self.piles(CERTAIN):
            here = places(name_dob(listed), named) >= 0
            for name, numbers in asked.items():
                here |= places(listed[name], numbers) >= 0
            found.append(listed[places(listed["identity"], listed.loc[here, "identity"]) >= 0])
        return stacked(found).sort_index()

"""Which pupil numbers are one pupil's: a number may follow a former one, and an identifier stand beside a number."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from evaluation.clean import shelf as shelves
from evaluation.clean.compact import mapped, worded
from evaluation.clean.shelf import Shelf
from evaluation.link.certain import is_shared, look_up
from evaluation.link.reasons import OTHER_FORMER
from evaluation.study import Study


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the pupil lists say of numbers, as far as it is not said by the numbers themselves.

    Attributes
    ----------
    known_by, refused
        From `same_numbers`.
    beside : DataFrame
        pupil_id, identity: each identifier that stands beside a pupil number, and whose it is.
    piles : int
        How many piles the rows of pupils are dealt into: by identity, so that all rows of a pupil are in one.
    """

    known_by: Mapping[str, str]
    refused: Collection[str]
    beside: pd.DataFrame
    piles: int

    def identify(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Listed rows with the identity that their number, former number or identifier gives, linked_by and reason."""
        now, before = self._by_number(rows)
        upn, pupil_id = now.fillna(before), rows["pupil_id"]
        identity = upn.fillna(self._by_identifier(pupil_id)).fillna("id|" + pupil_id)
        direct = (now == "upn|" + rows["upn"]).fillna(False).astype(bool)
        linked_by = worded([direct, upn.notna(), pupil_id.notna()], ["upn", "former_upn", "pupil_id"])
        return rows.assign(
            identity=identity,
            linked_by=linked_by,
            reason=worded([rows["upn"].isin(self.refused)], [OTHER_FORMER]),
        )

    def pile_asked(self, rows: pd.DataFrame) -> npt.NDArray[np.int32]:
        """The pile in which the pupil of a row's number is, if anywhere; -1 where that is not to be told."""
        now, before = self._by_number(rows)
        pupil_id = rows["pupil_id"].mask(self.is_shared(rows["pupil_id"]))
        by_id = self._by_identifier(pupil_id).fillna("id|" + pupil_id)
        return self.pile(now.fillna(before).fillna(by_id))

    def is_shared(self, pupil_id: pd.Series) -> pd.Series:
        """Whether an identifier stands beside the numbers of several pupils."""
        return is_shared(pupil_id, self.beside["pupil_id"], self.beside["identity"])

    def pile(self, identity: pd.Series) -> npt.NDArray[np.int32]:
        """The pile of each identity; -1 where there is none."""
        at, known = pd.factorize(identity)
        dealt = pd.util.hash_array(np.asarray(known, "object"), categorize=False) % np.uint64(self.piles)
        return np.append(dealt.astype("int32"), np.int32(-1))[at]

    def _by_number(self, rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        now, before = ("upn|" + _known_by(rows[name], self.known_by) for name in ("upn", "former_upn"))
        return now, before

    def _by_identifier(self, pupil_id: pd.Series) -> pd.Series:
        return look_up(pupil_id, self.beside["pupil_id"], self.beside["identity"])


def read_numbers(study: Study, pupils: Shelf) -> Numbers:
    """What a study's pupil lists say of numbers."""
    waves = {wave.name: at for at, wave in enumerate(study.waves)}
    columns = ["upn", "former_upn", "pupil_id", "wave"]
    both = [rows[rows["upn"].notna() & rows["former_upn"].notna()] for rows in pupils.pieces(columns)]
    asked = pd.concat([rows[name] for rows in both for name in ("upn", "former_upn")])
    known_by: dict[str, str] = {}
    refused: set[str] = set()
    if len(asked):
        told = [rows[rows["upn"].isin(asked)] for rows in pupils.pieces(columns)]
        at = [rows.assign(at=mapped(rows["wave"], waves)) for rows in told]
        known_by, refused = same_numbers(pd.concat(at))
    piles = 1 + (len(pupils) - 1) // shelves.PILE_ROWS
    alone = Numbers(known_by, refused, pd.DataFrame(columns=["pupil_id", "identity"], dtype="str"), piles)
    beside = [_beside(alone.identify(rows[rows["pupil_id"].notna()])) for rows in pupils.pieces(columns)]
    return replace(alone, beside=pd.concat(beside).drop_duplicates())


def _beside(rows: pd.DataFrame) -> pd.DataFrame:
    numbered = rows["identity"].str.startswith("upn|")
    return rows.loc[numbered, ["pupil_id", "identity"]].drop_duplicates()


def _known_by(number: pd.Series, known_by: Mapping[str, str]) -> pd.Series:
    """The numbers, those that follow a former one as their pupil is known."""
    joined = number[number.isin(list(known_by))]
    found = number.copy()
    found[joined.index] = joined.map(known_by)
    return found


def same_numbers(rows: pd.DataFrame) -> tuple[dict[str, str], set[str]]:
    """For each number the one its pupil is known by, and the numbers whose former number is not believed.

    A number and the former number beside it are one pupil's. A pupil is known by the number listed at the earliest
    wave (of several, the first in order of the alphabet), so that later waves change no earlier key. Where numbers
    joined in this way are listed as two pupils at one wave, none of them is joined.

    Parameters
    ----------
    rows : DataFrame
        Pupil rows with upn, former_upn and `at`, the place of their wave in the study.

    Returns
    -------
    known_by : dict
        Only numbers that are joined to others.
    refused : set
        Current numbers that stand beside a former number that is another listed pupil's.
    """
    beside = rows.loc[rows["upn"].notna() & rows["former_upn"].notna(), ["upn", "former_upn"]]
    beside = beside[beside["upn"] != beside["former_upn"]].drop_duplicates()
    if beside.empty:
        return {}, set()
    labels, numbers = pd.factorize(pd.concat([beside["upn"], beside["former_upn"]]), sort=True)
    half = len(beside)
    graph = coo_array(([1] * half, (labels[:half], labels[half:])), shape=(len(numbers), len(numbers)))
    group = pd.Series(connected_components(graph, directed=False)[1], index=numbers)
    listed = rows.loc[rows["upn"].isin(numbers), ["upn", "at"]].drop_duplicates()
    listed = listed.assign(group=listed["upn"].map(group))
    twice = listed.loc[listed.duplicated(["group", "at"], keep=False), "group"].unique()
    refused = set(beside.loc[beside["upn"].map(group).isin(twice), "upn"])
    first = listed.sort_values(["at", "upn"]).drop_duplicates("group").set_index("group")["upn"]
    joined = group[~group.isin(twice)]
    return {str(number): str(known) for number, known in joined.map(first).items()}, refused

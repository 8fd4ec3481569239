"""Rows of all files dealt into piles by whom they may be about, so that what files say of one pupil is in one pile."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.clean import shelf as shelves
from evaluation.clean.compact import mapped
from evaluation.clean.names import normalise_name
from evaluation.clean.shelf import Shelf
from evaluation.study import Study

WHO = ["upn", "pupil_id", "surname", "forename", "dob"]
HELD = [
    "source", "file", "sheet", "row", "wave", "school", *WHO, "sex", "year_group", "class", "instrument", "score"
]  # fmt: skip
KINDS = ["pupils", "scores"]
Keys = npt.NDArray[np.uint32]
NONE, HALF = np.uint32(0), np.uint64(32)
_PRIME, _ODD = 2**61 - 1, np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Everyone:
    """Rows of pupil lists and results, numbered on from the one kind to the other: in order of files, and by pupil.

    Attributes
    ----------
    pupils, scores : Shelf
        The rows, no source in two piles.
    dealt : Shelf
        HELD of them, with kind and the school year of their wave: all rows that may be about one pupil in one pile.
    """

    pupils: Shelf = field(repr=False)
    scores: Shelf = field(repr=False)
    dealt: Shelf = field(repr=False)

    def pieces(self, columns: Collection[str]) -> Iterator[pd.DataFrame]:
        """Rows of whole sources, in order of files."""
        return _pieces(self.pupils, self.scores, columns)

    def change(self, name: str, values: pd.Series) -> None:
        """Have other values in a column from now on, wherever the rows are."""
        if values.empty:
            return
        self.dealt.change(name, values)
        begun = len(self.pupils)
        listed = values.index < begun
        self.pupils.change(name, values[listed])
        self.scores.change(name, values[~listed].set_axis(values.index[~listed] - begun))


def everyone(study: Study, pupils: Shelf, scores: Shelf) -> Everyone:
    """The rows of all lists and results, dealt by pupil."""
    years = {wave.name: wave.date.year - (wave.date.month < 9) for wave in study.waves}
    pile, dealt = Piles.of(pupils, scores), pupils.another()
    for rows in _pieces(pupils, scores, HELD):
        year = mapped(rows["wave"], years).astype("int16")
        kind = pd.Categorical(np.where(rows.index < len(pupils), *KINDS), KINDS)
        dealt.put(rows.assign(kind=kind, academic_year=year), pile.each(rows))
    return Everyone(pupils, scores, dealt)


def _pieces(pupils: Shelf, scores: Shelf, columns: Collection[str]) -> Iterator[pd.DataFrame]:
    yield from pupils.pieces(columns)
    for rows in scores.pieces(columns):
        yield rows.set_axis(rows.index + len(pupils))


@dataclass(frozen=True, slots=True)
class Piles:
    """The pile of each row.

    Rows are joined by pupil number, by identifier but for leading zeros, and by the letters of both names with the date of
    birth, which are the same however names are exchanged or parted. A row lies where the first of the three that it has says,
    but for the few of these that another of the three joins to others. Of two that are joined by chance, for the numbers
    here are short, no more comes than that they lie in one pile.

    Attributes
    ----------
    count : int
        How many piles there are.
    keys, least : ndarray of shape (n,)
        The first keys that are joined to others, in order, and of each the least that it is joined to.
    """

    count: int
    keys: Keys
    least: Keys

    @classmethod
    def of(cls, pupils: Shelf, scores: Shelf) -> "Piles":
        """The piles of all lists and results."""
        count = max(1, -(-(len(pupils) + len(scores)) // shelves.PILE_ROWS))
        if count == 1:
            return cls(count, *_least_joined(np.zeros(0, "uint64")))
        beside = pupils.another()
        for rows in _pieces(pupils, scores, WHO):
            first, *others = _keys(rows)
            for other in others:
                both = np.unique(_together(other, first)[other != NONE])
                whose, own = (both >> HALF).astype("uint32"), both.astype("uint32")
                beside.put(pd.DataFrame({"whose": whose, "own": own}), whose % count)
        joined = [np.zeros(0, "uint64"), *(_together(*_other_firsts(rows)) for rows in beside if len(rows))]
        return cls(count, *_least_joined(np.unique(np.concatenate(joined))))

    def each(self, rows: pd.DataFrame) -> npt.NDArray[np.int64]:
        """The pile of each of some rows; those that say of nobody whom they are about lie anywhere."""
        if self.count == 1:
            return np.zeros(len(rows), "int64")
        own = _keys(rows)[0]
        at = np.searchsorted(self.keys, own)
        is_joined = np.append(self.keys, NONE)[at] == own
        whose = np.where(is_joined, np.append(self.least, NONE)[at], own)
        return np.where(own == NONE, rows.index, whose) % self.count


def _other_firsts(rows: pd.DataFrame) -> tuple[Keys, Keys]:
    """Pairs of the first keys that stand beside one other key: each but one of them, and that one."""
    pairs = np.unique(_together(*(rows[name].to_numpy("uint32") for name in ("whose", "own"))))
    whose, own = pairs >> HALF, pairs.astype("uint32")
    again = np.append(False, whose[1:] == whose[:-1])
    begun = np.maximum.accumulate(np.where(again, 0, np.arange(len(pairs))))
    return own[again], own[begun[again]]


def _together(one: Keys, other: Keys) -> npt.NDArray[np.uint64]:
    return one.astype("uint64") << HALF | other


def _least_joined(joined: npt.NDArray[np.uint64]) -> tuple[Keys, Keys]:
    """The keys there are, in order, and of each the least that it is joined to, one after another."""
    ends = (joined >> HALF).astype("uint32"), joined.astype("uint32")
    keys = np.unique(np.concatenate(ends))
    one, other = (np.searchsorted(keys, end).astype("int32") for end in ends)
    least = np.arange(len(keys), dtype="int32")
    while True:
        lower = np.minimum(least[one], least[other])
        if (lower == least[one]).all() and (lower == least[other]).all():
            return keys, keys[least]
        np.minimum.at(least, one, lower)
        np.minimum.at(least, other, lower)


def _keys(rows: pd.DataFrame) -> tuple[Keys, Keys, Keys]:
    """Of each row the key it is dealt by, and one for its identifier and for its names and date of birth; NONE where it has none.

    It is dealt by its number, else by the first of these that it has.
    """
    letters = _letters(rows["surname"]) + _letters(rows["forename"])
    day: npt.NDArray[np.uint64] = rows["dob"].to_numpy("datetime64[D]").astype("int64").astype("uint64")
    known = rows[["surname", "forename", "dob"]].notna().all(axis=1).to_numpy()
    named = np.where(known, _short((letters + day * _ODD) * _ODD), NONE)
    upn, pupil_id = _of_texts(rows["upn"]), _of_texts(rows["pupil_id"].str.lstrip("0"))
    return np.select([upn > 0, pupil_id > 0], [upn, pupil_id], named), pupil_id, named


def _letters(names: pd.Series) -> npt.NDArray[np.uint64]:
    """A number that a name's letters have in any order, each distinct name once."""
    at, known = pd.factorize(names)
    numbers = [sum(pow(ord(letter), 7, _PRIME) for letter in normalise_name(name)) for name in known]
    return np.append(np.array(numbers, "uint64"), np.uint64(0))[at]


def _of_texts(texts: pd.Series) -> Keys:
    if texts.isna().all():
        return np.zeros(len(texts), "uint32")
    hashed = pd.util.hash_array(texts.to_numpy("object"), categorize=False)
    return np.where(texts.notna(), _short(hashed), NONE)


def _short(numbers: npt.NDArray[np.uint64]) -> Keys:
    return np.maximum((numbers >> np.uint64(32)).astype("uint32"), np.uint32(1))

"""Who must not be told of: the pupils of a study's cleaned rows, held in memory while files are searched and written nowhere."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from evaluation.clean.names import normalise_name
from evaluation.clean.upn import normalise_upn
from evaluation.errors import StoreError
from evaluation.link.pseudonyms import key_path, pseudonym_key
from evaluation.store import Store
from evaluation.store.cache import FOLDER, Cache

FEW = 10  # a name of this many pupils tells of none of them
SHORTEST = 6  # identifiers of fewer figures stand in any table of numbers
WORD = re.compile(r"[^\W_]+")
WHO = ["upn", "former_upn", "pupil_id", "forename", "surname", "dob"]
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identities:
    """Who must not be told of.

    Attributes
    ----------
    codes : mapping of tuple of str to str
        The words of pupil numbers, identifiers and pseudonyms, each with its kind.
    births : frozenset of tuple
        Year, month and day of each date of birth.
    partners : mapping
        The words of each surname, and of the forenames it goes with.
    rare : frozenset of tuple
        Names that fewer than `FEW` pupils bear.
    public : frozenset of tuple
        The words of names that are public and may also be a pupil's: schools' and clusters'.
    first : mapping of str to tuple
        The words that begin a code, surname or forename, each with the longest first.
    """

    codes: Mapping[Words, str] = field(default_factory=dict)
    births: frozenset[tuple[int, int, int]] = frozenset()
    partners: Mapping[Words, frozenset[Words]] = field(default_factory=dict)
    rare: frozenset[Words] = frozenset()
    public: frozenset[str] = frozenset()
    first: Mapping[str, Sequence[Words]] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many of each kind are known: pupil numbers, identifiers, pseudonyms, names and dates of birth."""
        names = sum(map(len, self.partners.values()))
        counted = {**Counter(self.codes.values()), "name": names, "date of birth": len(self.births)}
        return {kind: number for kind, number in sorted(counted.items()) if number}


NOBODY = Identities()


def words_of(text: str) -> Words:
    """The words of a text, as they are compared: without case and accents."""
    return tuple(filter(None, (normalise_name(word) for word in WORD.findall(text))))


def read_identities(root: Path, study: str) -> Identities:
    """The pupils of the study's cleaned rows and store; nobody where there are none on this machine."""
    folder = root / "data" / "processed" / study
    kept = sorted((folder / FOLDER).glob("*.parquet"))
    if not kept or not key_path(study).is_file():
        return NOBODY
    cache = Cache(folder, pseudonym_key(study))
    rows = [entry.cleaned.rows.reindex(columns=WHO) for path in kept if (entry := cache.read(path.stem))]
    if not rows:
        return NOBODY
    pseudonyms = _stored(folder, {"pupils": ["pupil"], "scores": ["pupil"]})
    public = _stored(folder, {"schools": ["school", "urn", "name", "cluster"]})
    return identities(pd.concat(rows, ignore_index=True).drop_duplicates(), pseudonyms, public)


def _stored(folder: Path, columns: Mapping[str, list[str]]) -> set[str]:
    """The texts in columns of the store's tables; none where there is no store."""
    try:
        store = Store(folder)
        frames = [store.read(table, names) for table, names in columns.items()]
    except StoreError:
        return set()
    return {str(text) for frame in frames for name in frame for text in frame[name].dropna()}


def identities(rows: pd.DataFrame, pseudonyms: Iterable[str], public: Iterable[str]) -> Identities:
    """The identities of rows with the columns of `WHO`, some of whose cells may be empty."""
    who = rows[WHO].astype(object).where(rows[WHO].notna(), None)
    codes = {words: kind for words, kind in _codes(who, pseudonyms) if words}
    named = who[["forename", "surname", "dob"]].drop_duplicates()
    partners, borne = _names(named)
    known = frozenset(word for text in public for word in words_of(text))
    rare = frozenset(name for name, number in borne.items() if number < FEW)
    first: defaultdict[str, set[Words]] = defaultdict(set)
    for words in (*codes, *borne):
        first[words[0]].add(words)
    return Identities(
        {words: kind for words, kind in codes.items() if not set(words) <= known},
        frozenset((day.year, day.month, day.day) for day in _days(who["dob"])),
        {name: frozenset(found) for name, found in partners.items()},
        rare,
        known,
        {word: sorted(found, key=len, reverse=True) for word, found in first.items()},
    )


def _codes(who: pd.DataFrame, pseudonyms: Iterable[str]) -> Iterator[tuple[Words, str]]:
    for name in ("upn", "former_upn"):
        yield from (
            (words_of(normalise_upn(str(value))), "pupil number") for value in who[name].dropna().unique()
        )
    for value in who["pupil_id"].dropna().unique():
        if len(str(value)) >= SHORTEST:
            yield words_of(str(value)), "identifier"
    yield from ((words_of(name), "pseudonym") for name in pseudonyms)


def _names(named: pd.DataFrame) -> tuple[dict[Words, set[Words]], Counter[Words]]:
    """Forenames by surname, and how many pupils bear each name; written in one word too, where it has several."""
    partners: defaultdict[Words, set[Words]] = defaultdict(set)
    borne: Counter[Words] = Counter()
    spelt: dict[object, set[Words]] = {}
    for forename, surname in zip(named["forename"], named["surname"], strict=True):
        first, last = (spelt.setdefault(name, _spellings(name)) for name in (forename, surname))
        borne.update(first | last)
        for name in last:
            partners[name] |= first
    return partners, borne


def _spellings(name: object) -> set[Words]:
    words = words_of(str(name)) if name else ()
    return {words, ("".join(words),)} - {(), ("",)}


def _days(column: pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(column.dropna().unique(), errors="coerce")).dropna()

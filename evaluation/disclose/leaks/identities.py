"""Who must not be told of: the pupils and staff of a study's cleaned rows, held in memory while files are searched and written nowhere."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from evaluation.clean.names import normalise_name, under_every_name
from evaluation.clean.staff import name_words
from evaluation.clean.upn import normalise_upn
from evaluation.errors import StoreError
from evaluation.link.pseudonyms import key_path, pseudonym_key
from evaluation.store import Store
from evaluation.store.cache import FOLDER, Cache
from evaluation.study.fields import ALSO_CALLED
from evaluation.study.records import PERSON, RECORDS

FEW = 10  # a name of this many pupils tells of none of them
SHORTEST = 6  # identifiers of fewer figures stand in any table of numbers
WORD = re.compile(r"[^\W_]+")
WHO = ["upn", "former_upn", "pupil_id", "forename", "surname", "dob"]
ALSO = [field.name for field in ALSO_CALLED]
STAFF = {
    kind: [item.name for item in record.items if item.parser == PERSON] for kind, record in RECORDS.items()
}
PEOPLE = sorted({column for columns in STAFF.values() for column in columns})
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identities:
    """Who must not be told of.

    Attributes
    ----------
    codes : mapping of tuple of str to str
        The words of pupil numbers, identifiers, staff's too, and pseudonyms, each with its kind.
    births : frozenset of tuple
        Year, month and day of each date of birth.
    partners : mapping
        The words of each surname, and of the forenames it goes with; of staff, any two words of a name.
    rare : frozenset of tuple
        Names that pupils of fewer than `FEW` dates of birth bear.
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
    """The pupils of the study's cleaned rows and store; nobody where there are none on this machine.

    Raises
    ------
    StoreError
        When cleaned rows are there and cannot be read: their pupils would be sought in vain.
    """
    folder = root / "data" / "processed" / study
    kept = sorted((folder / FOLDER).glob("*.parquet"))
    if not kept or not key_path(study).is_file():
        return NOBODY
    pseudonyms = _stored(folder, {"pupils": ["pupil"], "scores": ["pupil"], **STAFF})
    public = _stored(folder, {"schools": ["school", "urn", "name", "cluster"]})
    return identities(_kept_rows(Cache(folder, pseudonym_key(study)), kept), pseudonyms, public)


def _kept_rows(cache: Cache, kept: Iterable[Path]) -> Iterator[pd.DataFrame]:
    for path in kept:
        entry = cache.read(path.stem)
        if entry is None:
            raise StoreError(
                "Some of the study's cleaned rows cannot be read, so that nobody can be searched for. Remove "
                f"data/processed/{cache.folder.name}/{FOLDER}/ and make a new run with `evaluation run {cache.folder.name}`."
            )
        yield entry.cleaned.rows.reindex(columns=[*WHO, *ALSO, *PEOPLE])


def _stored(folder: Path, columns: Mapping[str, list[str]]) -> set[str]:
    """The texts in columns of those of the tables that the store has; none where there is no store."""
    try:
        store = Store(folder)
        known = set(store.tables())
        frames = [store.read(table, names) for table, names in columns.items() if names and table in known]
    except StoreError:
        return set()
    return {str(text) for frame in frames for name in frame for text in frame[name].dropna()}


def identities(parts: Iterable[pd.DataFrame], pseudonyms: Iterable[str], public: Iterable[str]) -> Identities:
    """The identities of frames of rows with the columns of `WHO`, some of whose cells may be empty; one frame is held at a time.

    Frames of the project's records have the columns of `PEOPLE` as well.
    """
    codes = {words_of(name): "pseudonym" for name in pseudonyms}
    born: set[tuple[int, int, int]] = set()
    partners: defaultdict[Words, set[Words]] = defaultdict(set)
    borne: defaultdict[Words, set[object]] = defaultdict(set)
    for rows in parts:
        named = under_every_name(rows)[WHO]
        who = named.astype(object).where(named.notna(), None).drop_duplicates()
        codes |= {words: kind for words, kind in _codes(who) if words}
        born |= {(day.year, day.month, day.day) for day in _days(who["dob"])}
        _take_names(who, partners, borne)
        for person in pd.unique(rows.reindex(columns=PEOPLE).astype(object).to_numpy().ravel()):
            codes |= _staff(str(person), partners) if pd.notna(person) else {}
    known = frozenset(word for text in public for word in words_of(text))
    first: defaultdict[str, set[Words]] = defaultdict(set)
    for words in {*codes, *borne, *partners, *(name for names in partners.values() for name in names)}:
        first[words[0]].add(words)
    return Identities(
        {words: kind for words, kind in codes.items() if not set(words) <= known},
        frozenset(born),
        {name: frozenset(found) for name, found in partners.items()},
        frozenset(name for name, bearers in borne.items() if len(bearers) < FEW),
        known,
        {word: sorted(found, key=len, reverse=True) for word, found in first.items()},
    )


def _codes(who: pd.DataFrame) -> Iterator[tuple[Words, str]]:
    for name in ("upn", "former_upn"):
        numbers = who[name].dropna().unique()
        yield from ((words_of(normalise_upn(str(number))), "pupil number") for number in numbers)
    for value in who["pupil_id"].dropna().unique():
        if len(str(value)) >= SHORTEST:
            yield words_of(str(value)), "identifier"


def _take_names(
    who: pd.DataFrame,
    partners: defaultdict[Words, set[Words]],
    borne: defaultdict[Words, set[object]],
) -> None:
    """Add rows' forenames by surname; and by name, up to `FEW` birthdays of those who bear it, for twice listed is not two."""
    spelt: dict[object, set[Words]] = {}
    for forename, surname, born in zip(who["forename"], who["surname"], who["dob"], strict=True):
        first, last = (spelt.setdefault(name, _spellings(name)) for name in (forename, surname))
        for name in first | last:
            if len(borne[name]) < FEW:
                borne[name].add(born)
        for name in last:
            partners[name] |= first


def _staff(person: str, partners: defaultdict[Words, set[Words]]) -> dict[Words, str]:
    """Add each pair of words of a member of staff's name; give back a number or an address with its kind."""
    names = [(word,) for word in words_of(" ".join(name_words(person))) if len(word) > 1]
    for at, name in enumerate(names):
        if at:
            partners[name] |= set(names[:at])
    words = words_of(person)
    return {words: "identifier"} if words and not names and len("".join(words)) >= SHORTEST else {}


def _spellings(name: object) -> set[Words]:
    """A name's words, and all of them in one: O'Brien and OBrien are the same."""
    words = words_of(str(name)) if name else ()
    return {words, ("".join(words),)} - {(), ("",)}


def _days(column: pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(column.dropna().unique(), errors="coerce")).dropna()

"""Which school a cell means: by its identifier, its URN, its number as people write it, or its name."""

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

import pandas as pd

from evaluation.clean.names import plain_letters
from evaluation.clean.parse import Parsed, Parser, parse_identifier

Names = Mapping[str, tuple[str, str]]  # a school's identifier to its URN and its name
Key = TypeVar("Key")

_LAESTAB = re.compile(
    r"(?:(?:dfe|dcsf|laestab|lea)\b)?[ .:#]*(?:(?:no|number|code)\b)?[ .:#]*(\d{3})(?: ?[/.\-–] ?(\d{1,4})| (\d{4}))",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<!\d)\d{6,7}(?!\d)", re.ASCII)
_FAITH = re.compile(r"\b(?:(c ?of ?e|c e|church of england)|(r ?c|roman catholic|catholic))\b")
_WRITTEN = {
    "saint": "st", "pri": "primary", "prim": "primary", "jnr": "junior", "juniors": "junior", "jun": "junior",
    "inf": "infant", "infants": "infant", "sec": "secondary", "acad": "academy",
}  # fmt: skip
_SAY_NOTHING = frozenset(
    ["the", "school", "sch", "schl", "of", "and", "voluntary", "aided", "controlled", "va", "vc"]
)
# Two schools that differ in one of these are two; the others may be left out or added.
_TELLING = frozenset(
    [
        "infant",
        "junior",
        "primary",
        "secondary",
        "high",
        "ce",
        "rc",
        "boys",
        "girls",
        "lower",
        "upper",
        "middle",
    ]
)
_COMMON = _TELLING | {"academy", "college", "nursery", "community", "foundation", "free", "trust"}
_ALIKE, _SHORTEST = 0.85, 4


@dataclass(frozen=True, slots=True)
class KnownSchools:
    """The schools of the register, by what they go by.

    Attributes
    ----------
    schools : their identifiers.
    urns, words : the identifier of each URN, and of each name in `name_words`; those of one school alone.
    named : how a message names each school.
    """

    schools: frozenset[str]
    urns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)


def school_names(register: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """URN and name of each school of the cleaned register, by its identifier; "" where it has none."""
    named = register[["school", "urn", "name"]].fillna("")
    return {school: (urn, name) for school, urn, name in named.itertuples(index=False)}


def known_schools(register: Collection[str] | Names) -> KnownSchools:
    """The schools of a register, given as identifiers alone, with names, or with the URN and name of each."""
    if not isinstance(register, Mapping):
        return KnownSchools(frozenset(register), named={school: repr(school) for school in register})
    return _known(tuple(register.items()))


@lru_cache(maxsize=1)  # every file of a study is held against the same
def _known(register: tuple[tuple[str, str | tuple[str, str]], ...]) -> KnownSchools:
    names = {school: said if isinstance(said, str) else said[1] for school, said in register}
    urns = _single((said[0], school) for school, said in register if not isinstance(said, str))
    words = _single((name_words(name), school) for school, name in names.items())
    named = {school: f"{school!r} ({name})" if name else repr(school) for school, name in names.items()}
    return KnownSchools(frozenset(names), urns, words, named)


def _single(pairs: Iterable[tuple[Key, str]]) -> dict[Key, str]:
    listed = [(key, school) for key, school in pairs if key]
    times = Counter(key for key, _ in listed)
    return {key: school for key, school in listed if times[key] == 1}


def name_words(name: str) -> tuple[str, ...]:
    """The words of a school's name that tell it from others: "The St. Mary's C of E School" gives st, marys, ce."""
    plain = re.sub("['’.]", "", plain_letters(name))
    plain = _FAITH.sub(lambda found: "ce" if found[1] else "rc", re.sub("[^a-z0-9]+", " ", plain))
    return tuple(_WRITTEN.get(word, word) for word in plain.split() if word not in _SAY_NOTHING)


def parse_school(register: Collection[str] | Names | None, *, by_name: bool = False) -> Parser:
    """A parser for a school, which must be in the register when there is one.

    Read with a remark: 850/2001; an identifier that lacks leading zeros or the authority's figures, when one school
    alone then fits; a URN; a school's name, unless schools go `by_name` there (as in what a project writes itself); and what is nearly the name of one school alone, which is assumed.
    """
    if register is None:
        return lambda text: Parsed(
            _marked(text) or parse_identifier(text).value, remark=_MARKED * bool(_marked(text))
        )
    known = known_schools(register)

    def parse(text: str) -> Parsed:
        marked = _marked(text)
        school = marked or parse_identifier(text).value or text
        if school in known.schools:
            return Parsed(school, remark=_MARKED if marked else "")
        return _by_number(school, known) or _by_name(text, known, by_name) or _refused(text, school, known)

    return parse


_MARKED = "is written with a mark between authority and school; read without it"


def _marked(text: str) -> str:
    """The identifier of a number written 850/2001, or "DfE no. 850 2001"; "" for any other text."""
    found = _LAESTAB.fullmatch(text)
    return found[1] + (found[2] or found[3]).zfill(4) if found else ""


def _by_number(school: str, known: KnownSchools) -> Parsed | None:
    if urn := known.urns.get(school.lstrip("0")):
        return Parsed(urn, remark="is the URN of a school of the register; read as that school")
    ends = [item for item in known.schools if item.endswith(school) and len(school) >= 4]
    if len(ends) == 1:
        return Parsed(ends[0], remark="lacks its first figures; read as the one school it can be")
    inside = {known.urns.get(item, item) for item in _NUMBER.findall(school)} & known.schools
    if len(inside) == 1 and not school.isdigit():
        return Parsed(inside.pop(), remark="has a school's number among other words; read as that school")
    return None


def _by_name(text: str, known: KnownSchools, usual: bool) -> Parsed | None:
    words = name_words(text)
    if school := known.words.get(words):
        return Parsed(school, remark="" if usual else f"is a school's name; read as {known.named[school]}")
    near = _near(words, known)
    if len(near) == 1:
        return Parsed(
            near[0], remark=f"is nearly the name of one school alone; assumed to be {known.named[near[0]]}"
        )
    return None


def _near(words: tuple[str, ...], known: KnownSchools) -> list[str]:
    return [school for name, school in known.words.items() if _nearly(words, name)]


def _nearly(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two names agree in a word of their own, but for slips and at most one word more on one side."""
    mine = [word for word in one if not any(_alike(word, item) for item in other)]
    theirs = [word for word in other if not any(_alike(word, item) for item in one)]
    both = [word for word in one if word not in mine and word not in _COMMON]
    own = [[word for word in words if word not in _COMMON] for words in (mine, theirs)]
    two_kinds = bool(_TELLING & set(mine)) and bool(_TELLING & set(theirs))
    return bool(both) and not two_kinds and not (own[0] and own[1]) and len(own[0]) + len(own[1]) <= 1


def _alike(one: str, other: str) -> bool:
    if one == other or min(len(one), len(other)) < _SHORTEST or {one, other} & _COMMON or one[0] != other[0]:
        return one == other
    return difflib.SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _refused(text: str, school: str, known: KnownSchools) -> Parsed:
    numbers = difflib.get_close_matches(school, sorted(known.schools), n=1, cutoff=0.8)
    if numbers:
        # Near an identifier of a school it is no pupil's, so it may be repeated.
        nearest = known.named[numbers[0]]
        return Parsed(
            reason=f"({school}) is not a school in the register; the nearest is {nearest}", refuses_row=True
        )
    if near := sorted(_near(name_words(text), known)):
        several = " or ".join(known.named[item] for item in near[:3])
        return Parsed(reason=f"may be any of several schools in the register: {several}", refuses_row=True)
    names = {" ".join(words): item for words, item in known.words.items()}
    alike = difflib.get_close_matches(" ".join(name_words(text)), sorted(names), n=1, cutoff=0.6)
    if alike:
        nearest = known.named[names[alike[0]]]
        return Parsed(reason=f"is not a school in the register; the nearest is {nearest}", refuses_row=True)
    return Parsed(reason="is not a school in the register, nor like any there", refuses_row=True)

"""Names of pupils and staff in what people wrote in their own words: taken out before anything is kept.

A name is told by a mark: "word|amir" for one of its parts, "pair|amir|khan" for a first and a family name beside one
another. Whoever asks says which marks are known: those of the pupil lists, or the keyed hashes of those withdrawn.
"""

import re
from collections.abc import Callable, Iterable, Iterator

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.names import normalise_name
from evaluation.study.records import FREE_TEXT, RECORDS

REMOVED = "[name]"
SHORTEST = 2
Known = Callable[[str], bool]

# "miss" is a verb as well, and "dr" a drive: with a capital, before a capital, they are titles.
_TITLED = re.compile(
    r"\b(?:(?i:mrs?|ms|mx)\b\.?\s+|(?:M(?i:iss)|Dr|Prof|Professor)\b\.?\s+(?=[A-Z]))(?:[A-Z]\.?\s+)*"
    r"[^\W\d_][\w'’‘`ʼ-]+(?:\s+(?!(?:Year|Class|Group|School|Maths|Mathematics)\b)[A-Z][\w'’‘`ʼ-]+)?"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’‘`ʼ-][^\W\d_]+)*")
_OWNER = re.compile(r"['’‘`ʼ]s$", re.IGNORECASE)
_APART = re.compile(r"[\s,.]*")
_STARTS = re.compile(r"(?:^|[.!?:;\n\"“(])\s*[\"“'‘(]*$")
# Words of any account of a school's work that are names as well: with a capital, wherever it stands, they are names.
_WORDS = (
    "best black book books brown case chance class close cook day days down fine general good green hall hand head "
    "hill hope just king lead like little long love low march mark marks may mean miles more new noble old page "
    "park post price read rich rise short small son song spring still stone strong summer sure table teacher time "
    "true van wall way well white will winter wise wood work worth year young"
)
# Words that begin sentences everywhere: names only with a capital inside a sentence.
_SMALL_WORDS = (
    "a all an and any are as at be but by can did do far few for get go had has he her him his how i if in is it "
    "its let many me my no not of off on one or our out own put say see set she so some the then they this to too "
    "two up us use was we when who why yes yet you"
)


def name_marks(forenames: Iterable[str | None], surnames: Iterable[str | None]) -> Iterator[str]:
    """The marks of people's names, one forename and one surname each; either may be missing."""
    for forename, surname in zip(forenames, surnames, strict=True):
        first, last = (
            [normalise_name(word) for word in _WORD.findall(name)] if isinstance(name, str) else []
            for name in (forename, surname)
        )
        for name in (forename, surname):
            parts = map(normalise_name, re.split(r"[^\w]|_", name)) if isinstance(name, str) else ()
            yield from (f"word|{part}" for part in {*parts, *first, *last} if len(part) >= SHORTEST)
        yield from (_pair(one, other) for one in first for other in last)


def _pair(one: str, other: str) -> str:
    return f"pair|{'|'.join(sorted((one, other)))}"


def without_names(
    kind: str, rows: pd.DataFrame, known: Known, headings: dict[str, pd.Series]
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """A kind's rows with names taken out of what they say, and an issue for each cell that held one.

    In free text every name goes; in a label, such as a provider's name, only a first and a family name together. What stands
    after a title (Mrs, Mr, Dr ...) goes everywhere.
    """
    found = []
    for item in RECORDS[kind].items:
        if item.parser not in ("label", "text", FREE_TEXT):
            continue
        labels = item.parser == "label"
        left = {text: _without(text, known, labels) for text in rows[item.name].dropna().unique()}
        texts = {text: plain for text, plain in left.items() if plain != text}
        named = rows[item.name].isin(list(texts))
        if texts:
            reason = "The text names a pupil or a member of staff; the name was taken out, and the text may not be quoted."
            found.append(issues_at(rows[named], "names_someone", "cell", reason, headings[item.name][named]))
            rows = rows.assign(**{item.name: rows[item.name].replace(texts)})
            if "may_be_quoted" in rows:
                rows = rows.assign(may_be_quoted=rows["may_be_quoted"].mask(named, 0))
    return rows, found


def _without(text: str, known: Known, labels: bool) -> str:
    """The text with a mark in place of each name."""
    words = list(_WORD.finditer(text))
    plain = [normalise_name(_OWNER.sub("", word[0])) for word in words]
    gone: set[int] = set()
    for at, word in enumerate(words):
        if (
            at
            and _APART.fullmatch(text[words[at - 1].end() : word.start()])
            and known(_pair(plain[at - 1], plain[at]))
        ):
            gone |= {at - 1, at}
        if not labels and _is_name(text, word, plain[at], known):
            gone.add(at)
    for at in sorted(gone, reverse=True):
        owner = _OWNER.search(words[at][0])
        text = text[: words[at].start()] + REMOVED + (owner[0] if owner else "") + text[words[at].end() :]
    return _TITLED.sub(_untitled, text)


def _untitled(found: re.Match[str]) -> str:
    """What a title stands before is a name, whoever bears it and whether any list has them."""
    owner = _OWNER.search(found[0])
    return REMOVED + (owner[0] if owner else "")


def _is_name(text: str, word: re.Match[str], plain: str, known: Known) -> bool:
    parts = {plain, *map(normalise_name, re.split("['’‘`ʼ-]", word[0]))}
    if not any(len(part) >= SHORTEST and known(f"word|{part}") for part in parts):
        return False
    capital = word[0][0].isupper()
    if plain in _SMALL_WORDS.split():
        return capital and not _STARTS.search(text[: word.start()])
    return capital or (plain not in _WORDS.split() and len(plain) > SHORTEST)

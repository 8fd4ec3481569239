"""Search files for whoever is to be forgotten, inside tables, workbooks, notebooks and pages too."""

import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from evaluation.disclose.leaks import forms
from evaluation.disclose.leaks.scan import APART
from evaluation.store.cache import FOLDER, Cache

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Sought:
    """What is sought, under the word a report has for it; none of it is ever shown.

    Attributes
    ----------
    texts : mapping of str to str
        Text to the word for it: "pseudonym", "pupil number", "identifier", "school".
    names : collection of tuple
        Forename and surname.
    """

    texts: dict[str, str]
    names: frozenset[tuple[str, str]] = frozenset()

    def within(self, text: str) -> set[str]:
        """The words for what a text holds: names when both stand near one another in a line."""
        plain = text.casefold()
        found = {word for sought, word in self.texts.items() if sought.casefold() in plain}
        if self.names and "name" not in found:
            words = set(_WORD.findall(plain))
            if any(
                _near(plain, words, forename.casefold(), surname.casefold())
                for forename, surname in self.names
            ):
                found.add("name")
        return found


def _near(text: str, words: Collection[str], forename: str, surname: str) -> bool:
    if not all(part in words for name in (forename, surname) for part in _WORD.findall(name)):
        return False
    first, last = re.escape(forename), re.escape(surname)
    gap = rf"\W.{{0,{APART}}}?"
    either = rf"(?<!\w)(?:{first}(?:{gap})?(?<!\w){last}|{last}(?:{gap})?(?<!\w){first})(?!\w)"
    return re.search(either, text) is not None


@dataclass(frozen=True)
class Searched:
    """What was searched, files by their kind, and where something was found: the path and what it is."""

    kinds: Counter[str] = field(default_factory=Counter)
    found: dict[Path, list[str]] = field(default_factory=dict)


def search(folders: Iterable[Path], sought: Sought, cache: Cache) -> Searched:
    """Search every file of the folders, their names included; cleaned rows are deciphered with the cache's key."""
    result = Searched()
    for path in sorted(item for folder in folders for item in folder.rglob("*") if item.is_file()):
        result.kinds[path.suffix.lstrip(".") or "no suffix"] += 1
        held = sought.within(path.name)
        for text in _texts(path, cache):
            held |= sought.within(text)
        if held:
            result.found[path] = sorted(held)
    return result


def _texts(path: Path, cache: Cache) -> Iterator[str]:
    """A file's text in the forms it may hide in: always its bytes, and what they mean where that is known."""
    content = path.read_bytes()
    yield content.decode("utf-8", errors="replace")
    if path.parent == cache.folder / FOLDER:
        yield from _cleaned(cache, path.stem)
    elif path.suffix == ".parquet":
        yield from _parquet(content)
    else:
        yield from (form.text for form in forms(path.name, content))


def _cleaned(cache: Cache, name: str) -> Iterator[str]:
    """The cleaned rows of a file: every number, and whole rows where there is none; a namesake has a number of his own."""
    kept = cache.read(name)
    if kept is not None:
        numbers = kept.cleaned.rows.reindex(columns=["upn", "pupil_id"])
        yield _lines(numbers)
        yield _lines(kept.cleaned.rows[numbers.isna().all(axis=1)])
        yield _lines(kept.cleaned.issues)


def _parquet(content: bytes) -> Iterator[str]:
    try:
        yield _lines(pq.read_table(io.BytesIO(content)).to_pandas())
    except (OSError, ValueError):  # damaged, or not ours to decipher: its bytes were searched
        return


def _lines(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, sep=" ")

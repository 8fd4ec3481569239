"""Names as linkage compares them: whole, in parts, and with their common short forms, whatever the script."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evaluation.clean.compact import texts
from evaluation.link.variants import VARIANTS

# Letters that Unicode does not take apart into a plain letter and an accent, and Arabic letters written in two ways.
_PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
    | {"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ـ": ""}
)
# In these scripts a mark above or below a letter is an accent or an optional vowel; in others it is a letter's part.
_MARKS_DROPPED = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW")
_APOSTROPHES = re.compile("['’‘`ʼ´ʻ]")
_TITLES = frozenset(["mr", "miss", "mrs", "ms", "mx", "master"])


def parts(name: str) -> list[str]:
    """A name's parts in plain letters and lower case: "O'Brien-Núñez" gives "obrien" and "nunez"."""
    apart = unicodedata.normalize("NFKD", _unscrambled(name)).casefold().translate(_PLAIN)
    kept, base = [], ""
    for mark in _APOSTROPHES.sub("", apart):
        if unicodedata.category(mark).startswith("M"):
            kept.append("" if base.startswith(_MARKS_DROPPED) else mark)
        else:
            base = unicodedata.name(mark, "")
            kept.append(mark if mark.isalnum() else " ")
    found = "".join(kept).split()
    return [part for part in found if part not in _TITLES] or found


def _unscrambled(name: str) -> str:
    """The name meant, where UTF-8 was read as Windows-1252 on its way ("NÃºria"); else the name as it stands."""
    try:
        return name.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return name


def plain_names(names: pd.Series) -> pd.Series:
    """A column of names without spaces, each distinct name once; NA where there is none."""
    at, known = pd.factorize(names)
    plain = pd.array(["".join(parts(name)) or None for name in known], dtype="str")
    return pd.Series(plain.take(at, allow_fill=True), index=names.index)


def compared_names(surnames: pd.Series, forenames: pd.Series) -> pd.DataFrame:
    """The names of rows as the model compares them; each distinct name is taken apart once.

    Returns
    -------
    DataFrame
        With the index of `surnames`; NA where a name is missing:
        surname, forename : without spaces, as in "obriennunez".
        surname_parts, forename_parts : the parts in order of the alphabet between spaces, as in " nunez obrien ".
        forename_key : the forename's common form: "william" for "Bill", "muhammad" for "Mohamed".
        whole : all parts of both names in order of the alphabet: the same when surname and forename are exchanged.
    """
    pairs = pd.DataFrame({"surname": texts(surnames), "forename": texts(forenames)})
    at = pairs.groupby(["surname", "forename"], dropna=False, sort=False).ngroup().to_numpy()
    once = pairs.iloc[np.unique(at, return_index=True)[1]]
    apart = {name: parts(name) for names in (surnames, forenames) for name in names.dropna().unique()}
    known = [_compared(*pair, apart) for pair in zip(once["surname"], once["forename"], strict=True)]
    return pd.DataFrame(known, columns=COLUMNS, dtype="str").iloc[at].set_axis(surnames.index)


COLUMNS = ["surname", "forename", "surname_parts", "forename_parts", "forename_key", "whole"]


def _compared(surname: object, forename: object, apart: Mapping[Any, list[str]]) -> tuple[str | None, ...]:
    last, first = (apart.get(name, []) for name in (surname, forename))
    if isinstance(surname, str) and not isinstance(forename, str) and "," in surname:
        last, first = map(parts, surname.split(",", 1))  # both names in one cell
    key = [VARIANTS.get(part, part) for part in first]
    return (
        "".join(last) or None,
        "".join(first) or None,
        _spaced(last),
        _spaced(key),
        "".join(key) or None,
        _spaced([*last, *key]),
    )


def _spaced(found: list[str]) -> str | None:
    return f" {' '.join(sorted(found))} " if found else None

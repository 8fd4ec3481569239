"""Names as they are compared: without accents, case, apostrophes, hyphens or spaces."""

import unicodedata

import pandas as pd

# Letters that Unicode does not take apart into a plain letter and an accent.
_PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)


def normalise_name(name: str) -> str:
    """The letters and figures of a name, unaccented and in lower case: "O'Brien-Núñez" gives "obriennunez"."""
    apart = unicodedata.normalize("NFKD", name).casefold().translate(_PLAIN)
    return "".join(letter for letter in apart if letter.isalnum())


def normalise_names(names: pd.Series) -> pd.Series:
    """A column of names normalised, each distinct name once; NA where there is none."""
    plain = {name: normalise_name(name) for name in names.dropna().unique()}
    return pd.Series([plain.get(name) for name in names.tolist()], index=names.index, dtype="str")

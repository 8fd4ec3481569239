"""Names as they are compared: without accents, case, apostrophes, hyphens or spaces."""

import unicodedata

import pandas as pd

# Letters that Unicode does not take apart into a plain letter and an accent.
_PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)


def unscrambled(name: str) -> str:
    """A name whose UTF-8 letters were read as cp1252, put right; any other as it is: "JosÃ©" gives "José"."""
    if name.isascii():
        return name
    # The no-break space in a scrambled "à" has become a plain one by the time a cell is parsed.
    marked = name.replace("Ã ", "Ã\xa0")
    try:
        plain = b"".join(_byte(mark) for mark in marked).decode("utf-8")
    except UnicodeError:
        return name
    return unscrambled(plain)


def _byte(mark: str) -> bytes:
    """The byte a letter came from: its cp1252 code, or its own number where that table has a gap."""
    return mark.encode("latin-1") if "\x80" <= mark <= "\x9f" else mark.encode("cp1252")


def plain_letters(text: str) -> str:
    """Text in lower case without accents."""
    apart = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def normalise_name(name: str) -> str:
    """The letters and figures of a name, unaccented and in lower case: "O'Brien-Núñez" gives "obriennunez"."""
    return "".join(letter for letter in plain_letters(name) if letter.isalnum())


def normalise_names(names: pd.Series) -> pd.Series:
    """A column of names normalised, each distinct name once; NA where there is none."""
    plain = {name: normalise_name(name) for name in names.dropna().unique()}
    return pd.Series([plain.get(name) for name in names.tolist()], index=names.index, dtype="str")

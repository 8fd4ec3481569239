"""Names as they are compared: without accents, case, apostrophes, hyphens or spaces."""

import unicodedata

import numpy as np
import pandas as pd

# Letters that Unicode does not take apart into a plain letter and an accent.
_PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)

OTHER_NAMES = {name: (f"preferred_{name}", f"former_{name}") for name in ("forename", "surname")}


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


def under_every_name(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, and again each under every other first and family name that its pupil goes by or went by.

    The index, whose labels come again, says whose row each is.
    """
    for name, others in OTHER_NAMES.items():
        named = {other: rows[rows[other].notna()] for other in others if other in rows}
        again = [some.assign(**{name: some[other]}) for other, some in named.items()]
        rows = pd.concat([rows, *again]) if any(map(len, again)) else rows
    return rows


def name_keys(
    rows: pd.DataFrame, first: str = "surname", second: str = "forename", born: bool = True
) -> pd.Series:
    """A number for each family and first name, normalised, with (`born`) date of birth; NA when one of them is missing.

    The numbers of the two names and of the day are made one, each kept apart from the next by how many there can be of it,
    so that rows have the same number only when all agree.
    """
    at, names = zip(*(pd.factorize(rows[name]) for name in ("surname", "forename")), strict=True)
    plain = pd.factorize(np.array([normalise_name(name) for part in names for name in part], "object"))[0]
    parts = zip(("surname", "forename"), at, np.split(plain, [len(names[0])]), strict=True)
    codes = {name: np.append(known, -1)[where] for name, where, known in parts}  # -1 where there is no name
    missing = (codes["surname"] < 0) | (codes["forename"] < 0)
    key = codes[first] * len(plain) + codes[second]
    if born:
        day = rows["dob"].to_numpy("datetime64[D]").astype("int64")
        missing |= rows["dob"].isna().to_numpy()
        day = np.where(missing, 0, day - day[~missing].min(initial=0))
        key = key * (day.max(initial=0) + 1) + day
    return pd.Series(pd.arrays.IntegerArray(key, missing), index=rows.index)

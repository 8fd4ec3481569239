"""Names as they are compared: without accents, case, apostrophes, hyphens or spaces."""

import unicodedata

# Letters that Unicode does not take apart into a plain letter and an accent.
_PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)


def normalise_name(name: str) -> str:
    """The letters and figures of a name, unaccented and in lower case: "O'Brien-Núñez" gives "obriennunez"."""
    apart = unicodedata.normalize("NFKD", name).casefold().translate(_PLAIN)
    return "".join(letter for letter in apart if letter.isalnum())

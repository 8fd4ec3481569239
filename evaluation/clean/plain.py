"""A cell's text in plain characters: what can be read in one way only is read so without a word."""

import re
import unicodedata

from evaluation.ingest import collapse
from evaluation.ingest.table import INVISIBLE

# How spreadsheets are kept from making numbers of text: ="0012" in a CSV file, '0012 in a cell.
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"|=?"([^"]*)"|\'(\d.*)')


def plain_text(cell: str) -> str:
    """The cell without characters no one sees, its figures and letters of full width plain, its whitespace collapsed."""
    text = collapse(cell.translate(INVISIBLE))
    if not text.isascii():
        text = "".join(map(_plain, text))
    kept = _KEPT_AS_TEXT.fullmatch(text)
    return collapse(next(part for part in kept.groups() if part is not None)) if kept else text


def _plain(mark: str) -> str:
    if "\uff01" <= mark <= "\uff5e":
        return chr(ord(mark) - 0xFEE0)
    return str(unicodedata.decimal(mark)) if mark.isdecimal() else mark

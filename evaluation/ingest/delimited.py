"""CSV files: their encoding, their separator, their records."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count, islice

from evaluation.errors import SourceError
from evaluation.ingest.table import HEADING_SEARCH_ROWS, Grid, find_headings, headings_found

SEPARATORS = (",", ";", "\t")


def read_delimited(content: bytes, shown: str, headings: Sequence[str]) -> Grid:
    """The records of a CSV file; its separator is the one under which the headings are found.

    Raises
    ------
    SourceError
        When the encoding is not UTF-8, cp1252 or (with its mark) UTF-16, or a quotation mark is left open.
    """
    text = _decoded(content, shown)
    return Grid("", list(_records(text, _separator(text, headings), shown)))


def _decoded(content: bytes, shown: str) -> str:
    """Text as UTF-8, or UTF-16 when a mark says so, or cp1252, which few byte strings are not."""
    utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SourceError(
        f"{shown}: the encoding is none of UTF-8, UTF-16 and Windows (cp1252). Save it again as CSV UTF-8."
    )


def _separator(text: str, headings: Sequence[str]) -> str:
    """The separator under which all headings are found; failing that, most headings, then most cells."""
    tops = {mark: Grid("", _top(text, mark)) for mark in SEPARATORS}
    if not headings:
        return max(SEPARATORS, key=lambda mark: sum(len(row) - 1 for row in tops[mark].rows))
    for mark, top in tops.items():
        if find_headings(top, headings) is not None:
            return mark

    def agreement(mark: str) -> tuple[int, int]:
        cells = headings_found(tops[mark], headings)[1]
        return len(set(headings) & set(cells)), len(cells)

    return max(SEPARATORS, key=agreement)


def _top(text: str, mark: str) -> list[list[str]]:
    """The first records, leniently: under the wrong separator quotation marks may well look wrong."""
    rows: list[list[str]] = []
    # A cell too long for the reader ends the search; `_records` says where it is.
    with suppress(csv.Error):
        rows.extend(islice(csv.reader(io.StringIO(text, newline=""), delimiter=mark), HEADING_SEARCH_ROWS))
    return rows


def _records(text: str, mark: str, shown: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    for number in count(1):
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise SourceError(
                f"{shown}: row {number} has a quotation mark that is not closed, or not doubled inside a quoted cell, "
                f"or a cell of more than {csv.field_size_limit():,} characters. "
                "Correct the row, or export the file again."
            ) from None

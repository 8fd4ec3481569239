"""CSV files: their separator and their records."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count, islice

from evaluation.errors import SourceError
from evaluation.ingest.encoding import decode
from evaluation.ingest.table import HEADING_SEARCH_ROWS, Fault, Grid, find_headings, headings_found

SEPARATORS = (",", ";", "\t", "|")
_DECLARED = re.compile(r'"?sep=([^\w\s"]|\t)"?\r?\n', re.IGNORECASE)


def read_delimited(content: bytes, shown: str, headings: Sequence[str]) -> Grid:
    """The records of a CSV file; its separator is the one it declares, else the one under which the headings are found.

    Raises
    ------
    SourceError
        When there is no text in it, or a quotation mark is left open.
    """
    decoded = decode(content, shown)
    declared = _DECLARED.match(decoded.text)
    mark = declared[1] if declared else _separator(decoded.text, headings)
    faults = tuple(Fault(None, "", "encoding", "note", reason) for reason in decoded.notes)
    return Grid("", list(_records(decoded.text, mark, shown)), faults=faults)


def _separator(text: str, headings: Sequence[str]) -> str:
    """The separator under which all headings are found; failing that, most headings, then most cells."""
    tops = {mark: Grid("", _top(text, mark)) for mark in SEPARATORS}
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

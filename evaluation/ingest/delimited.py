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
TOP_CHARACTERS = 1_000_000  # in which the headings are looked for


def read_delimited(content: bytes, shown: str, headings: Sequence[str]) -> Grid:
    """The records of a CSV file; its separator is the one it declares, else the one under which the headings are found.

    Raises
    ------
    SourceError
        When there is no text in it, or a quotation mark is left open.
    """
    decoded = decode(content, shown)
    faults = [Fault(None, "", "encoding", "note", reason) for reason in decoded.notes]
    if text := _unquoted(decoded.text):
        faults.append(
            Fault(
                None,
                "",
                "lines_quoted",
                "note",
                "Each line stands between quotation marks; they were taken off.",
            )
        )
    return Grid("", list(_rows(text or decoded.text, shown, headings)), faults=tuple(faults))


def _unquoted(text: str) -> str:
    """The text of a file each of whose lines was quoted as one cell, as saving it twice does; "" for any other."""
    if not text.startswith('"'):
        return ""
    tops = [row for mark in SEPARATORS for row in _top(text, mark)]
    if any(len(row) > 1 for row in tops) or not any(
        mark in cell for row in tops for cell in row for mark in SEPARATORS
    ):
        return ""
    return "\n".join(row[0] if row else "" for row in csv.reader(io.StringIO(text, newline="")))


def delimited_rows(content: bytes, shown: str, headings: Sequence[str]) -> Iterator[list[str]]:
    """The same records one at a time, for files too wide to hold as lists of text."""
    yield from _rows(decode(content, shown).text, shown, headings)


def _rows(text: str, shown: str, headings: Sequence[str]) -> Iterator[list[str]]:
    declared = _DECLARED.match(text)
    yield from _records(text, declared[1] if declared else _separator(text, headings), shown)


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
        top = io.StringIO(text[:TOP_CHARACTERS], newline="")
        rows.extend(islice(csv.reader(top, delimiter=mark), HEADING_SEARCH_ROWS))
    return rows


def _records(text: str, mark: str, shown: str) -> Iterator[list[str]]:
    # Not StringIO, which takes four bytes a character.
    stream = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline="")
    reader = csv.reader(stream, delimiter=mark, strict=True)
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

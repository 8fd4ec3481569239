"""Rules for records that need every source: doubts between rows, and the names of pupils and staff in what people wrote."""

from collections.abc import Iterator, Mapping

import pandas as pd

from evaluation.clean.compact import plain
from evaluation.clean.issues import gather
from evaluation.clean.names import under_every_name
from evaluation.clean.rules.named_in_text import name_marks, without_names
from evaluation.clean.rules.record_notes import doubts
from evaluation.clean.shelf import Shelf
from evaluation.clean.staff import name_words
from evaluation.study import Study
from evaluation.study.fields import ALSO_CALLED
from evaluation.study.records import PERSON, RECORDS


def check_records(
    study: Study, records: Mapping[str, pd.DataFrame], *people: Shelf
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """The records, nobody named in their texts any more, and what was found by holding them against one another.

    Parameters
    ----------
    records : mapping of str to DataFrame
        Cleaned rows of all sources of each kind.
    people : Shelf
        Cleaned rows that name pupils: forename and surname.
    """
    both = ["forename", "surname"]
    columns = [*both, *(field.name for field in ALSO_CALLED)]
    called = [
        under_every_name(plain(rows))[both].drop_duplicates()
        for shelf in people
        if records
        for rows in shelf.pieces(columns)
    ]
    names = {mark for rows in called for mark in name_marks(rows["forename"], rows["surname"])}
    names |= {mark for kind, rows in records.items() for mark in _staff_marks(kind, rows)}
    checked, found = {}, []
    for kind, rows in records.items():
        headings = {item.name: _headings(study, rows, item.name) for item in RECORDS[kind].items}
        found += doubts(kind, rows, headings)
        checked[kind], named = without_names(kind, rows, names.__contains__, headings)
        found += named
    return checked, gather(found)


def _headings(study: Study, rows: pd.DataFrame, name: str) -> pd.Series:
    headings = {source.name: study.columns(source).get(name, "") for source in study.sources}
    return rows["source"].map(headings).astype("str")


def _staff_marks(kind: str, rows: pd.DataFrame) -> Iterator[str]:
    """The marks of people called by a name rather than by initials, a number or an address."""
    for item in RECORDS[kind].items:
        if item.parser != PERSON:
            continue
        for person in rows[item.name].dropna().unique():
            words = name_words(person)
            yield from name_marks(words, words[::-1])

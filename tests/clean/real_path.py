"""Files of a small study taken in as a run takes them: read, cleaned, held against one another and linked."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from clean_tables import PUPIL, RESULT, STUDY
from openpyxl import Workbook

from evaluation.intake import linked
from evaluation.link import Linked
from evaluation.receive import Received, receive
from evaluation.study import Source, Study

REGISTER = [
    ["ID", "URN", "Name", "Phase", "Role", "Cluster"],
    ["9992001", "190001", "Elm Tree Primary School", "primary", "taking part", ""],
    ["9992002", "190002", "St Mary's Church of England Infant School", "primary", "comparison", ""],
    ["9992003", "190003", "St Mary's Church of England Junior School", "primary", "comparison", ""],
    ["9992004", "190004", "Wendlemoor Academy", "primary", "taking part", ""],
]
Rows = Sequence[Sequence[object]]


@dataclass(frozen=True)
class Taken:
    """What came of the files."""

    study: Study
    shelves: Received

    @cached_property
    def received(self) -> Received:
        """What was received, its rows as frames."""
        return _in_frames(self.shelves)

    @cached_property
    def linked(self) -> Linked:
        """The rows under pseudonyms, as frames, linked when first asked for."""
        return _in_frames(linked(self.study, self.shelves))

    @property
    def issues(self) -> pd.DataFrame:
        return self.received.issues

    def told(self, source: str, rule: str) -> list[int]:
        """The rows of a source that a rule points at, 0 for a whole table."""
        issues = self.issues[(self.issues["source"] == source) & (self.issues["rule"] == rule)]
        return sorted(issues["row"].fillna(0).astype(int))

    def reasons(self, rule: str) -> list[str]:
        return self.issues.loc[self.issues["rule"] == rule, "reason"].tolist()


def _in_frames(found: Any) -> Any:
    return replace(found, pupils=found.pupils.frame(), scores=found.scores.frame())


def as_csv(rows: Rows, separator: str = ",") -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator).writerows(rows)
    return stream.getvalue().encode()


def as_xlsx(rows: Rows) -> Workbook:
    """A workbook of one sheet, to be spoilt further before `bytes_of` saves it."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    return book


def bytes_of(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def take(
    root: Path,
    files: Mapping[str, Rows | bytes],
    columns: Mapping[str, Mapping[str, str]] = {},
    given: Mapping[str, Mapping[str, str]] = {},
) -> Taken:
    """Take in sources of the small study.

    Parameters
    ----------
    files : by the source's name, rows with their headings (written as CSV), or the bytes of a workbook.
    columns : column maps in place of the study's, by source.
    given : other settings of a source.
    """
    folder = root / "data" / "raw" / "small"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schools.csv").write_bytes(as_csv(REGISTER))
    sources = []
    for source in STUDY.sources:
        if source.name not in files:
            continue
        content = files[source.name]
        path = f"{source.name}.{'xlsx' if isinstance(content, bytes) and content[:2] == b'PK' else 'csv'}"
        (folder / path).write_bytes(content if isinstance(content, bytes) else as_csv(content))
        changed = {"path": path, **given.get(source.name, {})}
        if source.name in columns:
            changed |= {"columns": dict(columns[source.name]), "layout": None}
        sources.append(Source.model_validate({**source.model_dump(exclude_none=True), **changed}))
    register = STUDY.schools.model_copy(update={"columns": {**STUDY.schools.columns, "urn": "URN"}})
    study = STUDY.model_copy(update={"sources": tuple(sources), "schools": register})
    received = receive(study, root, lambda *_: None)
    _nothing_lost(received)
    return Taken(study, received)


def _nothing_lost(received: Received) -> None:
    """Rows accepted and rows listed are the rows of each file."""
    for source, rows_in, accepted in received.sources[["source", "rows_in", "rows_accepted"]].itertuples(
        index=False
    ):
        issues = received.issues[
            (received.issues["source"] == source) & (received.issues["severity"] == "row")
        ]
        assert accepted + len(issues.drop_duplicates(["sheet", "row"])) == rows_in, source


def headed(rows: Rows, *, scores: bool = False) -> list[list[object]]:
    """Rows of `clean_tables.pupils` or `results` below their headings."""
    return [list(RESULT if scores else PUPIL), *(list(row) for row in rows)]

"""What people have decided about doubtful pairs: read from the review workbooks they saved."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.errors import SourceError, nearest
from evaluation.ingest import RawTable, read_tables
from evaluation.link.pseudonyms import pseudonym

FOLDER = "review"
SHEET = "Pairs"
HEADINGS = ("Decision", "Record key", "Pupil key")
DECISIONS = ("same", "different", "unsure")
CONTENT = ["source", "surname", "forename", "dob", "sex", "school", "year_group", "upn", "pupil_id"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on whether a record is about a listed pupil, and where it stands.

    `record` and `pupil` are keyed hashes of what the record says and of who the pupil is, so that a decision is
    found again wherever the rows have moved to, and lapses when what it was about has changed.
    """

    record: str
    pupil: str
    verdict: str
    place: str


@dataclass(frozen=True, slots=True)
class Keys:
    """What stands in a decision for a record and for a listed pupil: made only for those that are asked about.

    Attributes
    ----------
    key : bytes
        The study's pseudonym key.
    study : str
    """

    key: bytes = field(repr=False)
    study: str

    def records(self, rows: pd.DataFrame) -> pd.Series:
        """What stands for each record's content."""
        parts = rows.reindex(columns=CONTENT).astype("str").fillna("")
        content = ["|".join(cells) for cells in parts.to_numpy()]
        named = [pseudonym(self.key, self.study, f"record|{item}") for item in content]
        return pd.Series(named, index=rows.index, dtype="str")

    def listings(self, identity: pd.Series) -> pd.Series:
        """What stands for each listed pupil: not the pseudonym of the store, which must not meet names."""
        named = {who: pseudonym(self.key, self.study, f"listed|{who}") for who in identity.dropna().unique()}
        return identity.map(named).astype("str")


def read_decisions(folder: Path) -> tuple[list[Decision], list[dict[str, Any]]]:
    """The decisions in the workbooks of a study's raw folder, and a line for each workbook.

    Parameters
    ----------
    folder : Path
        The study's folder of raw files; the workbooks are its review/*.xlsx.

    Returns
    -------
    decisions : list of Decision
    lines : list of dict
        source, kind, file, sheets, sha256, rows_in, rows_accepted (those decided), rows_listed (those left open).

    Raises
    ------
    SourceError
        When a workbook cannot be read, a decision is not one of `DECISIONS`, or two contradict each other.
    """
    decisions: list[Decision] = []
    lines: list[dict[str, Any]] = []
    for path in sorted((folder / FOLDER).glob("*.xlsx")):
        if path.name.startswith("~$"):
            continue  # what a spreadsheet program keeps while a workbook is open
        shown = f"{FOLDER}/{path.name}"
        table = read_tables(path, shown, FOLDER, list(HEADINGS), SHEET)[0]
        found = _decided(table)
        lines.append(_line(table, len(found)))
        decisions += found
    _refuse_contradictions(decisions)
    return decisions, lines


def _decided(table: RawTable) -> list[Decision]:
    found = []
    for row, cells in table.cells.iterrows():
        said, record, pupil = (cells[name].strip() for name in HEADINGS)
        place = f"{table.file}, sheet {table.sheet!r}, row {row}"
        if not said:
            continue
        if said.casefold() not in DECISIONS:
            hint = nearest(said.casefold(), DECISIONS)
            raise SourceError(
                f"{place}, column 'Decision': not one of {', '.join(DECISIONS)}.{hint} Choose from the list in the cell."
            )
        if not record or not pupil:
            raise SourceError(
                f"{place}: a decision without its keys. Put the columns 'Record key' and 'Pupil key' back as they were."
            )
        found.append(Decision(record, pupil, said.casefold(), place))
    return found


def _line(table: RawTable, decided: int) -> dict[str, Any]:
    rows = len(table.cells)
    return {
        "source": FOLDER,
        "kind": FOLDER,
        "file": table.file,
        "sheets": 1,
        "sha256": table.sha256,
        "rows_in": rows,
        "rows_accepted": decided,
        "rows_listed": rows - decided,
    }


def _refuse_contradictions(decisions: list[Decision]) -> None:
    """One pair is the same or different, not both; one record is about one pupil."""
    said: dict[tuple[str, str], Decision] = {}
    whose: dict[str, Decision] = {}
    for item in decisions:
        if item.verdict == "unsure":
            continue
        other = said.setdefault((item.record, item.pupil), item)
        if other.verdict != item.verdict:
            raise SourceError(
                f"{item.place}: says {item.verdict!r} where {other.place} says {other.verdict!r} of the same pair. "
                "Keep one of the two."
            )
        if item.verdict != "same":
            continue
        first = whose.setdefault(item.record, item)
        if first.pupil != item.pupil:
            raise SourceError(
                f"{item.place}: the record is said to be the same as two pupils, here and in {first.place}. Keep one."
            )

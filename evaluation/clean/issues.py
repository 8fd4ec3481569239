"""What could not be accepted, as a table: where it is, which rule says so, and why."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd
import pyarrow as pa

from evaluation.ingest import RawTable

PLACE = ["source", "file", "sheet", "row"]
ISSUE_COLUMNS = [*PLACE, "column", "rule", "severity", "school", "reason"]
Severity = Literal["row", "cell", "note"]

_LETTERS_ALLOWED = re.compile(r"\b(year|yr)\b", re.IGNORECASE)
_NOT_SHOWN = re.compile(r"[^\W\d_]{2}|\d{4}|\d\D+\d+\D+\d")
LONGEST_SHOWN = 12
FRAMES = 64


@dataclass(frozen=True)
class Cleaned:
    """A source after cleaning.

    Attributes
    ----------
    rows : DataFrame
        One row an accepted row: source, file, sheet, row, wave (pupils and scores only), then the columns
        of `evaluation.study.fields` for the kind, then the study's attributes (pupils); scores also have
        instrument, score_reason and censored. NA where missing.
    issues : DataFrame
        source, file, sheet, row (NA for a whole sheet), column (the file's heading), rule, severity ("row":
        row not accepted; "cell": cell left empty; "note"), school, reason.
    rows_in : int
        Rows the files hold below their headings: accepted rows plus distinct rows listed with severity "row".
    """

    rows: pd.DataFrame
    issues: pd.DataFrame
    rows_in: int


def issues_at(
    rows: pd.DataFrame,
    rule: str,
    severity: Severity,
    reason: pd.Series | str,
    column: pd.Series | str = "",
) -> pd.DataFrame:
    """An issue for each of `rows`, which carry their place and school; reasons and columns by row, or one for all."""
    if rows.empty:
        return pd.DataFrame(columns=ISSUE_COLUMNS)
    found = rows.reindex(columns=[*PLACE, "school"])
    return found.assign(column=column, rule=rule, severity=severity, reason=reason)


def note(table: RawTable, rule: str, reason: str, column: str = "") -> pd.DataFrame:
    """A note on a whole sheet."""
    where = {"source": table.source, "file": table.file, "sheet": table.sheet, "row": pd.NA}
    return pd.DataFrame([{**where, "column": column, "rule": rule, "severity": "note", "reason": reason}])


def table_issues(table: RawTable) -> pd.DataFrame:
    """What reading the table found, as issues."""
    return pd.DataFrame([asdict(fault) for fault in table.faults]).assign(
        source=table.source, file=table.file, sheet=table.sheet
    )


def gather(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Issues as one list, its columns in order and typed; the school is "" where it is not known."""
    filled = [part.astype("object") for part in parts if len(part)]
    found = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
    found = found.reindex(columns=ISSUE_COLUMNS)
    texts = {name: found[name].astype("str").fillna("") for name in ISSUE_COLUMNS if name != "row"}
    return found.assign(row=found["row"].astype("Int64"), **texts)


def put_with(parts: list[pd.DataFrame], found: pd.DataFrame) -> None:
    """Put issues with those found before: every frame and every part of a column takes room, so many are made one."""
    if len(found):
        parts.append(found)
    if len(parts) == FRAMES:
        tables = [pa.Table.from_pandas(part, preserve_index=False) for part in parts]
        parts[:] = [pa.concat_tables(tables).combine_chunks().to_pandas()]


def subject(text: str, identifying: bool) -> str:
    """How a reason names a cell: by what it holds, unless that could be a pupil's name, number or date of birth.

    A file whose columns are shifted or exchanged has names in any column, so a cell is repeated only when
    it is short, has no two letters together (but for "year"), no four figures together and does not look
    like a date.
    """
    bare = _LETTERS_ALLOWED.sub("", text)
    if identifying or len(text) > LONGEST_SHOWN or _NOT_SHOWN.search(bare):
        return "The cell"
    return repr(text)

"""One column a term, a session or a kind of support: each such column becomes a table of its own, its heading kept as place."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from evaluation.ingest.table import Fault, RawTable, collapse
from evaluation.study import Source
from evaluation.study.layouts import CELL, HEADING
from evaluation.study.records import RECORDS

# Where nothing stands under a heading of sums or numbers, there was none; elsewhere a blank may be an answer.
_NUMBERS = frozenset(["money", "days", "hours", "count"])


def taken_apart(tables: Sequence[RawTable], source: Source) -> list[RawTable]:
    """The tables of a source, those with columns side by side (`across`) as one table a column.

    Such a table has the other columns beside its own, a column HEADING of what the study file says of the heading, and the
    heading in brackets after its sheet. Of a column of numbers it has the rows that hold one; a row that holds none
    stands in the first. What reading found of the whole table, or of other columns, stands with the first.
    """
    if not source.across:
        return list(tables)
    return [part for table in tables for part in (_parts(table, source) if table.header_row else [table])]


def _parts(table: RawTable, source: Source) -> Iterator[RawTable]:
    says = {collapse(heading): value for heading, value in source.across.items()}
    holds = next(name for name, heading in source.columns.items() if heading == CELL)
    numbers = next(item.parser for item in RECORDS[source.kind].items if item.name == holds) in _NUMBERS
    filled = table.cells[list(says)].apply(lambda cells: cells.str.strip() != "")
    whole = table.cells.index.isin([fault.row for fault in table.faults if fault.severity == "row"])
    for at, (heading, value) in enumerate(says.items()):
        kept = (filled[heading] | (not numbers)) & ~whole
        if at == 0:
            kept |= ~filled.any(axis=1) | whole
        cells = table.cells.loc[kept].drop(columns=[other for other in says if other != heading])
        faults = [
            fault
            for fault in table.faults
            if fault.column == heading or (at == 0 and fault.column not in says)
        ]
        if blank := int((~kept & ~whole).sum()):
            reason = f"Nothing stands under {heading!r} in {blank:,} rows; no record was made of them there."
            faults.append(Fault(None, heading, "nothing_under", "note", reason))
        place = f"{table.sheet} [{heading}]".strip()
        yield replace(
            table, sheet=place, cells=cells.assign(**{HEADING: value}), faults=tuple(faults), under=heading
        )

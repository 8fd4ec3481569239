"""How many pupils a file says it has, against how many rows it has."""

import re
from collections.abc import Sequence

from evaluation.ingest.table import Fault

_WHAT = r"(?:pupils?|children|students?|learners?|candidates?|records?|rows?|entries)"
_COUNT = re.compile(
    rf"(?:^|\btotal(?: of)?[ :=]*|[:=(–-] ?)(?P<a>\d[\d,]*) {_WHAT}\b"  # and not "Year 7 pupils"
    rf"|\b(?:(?:total )?(?:number|count|no\.?) of |total )?{_WHAT}(?: listed| in total)? ?[:=]? ?(?P<b>\d[\d,]*)$"
    r"|^(?:grand |sub-? ?|class )?total ?[:=] ?(?P<c>\d[\d,]*)$",
    re.IGNORECASE,
)
_FEW = 3  # a row with more cells than this is a pupil's


def declared_count(row: Sequence[str]) -> int | None:
    """The number of pupils a title or total such as "Total: 28 pupils" declares; None where it declares none."""
    cells = [" ".join(cell.split()) for cell in row if cell.strip()]
    if not 1 <= len(cells) <= _FEW:
        return None
    found = _COUNT.search(" ".join(cells))
    number = next((text for text in found.groups() if text), None) if found else None
    return int(number.replace(",", "")) if number else None


def check_declared(
    titles: Sequence[Sequence[str]], numbered: Sequence[tuple[int, Sequence[str]]]
) -> list[Fault]:
    """Each row that declares a number of pupils is listed as a total, and a note says where rows do not agree with it.

    A total below the headings is that of the rows since the last one, or of all so far; one above them is that
    of the whole table.

    Parameters
    ----------
    titles : rows above the headings.
    numbered : rows below them that are not empty, each with its number.
    """
    faults = []
    above = rows = 0
    for number, row in numbered:
        declared = declared_count(row)
        if declared is None:
            above, rows = above + 1, rows + 1
            continue
        faults.append(Fault(number, "", "total", "row", "The row declares a total and names no pupil."))
        if declared not in (above, rows):
            faults.append(
                _mismatch(f"Row {number} declares {declared:,} pupils, but {above:,} rows stand above it.")
            )
        above = 0
    for at, row in enumerate(titles, start=1):
        declared = declared_count(row)
        if declared not in (None, rows):
            faults.append(
                _mismatch(f"Row {at} declares {declared:,} pupils, but the table has {rows:,} rows.")
            )
    return faults


def _mismatch(reason: str) -> Fault:
    return Fault(None, "", "total_differs", "note", f"{reason} Rows may be missing, repeated or no pupil's.")

"""Rows that people add to a table of pupils, and columns they leave empty or fill with one value."""

from collections.abc import Iterator

import numpy as np

from evaluation.simulate.corrupt.kind import Fault, Kind, Plant
from evaluation.simulate.corrupt.lists import whole_lists
from evaluation.simulate.corrupt.rows import insert, line, runs
from evaluation.simulate.corrupt.sheets import Files, Row, Sheet

ALIKE = 9


def _added(of: str, **texts: str) -> Plant:
    """A row with these cells and no others."""

    def words(sheet: Sheet, row: Row) -> list[object]:
        cells: list[object] = [""] * len(row.cells)
        for name, text in texts.items():
            cells[sheet.columns[name]] = text
        return cells

    return runs(of, 1, line(words))


def _sibling(sheet: Sheet, block: list[Row]) -> Iterator[Fault]:
    """A pupil's row copied for a brother or sister, first name and score changed and the number forgotten."""
    cells = list(block[0].cells)
    score = sheet.columns["score"]
    cells[sheet.columns["forename"]] = "Robin"
    cells[score] = "101" if str(cells[score]) != "101" else "99"
    yield Fault(sheet, "", (insert(sheet, block[0], cells), block[0]), sheet.get(block[0], "upn"))


def _units(files: Files, rng: np.random.Generator, count: int) -> Iterator[Fault]:
    """What the columns hold, in a row of its own under the headings; once a sheet."""
    able = [sheet for sheet in files.sheets if sheet.columns]
    for at in rng.permutation(len(able))[:count]:
        sheet = able[at]
        cells: list[object] = [""] * len(sheet.rows[sheet.start - 1].cells)
        cells[sheet.columns["upn"]], cells[sheet.columns["dob"]] = "13 characters", "dd/mm/yyyy"
        yield Fault(sheet, "", (insert(sheet, sheet.rows[sheet.start - 1], cells),))


def _one_birthday(files: Files, rng: np.random.Generator, count: int) -> Iterator[Fault]:
    """The first of January for pupils here and there in a list, whose date of birth was not known; two lists at most."""
    able = [sheet for sheet in files.of("pupils") if sheet.columns]
    for at in rng.permutation(len(able))[: min(count, 2)]:
        sheet = able[at]
        free = [row for row in sheet.data if not row.touched]
        ages = [sheet.get(row, "year_group")[-1] for row in free]
        same = [row for row, age in zip(free, ages, strict=True) if age == ages[0]]
        chosen = [same[place] for place in sorted(rng.permutation(len(same))[:ALIKE])]
        if len(chosen) == ALIKE and (day := sheet.date(chosen[0], "dob")):
            for row in chosen:
                sheet.set(row, "dob", f"01/01/{day.year}")
            yield Fault(sheet, "dob", tuple(chosen), whole=True)


PASTED = (
    Kind(
        "premium not collected",
        whole_lists("disadvantaged", dict.fromkeys("YNTF10", "")),
        ("disadvantaged_column",),
    ),
    Kind("one birthday for those not known", _one_birthday, ("dob_common",)),
    Kind("units under the headings", _units, ("units",)),
    Kind("teacher on the class list", _added("", surname="Hartley", forename="Mrs J"), ("staff",)),
    Kind("total by another name", _added("scores", surname="Whole class", score="98"), ("total",)),
    Kind("remark among the rows", _added("", upn="see the office copy"), ("total",)),
    Kind("class name as a heading", _added("", surname="4B"), ("total",)),
    Kind("sibling copied, number and all", runs("scores", 1, _sibling), ("conflict",)),
)

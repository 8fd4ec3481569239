"""Faults of rows and runs of rows: exchanged, moved, repeated, shifted, lost."""

from collections.abc import Callable, Iterator

import numpy as np

from evaluation.simulate.corrupt.kind import Fault, Kind, Plant
from evaluation.simulate.corrupt.sheets import Files, Row, Sheet

BLOCK = 24
FILLED = 5


def _blocks(files: Files, rng: np.random.Generator, of: str, size: int) -> Iterator[tuple[Sheet, list[Row]]]:
    """Untouched rows next to one another of one school, in random places."""
    for sheet, first in files.pick(rng, of, "upn"):
        data = sheet.data
        at = next(place for place, row in enumerate(data) if row is first)
        block = data[at : at + size]
        one = "school" not in sheet.columns or len({sheet.get(row, "school") for row in block}) == 1
        one &= sheet.rows.index(block[-1]) - sheet.rows.index(first) == len(block) - 1
        one &= len({sheet.get(row, "upn") for row in block}) == size
        if len(block) == size and one and not any(row.touched for row in block):
            yield sheet, block


def runs(
    of: str, size: int, change: Callable[[Sheet, list[Row]], Iterator[Fault]], most: int | None = None
) -> Plant:
    """Change runs of `size` rows, at most so many of them."""

    def plant(files: Files, rng: np.random.Generator, count: int) -> Iterator[Fault]:
        left = count if most is None else min(count, most)
        for sheet, block in _blocks(files, rng, of, size):
            if left == 0:
                return
            faults = list(change(sheet, block))
            left -= bool(faults)
            yield from faults

    return plant


def _moved(*columns: str) -> Callable[[Sheet, list[Row]], Iterator[Fault]]:
    """Cells of these columns each one row down, the last one's at the top."""

    def change(sheet: Sheet, block: list[Row]) -> Iterator[Fault]:
        upns = [sheet.get(row, "upn") for row in block]
        for column in columns:
            values = [row.cells[sheet.columns[column]] for row in block]
            for row, value in zip(block, [values[-1], *values[:-1]], strict=True):
                sheet.set(row, column, value)
        for row, upn in zip(block, upns, strict=True):
            yield Fault(sheet, columns[0], (row,), upn)

    return change


def _scores(order: Callable[[list[object]], list[object]]) -> Callable[[Sheet, list[Row]], Iterator[Fault]]:
    """A block's scores beside other pupils of it: one fault."""

    def change(sheet: Sheet, block: list[Row]) -> Iterator[Fault]:
        values = [row.cells[sheet.columns["score"]] for row in block]
        for row, value in zip(block, order(values), strict=True):
            sheet.set(row, "score", value)
        yield Fault(sheet, "score", tuple(block), whole=True)

    return change


def _filled(column: str) -> Callable[[Sheet, list[Row]], Iterator[Fault]]:
    """The first row's cell in all rows of the block."""

    def change(sheet: Sheet, block: list[Row]) -> Iterator[Fault]:
        upns = [sheet.get(row, "upn") for row in block]
        value = block[0].cells[sheet.columns[column]]
        if column == "score" and not str(value).isdigit():
            return
        for row, upn in zip(block, upns, strict=True):
            before = sheet.get(row, column)
            sheet.set(row, column, value)
            yield Fault(sheet, column, (row,), upn, before)

    return change


def _names_exchanged(sheet: Sheet, block: list[Row]) -> Iterator[Fault]:
    row = block[0]
    surname, forename = sheet.get(row, "surname"), sheet.get(row, "forename")
    sheet.set(row, "surname", forename)
    sheet.set(row, "forename", surname)
    yield Fault(sheet, "surname", (row,), sheet.get(row, "upn"), surname)


def insert(sheet: Sheet, after: Row, cells: list[object]) -> Row:
    """A row added below another; both are touched."""
    added = Row(cells, None, touched=True)
    sheet.rows.insert(next(at for at, row in enumerate(sheet.rows) if row is after) + 1, added)
    after.touched = True
    return added


def _again(column: str, change: Callable[[str], str]) -> Callable[[Sheet, list[Row]], Iterator[Fault]]:
    """The row once more, a cell of it changed."""

    def plant(sheet: Sheet, block: list[Row]) -> Iterator[Fault]:
        cells = list(block[0].cells)
        cells[sheet.columns[column]] = change(str(cells[sheet.columns[column]]))
        yield Fault(sheet, "", (insert(sheet, block[0], cells), block[0]), sheet.get(block[0], "upn"))

    return plant


def line(words: Callable[[Sheet, Row], list[object]]) -> Callable[[Sheet, list[Row]], Iterator[Fault]]:
    """A row that is no pupil's."""

    def plant(sheet: Sheet, block: list[Row]) -> Iterator[Fault]:
        yield Fault(
            sheet,
            "",
            (insert(sheet, block[0], words(sheet, block[0])), block[0]),
            sheet.get(block[0], "upn"),
        )

    return plant


def _headings(sheet: Sheet, _row: Row) -> list[object]:
    return list(sheet.rows[sheet.start - 1].cells)


def _average(sheet: Sheet, row: Row) -> list[object]:
    cells: list[object] = [""] * len(row.cells)
    cells[sheet.columns["surname"]], cells[sheet.columns["forename"]] = "Class average", "24 pupils"
    return cells


def _shifted(side: int) -> Callable[[Sheet, list[Row]], Iterator[Fault]]:
    """All cells one column to the right (1) or to the left (-1), the row as long as before."""

    def plant(sheet: Sheet, block: list[Row]) -> Iterator[Fault]:
        row = block[0]
        upn = sheet.get(row, "upn")
        row.cells = ["", *row.cells[:-1]] if side == 1 else [*row.cells[1:], ""]
        row.touched = True
        yield Fault(sheet, "", (row,), upn)

    return plant


def _lost(sheet: Sheet, block: list[Row]) -> Iterator[Fault]:
    """Rows cut from a file that says at its foot how many it has."""
    for row in block:
        row.touched = True
        sheet.rows.remove(row)
    yield Fault(sheet, "", tuple(block), whole=True)


def _rows_lost(files: Files, rng: np.random.Generator, count: int) -> Iterator[Fault]:
    """Rows lost from each sheet of results with a total at its foot, at most once a sheet."""
    able = [sheet for sheet in files.of("scores") if sheet.columns and sheet.source.name != "spring_results"]
    left = dict.fromkeys(rng.permutation(len(able))[:count].tolist())
    for sheet, block in _blocks(files, rng, "scores", 3):
        at = next((place for place in left if able[place] is sheet), None)
        if at is not None:
            del left[at]
            yield from _lost(sheet, block)
        if not left:
            return


def _in_another_file(files: Files, rng: np.random.Generator, count: int) -> Iterator[Fault]:
    """A row of one list in another of the same layout and wave."""
    for sheet, row in files.pick(rng, "pupils", "upn"):
        others = [
            other
            for other in files.of("pupils")
            if other is not sheet
            and not all(item.touched for item in other.data)
            and (other.source.layout, other.source.wave) == (sheet.source.layout, sheet.source.wave)
        ]
        if not others or count == 0:
            continue
        other = others[int(rng.integers(len(others)))]
        after = [item for item in other.data if not item.touched][-1]
        row.touched = True
        yield Fault(other, "", (insert(other, after, list(row.cells)),))
        count -= 1


WHOLE = (
    Kind("rows lost from a file with a total", _rows_lost, ("total_differs",)),
    Kind(
        "scores moved a row down",
        runs("scores", BLOCK, _scores(lambda values: [values[-1], *values[:-1]]), 2),
        ("scores_out_of_place",),
    ),
    Kind(
        "scores sorted by themselves",
        runs("scores", BLOCK, _scores(lambda values: sorted(values, key=str)), 2),
        ("scores_out_of_place",),
    ),
    Kind(
        "upn moved a row down",
        runs("scores", BLOCK, _moved("upn"), 1),
        ("upn_moved", "upn_swapped", "upn_of_another"),
    ),
    Kind(
        "upn of a list moved a row down",
        runs("pupils", BLOCK, _moved("upn"), 1),
        ("upn_moved", "upn_swapped", "upn_of_another"),
    ),
    Kind(
        "dob of a list moved a row down",
        runs("pupils", BLOCK, _moved("dob"), 1),
        ("dob_moved", "dob_swapped", "dob_differs"),
    ),
    Kind(
        "names moved a row down",
        runs("scores", BLOCK, _moved("surname", "forename"), 1),
        ("name_moved", "name_swapped", "name_differs"),
    ),
    Kind(
        "dob moved a row down",
        runs("scores", BLOCK, _moved("dob"), 1),
        ("dob_moved", "dob_swapped", "dob_differs"),
    ),
)
ROWS = (
    Kind("upns of two neighbours exchanged", runs("scores", 2, _moved("upn")), ("upn_swapped",)),
    Kind(
        "names of two neighbours exchanged",
        runs("scores", 2, _moved("surname", "forename")),
        ("name_swapped",),
    ),
    Kind(
        "upn filled down",
        runs("", 3, _filled("upn")),
        ("upn_shared", "upn_of_another", "upn_swapped", "upn_moved"),
    ),
    Kind("score filled down", runs("scores", FILLED, _filled("score")), ("score_repeated",)),
    Kind(
        "dob filled down",
        runs("", FILLED, _filled("dob")),
        ("dob_repeated", "dob_differs", "dob_swapped", "dob_moved"),
    ),
    Kind("first and family name exchanged", runs("scores", 1, _names_exchanged), ("names_exchanged",)),
    Kind("row repeated", runs("", 1, _again("upn", str)), ("duplicate",)),
    Kind(
        "row repeated with another score",
        runs("scores", 1, _again("score", lambda score: "101" if score != "101" else "99")),
        ("conflict",),
    ),
    Kind(
        "row repeated with another class",
        runs("pupils", 1, _again("class", lambda name: name + "X")),
        ("repeated",),
    ),
    Kind("pupil in another list too", _in_another_file, ("in_another_file",)),
    Kind("headings repeated", runs("", 1, line(_headings)), ("heading",)),
    Kind("class average among the rows", runs("", 1, line(_average)), ("total",)),
    Kind("empty row", runs("", 1, line(lambda _, row: [""] * len(row.cells)))),
    Kind("cells one column to the right", runs("", 1, _shifted(1)), ("shifted",)),
    Kind("cells one column to the left", runs("", 1, _shifted(-1)), ("shifted",)),
)
UNTOLD = (
    Kind(
        "scores of two neighbours exchanged",
        runs("scores", 2, _scores(lambda values: values[::-1])),
        because="either score is one either pupil may have; a class of such scores is told by its correlation",
    ),
)

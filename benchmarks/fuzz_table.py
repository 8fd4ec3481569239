"""Mutations of a table's cells: what people and systems do to files, one function each.

Each takes a grid (rows of text, the heading row among them at `top`) and returns another; none looks at the library's code.
"""

import random
from collections.abc import Callable

Grid = list[list[str]]
Mutation = Callable[[random.Random, Grid, int], Grid]

ODD = (
    "", " ", "-", "n/a", "#REF!", "#N/A", "NULL", "NaN", "inf", "1e309", "=1+1", "=cmd|' /C calc'!A0", "+44", "@x", "'", '"',
    "\u00a0", "\u200b", "\ufeff", "\u202eabc", "٣٤", "１２", "é" * 40, "x" * 5000, "Total", "Average", "12 pupils", "<70", ">130", "7:5",
    "104*", "104 (A)", "10,5", "87%", "A", "ABS", "U", "EXP+", "GDS", "31/02/2015", "02/03/15", "45000", "2015-13-01", "1/1/1900",
    "999/2001", "TRUE", "Year 4", "Y4", "04", "0", "-1", "1000000", "UN1", "none", "<script>alert(1)</script>", "a\tb", "a;b", "a,b",
    "line\nbreak",
)  # fmt: skip


def columns_shuffled(rng: random.Random, grid: Grid, top: int) -> Grid:
    width = max(map(len, grid[top:]), default=0)
    order = rng.sample(range(width), width)
    wide = [[*row, *[""] * (width - len(row))] for row in grid[top:]]
    return [*grid[:top], *([row[at] for at in order] for row in wide)]


def column_dropped(rng: random.Random, grid: Grid, top: int) -> Grid:
    at = rng.randrange(max(1, len(grid[top])))
    return [*grid[:top], *(row[:at] + row[at + 1 :] for row in grid[top:])]


def column_twice(rng: random.Random, grid: Grid, top: int) -> Grid:
    at = rng.randrange(max(1, len(grid[top])))
    return [*grid[:top], *([*row, *row[at : at + 1]] for row in grid[top:])]


def columns_added(rng: random.Random, grid: Grid, top: int) -> Grid:
    at = rng.randrange(len(grid[top]) + 1)
    return [*grid[:top], *([*row[:at], rng.choice(ODD), *row[at:]] for row in grid[top:])]


def headings_reworded(rng: random.Random, grid: Grid, top: int) -> Grid:
    turn = rng.choice((str.upper, str.lower, lambda text: f" {text} ", lambda text: text.replace(" ", "\n")))
    return [*grid[:top], [turn(cell) for cell in grid[top]], *grid[top + 1 :]]


def rows_cut(rng: random.Random, grid: Grid, top: int) -> Grid:
    keep = rng.random()
    return [*grid[: top + 1], *(row for row in grid[top + 1 :] if rng.random() < keep)]


def rows_repeated(rng: random.Random, grid: Grid, top: int) -> Grid:
    below = grid[top + 1 :]
    return [*grid, *rng.choices(below, k=rng.randint(1, 20))] if below else grid


def rows_shuffled(rng: random.Random, grid: Grid, top: int) -> Grid:
    below = grid[top + 1 :]
    return [*grid[: top + 1], *rng.sample(below, len(below))]


def rows_blank(rng: random.Random, grid: Grid, top: int) -> Grid:
    found = list(grid)
    for _ in range(rng.randint(1, 8)):
        found.insert(rng.randint(top + 1, len(found)), [rng.choice(("", " ", "\t"))] * rng.randint(0, 9))
    return found


def headings_again(rng: random.Random, grid: Grid, top: int) -> Grid:
    found = list(grid)
    found.insert(rng.randint(top + 1, len(found)), list(grid[top]))
    return found


def totals_inside(rng: random.Random, grid: Grid, top: int) -> Grid:
    found, width = list(grid), len(grid[top])
    for _ in range(rng.randint(1, 4)):
        row = [""] * width
        row[rng.randrange(width)] = rng.choice(
            ("Total", "Class average", "Mean", f"{rng.randint(0, 90)} pupils")
        )
        found.insert(rng.randint(top + 1, len(found)), row)
    return found


def titles_above(rng: random.Random, grid: Grid, top: int) -> Grid:
    return [
        *([rng.choice(("Results", "Printed 1 May", "", "Page 1 of 2"))] for _ in range(rng.randint(1, 35))),
        *grid,
    ]


def rows_shifted(rng: random.Random, grid: Grid, top: int) -> Grid:
    """Cells of some rows one to the right, as after a stray separator."""
    share = rng.choice((0.02, 0.3, 1.0))
    return [*grid[: top + 1], *(["", *row] if rng.random() < share else row for row in grid[top + 1 :])]


def column_moved(rng: random.Random, grid: Grid, top: int) -> Grid:
    """One column's cells a row down, as after a cell inserted."""
    at, below = rng.randrange(max(1, len(grid[top]))), grid[top + 1 :]
    cells = ["", *(row[at] if at < len(row) else "" for row in below)]
    return [
        *grid[: top + 1],
        *([*row[:at], cell, *row[at + 1 :]] for row, cell in zip(below, cells, strict=False)),
    ]


def cells_odd(rng: random.Random, grid: Grid, top: int) -> Grid:
    share = rng.choice((0.002, 0.02, 0.3))
    return [
        *grid[: top + 1],
        *([rng.choice(ODD) if rng.random() < share else cell for cell in row] for row in grid[top + 1 :]),
    ]


def column_odd(rng: random.Random, grid: Grid, top: int) -> Grid:
    at, value = rng.randrange(max(1, len(grid[top]))), rng.choice(ODD)
    return [*grid[: top + 1], *([*row[:at], value, *row[at + 1 :]] for row in grid[top + 1 :])]


def cells_swapped(rng: random.Random, grid: Grid, top: int) -> Grid:
    a, b = (rng.randrange(max(1, len(grid[top]))) for _ in range(2))
    found = [list(row) for row in grid]
    for row in found[top + 1 :]:
        if max(a, b) < len(row) and rng.random() < 0.5:
            row[a], row[b] = row[b], row[a]
    return found


def rows_ragged(rng: random.Random, grid: Grid, top: int) -> Grid:
    return [
        *grid[: top + 1],
        *(row[: rng.randint(0, len(row))] if rng.random() < 0.1 else row for row in grid[top + 1 :]),
    ]


def mojibake(rng: random.Random, grid: Grid, top: int) -> Grid:
    def turn(cell: str) -> str:
        return cell.encode().decode("cp1252", "replace") if rng.random() < 0.5 else cell

    return [*grid[: top + 1], *([turn(cell) for cell in row] for row in grid[top + 1 :])]


def nothing_below(rng: random.Random, grid: Grid, top: int) -> Grid:
    return grid[: top + rng.randint(0, 1)]


TABLE: tuple[Mutation, ...] = (
    columns_shuffled, column_dropped, column_twice, columns_added, headings_reworded, rows_cut, rows_repeated, rows_shuffled,
    rows_blank, headings_again, totals_inside, titles_above, rows_shifted, column_moved, cells_odd, column_odd, cells_swapped,
    rows_ragged, mojibake, nothing_below,
)  # fmt: skip

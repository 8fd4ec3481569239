"""Merged cells as a person sees them: what stands in the first cell counts for all of them."""

from collections import Counter
from collections.abc import Collection, Sequence

Range = tuple[int, int, int, int]  # top, left, bottom and right, all from 0 and all within


def heading_row(
    rows: Sequence[Sequence[str]], merged: Sequence[Range], at: int, wanted: Collection[str] = ()
) -> list[str]:
    """Row `at` as headings, with the row above it where the two are one.

    A heading merged with rows above comes down, and an empty cell takes the one above it. A heading is joined with the
    group it stands under ("Autumn 2023 Raw") where that is `wanted`, or tells it from others of the same name.
    """
    names = list(rows[at])
    down = [left for top, left, bottom, _ in merged if top < at <= bottom and left < len(names)]
    for top, left, bottom, _ in merged:
        if top < at <= bottom and left < len(names):
            names[left] = rows[top][left]
    names = [" ".join(name.split()) for name in names]
    own, groups = _above(rows, merged, at, len(names))
    names = [name or above for name, above in zip(names, own, strict=True)]
    joined = [
        f"{group} {name}" if group and name and name != group and column not in down else name
        for column, (group, name) in enumerate(zip(groups, names, strict=True))
    ]
    counts, apart = Counter(names), Counter(joined)
    return [
        whole
        if (counts[name] > 1 and apart[whole] == 1) or (whole in wanted and name not in wanted)
        else name
        for name, whole in zip(names, joined, strict=True)
    ]


def _above(
    rows: Sequence[Sequence[str]], merged: Sequence[Range], at: int, width: int
) -> tuple[list[str], list[str]]:
    """The row above: its own cells, and the group each column stands under.

    A group is a merged cell's width; in a sheet without them it ends where the next begins.
    """
    row = list(rows[at - 1][:width]) if at else []
    own = [" ".join(cell.split()) for cell in [*row, *[""] * (width - len(row))]]
    spans = [
        (top, left, right) for top, left, bottom, right in merged if top < at <= bottom + 1 and right > left
    ]
    if not spans:
        return own, _carried(own)
    groups = list(own)
    for top, left, right in spans:
        for column in range(left, min(right + 1, width)):
            groups[column] = " ".join(rows[top][left].split())
    return own, groups


def _carried(cells: Sequence[str]) -> list[str]:
    """Each cell, or the nearest before it that holds anything."""
    found: list[str] = []
    for cell in cells:
        found.append(cell or (found[-1] if found else ""))
    return found


def fill_down(rows: list[list[str]], merged: Sequence[Range], below: int) -> Counter[int]:
    """Fill, below row `below`, what a merged cell says into the rows it spans, but not into rows otherwise empty.

    Only a merged cell's first column is filled: a remark or a total merged across columns is no value of each.

    Returns
    -------
    How many cells were filled, by column.
    """
    filled: Counter[int] = Counter()
    for top, left, bottom, _ in merged:
        for row in range(max(top + 1, below + 2), min(bottom + 1, len(rows))) if top > below else ():
            spoken = any(cell.strip() for cell in rows[row])
            if spoken and left < len(rows[row]) and not rows[row][left].strip() and rows[top][left].strip():
                rows[row][left] = rows[top][left]
                filled[left] += 1
    return filled

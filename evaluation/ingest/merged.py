"""Merged cells as a person sees them: what stands in the first cell counts for all of them."""

from collections import Counter
from collections.abc import Sequence

Range = tuple[int, int, int, int]  # top, left, bottom and right, all from 0 and all within


def heading_row(rows: Sequence[Sequence[str]], merged: Sequence[Range], at: int) -> list[str]:
    """Row `at` as headings: one merged with rows above it comes down, and where two are the same the merged
    heading above tells them apart ("Autumn Score", "Spring Score").
    """
    names = list(rows[at])
    for top, left, bottom, _ in merged:
        if top < at <= bottom and left < len(names):
            names[left] = rows[top][left]
    names = [" ".join(name.split()) for name in names]
    repeated = {name for name, n in Counter(names).items() if n > 1 and name}
    for top, left, bottom, right in merged:
        if bottom == at - 1 and right > left:
            for column in range(left, min(right + 1, len(names))):
                if names[column] in repeated:
                    names[column] = " ".join(f"{rows[top][left]} {names[column]}".split())
    return names


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

"""What a release newly reveals: figures its audience was not given before, figures changed, figures withdrawn.

Two releases tell together what neither tells alone, so whoever publishes must see what the second adds.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from evaluation.disclose.package import key_columns
from evaluation.disclose.release import Release
from evaluation.disclose.symbols import as_text, cell_symbols, number_columns

TABLE = "revealed"
COLUMNS = ["table", "level", "unit", "row", "figures", "change"]
NEW, CHANGED, WITHDRAWN = "new", "changed", "withdrawn"
SHOWN_AS_TEXT = ("code", "verdict")
PLACE = ("level", "unit", "school")
Row = tuple[
    str, str, str, int
]  # level, unit, what else says which row it is, and how many like it come before
Figures = Mapping[Row, Mapping[str, str]]


def with_revealed(release: Release, before: Release | None) -> Release:
    """The release with a table `revealed`, and in `meta` the run it was held against (`since`: "" for none).

    The table has one row for each row of a table that shows other figures than before, and for each way in which
    they differ: table, level, unit, row, figures, change. With nothing before, every figure is new and none is listed.
    """
    rows: list[tuple[str, ...]] = []
    if before is not None:
        names = dict.fromkeys([*release.tables, *before.tables])
        rows = [row for name in names if name != TABLE for row in _differences(name, before, release)]
    table = pd.DataFrame(rows, columns=COLUMNS, dtype="str")
    since = "" if before is None else before.meta["run"]
    return replace(release, meta={**release.meta, "since": since}, tables={**release.tables, TABLE: table})


def revealed_line(release: Release) -> str:
    """The same in one line."""
    audience, since = release.meta["audience"], release.meta["since"]
    if not since:
        return f"Release for the {audience} audience: none before it was found, so every figure in it is new."
    table = release.tables[TABLE]
    counts = Counter(dict.fromkeys((NEW, CHANGED, WITHDRAWN), 0))
    for figures, change in zip(table["figures"], table["change"], strict=True):
        counts[change] += len(figures.split())
    said = ", ".join(f"{n:,} {change}" for change, n in counts.items())
    return f"Figures for the {audience} audience since run {since}: {said} (revealed.csv)."


def _differences(name: str, before: Release, after: Release) -> list[tuple[str, ...]]:
    old, new = _figures(name, before), _figures(name, after)
    rows: list[tuple[str, ...]] = []
    for row in dict.fromkeys([*new, *old]):
        was, now = old.get(row, {}), new.get(row, {})
        found = {
            NEW: [column for column in now if column not in was],
            CHANGED: [column for column in now if column in was and now[column] != was[column]],
            WITHDRAWN: [column for column in was if column not in now],
        }
        level, unit, said, _ = row
        rows += [
            (name, level, unit, said, " ".join(columns), change)
            for change, columns in found.items()
            if columns
        ]
    return rows


def _figures(name: str, release: Release) -> Figures:
    """What each row of a table shows, as text; a cell with a symbol for withheld or absent shows nothing."""
    if name not in release.tables:
        return {}
    table = release.tables[name]
    symbols = release.symbols.get(name, cell_symbols(table))
    nothing = symbols.iloc[:, :0].assign(none="")["none"]
    shown = {column: as_text(table[column], nothing) for column in number_columns(table)}
    shown |= {column: table[column].replace("withheld", "nan") for column in SHOWN_AS_TEXT if column in table}
    rows = _rows(table)
    found: dict[Row, dict[str, str]] = {row: {} for row in rows}
    for column, texts in shown.items():
        for row, text in zip(rows, texts, strict=True):
            if text != "nan":
                found[row][column] = text
    return found


def _rows(table: pd.DataFrame) -> list[Row]:
    """Which row each row is."""
    blank = pd.Series("", index=table.index)
    school = table.get("school", blank)
    levels = table.get("level", blank.mask(school != "", "school"))
    units = table.get("unit", school)
    others = [column for column in key_columns(table) if column not in PLACE]
    said = table[others].astype(str).agg(", ".join, axis=1) if others and len(table) else blank
    keys = pd.DataFrame({"level": levels, "unit": units, "row": said}).astype(str)
    keys["like"] = keys.groupby(["level", "unit", "row"]).cumcount()
    return list(keys.itertuples(index=False, name=None))

"""What differs between the store that is there and the tables about to take its place."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pandas as pd

from evaluation.errors import StoreError
from evaluation.link.database import quiet_database
from evaluation.store.query import quoted
from evaluation.store.tables import MANIFEST, Store, write_table
from evaluation.study.records import RECORDS

COLUMNS = {
    "table": "str",
    "wave": "str",
    "known": "bool",
    "added": "int64",
    "removed": "int64",
    "changed": "int64",
    "columns": "str",
}
# What makes a row the same row; a table with none of these is compared row by row, in whole.
KEYS = ("pupil", "wave", "instrument")
NAMED = {"schools": ("school",), "sources": ("source",)}
# Where a row stands moves when a file is sent again with a row more; it is no change of what was said.
PLACE = ("file", "sheet", "row")
WHOLE = ("issues", "review")
FIRST = "there was no store before"
REPLACED = "the store there was of another version, or damaged; it is made again from the raw files, and what changed cannot be said"
NOT_COMPARED = ("flow", "origins")
ROOM = "256MB"  # what is beyond it DuckDB puts aside, beside the tables


def changes(folder: Path, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What the tables add to, take from and alter in the store in the folder, by table and wave.

    Returns
    -------
    DataFrame
        A row for each table and wave that differs: table, wave ("" where the table has none), known (whether the store
        has rows of that wave already), added, removed and changed (numbers of rows), columns (each column whose values differ,
        with in how many rows; new and lost ones by name alone). Where there is no store, or one that cannot be
        read, one row of no table says so under columns.
    """
    rows: list[tuple] = []
    try:
        store = Store(folder)
    except StoreError:
        said = REPLACED if to_replace(folder) else FIRST
        rows.append(("", "", False, 0, 0, 0, said))
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    with TemporaryDirectory(dir=folder, prefix="tables-") as aside, quiet_database() as database:
        database.execute(f"SET memory_limit = '{ROOM}'")
        database.execute("SET temp_directory = ?", [aside])
        for name in tables:
            arrived = write_table(Path(aside), name, tables)
            if name not in NOT_COMPARED and arrived != store.entries.get(name):
                rows += _table_changes(database, store, name, Path(aside), arrived)
    gone = [name for name in store.tables() if name not in tables and name != "changes"]
    rows += [(name, "", True, 0, store.entries[name]["rows"], 0, "") for name in gone]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def to_replace(folder: Path) -> bool:
    """Whether the store in the folder is of another version or damaged, so that nothing can read it."""
    try:
        Store(folder)
    except StoreError:
        return (folder / MANIFEST).is_file()
    return False


def change_lines(found: pd.DataFrame) -> Iterator[str]:
    """The same for a person; what alters a wave that was stored already comes first and says so."""
    touches_stored = found["known"] & ((found["changed"] > 0) | (found["removed"] > 0))
    for item in pd.concat([found[touches_stored], found[~touches_stored]]).to_dict("records"):
        if not item["table"]:
            yield item["columns"]
            continue
        where = f"{item['table']}{', wave ' if item['wave'] else ''}{item['wave']}"
        stored = " (stored before)" if item["known"] and item["wave"] else ""
        counts = [f"{item[what]:,} {what}" for what in ("added", "removed", "changed") if item[what]]
        columns = f"; {item['columns']}" if item["columns"] else ""
        yield f"{where}{stored}: rows {', '.join(counts) or 'as they were'}{columns}"


def _table_changes(
    database: duckdb.DuckDBPyConnection, store: Store, name: str, aside: Path, arrived: Mapping[str, Any]
) -> Iterator[tuple]:
    new = list(arrived["types"])
    old = list(store.entries[name]["types"]) if name in store.entries else []
    common = [column for column in new if column in old]
    keys = [column for column in NAMED.get(name, KEYS) if column in common and name not in WHOLE]
    placed = PLACE if (keys or name in RECORDS) and name != "sources" else ()
    compared = [column for column in common if column not in keys and column not in placed]
    if not common:
        if arrived["rows"]:
            yield (name, "", False, arrived["rows"], 0, 0, "")
        return
    query = _query(keys or compared, compared if keys else [], "wave" in common)
    new_and_lost = [f"{column} is new" for column in new if column not in old]
    new_and_lost += [f"{column} is gone" for column in old if column not in new]
    paths = [str(store.path(name)), str(aside / f"{name}.parquet")]
    for wave, known, added, removed, changed, *by_column in database.execute(query, paths).fetchall():
        if added or removed or changed or new_and_lost:
            differ = [f"{c} {n:,}" for c, n in zip(compared, by_column, strict=False) if n]
            yield (name, wave, known, added, removed, changed, ", ".join([*differ, *new_and_lost]))


def _query(keys: Sequence[str], compared: Sequence[str], waves: bool) -> str:
    """Counts by wave from the stored rows beside those that arrived; rows of one key are told apart by their order."""
    order = ", ".join(map(quoted, [*keys, *compared]))
    partition = ", ".join(map(quoted, keys))
    numbered = f"SELECT *, row_number() OVER (PARTITION BY {partition} ORDER BY {order}) AS _nth FROM"
    same = " AND ".join(f"o.{key} IS NOT DISTINCT FROM n.{key}" for key in [*map(quoted, keys), "_nth"])
    differs = [f"o.{column} IS DISTINCT FROM n.{column}" for column in map(quoted, compared)]
    both = "o._nth IS NOT NULL AND n._nth IS NOT NULL"
    counts = [
        "bool_or(o._nth IS NOT NULL)",
        "count(*) FILTER (o._nth IS NULL)",
        "count(*) FILTER (n._nth IS NULL)",
        f"count(*) FILTER ({both} AND ({' OR '.join(differs) or 'false'}))",
        *(f"count(*) FILTER ({both} AND {test})" for test in differs),
    ]
    wave = "coalesce(o.wave, n.wave, '')" if waves else "''"
    return (
        f"WITH o AS ({numbered} read_parquet(?)), n AS ({numbered} read_parquet(?)) "
        f"SELECT {wave} AS _wave, {', '.join(counts)} FROM o FULL JOIN n ON {same} GROUP BY _wave ORDER BY _wave"
    )

"""From a stored value back to the file, sheet and row it came from, and the rule that made it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from evaluation.errors import StoreError, nearest
from evaluation.store.tables import Store

TRACED = ("pupils", "scores")


@dataclass(frozen=True, slots=True)
class Step:
    """One step back: a value of a table, where it stands and how it came about."""

    table: str
    column: str
    value: Any
    file: str = ""
    sheet: str = ""
    row: int | None = None
    heading: str = ""
    rule: str = ""


def trace(store: Store, pupil: str, wave: str, column: str) -> pd.DataFrame:
    """How a pupil's value came about, step by step from the table asked about back to the raw row.

    Parameters
    ----------
    store : Store
    pupil : str
        A pseudonym.
    wave : str
        The wave of the pupil's listing, or of the score; "" for the analysis table, which has one row a pupil.
    column : str
        A column of `pupils` or `scores`, or of `analysis` when wave is "".

    Returns
    -------
    DataFrame
        table, column, value, file, sheet, row, heading (the file's), rule. A derived value is followed by what it was
        made from; what cleaning or linking said of the cell is part of the rule.

    Raises
    ------
    StoreError
        When the pupil, the wave or the column is not there.
    """
    if wave:
        found = list(_read_steps(store, pupil, {"wave": wave}, column, TRACED))
    else:
        found = list(_derived_steps(store, pupil, column))
    if not found:
        raise StoreError(_nothing(store, pupil, wave, column))
    steps = pd.DataFrame([asdict(step) for step in found])
    return steps.astype({"row": "Int64"})


def trace_record(store: Store, table: str, row: Mapping[str, Any], column: str) -> pd.DataFrame:
    """How a value of a project record came about: one step, to the raw row.

    Parameters
    ----------
    store : Store
    table : str
        A kind of record, such as "training" or "ledger".
    row : mapping
        A row of the table, with file, sheet and row.
    column : str

    Returns
    -------
    DataFrame
        As `trace` gives.

    Raises
    ------
    StoreError
        When the column is not there.
    """
    if column not in row:
        raise StoreError(f"No column {column!r} in {table}.{nearest(column, list(row))}")
    heading, rule = _how_read(store, table, row, column)
    place = {name: row[name] for name in ("file", "sheet", "row")}
    step = Step(table, column, row[column], **place, heading=heading, rule=rule)
    return pd.DataFrame([asdict(step)]).astype({"row": "Int64"})


def _read_steps(
    store: Store, pupil: str, where: dict[str, str], column: str, tables: tuple[str, ...]
) -> Iterator[Step]:
    for table in tables:
        if column not in store.entries[table]["types"]:
            continue
        for row in store.read(table, where={"pupil": pupil, **where}).to_dict("records"):
            place = {name: row[name] for name in ("file", "sheet", "row")}
            heading, rule = _how_read(store, table, row, column)
            yield Step(table, column, row[column], **place, heading=heading, rule=rule)


def _how_read(store: Store, table: str, row: Mapping[Any, Any], column: str) -> tuple[str, str]:
    """The heading over the cell, and the rule that read it with what cleaning and linking said of it."""
    known = store.read("origins", where={"table": table, "column": column, "file": row["file"]})
    under = [f"[{heading}]" for heading in known["heading"]]
    here = known[
        [str(row["sheet"]).endswith(place) for place in under]
    ]  # of columns side by side, the one it stands in
    known = here if len(here) else known
    heading = known["heading"].iloc[0] if len(known) else ""
    said = [known["rule"].iloc[0] if len(known) else "made by linking"]
    at = {name: row[name] for name in ("file", "sheet", "row")}
    issues = (
        store.read("issues", ["column", "rule"], at) if heading else pd.DataFrame(columns=["column", "rule"])
    )
    said += [f"issue {rule}" for rule in issues.loc[issues["column"] == heading, "rule"]]
    if table == "scores":
        said += [f"no score: {row['score_reason']}"] if row["score_reason"] else []
        said += [f"row linked by {row['linked_by']}"]
    return heading, "; ".join(said)


def _derived_steps(store: Store, pupil: str, column: str) -> Iterator[Step]:
    if column not in store.entries["analysis"]["types"]:
        return
    for row in store.read("analysis", where={"pupil": pupil}).to_dict("records"):
        for origin in store.read("origins", where={"table": "analysis", "column": column}).to_dict("records"):
            yield Step("analysis", column, row[column], rule=origin["rule"])
            yield from _source_of(store, pupil, origin, row["school"])


def _source_of(store: Store, pupil: str, origin: Mapping[Any, Any], school: str) -> Iterator[Step]:
    """What a derived value was taken from."""
    table, column = origin["from_table"], origin["from_column"]
    if table == "analysis":
        yield from _derived_steps(store, pupil, column)
    elif table == "schools":
        for row in store.read("schools", where={"school": school}).to_dict("records"):
            yield Step("schools", column, row[column], rule="as in the schools register")
    elif table == "scores":
        where = {"wave": origin["from_wave"], "instrument": origin["from_instrument"]}
        yield from _read_steps(store, pupil, where, column, ("scores",))
    else:
        waves = store.read("pupils", ["wave"], {"pupil": pupil})["wave"]
        yield from _read_steps(store, pupil, {"wave": waves.iloc[0]}, column, ("pupils",))


def _nothing(store: Store, pupil: str, wave: str, column: str) -> str:
    tables = TRACED if wave else ("analysis",)
    columns = [name for table in tables for name in store.entries[table]["types"]]
    if column not in columns:
        return f"No column {column!r} in {' or '.join(tables)}.{nearest(column, columns)}"
    return f"The store has no {column} of that pupil{f' at wave {wave!r}' if wave else ''}."

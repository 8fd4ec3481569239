"""Rows in compact types: each distinct text once and a number in its place, small whole numbers in one byte.

A study's cleaned rows repeat themselves: a million of them come from a few thousand files and bear some ten thousand
names. Held so they take a fifth of the room, and rules compare numbers where they would compare texts.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# Left as texts: what hardly repeats itself, for the list of distinct texts costs ten times a row's own, and columns
# that later steps write words of their own into.
TEXTS = frozenset(["upn", "former_upn", "pupil_id", "identity", "pupil", "whole", "score_reason", "censored"])
DISTINCT = pa.dictionary(pa.int32(), pa.large_string())
# Yes or no and ages in months fit two bytes; casting fails rather than lose a figure.
ROW, WHOLE = pa.int32(), pa.int16()
ROWS = frozenset(["row", "at_row", "place", "group"])
PLAIN = {"category": "str", "Int16": "Int64", "int32": "int64"}


def as_held(table: pa.Table) -> pd.DataFrame:
    """A table of compact types as a frame."""
    kinds = {WHOLE: pd.Int16Dtype()}
    table = table.unify_dictionaries()
    frame = table.to_pandas(types_mapper=kinds.get, self_destruct=True, split_blocks=True)
    del table
    give_back()
    return frame


def use_room_sparingly() -> None:
    """Have Arrow take its room from the system, which gets back what is let go; Arrow's own keeper of room keeps it."""
    pa.set_memory_pool(pa.system_memory_pool())


def give_back() -> None:
    """Return to the system what has been let go: a step would else begin from the most that the step before it took.

    Arrow's system keeper of room has the C library hand back all it can, of what was not Arrow's too.
    """
    pa.default_memory_pool().release_unused()


def texts(column: pd.Series) -> pd.Series:
    """A column as texts; those of a compact one are taken from its distinct texts, and not made one by one."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype("str")
    at = column.cat.codes.to_numpy()
    distinct = column.cat.categories.astype("str").array
    return pd.Series(distinct.take(at, allow_fill=True), column.index, name=column.name)


def typed(frame: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """A frame with some columns of other types."""
    words = [name for name, kind in kinds.items() if kind == "str"]
    others = {name: kind for name, kind in kinds.items() if kind != "str"}
    return frame.astype(others).assign(**{name: texts(frame[name]) for name in words})


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """A compact frame, or some rows and columns of one, in the types it had before."""
    kinds = {str(name): str(dtype) for name, dtype in frame.dtypes.items()}
    return typed(frame, {name: PLAIN[kind] for name, kind in kinds.items() if kind in PLAIN})


def numbers(*columns: pd.Series) -> pd.Series:
    """A number for each distinct value of a column, or of several taken together; NA where one is missing."""
    key, missing = np.zeros(len(columns[0]), "int64"), np.zeros(len(columns[0]), bool)
    for column in columns:
        at = pd.factorize(column)[0]
        key, missing = key * (at.max(initial=0) + 1) + at, missing | (at < 0)
    return pd.Series(pd.arrays.IntegerArray(key, missing), index=columns[0].index)


def mapped(column: pd.Series, known: Mapping[Any, Any]) -> pd.Series:
    """What a mapping holds for each text of a column, NA for nothing; each distinct text is looked up once."""
    at, texts = pd.factorize(column)
    return pd.Series([known.get(text) for text in texts]).reindex(at).set_axis(column.index)


def taken(column: pd.Series, at: npt.NDArray[np.int64], index: pd.Index) -> pd.Series:
    """The values of a column at the places found, NA for place -1."""
    return pd.Series(column.array.take(at, allow_fill=True), index=index)


def worded(holds: Sequence[Any], words: Sequence[str]) -> pd.api.extensions.ExtensionArray:
    """For each row the word of the first condition that holds, "" where none does.

    `numpy.select` of the words themselves would give every row the room of the longest, four bytes a letter.
    """
    at = np.select(holds, range(len(words)), -1)
    return pd.array([*words, ""], dtype="str").take(at)


def places(wanted: pd.Series, known: pd.Series) -> npt.NDArray[np.int64]:
    """Where each wanted text stands among the known, -1 where nowhere or where there is none.

    Arrow's own look-up, which makes no Python text of either side.
    """
    asked, there = (pa.array(texts(column), pa.large_string()) for column in (wanted, known))
    found = pc.index_in(asked, value_set=there, skip_nulls=True)
    return found.fill_null(-1).to_numpy(zero_copy_only=False).astype("int64")


def disputed(who: pd.Series, said: pd.Series) -> pd.Series:
    """Rows of whoever has more than one value of `said`; rows without one of the two count for nothing.

    Most rules across files are about these few alone.
    """
    group, value = (pd.factorize(column)[0] for column in (who, said))
    known = (group >= 0) & (value >= 0)
    one = np.full(group.max(initial=-1) + 2, -1)  # the last place is that of group -1
    one[group[known]] = value[known]
    apart = np.zeros(len(one), bool)
    apart[group[known & (one[group] != value)]] = True
    return pd.Series(known & apart[group], index=who.index)


def small(table: pa.Table) -> pa.Table:
    """The table in compact types."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_int64(column.type):
            column = column.cast(ROW if name in ROWS else WHOLE)
        elif pa.types.is_large_string(column.type) and name not in TEXTS:
            column = column.dictionary_encode()
        elif pa.types.is_dictionary(column.type):
            column = column.cast(DISTINCT)  # one that holds nothing says no kind
        columns[name] = column
    return pa.table(columns)

"""A system of counts from a tidy table: every level of every hierarchy, every split, and the sums between them."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import sparse

from evaluation.disclose.system import NOBODY, System, Whole
from evaluation.errors import DataError, nearest

ALL = "all"
REST = "rest of "
KEY = ["level", "unit", "split", "group"]
Split = tuple[str, ...]
Tie = tuple[Whole, Whole]  # the parent and the child of each entry of one family of relations


def margins(
    table: pd.DataFrame,
    hierarchies: Sequence[Sequence[str]],
    splits: Sequence[Sequence[str]],
    owner: str | None = None,
) -> tuple[System, pd.DataFrame]:
    """The counts of every unit at every level, whole and by each split, with what ties them together.

    A cell exists where the table has a row for it: a row of no pupils is a count of 0, and a group that a unit cannot have has no
    row. What is withheld costs 1 and the pupils it would have counted.

    Parameters
    ----------
    table
        A column for each level and each characteristic named below, and `n`, pupils. Rows alike are added up.
    hierarchies
        Each the columns of its levels from the widest to the narrowest, under one total: `[["region", "school"], ["cluster",
        "school"]]`. Pupils of no unit of a level (an empty cell) are its rest, which is never shown.
    splits
        The characteristics that divide pupils, alone or crossed: `[["sex"], ["sex", "disadvantaged"]]`.
    owner
        The level whose units know their own pupils; units of any level that lie within one of them are theirs.

    Returns
    -------
    system, cells
        `cells` has one row a count: level, unit, split (its columns joined by " x "), group (its values joined by ", "), and
        holder, the owner by name.

    Raises
    ------
    DataError
        When a column is missing, or a unit lies in two units of the level above.
    """
    ways: list[Split] = [(), *dict.fromkeys(tuple(split) for split in splits)]
    rows = _with_rests(table, hierarchies, [name for way in ways for name in way], owner)
    levels = [ALL, *dict.fromkeys(name for hierarchy in hierarchies for name in hierarchy)]
    holders, names = pd.factorize(rows[owner]) if owner else (np.full(len(rows), NOBODY), pd.Index([]))
    cells = pd.concat(
        [_cells(rows, level, way, holders) for level in levels for way in ways], ignore_index=True
    )
    place = pd.Series(cells.index, index=pd.MultiIndex.from_frame(cells[KEY]))
    ties = [tie for path in hierarchies for tie in _between_levels(rows, [ALL, *path], cells, place)]
    ties += _between_splits(cells, ways, place)
    rest = cells["unit"].str.startswith(REST).to_numpy()
    system = System(
        values=cells["n"].to_numpy(np.int64),
        groups=_find(place, cells.assign(split="", group="")),
        relations=_stack(ties, len(cells)),
        costs=np.where(rest, 0.0, 1.0 + cells["n"].to_numpy(float)),
        held=np.zeros(len(cells), dtype=bool),
        owners=cells["holder"].to_numpy(np.int64),
    )
    return system, cells[KEY].assign(holder=cells["holder"].map(dict(enumerate(names))))


def _with_rests(
    table: pd.DataFrame, hierarchies: Sequence[Sequence[str]], divided: Sequence[str], owner: str | None
) -> pd.DataFrame:
    """The rows, all text but n, with a unit named for those of no unit of a level."""
    needed = [*(name for path in hierarchies for name in path), *divided, *([owner] if owner else []), "n"]
    for name in needed:
        if name not in table:
            choice = nearest(name, [str(column) for column in table.columns])
            raise DataError(f"The table of counts has no column {name!r}.{choice}")
    rows = table.assign(**{ALL: ALL})
    for path in hierarchies:
        for above, below in pairwise([ALL, *path]):
            rows[below] = (
                rows[below].astype(object).where(rows[below].notna(), REST + rows[above].astype(str))
            )
            pairs = rows[[above, below]].drop_duplicates()
            twice = pairs[below][pairs[below].duplicated()]
            if len(twice):
                raise DataError(f"{below} {str(twice.iloc[0])!r} lies in more than one {above}.")
    return rows.astype(dict.fromkeys(needed[:-1], str))


def _cells(rows: pd.DataFrame, level: str, way: Split, holders: Whole) -> pd.DataFrame:
    """One row a count of one level by one split, with its holder where all of it is one holder's."""
    keys = [level, *way]
    grouped = rows.assign(_first=holders, _last=holders).groupby(keys, sort=False)
    found = grouped.agg({"n": "sum", "_first": "min", "_last": "max"}).reset_index()
    return pd.DataFrame(
        {
            "level": level,
            "unit": found[level],
            "split": " x ".join(way),
            "group": _label(found, way),
            "n": found["n"],
            "holder": found["_first"].where(found["_first"] == found["_last"], NOBODY),
            "parts": list(found[list(way)].itertuples(index=False, name=None)),
        }
    )


def _label(frame: pd.DataFrame, way: Split) -> pd.Series:
    label = frame[way[0]] if way else pd.Series("", index=frame.index)
    for name in way[1:]:
        label = label + ", " + frame[name]
    return label


def _find(place: pd.Series, keys: pd.DataFrame) -> Whole:
    """The cells that keys name."""
    return place.reindex(pd.MultiIndex.from_frame(keys[KEY])).to_numpy(np.int64)


def _between_levels(
    rows: pd.DataFrame, path: Sequence[str], cells: pd.DataFrame, place: pd.Series
) -> Iterator[Tie]:
    """A unit's count is the sum of those of the units within it, split by split."""
    for above, below in pairwise(path):
        children = cells[cells["level"] == below]
        parents = children["unit"].map(rows[[above, below]].drop_duplicates().set_index(below)[above])
        yield _find(place, children.assign(level=above, unit=parents)), children.index.to_numpy(np.int64)


def _between_splits(cells: pd.DataFrame, ways: Sequence[Split], place: pd.Series) -> Iterator[Tie]:
    """A count is the sum of its parts by a finer split: one that adds columns, with none between."""
    for fine in ways:
        coarser = [way for way in ways if set(way) < set(fine)]
        for way in coarser:
            if any(set(way) < set(other) for other in coarser):
                continue
            children = cells[cells["split"] == " x ".join(fine)]
            columns = [fine.index(name) for name in way]
            group = [", ".join(parts[i] for i in columns) for parts in children["parts"]]
            yield (
                _find(place, children.assign(split=" x ".join(way), group=group)),
                children.index.to_numpy(np.int64),
            )


def _stack(ties: Sequence[Tie], cells: int) -> sparse.csr_array:
    """(relations, cells) with a relation for each parent in each family."""
    rows, columns, entries, start = [], [], [], 0
    for parent, child in ties:
        names, row = np.unique(parent, return_inverse=True)
        rows += [start + np.arange(len(names)), start + row]
        columns += [names, child]
        entries += [np.ones(len(names)), -np.ones(len(child))]
        start += len(names)
    if not ties:
        return sparse.csr_array((0, cells))
    where = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_array((np.concatenate(entries), where), shape=(start, cells))

"""The counts of a release as a system: what may be shown of it, for one audience."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.disclose.suppress import withhold_counts
from evaluation.disclose.system import FREE, KEPT, NOBODY, SMALL, System, build_relations
from evaluation.study import Policy

Key = tuple[str, str, str, str, str]  # level, unit, split, group, outcome
KEY = ["level", "unit", "split", "group", "outcome"]
CROSSED = {
    "treatment_disadvantaged": ("treatment", "disadvantaged"),
    "year_group_disadvantaged": ("year_group", "disadvantaged"),
}
LEVELS = ["project", "cluster", "school"]
# How many times as dear as a school's crossed count: year group and treatment are no secret, and theirs the last to go.
WORTH = {"all": 64, "treatment": 16, "year_group": 16, "disadvantaged": 4}
LOYAL = 1000.0
LEVEL_WORTH = {"project": 8, "cluster": 2}


def offered(policy: Policy) -> Callable[[str, str], bool]:
    """Whether an audience is offered figures by disadvantage of a unit, given its level and name."""
    finest = LEVELS.index(policy.subgroups)
    return lambda level, unit: LEVELS.index(level) <= finest


def shown_counts(
    table: pd.DataFrame,
    atoms: pd.DataFrame,
    clusters: Mapping[str, Sequence[str]],
    minimum: int,
    may_show: np.ndarray,
    held: set[Key],
    before: Mapping[Key, bool] | None = None,
) -> pd.Series:
    """Which rows of descriptives may be shown: no count of the others can be told from them.

    Parameters
    ----------
    table
        The descriptives: level, unit, split, group, outcome, n.
    atoms
        The finest counts, from `evaluation.impact.atoms`.
    clusters
        The schools of each cluster.
    minimum
        The smallest count that may be shown; zero is a count.
    may_show
        Rows the audience is offered at all.
    held
        What the audience holds already.
    before
        Of counts by disadvantage in the audience's last release, whether each was shown: those withheld then stay so, those shown
        then are the last to be withheld, for a pattern that changes with one pupil tells of the pupil.
    """
    shown = pd.Series(False, index=table.index)
    solved: dict[bytes, np.ndarray] = {}
    for outcome, rows in table.groupby("outcome", sort=False):
        finest = atoms[atoms["outcome"] == outcome]
        offer = may_show[table.index.isin(rows.index)]
        system = count_system(rows, finest, clusters, offer, held, before)
        # Outcomes that the same pupils have are the same system.
        same = system.values.tobytes() + system.held.tobytes() + system.costs.tobytes()
        if same not in solved:
            solved[same] = withhold_counts(system, minimum).mask[: len(rows)]
        shown[rows.index] = ~solved[same]
    return shown


def count_system(
    rows: pd.DataFrame,
    atoms: pd.DataFrame,
    clusters: Mapping[str, Sequence[str]],
    may_show: np.ndarray,
    held: set[Key],
    before: Mapping[Key, bool] | None = None,
) -> System:
    """The counts of one outcome, each the sum of the finest counts of its pupils; the finest come after the rows.

    Information is the logarithm of a count, so that large counts are the last to go, times what its split is worth. What an
    audience is not offered is kept from it whatever its size.
    """
    cells = len(rows)
    sums = [(at, list(cells + found)) for at, found in enumerate(_members(rows, atoms, clusters))]
    n = rows["n"].to_numpy(dtype=np.int64)
    schools = {name: at for at, name in enumerate(atoms["school"].unique())}
    level, unit = rows["level"], rows["unit"]
    owner = unit.where(level == "school").map(schools).fillna(NOBODY).astype(int)
    keys = list(rows[KEY].itertuples(index=False, name=None))
    worth = rows["split"].map(WORTH).fillna(1.0) * level.map(LEVEL_WORTH).fillna(1.0)
    if before is not None:
        worth *= np.array([1.0 if key not in before else LOYAL * before[key] for key in keys])
    nothing = np.zeros(len(atoms))
    return System(
        values=np.append(n, atoms["n"].to_numpy(dtype=np.int64)),
        groups=np.append(_groups(rows), np.full(len(atoms), NOBODY)),
        relations=build_relations(sums, cells + len(atoms)),
        costs=np.append(np.where(may_show, worth.to_numpy() * np.log2(n + 2), 0.0), nothing),
        held=np.append([key in held for key in keys], nothing.astype(bool)),
        owners=np.append(owner, atoms["school"].map(schools)),
        watch=np.append(np.where(may_show, SMALL, KEPT), np.full(len(atoms), FREE)),
    )


def _members(
    rows: pd.DataFrame, atoms: pd.DataFrame, clusters: Mapping[str, Sequence[str]]
) -> list[np.ndarray]:
    """The places among the finest counts of those that make up each row."""
    found = []
    in_unit: dict[tuple[str, str], np.ndarray] = {}
    labels: dict[str, np.ndarray] = {}
    for level, unit, split, group in rows[["level", "unit", "split", "group"]].itertuples(index=False):
        if (level, unit) not in in_unit:
            in_unit[level, unit] = np.flatnonzero(_in_unit(atoms, level, unit, clusters))
        if split not in labels and split != "all":
            labels[split] = _labels(atoms, split)
        at = in_unit[level, unit]
        found.append(at if split == "all" else at[labels[split][at] == group])
    return found


def _in_unit(atoms: pd.DataFrame, level: str, unit: str, clusters: Mapping[str, Sequence[str]]) -> pd.Series:
    if level == "project":
        return atoms["in_project"]
    return atoms["school"].isin(clusters[unit] if level == "cluster" else [unit])


def _labels(atoms: pd.DataFrame, split: str) -> np.ndarray:
    """The group of each finest count in a split."""
    parts = CROSSED.get(split, (split,))
    labels = atoms[parts[0]] if len(parts) == 1 else atoms[parts[0]] + ", " + atoms[parts[1]]
    return labels.to_numpy(dtype=object)


def _groups(rows: pd.DataFrame) -> np.ndarray:
    """For each row by disadvantage the place of the row that is its whole group: its arm's, its year's, or the unit's.

    Others have none: that a whole school is of one arm or year is no secret, where its pupils' status is.
    """
    named = list(rows[["level", "unit", "split", "group"]].itertuples(index=False, name=None))
    places = {key: at for at, key in enumerate(named)}
    labels: dict[tuple[str, str, str], list[str]] = {}
    for level, unit, split, group in named:
        labels.setdefault((level, unit, split), []).append(group)

    def whole(level: str, unit: str, split: str, group: str) -> int:
        if "disadvantaged" not in split:
            return NOBODY
        outer = CROSSED[split][0] if split in CROSSED else "all"
        around = labels[level, unit, outer]
        name = around[0] if outer == "all" else next(name for name in around if group.startswith(f"{name}, "))
        return places[level, unit, outer, name]

    return np.array([whole(*key) for key in named], dtype=np.int64)

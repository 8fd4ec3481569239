"""A split is a way of dividing a unit's pupils: which are shown whole, and which are shown without their counts."""

from collections.abc import Mapping

import pandas as pd

Split = tuple[str, str, str, str]  # level, unit, split, outcome
SPLIT = ["level", "unit", "split", "outcome"]


def whole_splits(table: pd.DataFrame, shown: pd.Series) -> set[Split]:
    """The splits of which every group is shown."""
    every = shown.groupby([table[name] for name in SPLIT], sort=False).all()
    return set(every[every].index)


def uncounted(counts: pd.DataFrame, primary: str, minimum: int) -> set[Split]:
    """Splits whose counts, beside those of the primary outcome, tell that a handful of pupils lack this outcome.

    Their means may be shown, without the counts. Where one unit's are hidden every unit's are: subtraction would find them.
    """
    sizes = _sizes(counts)
    few = {
        key[2:] for key, groups in sizes.items() if _few_missing(groups, sizes[(*key[:3], primary)], minimum)
    }
    return {key for key in sizes if key[2:] in few}


def _few_missing(groups: Mapping[str, int], reference: Mapping[str, int], minimum: int) -> bool:
    return any(0 < abs(reference[group] - n) < minimum for group, n in groups.items())


def _sizes(counts: pd.DataFrame) -> dict[Split, dict[str, int]]:
    """Each split's groups and their sizes."""
    sizes: dict[Split, dict[str, int]] = {}
    columns = [*SPLIT, "group", "n"]
    for level, unit, split, outcome, group, n in counts[columns].itertuples(index=False):
        sizes.setdefault((level, unit, split, outcome), {})[group] = n
    return sizes

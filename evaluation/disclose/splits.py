"""Which splits of which unit may be shown: all of a split's groups, or none of them.

A split is a way of dividing a unit's pupils (by disadvantage, by treatment, crossed). Showing all groups or none means
that no group can be had by subtraction inside the unit; withholding never exactly one school of a cluster or of the
project means that none can be had by subtracting the others.
"""

from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

Key = tuple[str, str, str, str]  # level, unit, split, outcome
CROSSED = {
    "treatment_disadvantaged": ("treatment", "disadvantaged"),
    "year_group_disadvantaged": ("year_group", "disadvantaged"),
}
WITHOUT_TREATMENT = {"treatment": "all", "treatment_disadvantaged": "disadvantaged"}


def shown_splits(
    counts: pd.DataFrame, minimum: int, children: Mapping[tuple[str, str], Iterable[str]]
) -> set[Key]:
    """The splits that may be shown.

    Parameters
    ----------
    counts
        level, unit, split, group, outcome, n: every group of every split, those of nobody included.
    minimum
        The smallest count that may be shown; zero is a count.
    children
        The schools that make up each (level, unit) above them.
    """
    sizes = _sizes(counts)
    shown = {key for key, groups in sizes.items() if min(groups.values()) >= minimum}
    shown -= {key for key in shown if _tells_of_crossed(key, shown, sizes, minimum)}
    while (extra := _beside_the_lone(shown, sizes, children, minimum)) is not None:
        shown.discard(extra)
    whole = {key for key in shown if key[2] == "all"}
    return {key for key in shown if (key[0], key[1], "all", key[3]) in whole}


def uncounted(counts: pd.DataFrame, primary: str, minimum: int) -> set[Key]:
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


def _sizes(counts: pd.DataFrame) -> dict[Key, dict[str, int]]:
    """Each split's groups and their sizes."""
    sizes: dict[Key, dict[str, int]] = {}
    columns = ["level", "unit", "split", "outcome", "group", "n"]
    for level, unit, split, outcome, group, n in counts[columns].itertuples(index=False):
        sizes.setdefault((level, unit, split, outcome), {})[group] = n
    return sizes


def _tells_of_crossed(
    key: Key, shown: set[Key], sizes: Mapping[Key, Mapping[str, int]], minimum: int
) -> bool:
    """Whether this margin, with the other, puts a withheld crossed cell above nobody (Frechet's lower bound)."""
    level, unit, split, outcome = key
    if split != "disadvantaged":
        return False
    for crossed, (other, _) in CROSSED.items():
        cells = (level, unit, crossed, outcome)
        if cells not in sizes or cells in shown or (level, unit, other, outcome) not in shown:
            continue
        columns, rows = sizes[key], sizes[(level, unit, other, outcome)]
        total = sum(columns.values())
        for label, n in sizes[cells].items():
            row, column = _parts(label, rows, columns)
            if n < minimum and rows[row] + columns[column] > total:
                return True
    return False


def _parts(label: str, rows: Mapping[str, int], columns: Mapping[str, int]) -> tuple[str, str]:
    """The two labels a crossed label joins; either may hold a comma itself."""
    return next((row, column) for row in rows for column in columns if f"{row}, {column}" == label)


def _beside_the_lone(
    shown: set[Key],
    sizes: Mapping[Key, Mapping[str, int]],
    children: Mapping[tuple[str, str], Iterable[str]],
    minimum: int,
) -> Key | None:
    """The next split to withhold, beside a school's that could be had by subtracting the others from their parent.

    The smallest parent is served first, by the school that serves most parents, then by the smallest.
    """
    needy = []
    for level, unit, split, outcome in sorted(shown):
        schools = [_child_key(school, split, outcome, sizes) for school in children.get((level, unit), ())]
        for keys in _sharing_a_group(
            (level, unit, split, outcome), [key for key in schools if key in sizes], sizes
        ):
            withheld = [key for key in keys if key not in shown]
            if withheld and (len(withheld) == 1 or _together(withheld, sizes) < minimum):
                needy.append(((level, unit, split, outcome), [key for key in keys if key in shown]))
    if not needy:
        return None
    parent, rest = min(needy, key=lambda item: len(item[1]))
    served = {key: sum(key in others for _, others in needy) for key in rest}
    return min(rest, key=lambda key: (-served[key], min(sizes[key].values()), key), default=parent)


def _sharing_a_group(
    parent: Key, keys: list[Key], sizes: Mapping[Key, Mapping[str, int]]
) -> Iterator[list[Key]]:
    """The schools to be subtracted from each group of the parent: not every school has every year group."""
    shared = {group: [key for key in keys if group in sizes[key]] for group in sizes[parent]}
    if any(shared.values()):
        yield from (found for found in shared.values() if found)
    else:
        yield keys


def _child_key(school: str, split: str, outcome: str, sizes: Mapping[Key, Mapping[str, int]]) -> Key:
    """A school's own split; where the whole school has one treatment, the split without it."""
    key = ("school", school, split, outcome)
    return key if key in sizes else ("school", school, WITHOUT_TREATMENT.get(split, split), outcome)


def _together(withheld: list[Key], sizes: Mapping[Key, Mapping[str, int]]) -> int:
    """The smallest group of the withheld splits added up."""
    totals: dict[str, int] = {}
    for key in withheld:
        for group, n in sizes[key].items():
            totals[group] = totals.get(group, 0) + n
    return min(totals.values())

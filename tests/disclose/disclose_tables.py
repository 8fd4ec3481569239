"""Tables of counts for tests: the finest counts of invented schools, and every count that reports show of them."""

from collections.abc import Mapping, Sequence

import pandas as pd

LABELS = {"d": "d", "o": "o"}
Sizes = Mapping[tuple[str, str, str, str], int]  # school, arm, year group, status: pupils


def atoms(sizes: Sizes, outcome: str = "y") -> pd.DataFrame:
    """The finest counts, as `evaluation.impact.atoms` gives them."""
    rows = [(school, True, arm, year, status, outcome, n) for (school, arm, year, status), n in sizes.items()]
    names = ["school", "in_project", "treatment", "year_group", "disadvantaged", "outcome", "n"]
    return pd.DataFrame(rows, columns=names)


def descriptives(found: pd.DataFrame, clusters: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Every count of the project, the clusters and the schools, in rows of level, unit, split, group, outcome and n."""
    units = [("project", "", list(found["school"].unique()))]
    units += [("cluster", name, list(schools)) for name, schools in clusters.items()]
    units += [("school", name, [name]) for name in found["school"].unique()]
    rows = [
        (level, unit, split, group, found["outcome"].iloc[0], n)
        for level, unit, schools in units
        for split, group, n in _splits(found[found["school"].isin(schools)])
    ]
    return pd.DataFrame(rows, columns=["level", "unit", "split", "group", "outcome", "n"])


def _splits(found: pd.DataFrame) -> list[tuple[str, str, int]]:
    rows = [("all", "all", int(found["n"].sum()))]
    rows += [
        ("disadvantaged", status, int(found.loc[found["disadvantaged"] == status, "n"].sum()))
        for status in "do"
    ]
    for split in ("treatment", "year_group"):
        groups = list(dict.fromkeys(found[split]))
        if len(groups) < 2:
            continue
        for group in groups:
            part = found[found[split] == group]
            rows.append((split, group, int(part["n"].sum())))
            for status in "do":
                n = int(part.loc[part["disadvantaged"] == status, "n"].sum())
                rows.append((f"{split}_disadvantaged", f"{group}, {status}", n))
    return rows


def schools(sizes: Mapping[str, tuple[int, int]]) -> pd.DataFrame:
    """The finest counts of schools of one arm and year group: disadvantaged pupils, and others."""
    return atoms(
        {
            (name, "t", "4", status): n
            for name, pair in sizes.items()
            for status, n in zip("do", pair, strict=True)
        }
    )

"""What a twin may be built from: counts, shares, means and spreads that could be released, and nothing of any one pupil.

Counts are rounded to five. A group smaller than the minimum cell is pooled with the others: its school's figure gives way
to that of the schools pooled, its own mean to that of the wider group. Means are rounded as a release rounds them, and spreads
to two figures that count.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.disclose.descriptives import SD_MULTIPLE
from evaluation.study import Study

BASE = 5
FIGURES = 2
UNIT_DECIMALS = 1
PUPIL_COLUMNS = ("sex", "disadvantaged", "eal", "send")
ALL = ""
"""Stands for the schools that have no share of their own."""
Shares = Mapping[object, float]


@dataclass(frozen=True, slots=True)
class Marginals:
    """All that a twin is drawn from.

    Attributes
    ----------
    cells : DataFrame
        school, year_group, n (pupils, a multiple of five) and classes (0 where pupils have no class).
    shares : mapping
        By column and school ("" for the schools pooled): the share of pupils with each value; None stands for missing.
    of_class : mapping
        By column that is the same throughout a class: the share of classes with each value.
    means : mapping
        By values of `keys`, from all of them to none: the mean of each outcome.
    keys : tuple of str
        The columns that the means are split by, the most telling first.
    spreads : tuple of ndarray
        Covariance of the outcomes between schools, between classes of a school, and between pupils of a class.
    missing : mapping
        The share of pupils without each outcome.
    decimals : mapping
        How many decimals each outcome's scores have.
    """

    cells: pd.DataFrame
    shares: Mapping[tuple[str, str], Shares]
    of_class: Mapping[str, Shares]
    means: Mapping[tuple, Mapping[str, float]]
    keys: tuple[str, ...]
    spreads: tuple[np.ndarray, np.ndarray, np.ndarray]
    missing: Mapping[str, float]
    decimals: Mapping[str, int]


def marginals(study: Study, analysis: pd.DataFrame, minimum: int) -> Marginals:
    """Take the marginals of a study's analysis table; groups of fewer than `minimum` pupils are pooled."""
    outcomes = list(study.analysis.outcomes)
    scores = _within_range(study, analysis)
    of_class = [name for name in study.attributes if _is_of_class(analysis, name)]
    of_pupil = [*PUPIL_COLUMNS, *(name for name in study.attributes if name not in of_class)]
    keys = _keys(study)
    means = dict(_means(analysis, scores, keys, minimum))
    absent = {name: int(scores[name].isna().sum()) for name in outcomes}
    return Marginals(
        _cells(analysis, minimum),
        {key: found for name in of_pupil for key, found in _shares(analysis, name, minimum)},
        {name: _class_shares(analysis, name) for name in of_class},
        means,
        keys,
        _spreads(analysis, scores - _expected(analysis, means, keys, outcomes), minimum),
        {name: _rounded(n) / len(analysis) if n >= minimum else 0.0 for name, n in absent.items()},
        {name: 0 if (scores[name].dropna() % 1 == 0).all() else UNIT_DECIMALS for name in outcomes},
    )


def _rounded(n: float) -> int:
    return int(BASE * np.floor(n / BASE + 0.5))


def _within_range(study: Study, analysis: pd.DataFrame) -> pd.DataFrame:
    """The outcomes, drawn in to the middle 98% of each: nobody at an end tells on the means and spreads."""
    scores = analysis[list(study.analysis.outcomes)].astype("float64")
    return scores.clip(scores.quantile(0.01), scores.quantile(0.99), axis=1)


def _keys(study: Study) -> tuple[str, ...]:
    """What the means are split by: the columns that the plan's indicators rest on, disadvantage, year group."""
    columns = [indicator.column for indicator in study.analysis.indicators.values()]
    return tuple(dict.fromkeys([*columns, "disadvantaged", "year_group"]))


def _is_of_class(analysis: pd.DataFrame, name: str) -> bool:
    classed = analysis.dropna(subset=["class"])
    return len(classed) > 0 and bool((classed.groupby(["school", "class"])[name].nunique() <= 1).all())


def _cells(analysis: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Pupils and classes of each school and year group; a small year group goes to the school's largest, a small school to five."""
    grouped = analysis.groupby(["school", "year_group"], sort=False, dropna=False)
    found = grouped.agg(n=("pupil", "size"), classes=("class", "nunique")).reset_index()
    small = found["n"] < minimum
    found["extra"] = found["n"].where(small, 0).groupby(found["school"]).transform("sum")
    largest = found.groupby("school")["n"].transform("max") == found["n"]
    kept = found[largest | ~small].copy()
    first = ~kept["school"].duplicated()
    kept["n"] += np.where(first & (kept["n"] >= minimum), kept["extra"], 0)
    kept = kept[(kept["n"] >= minimum) | first]
    kept["n"] = [max(_rounded(n), _rounded(minimum)) for n in kept["n"]]
    kept["classes"] = np.minimum(kept["classes"], kept["n"] // minimum)
    return kept.drop(columns="extra").reset_index(drop=True)


def _shares(analysis: pd.DataFrame, name: str, minimum: int) -> Iterator[tuple[tuple[str, str], Shares]]:
    """The shares of a column's values: of each school whose every group is large enough, and of the others together."""
    values = analysis[name].astype("object").where(analysis[name].notna(), None)
    common = values.value_counts(dropna=False)
    values = values[values.isin(common.index[common >= minimum])]
    own = {
        str(school): counts
        for school, part in values.groupby(analysis["school"], sort=False)
        if len(counts := part.value_counts(dropna=False)) > 1 and counts.min() >= minimum
    }
    rest = values[~analysis["school"].loc[values.index].isin(list(own))].value_counts(dropna=False)
    together = rest if len(rest) and rest.min() >= minimum else values.value_counts(dropna=False)
    yield (name, ALL), _as_shares(together)
    for school, counts in own.items():
        yield (name, school), _as_shares(counts)


def _as_shares(counts: pd.Series) -> Shares:
    values = counts.sort_index()
    rounded = {
        value if there else None: _rounded(n)
        for value, there, n in zip(values.index, values.index.notna(), values, strict=True)
    }
    total = sum(rounded.values())
    return {value: n / total for value, n in rounded.items()} if total else {None: 1.0}


def _class_shares(analysis: pd.DataFrame, name: str) -> Shares:
    classes = analysis.dropna(subset=["class"]).groupby(["school", "class"])[name].first()
    return _as_shares(classes.value_counts() * BASE)


def _means(
    analysis: pd.DataFrame, scores: pd.DataFrame, keys: tuple[str, ...], minimum: int
) -> Iterator[tuple[tuple, dict[str, float]]]:
    """Means by all keys, by all but the last, and so on: of groups large enough for a standard deviation to be shown."""
    yield (), _mean(scores)
    for depth in range(1, len(keys) + 1):
        for values, rows in scores.groupby([analysis[key] for key in keys[:depth]], sort=True):
            if rows.notna().sum().min() >= SD_MULTIPLE * minimum:
                yield tuple(values), _mean(rows)


def _mean(scores: pd.DataFrame) -> dict[str, float]:
    return {str(name): round(float(mean), UNIT_DECIMALS) for name, mean in scores.mean().items()}


def expected(means: Mapping[tuple, Mapping[str, float]], values: tuple, outcomes: list[str]) -> list[float]:
    """The mean of each outcome in the narrowest group that has one."""
    depth = next(depth for depth in range(len(values), -1, -1) if values[:depth] in means)
    return [means[values[:depth]][name] for name in outcomes]


def _expected(
    analysis: pd.DataFrame,
    means: Mapping[tuple, Mapping[str, float]],
    keys: tuple[str, ...],
    outcomes: list[str],
) -> pd.DataFrame:
    rows = analysis[list(keys)].itertuples(index=False, name=None)
    return pd.DataFrame(
        [expected(means, row, outcomes) for row in rows], columns=outcomes, index=analysis.index
    )


def _spreads(
    analysis: pd.DataFrame, residuals: pd.DataFrame, minimum: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covariances between schools, classes of a school and pupils of a class, by the method of moments, from pupils
    with every outcome."""
    whole = residuals.dropna()
    school = analysis.loc[whole.index, "school"]
    class_ = school + "|" + analysis.loc[whole.index, "class"].fillna("").astype(str)
    by_school, by_class = whole.groupby(school).transform("mean"), whole.groupby(class_).transform("mean")
    pupils = _covariance(whole - by_class, len(whole) - class_.nunique())
    between = _covariance(by_class - by_school, max(class_.nunique() - school.nunique(), 1))
    size = len(whole) / class_.nunique()
    classes = (between - pupils) / size if class_.nunique() > school.nunique() else 0 * pupils
    within = _covariance(whole - by_school, len(whole) - school.nunique())
    schools = (_covariance(by_school - whole.mean(), max(school.nunique() - 1, 1)) - within) / (
        len(whole) / school.nunique()
    )
    return _significant(schools), _significant(classes), _significant(pupils)


def _covariance(frame: pd.DataFrame, df: int) -> np.ndarray:
    values = frame.to_numpy()
    return values.T @ values / max(df, 1)


def _significant(matrix: np.ndarray) -> np.ndarray:
    """Two figures that count, of the matrix's largest entry."""
    largest = np.abs(matrix).max()
    decimals = FIGURES - 1 - int(np.floor(np.log10(largest))) if largest > 0 else 0
    return np.round(matrix, decimals)

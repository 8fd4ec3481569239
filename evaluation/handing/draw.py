"""Draw pupils that never were from a study's marginals. This part sees no pupil of the study."""

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaluation.handing.marginals import ALL, Marginals, Shares, expected
from evaluation.study import Study

FILE = "twin"


def draw(
    study: Study, found: Marginals, schools: pd.DataFrame, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pupils and scores of a twin: the columns of the store's tables `pupils` and `scores` that a seed can fill.

    Parameters
    ----------
    found
        From `marginals`.
    schools
        The store's: what a school's pupils share, such as its role, comes from here.
    """
    generator = np.random.default_rng([seed, 2])
    pupils = _pupils(study, found, generator)
    known = pupils.merge(schools[["school", "phase", "role", "cluster"]], on="school", how="left")
    return pupils, _scores(study, found, known, generator)


def _pupils(study: Study, found: Marginals, generator: np.random.Generator) -> pd.DataFrame:
    """One row a pupil, listed at the first wave, school by school."""
    cells = found.cells[["school", "year_group", "n", "classes"]].itertuples(index=False, name=None)
    parts = [_cell(found, generator, *cell) for cell in cells]
    pupils = pd.concat(parts, ignore_index=True)
    for name in dict.fromkeys(name for name, _ in found.shares):
        pupils[name] = _by_school(found, name, pupils["school"], generator)
    texts = [f"twin|{study.study}|{number}" for number in range(len(pupils))]
    pupils.insert(0, "pupil", [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts])
    return pupils.assign(wave=study.waves[0].name, file=FILE, sheet="", row=np.arange(2, len(pupils) + 2))


def _cell(
    found: Marginals, generator: np.random.Generator, school: str, year_group: str, n: int, classes: int
) -> pd.DataFrame:
    """The pupils of a school's year group, dealt out to its classes."""
    at = generator.permutation(np.arange(n) % max(classes, 1))
    names = np.array([f"{year_group}{chr(65 + place % 26)}{place // 26 or ''}" for place in range(classes)])
    columns: dict[str, object] = {
        "school": school,
        "year_group": year_group,
        "class": names[at] if classes else None,
    }
    for name, shares in found.of_class.items():
        columns[name] = _quota(shares, max(classes, 1), generator)[at]
    return pd.DataFrame(columns, index=range(n))


def _by_school(found: Marginals, name: str, schools: pd.Series, generator: np.random.Generator) -> pd.Series:
    """A column of pupils, in each school's shares where it has its own."""
    column = pd.Series(None, index=schools.index, dtype="object")
    for school, rows in schools.groupby(schools, sort=False):
        shares = found.shares.get((name, str(school)), found.shares[name, ALL])
        column.loc[rows.index] = _quota(shares, len(rows), generator)
    return column


def _quota(shares: Shares, n: int, generator: np.random.Generator) -> np.ndarray:
    """`n` values in those shares, as near as whole numbers come, in random order."""
    values = np.empty(len(shares), dtype="object")
    values[:] = list(shares)
    exact = np.array(list(shares.values())) * n
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: n - counts.sum()]] += 1
    return generator.permutation(np.repeat(values, counts))


def _scores(
    study: Study, found: Marginals, pupils: pd.DataFrame, generator: np.random.Generator
) -> pd.DataFrame:
    """One row a pupil and outcome: the group's mean, and normal departures of school, class and pupil."""
    outcomes = list(study.analysis.outcomes)
    rows = pupils[list(found.keys)].itertuples(index=False, name=None)
    values = np.array([expected(found.means, row, outcomes) for row in rows])
    class_ = pupils["school"] + "|" + pupils["year_group"] + "|" + pupils["class"].fillna("").astype(str)
    units = (pupils["school"], class_, pupils["pupil"])
    for unit, spread in zip(units, found.spreads, strict=True):
        at, names = pd.factorize(unit)
        values = values + _departures(spread, len(names), generator)[at]
    parts = []
    for place, name in enumerate(outcomes):
        here = generator.random(len(pupils)) >= found.missing[name]
        parts.append(_outcome(study, name, pupils[here], values[here, place], found.decimals))
    return pd.concat(parts, ignore_index=True)


def _departures(spread: np.ndarray, n: int, generator: np.random.Generator) -> np.ndarray:
    """Draws of a normal distribution; what rounding left of negative variance is taken as none.

    The root is the symmetric one, which a small change of the spread changes little.
    """
    values, vectors = np.linalg.eigh(spread)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return generator.standard_normal((n, len(spread))) @ root


def _outcome(
    study: Study, name: str, pupils: pd.DataFrame, values: np.ndarray, decimals: Mapping[str, int]
) -> pd.DataFrame:
    outcome = study.analysis.outcomes[name]
    test = study.instrument(outcome.instrument)
    kept = np.clip(values, test.minimum, test.maximum).round(decimals[name])
    return pd.DataFrame(
        {
            "pupil": pupils["pupil"].to_numpy(),
            "wave": outcome.wave,
            "instrument": outcome.instrument,
            "school": pupils["school"].to_numpy(),
            "year_group": pupils["year_group"].to_numpy(),
            "score": kept,
            "analysed": kept,
            "score_reason": "",
            "censored": np.select([values < test.minimum, values > test.maximum], ["low", "high"], ""),
            "linked_by": FILE,
            "file": FILE,
            "sheet": "",
            "row": pupils["row"].to_numpy(),
        }
    )

"""Scores that do not go with the same pupils' other scores: beside the wrong names, most likely."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from evaluation.clean.compact import plain
from evaluation.clean.issues import ISSUE_COLUMNS

Values = npt.NDArray[np.float64]
# Rows next to each other in the file: about a class.
WINDOW, STEP = 24, 4
FEWEST_WINDOWS = 8
# Fisher's z of a window's correlation, below the usual by so many of its standard errors.
FAR_BELOW = 4.0
HARDLY = 0.4
TEST = ["source", "year_group"]


def spread(every: pd.DataFrame) -> pd.DataFrame:
    """What scores of a source and year group, of these rows, come to: how many, their sum and that of their squares."""
    scored = _scored(every)
    both = scored.assign(total=scored["score"], squares=scored["score"] ** 2)
    by_test = both.groupby(TEST, sort=False)
    return by_test.agg(n=("score", "size"), total=("total", "sum"), squares=("squares", "sum")).reset_index()


def all_spread(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """What `spread` found of some rows and of others."""
    return pd.concat(parts).groupby(TEST, sort=False).sum().reset_index()


def beside_others(every: pd.DataFrame, spreads: pd.DataFrame) -> pd.DataFrame:
    """Scores in standard deviations of their test and year group (z), and the mean of the pupil's others so expressed (other).

    Parameters
    ----------
    every : DataFrame
        Rows with `kind` and `number`, all rows of a pupil.
    spreads : DataFrame
        From `spread`, of all rows.
    """
    scored = _scored(every)
    scored = scored[scored["number"].duplicated(keep=False)]
    tests = spreads.set_index(TEST)
    mean = tests["total"] / tests["n"]
    sd = ((tests["squares"] - tests["total"] * mean) / (tests["n"] - 1)).pow(0.5)
    at = tests.index.get_indexer(pd.MultiIndex.from_frame(scored[TEST]))
    z = (scored["score"] - mean.to_numpy()[at]) / sd.to_numpy()[at]
    pupil = z.groupby(scored["number"])
    count = pupil.transform("count") - 1
    other = (pupil.transform("sum") - z) / count.where(count > 0)
    return pd.DataFrame({"z": z, "other": other}).dropna()


def _scored(every: pd.DataFrame) -> pd.DataFrame:
    has = (every["kind"] == "scores") & every["score"].notna() & every["number"].notna()
    scored = plain(every.loc[has, [*TEST, "number", "score"]])
    return scored.assign(year_group=scored["year_group"].fillna(""))


def scores_out_of_place(scored: pd.DataFrame, headings: dict[str, str]) -> list[pd.DataFrame]:
    """A note on each run of rows whose scores hardly go with the same pupils' scores at other waves.

    Two exchanged scores cannot be told from two real ones, a class's worth of them can: in windows of
    neighbouring rows of one school the correlation of the scores with the pupils' mean score at other waves is
    held against the median of all windows, by Fisher's z (standard error 1 / sqrt(n - 3)).

    Parameters
    ----------
    scored : DataFrame
        Rows of whole sources in the file's order: place, school, and of `beside_others` z and other.
    headings : mapping of str to str
        The heading of each source's scores.
    """
    notes = []
    for _, rows in scored.groupby("source", sort=False):
        rows = rows.reset_index(drop=True)
        classes = [part.index.to_numpy() for _, part in rows.groupby(["sheet", "school"], sort=False)]
        windows = [sliding_window_view(part, WINDOW)[::STEP] for part in classes if len(part) >= WINDOW]
        if sum(map(len, windows)) >= FEWEST_WINDOWS:
            notes += [_note(rows.loc[run], headings) for run in _runs(rows, np.concatenate(windows))]
    return notes


def _runs(rows: pd.DataFrame, windows: npt.NDArray[np.int64]) -> list[list[int]]:
    """The rows of doubtful windows (each WINDOW rows by their numbers), those that overlap taken as one run."""
    r = _correlations(rows["z"].to_numpy()[windows], rows["other"].to_numpy()[windows])
    below = (np.arctanh(np.median(r)) - np.arctanh(r)) * np.sqrt(WINDOW - 3)
    runs: list[list[int]] = []
    for window in windows[(below > FAR_BELOW) & (r < HARDLY)].tolist():
        if runs and window[0] in runs[-1]:
            runs[-1] = sorted({*runs[-1], *window})
        else:
            runs.append(window)
    return runs


def _correlations(one: Values, other: Values) -> Values:
    """Pearson's r along the last axis, 0 where one of the two does not vary."""
    a, b = (values - values.mean(axis=-1, keepdims=True) for values in (one, other))
    size = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    flat = (np.ptp(one, axis=-1) == 0) | (np.ptp(other, axis=-1) == 0)
    return np.where(flat, 0.0, np.clip((a * b).sum(axis=-1) / np.where(flat, 1.0, size), -0.999, 0.999))


def _note(rows: pd.DataFrame, headings: dict[str, str]) -> pd.DataFrame:
    first = rows.iloc[0]
    z, other = rows["z"].to_numpy(), rows["other"].to_numpy()
    moved = {step: _correlations(z[1:-1], np.roll(other, step)[1:-1]) for step in (1, -1)}
    step = max(moved, key=lambda item: moved[item])
    hint = (
        f" They go best with the pupil one row {'above' if step == 1 else 'below'}."
        if moved[step] > 0.5
        else ""
    )
    reason = (
        f"Scores between rows {rows['row'].iloc[0]} and {rows['row'].iloc[-1]} hardly go with the same pupils' scores at "
        f"other waves. Are they beside the right names?{hint}"
    )
    place = {name: first[name] for name in ("source", "file", "sheet", "school")}
    column = headings.get(first["source"], "")
    one = {
        **place,
        "row": pd.NA,
        "column": column,
        "rule": "scores_out_of_place",
        "severity": "note",
        "reason": reason,
    }
    return pd.DataFrame([one], columns=ISSUE_COLUMNS)

"""Scores that do not go with the same pupils' other scores: beside the wrong names, most likely."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.clean.issues import ISSUE_COLUMNS

# Rows next to each other in the file: about a class.
WINDOW, STEP = 24, 4
FEWEST_WINDOWS = 8
# Fisher's z of a window's correlation, below the usual by so many of its standard errors.
FAR_BELOW = 4.0
HARDLY = 0.4


def scores_out_of_place(every: pd.DataFrame, headings: dict[str, str]) -> list[pd.DataFrame]:
    """A note on each run of rows whose scores hardly go with the same pupils' scores at other waves.

    Two exchanged scores cannot be told from two real ones, a class's worth of them can: in windows of
    neighbouring rows of one school the correlation of the scores with the pupils' mean score at other waves is
    held against the median of all windows, by Fisher's z (standard error 1 / sqrt(n - 3)).
    """
    scored = _with_others(every)
    notes = []
    for _, rows in scored.groupby("source", sort=False):
        windows = [
            part.iloc[at : at + WINDOW]
            for _, part in rows.groupby(["sheet", "school"], sort=False)
            for at in range(0, len(part) - WINDOW + 1, STEP)
        ]
        if len(windows) >= FEWEST_WINDOWS:
            notes += [_note(run, headings) for run in _joined(rows, windows, _doubtful(windows))]
    return notes


def _with_others(every: pd.DataFrame) -> pd.DataFrame:
    """Scores in standard deviations of their test and year group, and the mean of the pupil's others so expressed."""
    scored = every[(every["kind"] == "scores") & every["score"].notna() & every["number"].notna()]
    by_test = scored.groupby(["source", "year_group"], dropna=False)["score"]
    z = (scored["score"] - by_test.transform("mean")) / by_test.transform("std")
    pupil = z.groupby(scored["number"])
    count = pupil.transform("count") - 1
    other = (pupil.transform("sum") - z) / count.where(count > 0)
    return scored.assign(z=z, other=other).dropna(subset=["z", "other"])


def _doubtful(windows: list[pd.DataFrame]) -> npt.NDArray[np.bool_]:
    r = np.array([_correlation(window["z"], window["other"]) for window in windows])
    below = (np.arctanh(np.median(r)) - np.arctanh(r)) * np.sqrt(WINDOW - 3)
    return (below > FAR_BELOW) & (r < HARDLY)


def _correlation(one: pd.Series, other: pd.Series) -> float:
    """Pearson's r, 0 where one of them does not vary."""
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.clip(np.corrcoef(one, other)[0, 1], -0.999, 0.999))


def _joined(
    rows: pd.DataFrame, windows: list[pd.DataFrame], doubtful: npt.NDArray[np.bool_]
) -> list[pd.DataFrame]:
    """The rows of doubtful windows, those that overlap taken as one run."""
    runs: list[pd.Index] = []
    for window, told in zip(windows, doubtful, strict=True):
        if told and runs and window.index[0] in runs[-1]:
            runs[-1] = runs[-1].union(window.index)
        elif told:
            runs.append(window.index)
    return [rows.loc[run] for run in runs]


def _note(rows: pd.DataFrame, headings: dict[str, str]) -> pd.DataFrame:
    first = rows.iloc[0]
    moved = {
        step: _correlation(rows["z"].iloc[1:-1], rows["other"].shift(step).iloc[1:-1]) for step in (1, -1)
    }
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

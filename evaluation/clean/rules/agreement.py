"""Scores that do not go with the same pupils' other scores: beside the wrong names, most likely."""

import numpy as np
import pandas as pd

from evaluation.clean.issues import ISSUE_COLUMNS

FEWEST = 12
# Fisher's z of a class's correlation, below that of all classes by so many of its standard errors.
FAR_BELOW = 4.5
GROUP = ["source", "school", "class"]


def scores_out_of_place(every: pd.DataFrame, headings: dict[str, str]) -> list[pd.DataFrame]:
    """A note on each class of a source whose scores hardly go with its pupils' scores at other waves.

    Two exchanged scores cannot be told from two real ones, a class's worth of them can: the correlation of
    its scores with the pupils' mean score at other waves is held against that of all classes, by Fisher's z
    (standard error 1 / sqrt(n - 3)).
    """
    scored = every[(every["kind"] == "scores") & every["score"].notna() & every["upn"].notna()]
    scored = scored.assign(
        z=_standardised(scored), **{"class": scored["upn"].map(_class_of(every)).fillna("")}
    )
    total = scored.groupby("upn")["z"].transform("sum") - scored["z"]
    others = scored.groupby("upn")["z"].transform("size") - 1
    scored = scored.assign(other=(total / others).where(others > 0)).dropna(subset=["other"])
    sizes = scored.groupby(GROUP)["z"].transform("size")
    classes = scored[sizes >= FEWEST].groupby(GROUP, sort=False)
    if classes.ngroups < 3:
        return []
    found = pd.DataFrame({"r": _correlation(classes), "n": classes.size()})
    usual = np.arctanh(found["r"].median())
    below = (usual - np.arctanh(found["r"].clip(-0.999, 0.999))) * np.sqrt(found["n"] - 3)
    return [
        _note(classes.get_group(name), headings)
        for name in found.index[(below > FAR_BELOW) & (found["r"] < 0.5)]
    ]


def _standardised(scored: pd.DataFrame) -> pd.Series:
    by_test = scored.groupby(["source", "year_group"], dropna=False)["score"]
    return (scored["score"] - by_test.transform("mean")) / by_test.transform("std")


def _class_of(every: pd.DataFrame) -> pd.Series:
    listed = every[(every["kind"] == "pupils") & every["upn"].notna()].drop_duplicates("upn")
    return listed.set_index("upn")["class"]


def _correlation(classes: "pd.api.typing.DataFrameGroupBy") -> pd.Series:
    pairs = classes[["z", "other"]].corr().iloc[0::2]["other"]
    return pairs.droplevel(-1).fillna(0.0)


def _note(rows: pd.DataFrame, headings: dict[str, str]) -> pd.DataFrame:
    first = rows.iloc[0]
    moved = {step: rows["z"].corr(rows["other"].shift(step)) for step in (1, -1)}
    step = max(moved, key=lambda item: moved[item])
    hint = (
        f" They go best with the pupil one row {'above' if step == 1 else 'below'}."
        if moved[step] > 0.5
        else ""
    )
    reason = (
        f"The {len(rows)} scores in rows {rows['row'].min()} to {rows['row'].max()} of one class hardly go with the same "
        f"pupils' scores at other waves. Are they beside the right names?{hint}"
    )
    where = {name: first[name] for name in ("source", "file", "sheet", "school")}
    column = headings.get(first["source"], "")
    one = {
        **where,
        "row": pd.NA,
        "column": column,
        "rule": "scores_out_of_place",
        "severity": "note",
        "reason": reason,
    }
    return pd.DataFrame([one], columns=ISSUE_COLUMNS)

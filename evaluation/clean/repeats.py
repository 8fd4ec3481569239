"""Rows of a source that speak of the same pupil again: duplicates, and rows that contradict one another."""

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.names import normalise_names
from evaluation.clean.scores import CONFLICT

_NOT_COMPARED = ["source", "file", "sheet", "row"]


def pupil_key(rows: pd.DataFrame) -> pd.Series:
    """Who a row is about: pupil number, else pupil identifier, else name, birthday and school; NA if unknown."""
    surname, forename = normalise_names(rows["surname"]), normalise_names(rows["forename"])
    born = rows["dob"].dt.strftime("%Y-%m-%d").astype("str")
    by_name = "name|" + surname + "|" + forename + "|" + born + "|" + rows["school"].fillna("")
    return ("upn|" + rows["upn"]).fillna("id|" + rows["pupil_id"]).fillna(by_name)


def settle_repeats(rows: pd.DataFrame, score_heading: str = "") -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """One row a pupil, and an issue for each row not kept.

    A repeat that says the same is a duplicate. Pupils listed again with other details: the first row is
    kept. Scores: a row with a score goes before one without; two different scores contradict each other, so
    neither is used and the row kept has none, with the reason "conflict". Rows that say nothing of whose
    they are are never repeats.

    Parameters
    ----------
    rows : DataFrame
        Cleaned rows of one source, in its order, the index unique.
    score_heading : str
        The file's heading of the score column; "" for pupils sources.
    """
    key = pupil_key(rows)
    repeated = rows[key.notna() & key.duplicated(keep=False)]
    if repeated.empty:
        return rows, []
    key = key[repeated.index]
    kept = _kept(repeated, key)
    others = repeated[repeated.index != kept]
    if not score_heading:
        return rows.drop(index=others.index), [_listed(rows, others, kept, key.isna())]
    score = repeated["score"].astype("str") + repeated["censored"]
    contradictory = score.where(repeated["score"].notna()).groupby(key).transform("nunique") > 1
    emptied = repeated.index[(repeated.index == kept) & contradictory]
    reason = "The same pupil has another score further down this source; neither is used."
    clash = issues_at(rows.loc[emptied], CONFLICT, "cell", reason, score_heading)
    settled = _without_scores(rows.drop(index=others.index), emptied)
    return settled, [_listed(rows, others, kept, contradictory), clash]


def _kept(repeated: pd.DataFrame, key: pd.Series) -> pd.Series:
    """For each row the index of its pupil's row that is kept: the first, if need be the first with a score."""
    scored = repeated["score"].notna() if "score" in repeated else pd.Series(True, index=repeated.index)
    order = scored.sort_values(ascending=False, kind="stable").index
    first = key[order].drop_duplicates()
    return key.map(pd.Series(first.index, index=first.to_numpy()))


def _without_scores(rows: pd.DataFrame, emptied: pd.Index) -> pd.DataFrame:
    clash = rows.index.isin(emptied)
    return rows.assign(
        score=rows["score"].mask(clash),
        score_reason=rows["score_reason"].mask(clash, CONFLICT),
        censored=rows["censored"].mask(clash, ""),
    )


def _listed(
    rows: pd.DataFrame, others: pd.DataFrame, kept: pd.Series, contradictory: pd.Series
) -> pd.DataFrame:
    """An issue for each row not kept: which row is, and how the two compare."""
    compared = rows.columns.difference(_NOT_COMPARED)
    kept_rows = rows.loc[kept[others.index]].set_axis(others.index)
    same = (others[compared].astype("str").fillna("") == kept_rows[compared].astype("str").fillna("")).all(
        axis=1
    )
    rule = same.map({True: "duplicate", False: "repeated"}).mask(contradictory[others.index], CONFLICT)
    sheet = kept_rows["sheet"].map(lambda name: f" of sheet {name!r}" if name else "")
    where = "row " + kept_rows["row"].astype("str") + sheet
    reason = [_REASONS[kind].format(where=place) for kind, place in zip(rule, where, strict=True)]
    return issues_at(others, "", "row", pd.Series(reason, index=others.index, dtype="str")).assign(rule=rule)


_REASONS = {
    CONFLICT: "The same pupil has a different score in {where}; neither is used.",
    "duplicate": "The same as {where}.",
    "repeated": "The same pupil is in {where} with other details; that row is kept.",
}

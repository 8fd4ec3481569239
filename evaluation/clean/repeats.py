"""Rows of a source that speak of the same pupil again: duplicates, and rows that contradict one another."""

import pandas as pd

from evaluation.clean.issues import gather, issues_at
from evaluation.clean.names import normalise_name
from evaluation.clean.scores import CONFLICT

_NOT_COMPARED = ["source", "file", "sheet", "row"]


def pupil_key(rows: pd.DataFrame) -> pd.Series:
    """Who a row is about: the pupil number, else the pupil identifier, else name, date of birth and school; NA if unknown."""
    named = rows["surname"].map(normalise_name, na_action="ignore").astype("str")
    given = rows["forename"].map(normalise_name, na_action="ignore").astype("str")
    born = rows["dob"].dt.strftime("%Y-%m-%d").astype("str")
    by_name = "name|" + named + "|" + given + "|" + born + "|" + rows["school"].fillna("")
    return ("upn|" + rows["upn"]).fillna("id|" + rows["pupil_id"]).fillna(by_name)


def settle_repeats(rows: pd.DataFrame, score_heading: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a pupil, and an issue for each row not kept.

    A repeat that says the same is a duplicate. Pupils listed again with other details: the first row is kept. Scores: a
    row with a score goes before one without; two different scores contradict each other, so neither is used and the row kept has
    none, with the reason "conflict". Rows that say nothing of whose they are are never repeats.

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
        return rows, gather([])
    kept_at, contradictory = {}, set()
    for who, group in repeated.groupby(key[repeated.index], sort=False):
        kept_at[who] = _kept(group)
        if (
            score_heading
            and group[["score", "censored"]][group["score"].notna()].drop_duplicates().shape[0] > 1
        ):
            contradictory.add(who)
    kept = key[repeated.index].map(kept_at)
    others = repeated[repeated.index != kept]
    issues = _listed(rows, others, kept, key[others.index].isin(contradictory))
    settled = rows.drop(index=others.index)
    at = [kept_at[who] for who in kept_at if who in contradictory]
    if at:
        clash = settled.index.isin(at)
        settled = settled.assign(
            score=settled["score"].mask(clash),
            score_reason=settled["score_reason"].mask(clash, CONFLICT),
            censored=settled["censored"].mask(clash, ""),
        )
    reason = "The same pupil has another score further down this source; neither is used."
    return settled, gather([issues, issues_at(rows.loc[at], CONFLICT, "cell", reason, score_heading)])


def _kept(group: pd.DataFrame) -> int:
    scored = group[group["score"].notna()] if "score" in group else group
    return (scored if len(scored) else group).index[0]


def _listed(
    rows: pd.DataFrame, others: pd.DataFrame, kept: pd.Series, contradicts: pd.Series
) -> pd.DataFrame:
    compared = rows.columns.difference(_NOT_COMPARED)
    first = rows.loc[kept[others.index]]
    same = [
        one.equals(other)
        for (_, one), (_, other) in zip(others[compared].iterrows(), first[compared].iterrows(), strict=True)
    ]
    rule = [
        CONFLICT if contradiction else "duplicate" if alike else "repeated"
        for contradiction, alike in zip(contradicts, same, strict=True)
    ]
    where = [
        f"row {row}" + (f" of sheet {sheet!r}" if sheet else "")
        for row, sheet in zip(first["row"], first["sheet"], strict=True)
    ]
    reason = [_REASONS[kind].format(where=place) for kind, place in zip(rule, where, strict=True)]
    return issues_at(others, "duplicate", "row", pd.Series(reason, index=others.index, dtype="str")).assign(
        rule=rule
    )


_REASONS = {
    CONFLICT: "The same pupil has a different score in {where}; neither is used.",
    "duplicate": "The same as {where}.",
    "repeated": "The same pupil is in {where} with other details; that row is kept.",
}

"""How many rows came, were accepted, linked and in the end analysed: by source, wave, school, group and what linked them."""

import pandas as pd

COLUMNS = ["stage", "source", "wave", "school", "disadvantaged", "linked_by", "n"]


def linkage_table(
    counts: pd.DataFrame, issues: pd.DataFrame, sources: pd.DataFrame, flow: pd.DataFrame
) -> pd.DataFrame:
    """The flow of rows, each stage a part of the one before.

    Parameters
    ----------
    counts : DataFrame
        From `evaluation.link.link`: every accepted row, by what linked it.
    issues : DataFrame
        Rows not accepted are those with severity "row".
    sources : DataFrame
        With source and kind; only pupils and scores are counted.
    flow : DataFrame
        From `flow_table`.

    Returns
    -------
    DataFrame
        stage, source, wave, school ("" when not known), disadvantaged (0/1/NA: of rows not linked only what pupil
        lists say), linked_by, n. Stages: "sent" (rows below the headings), "accepted", "linked", and "analysed":
        pupils in the headline model, by school and group alone.
    """
    wave = counts.drop_duplicates("source").set_index("source")["wave"]
    asked = sources.loc[sources["kind"].isin(["pupils", "scores"]), "source"]
    listed = issues[(issues["severity"] == "row") & issues["source"].isin(asked)]
    listed = listed.drop_duplicates(["source", "file", "sheet", "row"])
    refused = listed.groupby(["source", "school"], sort=False).size().reset_index(name="n")
    sent = pd.concat([counts[["source", "school", "n"]], refused])
    sent = sent.groupby(["source", "school"], sort=False)["n"].sum().reset_index()
    analysed = flow[flow["stage"] == "analysed"].groupby(
        ["school", "disadvantaged"], sort=False, dropna=False
    )
    parts = [
        sent.assign(stage="sent", wave=sent["source"].map(wave)),
        _summed(counts, []).assign(stage="accepted"),
        _summed(counts[counts["linked_by"] != ""], ["linked_by"]).assign(stage="linked"),
        analysed["n"].sum().reset_index().assign(stage="analysed"),
    ]
    texts = {name: "str" for name in COLUMNS if name not in ("disadvantaged", "n")}
    table = pd.concat([part.astype("object") for part in parts], ignore_index=True).reindex(columns=COLUMNS)
    table[list(texts)] = table[list(texts)].fillna("")
    return table.astype({**texts, "disadvantaged": "Int64", "n": "int64"})


def _summed(counts: pd.DataFrame, more: list[str]) -> pd.DataFrame:
    by = ["source", "wave", "school", "disadvantaged", *more]
    return counts.groupby(by, sort=False, dropna=False)["n"].sum().reset_index()

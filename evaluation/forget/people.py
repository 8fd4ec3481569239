"""Which pupil numbers, identifiers and pseudonyms are one person's."""

from pathlib import Path

import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from evaluation.errors import StoreError
from evaluation.store import Store

PLACE = ["kind", "file", "sheet", "row"]


def stored_pupils(folder: Path, rows: pd.DataFrame) -> pd.Series:
    """The pupil the store in a folder has at each row's place, as the mark "pupil|pseudonym"; "" where it has none.

    A store says nothing of a file that is no longer as it was, nor of a place where it has two pupils.

    Parameters
    ----------
    rows : DataFrame
        With kind, file, sheet, row and the file's sha256.
    """
    kept = _kept(folder)
    kept = kept[~kept.duplicated(["sha256", *PLACE], keep=False)]
    found = rows[["sha256", *PLACE]].merge(kept, on=["sha256", *PLACE], how="left")["pupil"]
    return ("pupil|" + found.astype("object")).fillna("").set_axis(rows.index)


def stored_names(folder: Path) -> frozenset[str]:
    """Every pseudonym of the store in a folder; none where there is no store, or none that can be read."""
    return frozenset(_kept(folder)["pupil"])


def _kept(folder: Path) -> pd.DataFrame:
    """kind, file, sheet, row, sha256 and pupil of each row of the store's pupils and scores."""
    try:
        store = Store(folder)
    except StoreError:
        return pd.DataFrame(columns=["sha256", *PLACE, "pupil"], dtype="object")
    columns = ["pupil", *PLACE[1:]]
    parts = [store.read(kind, columns).assign(kind=kind) for kind in ("pupils", "scores")]
    files = store.read("sources", ["file", "sha256"]).drop_duplicates()
    return pd.concat(parts).dropna().drop_duplicates().merge(files, on="file").astype("object")


def people(rows: pd.DataFrame) -> dict[str, str]:
    """For each number, identifier and stored pupil, one mark that stands for its person.

    A number and the former number beside it are one person's; so are those that linkage gave one pseudonym, where none
    of them has another beside it as well. An identifier goes with the numbers it stands beside, where they are one
    person's.

    Parameters
    ----------
    rows : DataFrame
        upn, former, pupil_id and stored of each row: marks, "" for none.
    """
    number = rows["upn"].where(rows["upn"] != "", rows["former"])
    own = number.where(number != "", rows["pupil_id"])
    joined = [
        pd.DataFrame({"one": rows["upn"], "other": rows["former"]}),
        _alone(pd.DataFrame({"one": own, "other": rows["stored"]})),
    ]
    whose = _joined(joined)
    person = number.map(lambda item: whose.get(item, item))
    return _joined([*joined, _alone(pd.DataFrame({"one": rows["pupil_id"], "other": person}))])


def _alone(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs whose first stands beside one other alone."""
    distinct = pairs[(pairs["one"] != "") & (pairs["other"] != "")].drop_duplicates()
    return distinct[~distinct["one"].duplicated(keep=False)]


def _joined(parts: list[pd.DataFrame]) -> dict[str, str]:
    """Every mark of the pairs, with the first in order of the alphabet of those joined to it."""
    pairs = pd.concat(parts)
    pairs = pairs[(pairs["one"] != "") & (pairs["other"] != "")].drop_duplicates()
    if pairs.empty:
        return {}
    labels, names = pd.factorize(pd.concat([pairs["one"], pairs["other"]]), sort=True)
    half, number = len(pairs), len(names)
    graph = coo_array(([1] * half, (labels[:half], labels[half:])), shape=(number, number))
    group = pd.Series(connected_components(graph, directed=False)[1], index=names)
    first = pd.Series(names, index=names).groupby(group).transform("first")
    return dict(zip(names, first, strict=True))

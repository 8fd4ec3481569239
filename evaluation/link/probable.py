"""Who a record without a number is probably about: linked, left to a person, or neither."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.clean import shelf as shelves
from evaluation.clean.compact import places, plain
from evaluation.clean.shelf import Shelf
from evaluation.link.assign import assign
from evaluation.link.dealt import Roll
from evaluation.link.decisions import Decision, Keys
from evaluation.link.model import NAMES, PLACES, count_listings, weigh, worth_weighing
from evaluation.link.records import COMPARED, comparable, where_comparable
from evaluation.study import Study
from evaluation.study.fields import ALSO_CALLED

APART = ["other", "other second name", "rhyming", ""]  # levels of the forename, "" where one side has none
LISTED = [
    "identity", "wave", "at", "school", "upn", "pupil_id", "surname", "forename", "dob", "sex", "year_group",
    *(field.name for field in ALSO_CALLED),
]  # fmt: skip
DECIDED = 1000.0  # bits: a person's word outweighs whatever the records say


@dataclass(frozen=True, slots=True)
class Probable:
    """What came of comparing records with listed pupils.

    Attributes
    ----------
    linked : DataFrame
        Indexed as the records linked: identity, linked_by ("probable" or "decision").
    doubtful : DataFrame
        record, listing (labels of the two frames), identity, weight, taken: pairs for a person to decide.
    """

    linked: pd.DataFrame
    doubtful: pd.DataFrame


NOTHING = Probable(
    pd.DataFrame({"identity": [], "linked_by": []}, dtype="str"),
    pd.DataFrame(columns=["record", "listing", "identity", "weight", "taken"]),
)
NO_PAIRS = pd.DataFrame(columns=["record", "listing", "identity", "weight", "barred", "decided"]).astype(
    {"weight": "float64", "barred": "bool", "decided": "bool"}
)


def probable(
    study: Study,
    records: pd.DataFrame,
    roll: Roll,
    taken: Callable[[pd.Series], pd.DataFrame],
    keys: Keys,
    decisions: Sequence[Decision],
) -> Probable:
    """Link records to listed pupils, each pupil once in each group of records.

    Parameters
    ----------
    study : Study
        Its linkage section gives the two probabilities.
    records : DataFrame
        Cleaned rows with `group` (within which a pupil has one record), and `shared`: whether several pupils have this
        name and date of birth, between whom only a person may choose.
    roll : Roll
        The listed rows.
    taken : callable
        Given identities, says which of them have another record in a group already: group, identity.
    keys : Keys
    decisions : sequence of Decision
        What people have decided.
    """
    records = records[records["surname"].notna() | records["forename"].notna()]
    same = any(item.verdict == "same" for item in decisions)
    may_match = _may_match(records, roll)
    if not (may_match or same):
        return NOTHING
    pairs = _pairs(study, records, roll) if may_match else NO_PAIRS
    listings = roll.of(pd.concat([pairs["identity"].astype("str"), _decided(roll, keys, decisions)]), LISTED)
    if decisions:
        pairs = _with_decisions(pairs, records, listings, keys, decisions)
    if pairs.empty:
        return NOTHING
    pairs = pairs[~_two_numbers(pairs, records, listings) | pairs["decided"]]
    pairs["barred"] |= records["shared"].reindex(pairs["record"]).to_numpy()
    pairs["group"] = records["group"].reindex(pairs["record"]).to_numpy()
    held = pd.MultiIndex.from_frame(plain(taken(pairs["identity"])[["group", "identity"]]))
    pairs["taken"] = pd.MultiIndex.from_frame(pairs[["group", "identity"]]).isin(held) & ~pairs["decided"]
    free = pairs[~pairs["taken"]]
    pupil = free["group"].astype("str") + "|" + free["identity"]
    pairs["margin"] = assign(free.assign(pupil=pupil)).reindex(pairs.index, fill_value=0.0)
    link_at, review_at = (_bits(share) for share in (study.linkage.link_at, study.linkage.review_at))
    sure = (pairs["margin"] > 0) & (pairs["margin"] >= link_at) & (~pairs["barred"] | pairs["decided"])
    return Probable(_linked(pairs[sure]), _doubtful(pairs, sure, link_at, review_at))


def _may_match(records: pd.DataFrame, roll: Roll) -> bool:
    """Whether some record may be about some listed pupil: two different numbers are never one pupil's."""
    if records.empty:
        return False
    numbers = [name for name in ("upn", "pupil_id") if records[name].notna().all()]
    lacking, listed = set[str](), False
    for listings in roll.piles([*numbers, "identity"]):
        lacking |= {name for name in numbers if listings[name].isna().any()}
        listed |= len(listings) > 0
        if listed and lacking == set(numbers):
            return True
    return False


def _bits(probability: float) -> float:
    return float(np.log2(probability / (1 - probability)))


def _pairs(study: Study, records: pd.DataFrame, roll: Roll) -> pd.DataFrame:
    """record, listing (the one most like it of the pupil's), identity, weight, barred, decided."""
    shelf, there = _contents(study, roll)
    left = where_comparable(_of_rows(study, records), there)
    asked, content = _distinct(left)
    known = count_listings(shelf.pieces(["identity", *NAMES, *PLACES]))
    asked, near = asked.drop(columns="row"), roll.shelf.another()
    for listings in shelf:
        near.put(worth_weighing(asked, listings, known), len(near) // shelves.PILE_ROWS)
    found = [
        pairs.join(plain(listings).add_prefix("listed_"), on="listing")
        for listings in near
        if len(listings)
        for pairs in weigh(asked, listings, known)
    ]
    if not found:
        return NO_PAIRS
    best = _best(pd.concat(found, ignore_index=True)).rename(columns={"record": "content"})
    pairs = pd.DataFrame({"content": content, "record": left["row"]}).merge(best, on="content")
    likest = pairs.sort_values("weight", ascending=False, kind="stable").drop_duplicates(
        ["record", "identity"]
    )
    pairs = pairs.loc[likest.index.sort_values()].reset_index(drop=True)
    pairs = pairs.assign(listing=pairs["listed_row"].astype("int64"), barred=_barred(pairs), decided=False)
    return pairs[list(NO_PAIRS)]


def _contents(study: Study, roll: Roll) -> tuple[Shelf, pd.DataFrame]:
    """What listings say, each content of a pupil once, with its first row; and each school and cohort there is."""
    shelf, there = roll.shelf.another(), [pd.DataFrame(columns=["school", "cohort"], dtype="str")]
    for pile, listings in enumerate(roll.piles(LISTED)):
        said = _of_rows(study, listings)
        there.append(said[["school", "cohort"]].drop_duplicates())
        once, _ = _distinct(said.assign(identity=listings["identity"].reindex(said["row"]).array))
        shelf.put(once.set_axis(pd.RangeIndex(len(shelf), len(shelf) + len(once))), pile)
    return shelf, pd.concat(there).drop_duplicates()


def _of_rows(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows as they are compared, numbered anew; `row` is the label of each one's row."""
    return comparable(study, rows).rename_axis("row").reset_index()


def _distinct(rows: pd.DataFrame) -> tuple[pd.DataFrame, npt.NDArray[np.integer[Any]]]:
    """Each content once, numbered, with the first `row` that has it; and for each row the number of its content."""
    by = [name for name in rows if name not in ("row", "whole")]  # which the parts of the names say
    number = rows.groupby(by, dropna=False, sort=False).ngroup().to_numpy()
    first = np.unique(number, return_index=True)[1]
    return rows.iloc[first].reset_index(drop=True), number


def _best(found: pd.DataFrame) -> pd.DataFrame:
    """Of each record and pupil the pair of most weight; of several the first by what the listing says, in order."""
    found = found.rename(columns={"listed_identity": "identity"})
    order = ["record", "identity", "weight", *(f"listed_{name}" for name in COMPARED)]
    ranked = found.sort_values(order, ascending=[name != "weight" for name in order])
    return ranked.drop_duplicates(["record", "identity"])


def _barred(pairs: pd.DataFrame) -> pd.Series:
    """Pairs no weight may link without a person: forenames that disagree, as twins' do, or dates of birth that do."""
    apart = pairs["forename"].isin(APART) & (pairs["surname"] != "exchanged")
    unlike = ~pairs["forename"].isin(["same", "exchanged"]) & (pairs["sex"] == "other")
    return apart | unlike | (pairs["born"] == "other")


def _decided(roll: Roll, keys: Keys, decisions: Sequence[Decision]) -> pd.Series:
    """The identities of the listed pupils whom decisions are about."""
    about = {item.pupil for item in decisions}
    found = [pd.Series(dtype="str")]
    for listings in roll.piles(["identity"]) if about else ():
        identity = listings["identity"].drop_duplicates()
        found.append(identity[keys.listings(identity).isin(about)])
    return pd.concat(found)


def _with_decisions(
    pairs: pd.DataFrame,
    records: pd.DataFrame,
    listings: pd.DataFrame,
    keys: Keys,
    decisions: Sequence[Decision],
) -> pd.DataFrame:
    """Pairs decided to be different left out, those decided to be the same brought in, whatever their weight.

    A decision about rows that nothing tells apart is about none of them.
    """
    verdicts = {(item.record, item.pupil): item.verdict for item in decisions}
    record_key, pupil_key = keys.records(records), keys.listings(listings["identity"])
    both = zip(record_key.reindex(pairs["record"]), pupil_key.reindex(pairs["listing"]), strict=True)
    verdict = np.array([verdicts.get(pair, "") for pair in both], dtype=object)
    single = record_key[~record_key.duplicated(keep=False)]
    record = pd.Series(single.index, index=single)
    listing = pd.Series(listings.index, index=pupil_key).groupby(level=0).first()
    same = [
        (record[who], listing[whom])
        for (who, whom), said in verdicts.items()
        if said == "same" and who in record and whom in listing
    ]
    brought = pd.DataFrame(same, columns=["record", "listing"]).assign(
        weight=DECIDED, barred=False, decided=True
    )
    brought["identity"] = listings["identity"].reindex(brought["listing"]).to_numpy()
    others = pairs[(verdict != "different") & ~pairs["record"].isin(brought["record"])]
    return pd.concat([others, brought], ignore_index=True) if len(brought) else others.copy()


def _two_numbers(pairs: pd.DataFrame, records: pd.DataFrame, listings: pd.DataFrame) -> pd.Series:
    """Pairs in which both sides have a number of one kind: since it did not link them, the numbers differ."""
    apart = pd.Series(False, index=pairs.index)
    for number in ("upn", "pupil_id"):
        has = places(pairs["identity"], listings.loc[listings[number].notna(), "identity"]) >= 0
        apart |= records[number].notna().reindex(pairs["record"]).to_numpy() & has
    return apart


def _linked(pairs: pd.DataFrame) -> pd.DataFrame:
    how = np.where(pairs["decided"], "decision", "probable")
    return pd.DataFrame(
        {"identity": pairs["identity"].to_numpy(), "linked_by": how}, index=pairs["record"].to_numpy()
    )


def _doubtful(pairs: pd.DataFrame, sure: pd.Series, link_at: float, review_at: float) -> pd.DataFrame:
    """Pairs of records and pupils still free, near enough to each record's best; and doubles of pupils taken."""
    linked = pairs[sure]
    mine = pairs["record"].isin(linked["record"])
    theirs = pd.MultiIndex.from_frame(pairs[["group", "identity"]]).isin(
        pd.MultiIndex.from_frame(linked[["group", "identity"]])
    )
    open_pairs = pairs[~mine & ~theirs & ~pairs["taken"] & (pairs["weight"] >= review_at)]
    best = open_pairs.groupby("record")["weight"].transform("max")
    near = open_pairs[open_pairs["weight"] >= best - link_at]
    doubles = pairs[~mine & pairs["taken"] & ~pairs["barred"] & (pairs["weight"] >= link_at)]
    doubles = doubles[~doubles["record"].isin(near["record"])]
    return pd.concat([near, doubles])[list(NOTHING.doubtful)]

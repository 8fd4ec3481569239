"""All rows that may be one pupil's lie in one pile, however few a pile holds, and rules find the same in many piles as in one."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from clean_tables import STUDY

from evaluation.clean import shelf
from evaluation.clean.shelf import shelved
from evaluation.clean.whose import Piles, everyone
from evaluation.receive import receive
from evaluation.simulate import demo_files
from evaluation.simulate.corrupt import corrupt
from evaluation.study import load_study

FROM_OTHER_FILES = {
    "upn_swapped",
    "upn_of_another",
    "dob_turned",
    "name_swapped",
    "names_exchanged",
    "no_results",
}
DRAWN: dict[str, list[object]] = {
    "upn": [None, None, "A1", "A2", "A3", "A4", "A5"],
    "pupil_id": [None, None, None, "007", "7", "12", "13"],
    "forename": ["Ada Jun", "Ada", "Ng", "O'Brien", None],
    "surname": ["Ng", "Jun Ng", "Ada", "O Brien", None],
    "dob": [pd.NaT, *pd.to_datetime(["2015-05-13", "2016-01-02"])],
    "listed": [True, False],
}


def by_hand(rows: pd.DataFrame) -> list[set[int]]:
    """Rows that share a number, an identifier or both names and a date of birth, one after another: by their definition."""
    known = defaultdict[object, set[int]](set)
    for at, row in rows.iterrows():
        letters = sorted(f"{row['forename']}{row['surname']}".lower().replace(" ", "").replace("'", ""))
        named = row[["forename", "surname", "dob"]].notna().all()
        keys = [
            row["upn"],
            row["pupil_id"] and row["pupil_id"].lstrip("0"),
            ("".join(letters), row["dob"]) if named else None,
        ]
        for key in keys:
            if key is not None:
                known[key].add(at)
    groups: list[set[int]] = []
    for some in known.values():
        joined = [group for group in groups if group & some]
        groups = [group for group in groups if not group & some] + [some.union(*joined)]
    return groups


@pytest.mark.parametrize("seed", range(25))
def test_rows_that_may_be_one_pupils_are_in_one_pile(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {name: [some[at] for at in rng.integers(len(some), size=10)] for name, some in DRAWN.items()}
    )
    texts = rows.astype(dict.fromkeys(("upn", "pupil_id", "forename", "surname"), "str"))
    texts = texts.assign(
        dob=rows["dob"].astype("datetime64[us]"),
        wave=STUDY.waves[0].name,
        source="a",
        file="a",
        sheet="",
        row=1,
        school="s",
    )
    order = [*rows.index[rows["listed"]], *rows.index[~rows["listed"]]]
    monkeypatch.setattr(shelf, "PILE_ROWS", 1)
    monkeypatch.setattr(shelf, "LOT_ROWS", 3)
    kinds = [shelved([texts[rows["listed"] == listed].drop(columns="listed")]) for listed in (True, False)]
    dealt = everyone(STUDY, *kinds).dealt
    pile = {order[label]: at for at in dealt.piles for label in dealt.take(at).index}
    assert sorted(pile) == sorted(order)
    whole = rows.astype("object").where(rows.notna(), None)
    assert all(len({pile[at] for at in group}) == 1 for group in by_hand(whole))


def test_nothing_is_held_of_rows_whose_files_agree_and_little_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    born = pd.date_range("2014-09-01", periods=200).astype("datetime64[us]")
    rows = pd.DataFrame({"upn": [f"A{at}" for at in range(200)], "pupil_id": None, "dob": born})
    rows = rows.assign(surname="Ng", forename="Ada", wave=STUDY.waves[0].name, source="a", row=1)
    rows = rows.astype({"upn": "str", "pupil_id": "str"})
    monkeypatch.setattr(shelf, "PILE_ROWS", 20)
    lists = shelved([rows])
    assert len(Piles.of(lists, shelved([rows])).keys) == 0
    wrong = rows.assign(upn=rows["upn"].mask(rows.index < 3, "B" + rows["upn"]).mask(rows.index == 3))
    assert len(Piles.of(lists, shelved([wrong])).keys) == 2 * 4


@pytest.mark.parametrize("n", [0, 200])
def test_rows_without_names_or_no_rows_lie_where_their_numbers_say(
    n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pd.DataFrame({"upn": [f"A{at}" for at in range(n)], "pupil_id": None, "surname": None})
    rows = rows.assign(forename=None, dob=pd.NaT, wave=STUDY.waves[0].name, source="a", row=1)
    rows = rows.astype(dict.fromkeys(["upn", "pupil_id", "surname", "forename"], "str"))
    rows = rows.astype({"dob": "datetime64[us]"})
    monkeypatch.setattr(shelf, "PILE_ROWS", 20)
    found = Piles.of(shelved([rows]), shelved([rows]))
    assert len(found.keys) == 0
    assert (found.each(rows) == found.each(rows.set_axis(rows.index + n))).all()


@pytest.mark.slow
def test_what_is_found_between_files_does_not_depend_on_how_many_rows_a_pile_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = load_study("ssif_maths", Path(__file__).parents[2])
    for name, content in corrupt(study, demo_files(2), 2, 6).files.items():
        path = tmp_path / "data" / "raw" / "ssif_maths" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.setenv("EVALUATION_KEYS", str(tmp_path / "keys"))
    whole = receive(study, tmp_path, lambda *_: None)
    assert set(whole.issues["rule"]) >= FROM_OTHER_FILES
    monkeypatch.setattr(shelf, "PILE_ROWS", 300)
    monkeypatch.setattr(shelf, "LOT_ROWS", 200)
    piles = receive(study, tmp_path, lambda *_: None)
    assert len(piles.pupils.piles) > 3
    for one, other in (
        (whole.issues, piles.issues),
        *((getattr(whole, kind).frame(), getattr(piles, kind).frame()) for kind in ("pupils", "scores")),
    ):
        pd.testing.assert_frame_equal(one, other)

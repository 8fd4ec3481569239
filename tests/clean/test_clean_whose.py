"""All rows that may be one pupil's lie in one pile, however few a pile holds, and rules find the same in many piles as in one."""

from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest
from clean_tables import STUDY
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.clean import shelf
from evaluation.clean.shelf import shelved
from evaluation.clean.whose import everyone
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
FORENAMES, SURNAMES = ["Ada Jun", "Ada", "Chidi", None], ["Ng", "Jun Ng", "O'Brien", None]
ROW = st.tuples(
    st.sampled_from([None, "A1", "A2", "A3"]),
    st.sampled_from([None, "007", "7", "12"]),
    st.sampled_from(FORENAMES),
    st.sampled_from(SURNAMES),
    st.sampled_from([pd.NaT, pd.Timestamp("2015-05-13"), pd.Timestamp("2016-01-02")]),
    st.booleans(),
)


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


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(ROW, min_size=1, max_size=14))
def test_rows_that_may_be_one_pupils_are_in_one_pile(drawn: list[tuple]) -> None:
    rows = pd.DataFrame(drawn, columns=["upn", "pupil_id", "forename", "surname", "dob", "listed"])
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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "PILE_ROWS", 1)
        patch.setattr(shelf, "LOT_ROWS", 3)
        kinds = [
            shelved([texts[rows["listed"] == listed].drop(columns="listed")]) for listed in (True, False)
        ]
        dealt = everyone(STUDY, *kinds).dealt
    pile = {order[label]: at for at in dealt.piles for label in dealt.take(at).index}
    assert sorted(pile) == sorted(order)
    whole = rows.astype("object").where(rows.notna(), None)
    assert all(len({pile[at] for at in group}) == 1 for group in by_hand(whole))


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

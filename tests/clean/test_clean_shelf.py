"""Rows come off the shelf as they were put there, and nobody else can read them."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.clean import shelf
from evaluation.clean.shelf import Shelf, shelved
from evaluation.errors import StoreError

NAMES = ["Okonkwo", "Whitlock", "Núñez"]
quick = settings(max_examples=40, deadline=None, derandomize=True)


def rows(names: list[str | None], first: int = 0) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"surname": names, "upn": names, "score": 1.5}, index=range(first, first + len(names))
    )
    return frame.astype({"surname": "str", "upn": "str"}).assign(row=range(2, len(names) + 2))


@quick
@given(
    dealt=st.lists(st.tuples(st.sampled_from([*NAMES, None]), st.integers(-1, 3)), max_size=20),
    lot=st.integers(1, 9),
)
def test_each_pile_has_its_rows_in_order_of_their_labels(
    dealt: list[tuple[str | None, int]], lot: int
) -> None:
    held = Shelf()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "LOT_ROWS", lot)
        held.put(rows([]), 0)
        for label, (name, pile) in reversed(list(enumerate(dealt))):
            held.put(rows([name], label), pile)
    assert held.piles == sorted({pile for _, pile in dealt})
    for pile in range(-1, 4):
        mine = {label: name for label, (name, at) in enumerate(dealt) if at == pile}
        for found in (held.take(pile, ["surname"]), held.tidy().take(pile)):
            names = found["surname"].astype("object")
            assert found.index.tolist() == list(mine)
            assert names.where(names.notna(), None).tolist() == list(mine.values())
    assert held.frame()["score"].tolist() == [1.5] * len(dealt)


def test_numbers_that_are_whole_in_some_piles_alone_are_numbers_in_all() -> None:
    held = Shelf()
    held.put(pd.DataFrame({"treated": [1, 0], "late": [True, False]}), 0)
    held.put(pd.DataFrame({"treated": [float("nan")], "late": [True]}, index=[2]), 1)
    assert held.frame()["treated"].tolist()[:2] == [1.0, 0.0]
    assert [str(piece.dtypes["treated"]) for piece in held.plain_pieces()] == ["float64"] * 2
    assert str(held.frame().dtypes["late"]) == "bool"


def test_changed_values_are_there_from_then_on_and_others_stay() -> None:
    held = shelved([rows(NAMES), rows(NAMES)])
    held.change("surname", pd.Series(["Ng"], index=[4]))
    held.change("surname", pd.Series([None, "Ngo"], index=[0, 4], dtype="str"))
    assert held.frame()["surname"].fillna("").tolist() == ["", *NAMES[1:], NAMES[0], "Ngo", NAMES[2]]
    assert held.frame()["upn"].tolist() == NAMES * 2


def test_what_lies_there_has_no_name_on_disk_and_cannot_be_read(tmp_path) -> None:
    held = shelved([rows(NAMES * 50)], tmp_path)
    assert held.take(0)["surname"].tolist() == NAMES * 50
    held._file.seek(0)
    content = held._file.read()
    assert len(content) > 1000
    assert not any(name.encode() in content for name in NAMES)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be put aside"):
        Shelf(tmp_path / "file" / "in")

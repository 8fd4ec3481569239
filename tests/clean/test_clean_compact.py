"""Rows held compactly are the rows they were, and numbers in place of texts agree where the texts do."""

from collections import defaultdict

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.clean import shelf
from evaluation.clean.compact import disputed, mapped, numbers, places, plain, worded
from evaluation.clean.names import name_keys, normalise_name
from evaluation.clean.shelf import shelved

texts = st.sampled_from(["Ng", "ng", "Núñez", "O'Neil", "a|b", "b", "", None])
dates = st.sampled_from(["2015-01-02", "2015-02-01", None])
people = st.lists(st.tuples(texts, texts, dates), max_size=8)
quick = settings(max_examples=60, deadline=None, derandomize=True)


def cleaned(rows: list[tuple[str | None, str | None, str | None]]) -> pd.DataFrame:
    """Cleaned rows, as far as these tests ask."""
    frame = pd.DataFrame(rows, columns=["surname", "forename", "dob"])
    kinds = {"surname": "str", "forename": "str", "dob": "datetime64[us]"}
    flag = pd.array(
        [None if forename is None else len(forename) % 2 for _, forename, _ in rows], dtype="Int64"
    )
    numbered = frame.assign(row=range(2, len(rows) + 2), upn=frame["surname"], eal=flag, score=1.5)
    return numbered.astype(kinds | {"row": "int64", "upn": "str", "score": "float64"})


@quick
@given(files=st.lists(people, min_size=1, max_size=5), packed=st.integers(1, 3))
def test_rows_come_back_as_they_were_however_many_files_are_packed_at_a_time(
    files: list[list[tuple[str | None, str | None, str | None]]], packed: int
) -> None:
    frames = [cleaned(rows) for rows in files]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "LOT_FRAMES", packed)
        patch.setattr(shelf, "PILE_ROWS", 2 * packed)
        held = shelved(frames).whole()
    assert str(held["surname"].dtype) == "category"
    pd.testing.assert_frame_equal(plain(held), pd.concat(frames, ignore_index=True))


def test_a_whole_number_too_large_to_be_held_small_is_refused() -> None:
    frame = cleaned([("Ng", "Amy", None)]).assign(eal=pd.array([40_000], dtype="Int64"))
    with pytest.raises(ValueError, match="40000"):
        shelved([frame])


@quick
@given(rows=people)
def test_two_rows_have_one_number_only_where_every_column_agrees(
    rows: list[tuple[str | None, str | None, str | None]],
) -> None:
    frame = plain(shelved([cleaned(rows)]).whole())
    found = numbers(frame["surname"], frame["forename"], frame["dob"])
    whole = [None if None in row else row for row in rows]
    assert found.isna().tolist() == [row is None for row in whole]
    known = [(number, row) for number, row in zip(found, whole, strict=True) if row is not None]
    assert len(set(known)) == len({number for number, _ in known}) == len({row for _, row in known})


@quick
@given(rows=people)
def test_names_and_birthdays_have_one_number_where_they_are_the_same_in_plain_letters(
    rows: list[tuple[str | None, str | None, str | None]],
) -> None:
    frame = shelved([cleaned(rows)]).whole()
    stand, turned = name_keys(frame), name_keys(frame, "forename", "surname")
    for one, (surname, forename, born) in enumerate(rows):
        for other, (last, first, day) in enumerate(rows):
            if None in (surname, forename, born, last, first, day):
                continue
            mine, theirs = (normalise_name(surname), normalise_name(forename)), (last, first)  # type: ignore[arg-type]
            theirs = (normalise_name(last), normalise_name(first))  # type: ignore[arg-type]
            assert (stand[one] == stand[other]) == (mine == theirs and born == day)
            assert (stand[one] == turned[other]) == (mine == theirs[::-1] and born == day)
    assert stand.isna().tolist() == [None in row for row in rows]


@quick
@given(rows=people)
def test_the_disputed_are_those_of_whom_two_things_are_said(
    rows: list[tuple[str | None, str | None, str | None]],
) -> None:
    frame = shelved([cleaned(rows)]).whole()
    said = defaultdict(set)
    for who, what, _ in rows:
        said[who].add(what)
    expected = [None not in (who, what) and len(said[who] - {None}) > 1 for who, what, _ in rows]
    assert disputed(frame["surname"], frame["forename"]).tolist() == expected


@quick
@given(wanted=st.lists(texts, max_size=6), known=st.lists(texts, max_size=6))
def test_a_text_is_found_where_it_first_stands(wanted: list[str | None], known: list[str | None]) -> None:
    columns = [pd.Series(column, dtype="str") for column in (wanted, known)]
    expected = [-1 if text is None or text not in known else known.index(text) for text in wanted]
    assert places(*columns).tolist() == expected
    looked = mapped(columns[0], {"Ng": 7.0})
    assert looked.fillna(0).tolist() == [7.0 if text == "Ng" else 0.0 for text in wanted]


@quick
@given(holds=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=8))
def test_a_row_has_the_word_of_the_first_condition_that_holds(holds: list[tuple[bool, bool]]) -> None:
    columns = pd.DataFrame(holds, columns=["one", "other"], dtype="bool")
    said = list(worded([columns["one"], columns["other"]], ["first", "a longer second"]))
    assert said == ["first" if one else "a longer second" if other else "" for one, other in holds]

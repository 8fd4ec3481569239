"""What changed is said: against tables altered by hand, and in a study to which a file is sent again or added."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_study import copied, no_step, scores_after, under_keys_of, write_tiny

from evaluation.errors import StoreError
from evaluation.intake import take_in
from evaluation.store import Store, change_lines, changes, check_tables, write_store
from evaluation.store.tables import VERSION
from evaluation.study import load_study

Counts = dict[tuple[str, str], tuple[int, int, int]]


def counts(found: pd.DataFrame) -> Counts:
    return {
        (item["table"], item["wave"]): (item["added"], item["removed"], item["changed"])
        for item in found.to_dict("records")
    }


def store_of(root: Path) -> Path:
    return root / "data" / "processed" / "tiny"


@pytest.fixture(scope="module")
def tables(taken_in: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, pd.DataFrame]:
    """The small study's tables, each made anew when it is asked for."""
    root = tmp_path_factory.mktemp("tables") / "project"
    with under_keys_of(root):
        copied(taken_in, root)
        return take_in(load_study("tiny", root), root, no_step)


def run(root: Path, after: list[list[object]] | None = None) -> pd.DataFrame:
    tables = take_in(write_tiny(root, after), root, no_step)
    found = changes(store_of(root), tables)
    write_store(store_of(root), tables, found)
    return found


def test_the_first_store_says_that_there_was_none(root: Path) -> None:
    assert list(change_lines(run(root))) == ["there was no store before"]
    assert Store(store_of(root)).read("changes")["columns"].tolist() == ["there was no store before"]
    assert run(root).empty


def test_a_score_that_differs_and_a_row_that_is_gone(stored: Path) -> None:
    rows = scores_after()
    rows[3][-1] = 120
    found = run(stored, [*rows[:6], *rows[7:]])  # a row less moves the others up, which changes none of them
    told = counts(found)
    assert told["scores", "summer"] == (0, 1, 1)
    assert ("scores", "autumn") not in told
    assert ("pupils", "autumn") not in told
    assert told["sources", ""] == (0, 0, 1)
    assert told["analysis", ""] == (0, 0, 2)
    first = next(change_lines(found))
    assert first == "scores, wave summer (stored before): rows 1 removed, 1 changed; score 1, analysed 1"
    pd.testing.assert_frame_equal(Store(store_of(stored)).read("changes"), found)


def test_a_wave_added_changes_nothing_before_it(root: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    scores = tables["scores"]
    before = {
        **tables,
        "scores": scores[scores["wave"] == "autumn"],
        "analysis": tables["analysis"].drop(columns="after"),
    }
    write_store(store_of(root), before)
    found = changes(store_of(root), tables)
    assert counts(found) == {("scores", "summer"): (18, 0, 0), ("analysis", ""): (0, 0, 0)}
    assert not found.loc[found["wave"] == "summer", "known"].any()
    assert list(change_lines(found)) == [
        "scores, wave summer: rows 18 added",
        "analysis: rows as they were; after is new",
    ]


ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["w1", "w2"]), st.sampled_from([None, 1.0, 2.0])),
    max_size=8,
)


def frame(rows: list[tuple]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["pupil", "wave", "score"])
    return made.astype({"pupil": "str", "wave": "str", "score": "float64"})


@settings(max_examples=25, deadline=None)
@given(before=ROWS, after=ROWS)
def test_added_less_removed_is_the_difference_in_rows(
    tmp_path_factory: pytest.TempPathFactory, before: list[tuple], after: list[tuple]
) -> None:
    folder = tmp_path_factory.mktemp("stores") / "small"
    write_store(folder, {"scores": frame(before)})
    found = changes(folder, {"scores": frame(after)})
    for wave in ("w1", "w2"):
        here = found[found["wave"] == wave]
        difference = sum(row[1] == wave for row in after) - sum(row[1] == wave for row in before)
        assert here["added"].sum() - here["removed"].sum() == difference
    assert changes(folder, {"scores": frame(before[::-1])}).empty
    assert found.empty == (sorted(map(str, before)) == sorted(map(str, after)))


def test_a_store_of_another_version_is_refused_by_name_and_replaced(stored: Path) -> None:
    manifest = store_of(stored) / "store.json"
    manifest.write_text(manifest.read_text().replace(f'"version": {VERSION}', '"version": 1'))
    message = rf"of version 1, and this software knows version {VERSION} alone.*evaluation run tiny"
    with pytest.raises(StoreError, match=message):
        Store(store_of(stored))
    assert "of another version, or damaged; it is made again" in next(change_lines(run(stored)))
    assert Store(store_of(stored)).tables()


def test_tables_that_are_not_what_the_version_promises_are_refused(
    tables: Mapping[str, pd.DataFrame],
) -> None:
    check_tables(tables)
    wrong = {
        **tables,
        "pupils": tables["pupils"].drop(columns="row"),
        "scores": tables["scores"].astype({"score": "str"}),
    }
    del wrong["review"]
    with pytest.raises(StoreError) as caught:
        check_tables(wrong)
    for fault in (
        "pupils.row is missing",
        "scores.score is text where number is promised",
        "table review is missing",
    ):
        assert fault in str(caught.value)

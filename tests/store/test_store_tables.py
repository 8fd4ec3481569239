"""The store: what is written comes back, whole or not at all, and its hash follows the content alone."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import StoreError
from evaluation.store import Store, content_hash, write_store


def tables(prefix: str = "k") -> dict[str, pd.DataFrame]:
    pupils = pd.DataFrame(
        {
            "pupil": [f"{prefix}{n}" for n in (3, 1, 2, 9, 4)],
            "school": ["elm", "oak", "elm", None, "ash"],
            "disadvantaged": pd.array([1, 0, None, 1, 0], dtype="Int64"),
            "score": [99.5, np.nan, 101.0, -0.0, 1 / 3],
            "late": [False, True, False, False, True],
            "dob": pd.to_datetime(["2015-01-01", None, "2015-03-01", "2015-04-01", "2015-05-01"]).astype(
                "datetime64[us]"
            ),
            "n": [1, 2, 3, 4, 5],
        }
    )
    scores = pd.DataFrame({"pupil": [f"{prefix}1", None, f"{prefix}3"], "score": [1.0, 2.0, 3.0]})
    return {
        "pupils": pupils.astype({"pupil": "str", "school": "str"}),
        "scores": scores.astype({"pupil": "str"}),
    }


def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    digest = write_store(tmp_path / "small", tables())
    store = Store(tmp_path / "small")
    assert store.hash == digest == content_hash(tables())
    assert store.tables() == ["pupils", "scores"]
    for name, frame in tables().items():
        pd.testing.assert_frame_equal(store.read(name), frame)


def test_some_rows_and_columns_in_the_order_asked_for(tmp_path: Path) -> None:
    write_store(tmp_path / "small", tables())
    read = Store(tmp_path / "small").read
    assert read("pupils", ["n", "pupil"], {"school": "elm"}).to_numpy().tolist() == [[1, "k3"], [3, "k2"]]
    assert read("pupils", ["n"], {"school": ["elm", "ash"], "late": True})["n"].tolist() == [5]
    assert read("pupils", ["n"], {"n": np.int64(2)})["n"].tolist() == [2]
    assert read("pupils", ["n"], {"school": []}).empty
    assert read("pupils", ["n"], {"school": "elm' OR '1'='1"}).empty


def test_order_is_kept_over_many_row_groups(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"at": rng.permutation(300_000), "school": rng.integers(0, 50, 300_000)})
    write_store(tmp_path / "big", {"t": frame})
    store = Store(tmp_path / "big")
    assert store.read("t")["at"].tolist() == frame["at"].tolist()
    assert (
        store.read("t", where={"school": 7})["at"].tolist() == frame.loc[frame["school"] == 7, "at"].tolist()
    )


def test_the_hash_does_not_depend_on_the_pseudonyms_key() -> None:
    assert content_hash(tables("k")) == content_hash(tables("another"))


CHANGES: list[Callable[[dict[str, pd.DataFrame]], object]] = [
    lambda t: t["pupils"].__setitem__("score", [99.5, np.nan, 101.0, 0.0, 0.3]),
    lambda t: t["pupils"].__setitem__("school", ["elm", "oak", "elm", "", "ash"]),
    lambda t: t["pupils"].__setitem__("school", ["elmo", "ak", "elm", None, "ash"]),
    lambda t: t.__setitem__("pupils", t["pupils"].iloc[::-1]),
    lambda t: t.__setitem__("pupils", t["pupils"].rename(columns={"n": "m"})),
    lambda t: t.__setitem__("score", t.pop("scores")),
    lambda t: t["scores"].__setitem__("pupil", ["k2", None, "k3"]),
    lambda t: t["scores"].__setitem__("pupil", [None, "k1", "k3"]),
    lambda t: t["pupils"].__setitem__("disadvantaged", pd.array([1, 0, 0, 1, 0], dtype="Int64")),
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_hash_follows_every_change(change: Callable[[dict[str, pd.DataFrame]], object]) -> None:
    changed = tables()
    change(changed)
    assert content_hash(changed) != content_hash(tables())


def test_a_second_writing_replaces_the_first_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    write_store(folder, tables())
    write_store(folder, {"pupils": tables()["pupils"].head(2)})
    assert len(Store(folder).read("pupils")) == 2
    assert Store(folder).tables() == ["pupils"]
    assert len(list(folder.iterdir())) == 2


def test_who_is_reading_the_old_store_s_manifest_is_not_disturbed(tmp_path: Path) -> None:
    """Replaced in one step, not written over."""
    digest = write_store(tmp_path / "small", tables())
    with (tmp_path / "small" / "store.json").open() as reading:
        write_store(tmp_path / "small", {"pupils": tables()["pupils"].head(2)})
        assert json.load(reading)["hash"] == digest


def test_a_writing_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    digest = write_store(folder, tables())
    unwritable = {"pupils": tables()["pupils"], "bad": pd.DataFrame({"x": [object()]})}
    with pytest.raises(Exception):  # noqa: B017, PT011 - whichever way it fails
        write_store(folder, unwritable)
    assert Store(folder).hash == digest
    assert len(Store(folder).read("pupils")) == 5


def _damage(folder: Path, how: str) -> None:
    parquet = next(folder.glob("tables-*/pupils.parquet"))
    manifest = folder / "store.json"
    if how == "folder":
        shutil.rmtree(folder)
    elif how == "manifest":
        manifest.unlink()
    elif how == "manifest cut short":
        manifest.write_text(manifest.read_text()[:-20])
    elif how == "manifest of another shape":
        manifest.write_text(json.dumps([1]))
    elif how == "table":
        parquet.unlink()
    else:
        content = bytearray(parquet.read_bytes())
        content[len(content) // 3] ^= 1
        parquet.write_bytes(content)


@pytest.mark.parametrize(
    "how", ["folder", "manifest", "manifest cut short", "manifest of another shape", "table", "a bit"]
)
def test_a_missing_or_damaged_store_says_how_to_make_it_again(tmp_path: Path, how: str) -> None:
    write_store(tmp_path / "small", tables())
    _damage(tmp_path / "small", how)
    with pytest.raises(StoreError, match=r"store of small cannot be used.*evaluation run small"):
        Store(tmp_path / "small")


@pytest.mark.parametrize(
    ("name", "columns", "where", "message"),
    [
        ("pupil", None, None, "no table 'pupil'. Did you mean 'pupils'?"),
        ("pupils", ["scor"], None, "no column 'scor'. Did you mean 'score'?"),
        ("pupils", None, {"scool": "elm"}, "no column 'scool'. Did you mean 'school'?"),
    ],
)
def test_what_is_not_there_names_the_nearest(
    tmp_path: Path, name: str, columns: list[str] | None, where: dict | None, message: str
) -> None:
    write_store(tmp_path / "small", tables())
    with pytest.raises(StoreError, match=re.escape(message)):
        Store(tmp_path / "small").read(name, columns, where)

"""Batches: a table a piece at a time, through DuckDB or Dask, and the fit that all of it at once gives."""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import ModelError, StoreError
from evaluation.models import CrossProducts, FittedModel, cross_products, fit
from evaluation.store import Batches, Store, parquet_batches, write_store

FORMULA = "score ~ baseline * treated + sex + (1 + baseline | school)"
ROWS = 30_000


def table() -> pd.DataFrame:
    """Pupils of 300 schools; one label of `sex` is in the last rows only, and some cells of every kind are empty."""
    rng = np.random.default_rng(11)
    school = rng.integers(0, 300, ROWS)
    frame = pd.DataFrame(
        {
            "school": pd.array([f"school {number:03d}" for number in school], dtype="str"),
            "sex": pd.array(
                np.where(np.arange(ROWS) > ROWS - 50, "X", rng.choice(["F", "M"], ROWS)), dtype="str"
            ),
            "treated": pd.array(school % 2, dtype="Int64"),
            "late": pd.array(rng.random(ROWS) < 0.3, dtype="boolean"),
            "baseline": rng.normal(100, 15, ROWS),
            "score": rng.normal(0, 4, 300)[school] + rng.normal(100, 15, ROWS),
            "place": np.arange(ROWS),
        }
    )
    for column, row in (("treated", 20_001), ("late", 20_002), ("baseline", 7), ("school", 29_999)):
        frame.loc[row, column] = None
    return frame


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return table()


@pytest.fixture(scope="module")
def store(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("stores") / "big"
    write_store(folder, {"analysis": frame})
    return Store(folder)


@pytest.fixture(scope="module")
def parts(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The table as five files of uneven length, of many row groups, one of them without a row."""
    folder = tmp_path_factory.mktemp("parts")
    bounds = [0, 9_000, 9_000, 9_500, 20_000, ROWS]  # the second has no rows
    files = [folder / f"{number}.parquet" for number in range(5)]
    for file, start, stop in zip(files, bounds[:-1], bounds[1:], strict=True):
        frame.iloc[start:stop].to_parquet(file, index=False, row_group_size=1_500)
    return files


@pytest.fixture(scope="module")
def whole(frame: pd.DataFrame) -> FittedModel:
    return fit(FORMULA, frame)


def same(one: FittedModel, other: FittedModel) -> None:
    """To 1e-12 of a standard error, where summing in another order is all that differs."""
    a, b = one.coefficients, other.coefficients
    assert a.index.tolist() == b.index.tolist()
    assert np.abs((a["estimate"] - b["estimate"]) / a["std_error"]).max() < 1e-12
    assert a["std_error"].tolist() == pytest.approx(b["std_error"].tolist(), rel=1e-11)
    assert (one.n, one.n_dropped, one.n_groups) == (other.n, other.n_dropped, other.n_groups)


def test_batches_together_are_the_table(store: Store) -> None:
    batches = list(store.batches("analysis", rows=4_096))
    assert [len(batch) for batch in batches] == [4_096] * 7 + [ROWS - 7 * 4_096]
    whole = store.read("analysis")
    assert all((batch.dtypes == whole.dtypes).all() for batch in batches)
    pd.testing.assert_frame_equal(pd.concat(batches, ignore_index=True), whole)


def test_they_begin_again_each_time_and_may_be_left_half_way(store: Store) -> None:
    batches = store.batches("analysis", ["place"], rows=2_048)
    some = [batch["place"].iloc[0] for batch in islice(batches, 3)]
    one, other = iter(batches), iter(batches)
    next(one)
    assert some == [0, 2_048, 4_096]
    assert [next(one)["place"].iloc[0], next(other)["place"].iloc[0]] == [2_048, 0]


def test_some_rows_and_columns(store: Store, frame: pd.DataFrame) -> None:
    chosen = {"school": ["school 007", "school 123"], "sex": "F"}
    batches = list(store.batches("analysis", ["place", "late"], chosen, rows=2_048))
    found = pd.concat(batches)
    expected = frame[frame["school"].isin(chosen["school"]) & (frame["sex"] == "F")]
    assert found.columns.tolist() == ["place", "late"]
    assert sorted(found["place"]) == expected["place"].tolist()
    assert len(batches) == 1
    assert list(store.batches("analysis", where={"school": "none"})) == []


def test_what_is_not_there_is_said_before_anything_is_read(store: Store, parts: list[Path]) -> None:
    with pytest.raises(StoreError, match=r"no table 'analyses'[.] Did you mean 'analysis'"):
        store.batches("analyses")
    with pytest.raises(StoreError, match=r"no column 'scor'[.] Did you mean 'score'"):
        store.batches("analysis", ["scor"])
    with pytest.raises(StoreError, match=r"no column 'scool'[.] Did you mean 'school'"):
        store.batches("analysis", where={"scool": 1})
    with pytest.raises(StoreError, match=r"0[.]parquet has no column 'scor'[.] Did you mean 'score'"):
        parquet_batches(parts, ["scor"])
    with pytest.raises(StoreError, match=r"nothing[.]parquet cannot be read"):
        parquet_batches(parts[0].with_name("nothing.parquet"))


def test_a_file_that_is_gone_when_it_is_read_is_named(parts: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.parquet"
    copy.write_bytes(parts[0].read_bytes())
    batches = parquet_batches(copy)
    copy.unlink()
    with pytest.raises(StoreError, match=r"copy[.]parquet cannot be read"):
        list(batches)


def test_files_have_the_same_kinds_in_every_batch(parts: list[Path], frame: pd.DataFrame) -> None:
    """Whole numbers and truths may be missing in one batch only, and must not become fractions or text there."""
    batches = list(parquet_batches(parts, rows=2_048))
    assert len({tuple(map(str, batch.dtypes)) for batch in batches}) == 1
    together = pd.concat(batches, ignore_index=True)
    pd.testing.assert_frame_equal(together.astype(frame.dtypes.to_dict()), frame)
    assert together.dtypes[["treated", "late"]].astype(str).tolist() == ["Int64", "boolean"]


@pytest.mark.parametrize("rows", [2_048, 10_240, 250_000])
def test_a_store_s_batches_give_the_table_s_fit(store: Store, whole: FittedModel, rows: int) -> None:
    same(fit(FORMULA, store.batches("analysis", rows=rows)), whole)


def test_parquet_files_give_the_table_s_fit(parts: list[Path], whole: FittedModel) -> None:
    same(fit(FORMULA, parquet_batches(parts, rows=4_096)), whole)


def test_batches_can_be_sent_to_another_process(store: Store) -> None:
    batches = store.batches("analysis", ["place"], {"sex": "X"})
    again: Batches = pickle.loads(pickle.dumps(batches))
    assert [len(batch) for batch in again] == [49]


PEAK = """
import re, sys
from pathlib import Path
from evaluation.models import fit
from evaluation.store import parquet_batches
for file in sys.argv[1:]:
    fit("score ~ baseline + (1 | school)", parquet_batches(Path(file), rows=20_000))
    print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads a process's peak memory from Linux's /proc")
def test_memory_does_not_grow_with_rows(frame: pd.DataFrame, tmp_path: Path) -> None:
    """Eight times the rows in as many schools: 50 MiB more as a frame, next to nothing in batches."""
    files = {times: tmp_path / f"{times}.parquet" for times in (4, 32)}
    for times, file in files.items():
        pd.concat([frame] * times).to_parquet(file, index=False, row_group_size=100_000)
    command = [sys.executable, "-c", PEAK, *map(str, files.values())]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    few, many = (int(peak) / 1024 for peak in run.stdout.split())
    assert many - few < 25


def read_and(apply: Any, path: Path) -> Any:
    return apply(pd.read_parquet(path))


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Dask on two processes of this machine."""
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as connected:
        yield connected


@pytest.mark.slow
def test_partitions_of_a_dask_frame_give_the_table_s_fit(
    client: Any, frame: pd.DataFrame, whole: FittedModel
) -> None:
    dataframe = pytest.importorskip("dask.dataframe")
    partitions = dataframe.from_pandas(frame, npartitions=7).to_delayed()
    summed = cross_products(FORMULA, client.compute(partitions), map=client.get_executor().map)
    same(fit(summed), whole)


def test_files_that_dask_s_workers_read_give_the_table_s_fit(
    client: Any, parts: list[Path], whole: FittedModel
) -> None:
    executor = client.get_executor()
    same(fit(cross_products(FORMULA, client.map(pd.read_parquet, parts), map=executor.map)), whole)

    def on_workers(apply: Any, paths: list[Path]) -> Iterator[CrossProducts]:
        return executor.map(partial(read_and, apply), paths)

    same(fit(cross_products(FORMULA, parts, map=on_workers)), whole)


def test_an_error_on_a_worker_is_the_same_error_here(client: Any, parts: list[Path]) -> None:
    with pytest.raises(ModelError, match=r"'scor', which is not in the data[.] Did you mean 'score'"):
        cross_products(
            "scor ~ 1 + (1 | school)", client.map(pd.read_parquet, parts), map=client.get_executor().map
        )

"""A smaller run of benchmarks/linkage.py: faults, seeds and strangers that the priors were not set on."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from link_rows import link

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import linkage

        yield linkage
    for name in ("linkage", "linkage_records", "linkage_names"):
        sys.modules.pop(name, None)


def test_links_are_right_and_few_are_missed(benchmark: ModuleType) -> None:
    made = benchmark.records(9001, 2000, 8, benchmark.HELD_OUT | benchmark.TUNED)
    found = benchmark.figures([benchmark.run(made)])
    assert found["precision"] >= 0.995
    assert found["recall"] >= 0.95
    assert found["recall with review"] >= 0.97
    assert found["review list"] <= 0.03


def test_a_class_against_its_school(benchmark: ModuleType) -> None:
    found = benchmark.figures(benchmark.run(benchmark.classroom(seed)) for seed in range(9101, 9105))
    assert found["precision"] >= 0.98
    assert found["recall with review"] >= 0.95


@pytest.mark.parametrize("link_at", [0.5, 0.99])
def test_a_pupil_has_one_row_at_any_threshold(benchmark: ModuleType, link_at: float) -> None:
    made = benchmark.records(9002, 500, 2, benchmark.HELD_OUT, faulty=0.6, twins=0.2)
    study = benchmark.study_of()
    study = study.model_copy(update={"linkage": study.linkage.model_copy(update={"link_at": link_at})})
    scores = link(study, made.pupils, made.rows, benchmark.KEY).scores
    assert len(scores) == len(made.rows)
    assert not scores["pupil"].dropna().duplicated().any()


def test_neither_the_order_of_rows_nor_another_run_changes_anything(benchmark: ModuleType) -> None:
    made = benchmark.records(9003, 500, 2, benchmark.HELD_OUT, faulty=0.6, twins=0.2)
    rng = np.random.default_rng(3)
    results = [link(benchmark.study_of(), made.pupils, made.rows, benchmark.KEY)]
    shuffled = (frame.iloc[rng.permutation(len(frame))] for frame in (made.pupils, made.rows))
    results.append(link(benchmark.study_of(), *shuffled, benchmark.KEY))
    assert len(results[0].doubtful) > 0
    for name in ("pupils", "scores", "review", "counts", "doubtful"):
        pd.testing.assert_frame_equal(getattr(results[0], name), getattr(results[1], name))

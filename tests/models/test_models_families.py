"""Corrections for several questions: Holm's own rule by hand, and R's p.adjust as it prints."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.models import holm


def test_holm_by_hand() -> None:
    """The smallest of four times 4, the next times 3, and so on, none below the one before it, none above 1."""
    p_values = pd.Series([0.04, np.nan, 0.01, 0.6, 0.02], index=["a", "b", "c", "d", "e"])
    assert holm(p_values).tolist() == pytest.approx([0.08, np.nan, 0.04, 0.6, 0.06], nan_ok=True)


def test_holm_as_in_r() -> None:
    # p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
    assert holm(pd.Series([0.01, 0.02, 0.03, 0.04, 0.05])).tolist() == pytest.approx(
        [0.05, 0.08, 0.09, 0.09, 0.09]
    )


def test_weights_by_hand() -> None:
    """Half of alpha for the first, a quarter for each of the others: 0.02 / (1/2) = 0.04; then 0.012 / (1/4) of what is left, 1/2, and 0.03 of 1/4."""
    p = pd.Series([0.02, 0.03, 0.012], index=["a", "b", "c"])
    weights = pd.Series([2.0, 1.0, 1.0], index=["a", "b", "c"])
    assert holm(p, weights).tolist() == pytest.approx([0.04, 0.04, 0.04])
    assert holm(p * [1, 2, 2], weights).tolist() == pytest.approx([0.04, 0.06, 0.048])
    pd.testing.assert_series_equal(holm(p, weights), holm(p, 10 * weights))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 5)), min_size=1, max_size=5))
def test_weights_are_bonferroni_s_in_every_closed_family(pairs: list[tuple[float, int]]) -> None:
    """The closed test of which Holm's is the short cut: rejected with alpha if every subset with it is, by its smallest weighted p."""
    p, weight = (pd.Series(column, dtype=float) for column in zip(*pairs, strict=True))
    adjusted = holm(p, weight)
    for one in p.index:
        subsets = [[*rest, one] for size in range(len(p)) for rest in combinations(p.index.drop(one), size)]
        closed = max(min(p[s] / weight[s]) * weight[s].sum() for s in subsets)
        assert adjusted[one] == pytest.approx(min(closed, 1.0))


def test_no_questions() -> None:
    assert holm(pd.Series([np.nan, np.nan])).isna().all()
    assert holm(pd.Series([], dtype=float)).empty

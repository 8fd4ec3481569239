"""Optimal pairs against every possible way of pairing; tests/impact/test_impact_helped.py has R's beside them."""

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evaluation.models import optimal_pairs


@given(
    st.tuples(st.integers(0, 4), st.integers(0, 4)).flatmap(
        lambda shape: arrays(float, shape, elements=st.integers(0, 6).map(float) | st.just(np.inf))
    ),
    st.sampled_from([0.0, 2.0, 4.0, np.inf]),
)
def test_no_other_way_makes_more_pairs_or_nearer_ones(apart: np.ndarray, caliper: float) -> None:
    rows, columns = optimal_pairs(apart, caliper)
    assert len(set(rows)) == len(set(columns)) == len(rows)
    own = apart[rows, columns]
    assert (own <= caliper).all()
    assert np.isfinite(own).all()
    wide = apart if apart.shape[0] <= apart.shape[1] else apart.T
    every = [
        [d for d in (wide[at, to] for at, to in enumerate(order)) if np.isfinite(d) and d <= caliper]
        for order in permutations(range(wide.shape[1]), wide.shape[0])
    ]
    assert (-len(own), own.sum()) == min((-len(kept), sum(kept)) for kept in every)

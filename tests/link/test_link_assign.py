"""One-to-one assignment and its margins, against every way of pairing there is."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.link.assign import assign

Pair = tuple[int, int]


def ways(pairs: list[Pair]) -> Iterator[frozenset[Pair]]:
    """Every set of pairs in which each record and each pupil stands once at most."""
    if not pairs:
        yield frozenset()
        return
    first, *others = pairs
    yield from ways(others)
    free = [pair for pair in others if pair[0] != first[0] and pair[1] != first[1]]
    for way in ways(free):
        yield way | {first}


tables = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 3)),
    st.integers(1, 40).map(lambda tenths: tenths / 10),
    max_size=9,
)


@settings(max_examples=150, deadline=None)
@given(weights=tables)
def test_a_margin_is_what_the_best_way_loses_without_the_pair(weights: dict[Pair, float]) -> None:
    pairs = pd.DataFrame(
        [(*pair, weight) for pair, weight in weights.items()], columns=["record", "pupil", "weight"]
    )
    found = assign(pairs)
    total = {way: sum(weights[pair] for pair in way) for way in ways(list(weights))}
    best = max(total.values())
    for pair, margin in zip(weights, found, strict=True):
        without = max(value for way, value in total.items() if pair not in way)
        assert np.isclose(margin, best - without, atol=1e-5)


@settings(max_examples=50, deadline=None)
@given(weights=tables, seed=st.integers(0, 99))
def test_the_order_of_pairs_changes_no_margin(weights: dict[Pair, float], seed: int) -> None:
    pairs = pd.DataFrame(
        [(*pair, weight) for pair, weight in weights.items()], columns=["record", "pupil", "weight"]
    )
    shuffled = pairs.sample(frac=1, random_state=seed)
    pd.testing.assert_series_equal(assign(shuffled).sort_index(), assign(pairs), check_dtype=False)


def test_no_pair_no_margin() -> None:
    assert assign(pd.DataFrame(columns=["record", "pupil", "weight"])).empty

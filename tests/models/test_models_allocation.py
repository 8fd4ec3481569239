"""Allocations and their p against Fisher's own examples, brute force, and R's coin."""

import itertools
import json
import math
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models.robustness.allocation import Allocations, allocations, randomisation_p


def difference(patterns: np.ndarray, y: np.ndarray, blocks: np.ndarray | None = None) -> np.ndarray:
    """Sum of the treated units' outcomes less its mean over allocations, which centres each block."""
    groups = np.zeros(len(y)) if blocks is None else blocks
    centred = y - np.array([y[groups == own].mean() for own in groups])
    return patterns @ centred


def p_of(arms: np.ndarray, y: np.ndarray, blocks: np.ndarray | None = None, **options: int) -> float:
    found = allocations(arms, blocks, **({"seed": 1} | options))  # type: ignore[arg-type]
    observed = float(difference(arms[None], y, blocks)[0])
    return randomisation_p(observed, difference(found.patterns, y, blocks), found.exact)


def test_the_smallest_p_a_design_can_reach() -> None:
    five = allocations(np.repeat([1, 0], 5), seed=1)
    assert (five.count, five.smallest_p, five.exact, five.patterns.shape) == (252, 2 / 252, True, (252, 10))
    pairs = allocations(np.tile([True, False], 5), np.repeat(list("abcde"), 2), seed=1)
    assert (pairs.count, pairs.smallest_p) == (32, 2 / 32)
    uneven = allocations(np.repeat([1, 0], [4, 6]), seed=1)
    assert (uneven.count, uneven.smallest_p) == (210, 1 / 210)
    for arms, blocks, smallest in [
        (np.repeat([1, 0], 5), None, 2 / 252),
        (np.tile([1, 0], 5), np.repeat(range(5), 2), 2 / 32),
        (np.repeat([1, 0], [4, 6]), None, 1 / 210),
    ]:
        assert p_of(arms, 2.0 ** np.arange(len(arms))[::-1] + 99 * arms, blocks) == smallest


def test_fisher_tea() -> None:
    # Fisher (1935, section 5): eight cups, four of each kind; all right in 1 of 70 ways, three of four in 16 more.
    milk_first = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    said = np.array([1.0, 1, 1, 0, 1, 0, 0, 0])
    assert p_of(milk_first, milk_first.astype(float)) == 2 / 70
    assert p_of(milk_first, said) == 34 / 70


def test_fisher_darwin_maize() -> None:
    # Fisher (1935, section 21): Darwin's 15 pairs of crossed and self-fertilised plants, differences in eighths of an inch.
    # Of 32,768 allocations 1,726 give a difference as large, whatever its sign: 5.267%.
    differences = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])
    heights = np.column_stack([differences, np.zeros(15)]).ravel()
    assert p_of(np.tile([1, 0], 15), heights, np.repeat(np.arange(15), 2)) == 1_726 / 32_768


labels = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=7)


@given(labels)
def test_allocations_are_all_the_ways_to_deal_each_block_its_arms(units: list[tuple[int, int]]) -> None:
    arms, blocks = np.array(units).T
    ways = [set(itertools.permutations(arms[blocks == name])) for name in np.unique(blocks)]
    places = np.concatenate([np.flatnonzero(blocks == name) for name in np.unique(blocks)])
    expected = set()
    for dealt in itertools.product(*ways):
        pattern = np.empty(len(arms), dtype=int)
        pattern[places] = [arm for block in dealt for arm in block]
        expected.add(tuple(pattern.tolist()))
    found = allocations(arms, blocks, seed=1)
    assert (found.count, found.exact) == (len(expected), True)
    assert sorted(map(tuple, found.patterns.tolist())) == sorted(expected)
    assert (found.reason is not None) == (len(expected) == 1)
    sampled = allocations(arms, blocks, seed=1, limit=1, draws=40)
    assert set(map(tuple, sampled.patterns.tolist())) <= expected


def test_three_arms() -> None:
    found = allocations(np.repeat([0, 1, 2], 2), seed=1)
    assert (found.count, found.smallest_p) == (90, 1 / 90)
    assert len(np.unique(found.patterns, axis=0)) == 90
    assert allocations(np.array([0, 0, 1, 2]), seed=1).smallest_p == 1 / 12


@given(st.permutations(range(8)))
def test_order_of_units_and_names_of_blocks_do_not_matter(order: list[int]) -> None:
    arms, blocks = np.array([1, 0, 1, 1, 0, 0, 1, 0]), np.array([0, 0, 0, 0, 1, 1, 1, 1])
    y = np.array([3.1, 2, 5, 4, 8.3, 1, 7, 6])
    assert p_of(arms[order], y[order], blocks[order]) == p_of(arms, y, blocks)
    names = np.array(["north", "east"])[blocks]
    assert (allocations(arms, names, seed=3).patterns == allocations(arms, blocks, seed=3).patterns).all()
    drawn = allocations(arms, blocks, seed=3, limit=1)
    assert (allocations(arms, names, seed=3, limit=1).patterns == drawn.patterns).all()
    assert (allocations(arms, 1 - blocks, seed=3, limit=1).patterns == drawn.patterns).all()


def test_draws_are_uniform_and_seeded() -> None:
    arms, blocks = np.array([1, 0, 0, 1, 1, 0, 0]), np.array([0, 0, 0, 1, 1, 1, 1])
    found = allocations(arms, blocks, seed=5, limit=17, draws=36_000)
    assert (found.exact, found.count, found.smallest_p) == (False, 18, 1 / 36_001)
    assert allocations(arms, blocks, seed=5, limit=18).exact
    met, times = np.unique(found.patterns, axis=0, return_counts=True)
    assert len(met) == 18
    assert stats.chisquare(times).pvalue > 0.001
    again = allocations(arms, blocks, seed=5, limit=17, draws=36_000)
    assert (again.patterns == found.patterns).all()
    dealt_otherwise = allocations(np.array([0, 1, 0, 0, 0, 1, 1]), blocks, seed=5, limit=17, draws=36_000)
    assert (dealt_otherwise.patterns == found.patterns).all()
    other = allocations(arms, blocks, seed=6, limit=17, draws=36_000)
    assert (other.patterns != found.patterns).any()


def test_sampled_p_is_near_the_exact_one() -> None:
    rng = np.random.default_rng(2)
    arms, y = np.repeat([1, 0], 8), rng.normal(size=16) + np.repeat([0.9, 0], 8)
    exact = p_of(arms, y)
    assert p_of(arms, y, limit=1_000) == pytest.approx(exact, abs=4 * math.sqrt(exact / 9_999))
    many = allocations(np.repeat([1, 0], 500), seed=1, draws=99)
    assert many.count == math.comb(1_000, 500)
    assert (many.patterns.sum(axis=1) == 500).all()


def test_rule_of_p() -> None:
    assert randomisation_p(-3, np.array([1.0, -3, 3, 2]), True) == 2 / 4
    assert randomisation_p(3, np.array([1.0, -3, 4, 2]), False) == 3 / 5
    assert randomisation_p(9, np.array([1.0, -3, 4, 2]), False) == 1 / 5
    assert randomisation_p(0.0, np.zeros(6), True) == 1
    # An optimiser's error is a tie, a real difference is not.
    assert randomisation_p(3, np.array([3, -3 * (1 - 1e-8), 3 * (1 - 1e-4), 1.0]), True) == 2 / 4
    assert randomisation_p(1e-17, np.array([1e-17, 0, 0, 5, 5, 5]), True) == 1


def test_what_cannot_be_is_refused() -> None:
    for arms, blocks in [([1, 1, 1], None), ([1, 0], ["a", "b"]), ([1, 1, 0, 0], [0, 0, 1, 1])]:
        found = allocations(np.array(arms), blocks, seed=1)
        assert "Only one allocation" in (found.reason or "")
        assert (found.count, found.smallest_p, found.patterns.tolist()) == (1, 1, [arms])
    assert isinstance(allocations(np.array([1, 0]), seed=1), Allocations)
    for wrong in ([1, 0.5], [1, np.nan], [1, np.inf], ["a", "b"], [[1, 0]], []):
        with pytest.raises(ModelError, match="whole number"):
            allocations(np.array(wrong), seed=1)
    with pytest.raises(ModelError, match="2 units needs a block; 1 have one"):
        allocations(np.array([1, 0]), ["a", None], seed=1)
    with pytest.raises(ModelError, match="needs a block"):
        allocations(np.array([1, 0]), ["a"], seed=1)
    with pytest.raises(ModelError, match="1 of 2"):
        randomisation_p(1, np.array([1, np.nan]), True)
    with pytest.raises(ModelError, match="not that of any allocation"):
        randomisation_p(1, np.array([2.0, 3.0]), True)
    with pytest.raises(ModelError, match="0 of 0"):
        randomisation_p(1, np.array([]), False)


@pytest.mark.r
def test_p_equals_coin() -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    script = """
    suppressMessages({library(coin); library(jsonlite)})
    d <- fromJSON(readLines(file("stdin")))
    p <- function(f) as.numeric(pvalue(oneway_test(f, data = d, distribution = exact())))
    d$t <- factor(d$t); d$block <- factor(d$block)
    cat(toJSON(c(p(y ~ t), p(y ~ t | block)), digits = NA))
    """
    if subprocess.run(["Rscript", "-e", "library(coin)"], capture_output=True, check=False).returncode:
        pytest.skip("R lacks coin")
    rng = np.random.default_rng(4)
    arms = np.array([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0])
    blocks = np.repeat([0, 1, 2], [5, 3, 4])
    y = np.round(rng.normal(size=12) * 5 + blocks + 4 * arms)
    data = json.dumps({"y": y.tolist(), "t": arms.tolist(), "block": blocks.tolist()})
    answer = subprocess.run(["Rscript", "-e", script], input=data, capture_output=True, check=True, text=True)
    assert [p_of(arms, y), p_of(arms, y, blocks)] == pytest.approx(json.loads(answer.stdout), abs=1e-10)

"""Where a wild bootstrap rejects, from roots, against its t at single values: few patterns, so that each one counts."""

import math
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.models.robustness.wild_curve import Patterns, accepted, tally

number = st.integers(-6, 6).map(lambda half: half / 2)
three = st.tuples(number, number, number)
nothing = st.just((0.0, 0.0, 0.0))
# a, b and the vectors v0, v1 of a pattern's residual scores; often one of them is nothing. The last is the data's own.
pattern = st.tuples(st.just(0.0) | number, number, nothing | three, nothing | three) | st.just(
    (0.0, 1.0, (1.0, 0.0, 0.0), (0.0, 0.0, 0.0))
)


def patterns_of(parts: list[tuple[float, float, tuple[float, ...], tuple[float, ...]]]) -> Patterns:
    a, b = np.array([part[:2] for part in parts]).T
    v0, v1 = (np.array([part[k] for part in parts]) for k in (2, 3))
    return Patterns(a, b, (v0**2).sum(axis=1), (v0 * v1).sum(axis=1), (v1**2).sum(axis=1))


@settings(max_examples=400, deadline=None)
@given(
    st.lists(pattern, min_size=1, max_size=6),
    st.integers(1, 11),
    st.lists(st.integers(-900, 900), max_size=9),
)
def test_a_value_is_accepted_if_and_only_if_p_reaches_alpha(
    parts: list[tuple[float, float, tuple[float, ...], tuple[float, ...]]],
    twelfths: int,
    hundredths: list[int],
) -> None:
    found, alpha = patterns_of(parts), (twelfths + 0.5) / 12.5
    pieces = accepted(found, alpha)
    ends = [end for piece in pieces for end in piece]
    assert all(low + 1e-9 < high for low, high in pairwise(ends))
    finite = [end for end in ends if math.isfinite(end)]
    beside = [end + side * 1e-2 * (1 + abs(end)) for end in finite for side in (-1, 1)]
    for value in [*(k / 100 + 0.0051234 for k in hundredths), *beside, -1e5, 1e5]:
        above, tied = tally(found, value)
        inside = any(low <= value <= high for low, high in pieces)
        # Close to a multiple root, as there may be at 0, both sides are nearly equal, and count as tied.
        near = any(abs(value - end) < 8e-3 * (1 + abs(end)) for end in [0, *finite])
        assert near or inside == ((above + tied / 2) / len(parts) >= alpha)


def test_tally_is_that_of_the_statistics() -> None:
    # |t*| at tau = 2 is |a + 2 b| / |v0 + 2 v1|: 5 above, 2 tied, 1 below, no variance at all above, 0/0 tied.
    none = (0.0, 0.0, 0.0)
    found = patterns_of(
        [
            (1, 2, (1.0, 0, 0), none),
            (0, 1, (1.0, 0, 0), none),
            (1, 0, (0.0, 1, 0), none),
            (1, 0, none, none),
            (0, 0, none, none),
        ]
    )
    assert tally(found, 2) == (2, 2)


def test_a_pattern_without_jumps_and_one_at_infinity() -> None:
    # |1 + tau| > |tau| for tau > -1/2 alone; |t*| = 2 |tau| never meets |tau| but at 0.
    steady = patterns_of([(1, 1, (1.0, 0, 0), (0.0, 0, 0))])
    assert np.allclose(accepted(steady, 0.5), [(-0.5, math.inf)])
    above = patterns_of([(0, 2, (1.0, 0, 0), (0.0, 0, 0))])
    assert accepted(above, 0.5) == ((-math.inf, math.inf),)
    far = patterns_of([(0, 2, (1.0, 0, 0), (0, 1e-5, 0))])
    assert np.allclose(accepted(far, 0.5), [(-math.sqrt(3) * 1e5, math.sqrt(3) * 1e5)])

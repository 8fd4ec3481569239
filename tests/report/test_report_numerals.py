"""Numbers are rounded once, where they are written."""

import math

import pytest

from evaluation.report import numerals


@pytest.mark.parametrize(
    ("value", "places", "written"),
    [
        (8.3053, 1, "8.3"),
        (-0.04, 1, "0.0"),
        (-0.05, 2, "−0.05"),
        (5854.0, 0, "5,854"),
        (-1234.56, 1, "−1,234.6"),
    ],
)
def test_numbers(value: float, places: int, written: str) -> None:
    assert numerals.number(value, places) == written


@pytest.mark.parametrize(
    ("value", "written"), [(0.0016613, "0.002"), (0.00049, "< 0.001"), (0.6588, "0.659")]
)
def test_probabilities(value: float, written: str) -> None:
    assert numerals.probability(value) == written


def test_the_rest() -> None:
    assert numerals.interval(-1.04, 2.0) == "−1.0 to 2.0"
    assert numerals.percentage(0.1717) == "17%"
    assert numerals.size(-3.14159, 2) == "3.14"
    assert numerals.listed(["a", "b", "c"]) == "a, b and c"
    assert numerals.listed(["a"]) == "a"
    assert not numerals.known(math.nan)
    assert not numerals.known(None)
    assert numerals.known(0.0)

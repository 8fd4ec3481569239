"""Months of progress and cost bands against the Education Endowment Foundation's published tables, row by row."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ModelError
from evaluation.models.sizes.months import TABLES, cost_band, months_of_progress

# About the Toolkits: Additional months' progress. Months, effect size from, effect size to.
TOOLKIT = [
    (0, "0.00", "0.01"),
    (1, "0.02", "0.09"),
    (2, "0.10", "0.18"),
    (3, "0.19", "0.26"),
    (4, "0.27", "0.35"),
    (5, "0.36", "0.44"),
    (6, "0.45", "0.52"),
    (7, "0.53", "0.61"),
    (8, "0.62", "0.69"),
    (9, "0.70", "0.78"),
    (10, "0.79", "0.87"),
    (11, "0.88", "0.95"),
    (12, "0.96", "1.00"),
]
EVERY_HUNDREDTH = [
    (months, hundredth / 100)
    for months, low, high in TOOLKIT
    for hundredth in range(int(Decimal(low) * 100), int(Decimal(high) * 100) + 1)
]


@pytest.mark.parametrize(("months", "size"), EVERY_HUNDREDTH)
def test_every_row_of_the_toolkits_table(months: int, size: float) -> None:
    for sign in (1, -1):
        found = months_of_progress(sign * size, comparison=True)
        assert (found.months, found.capped, found.reason) == (sign * months, False, "")


@pytest.mark.parametrize(
    ("size", "months"),
    [
        (0.015, 1),
        (0.014999, 0),
        (0.095, 2),
        (0.185, 3),
        (0.285, 4),  # in binary 0.284999...
        (0.615, 8),
        (0.3 - 0.205, 2),  # 0.09499999999999997 by binary arithmetic
        (0.1 + 0.085, 3),
        (0.0949999, 1),
        (-0.095, -2),
        (-0.0149, 0),
    ],
)
def test_halves_round_away_from_zero_whatever_binary_makes_of_them(size: float, months: int) -> None:
    assert months_of_progress(size, comparison=True).months == months
    assert months_of_progress(np.float64(size), comparison=True).months == months


@pytest.mark.parametrize(("size", "capped"), [(1.0, False), (1.0049, False), (1.005, True), (3.2, True)])
def test_beyond_the_table_twelve_months_and_it_says_so(size: float, capped: bool) -> None:
    for sign in (1, -1):
        found = months_of_progress(sign * size, comparison=True)
        assert (found.months, found.capped) == (sign * 12, capped)


@given(st.floats(-1e300, 1e300), st.floats(0, 1))
def test_a_larger_effect_never_has_fewer_months(size: float, more: float) -> None:
    smaller, larger = (months_of_progress(s, comparison=True).months for s in (size, size + more))
    assert smaller is not None
    assert larger is not None
    assert -12 <= smaller <= larger <= 12


def test_never_without_a_comparison_group() -> None:
    for comparison in (False, np.False_):
        found = months_of_progress(0.3, comparison)  # type: ignore[arg-type]
        assert found.months is None
        assert "no comparison group" in found.reason
    assert months_of_progress(0.3, comparison=np.True_).months == 4  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="comparison must be True or False, not 'none'"):
        months_of_progress(0.3, comparison="none")  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [np.nan, np.inf, -np.inf])
def test_no_effect_size_no_months(size: float) -> None:
    found = months_of_progress(size, comparison=True)
    assert found.months is None
    assert found.reason == "there is no effect size"


def test_the_table_is_named_with_its_version_and_source() -> None:
    for name, table in TABLES.items():
        found = months_of_progress(0.3, comparison=True, table=name)
        assert (found.table, found.version, found.source) == (name, table.version, table.source)
        assert found.version
        assert "educationendowmentfoundation.org.uk" in found.source
    with pytest.raises(ModelError, match=r"no table 'eef-tolkit'.*Did you mean 'eef-toolkit-to-2021'"):
        months_of_progress(0.3, comparison=True, table="eef-tolkit")


@pytest.mark.parametrize(
    ("pounds", "band"),
    [
        # About the Toolkits: Cost. A class of 25 pupils: to 2,000 pounds a year, 5,000, 18,000, 30,000, and over.
        (0, "very low"),
        (2000 / 25, "very low"),
        (2001 / 25, "low"),
        (5000 / 25, "low"),
        (5001 / 25, "moderate"),
        (18000 / 25, "moderate"),
        (18001 / 25, "high"),
        (30000 / 25, "high"),
        (30001 / 25, "very high"),
        # To the nearest penny, halves up.
        (80.004, "very low"),
        (80.005, "low"),
        (0.1 * 3 / 0.3 * 80, "very low"),  # 80.00000000000001
        (1e12, "very high"),
    ],
)
def test_cost_bands(pounds: float, band: str) -> None:
    assert cost_band(pounds) == band


@pytest.mark.parametrize("pounds", [-0.01, np.nan, np.inf])
def test_a_cost_that_cannot_be_is_named(pounds: float) -> None:
    with pytest.raises(ModelError, match="at least 0, not"):
        cost_band(pounds)

"""The search for a pattern in systems that are too large to be solved at once, and what a single sum asks for."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.disclose import patches, separate
from evaluation.disclose.attack import Breach, unprotected
from evaluation.disclose.narrow import narrow, widened
from evaluation.disclose.requirements import requirements
from evaluation.disclose.room import prepared
from evaluation.disclose.suppress import Withheld, withhold_counts
from evaluation.disclose.system import System, build_relations

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def area() -> System:
    """Thirty-six schools of one area, each split five ways, each knowing its own pupils."""
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(ROOT / "benchmarks"))
    from disclosure_tables import country

    patch.undo()
    return country(36, 1, 1)[0]


@pytest.fixture(scope="module")
def found(area: System) -> Withheld:
    return withhold_counts(area, 10)


@pytest.fixture(scope="module")
def told(area: System) -> list[Breach]:
    """What small counts withheld alone tell."""
    return unprotected(area, area.protected(10), 10)


def test_an_area_is_safe_from_every_school_and_no_count_is_withheld_for_nothing(
    area: System, found: Withheld, told: list[Breach]
) -> None:
    primary = area.protected(10)
    assert (area.costs > 0).sum() > 400
    assert unprotected(area, found.mask, 10) == []
    assert not found.exposed.any()
    assert found.bound <= found.cost
    assert any(breach.holder >= 0 for breach in told)
    beside = np.flatnonzero(found.mask & ~primary)
    assert len(beside) > 10
    for cell in np.random.default_rng(1).choice(beside, 6, replace=False):
        fewer = found.mask.copy()
        fewer[cell] = False
        assert unprotected(area, fewer, 10)


def test_the_same_counts_are_withheld_alike_each_time(area: System, found: Withheld) -> None:
    assert found.mask.tobytes() == withhold_counts(area, 10).mask.tobytes()


def test_what_is_chosen_by_looking_near_alone_is_safe(area: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a country, where no part of the counts is looked at whole."""
    monkeypatch.setattr(separate, "FEW", 0)
    monkeypatch.setattr(separate, "PART", 0)
    found = withhold_counts(area, 10)
    assert not found.exposed.any()
    assert unprotected(area, found.mask, 10) == []


def test_an_attack_a_patch_at_a_time_finds_what_the_whole_finds(
    area: System, told: list[Breach], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patches, "FEW", 0)
    monkeypatch.setattr(patches, "MANY", 0)
    assert unprotected(area, area.protected(10), 10) == told


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # For all 41 to be of the first group the third may not be known to be 30; nor for all to be of the second.
        ([3, 8, 30], {((2, 1.0),)}),
        # For all 83 to be of the first neither other may be known; and to be none, or 10, it may not be withheld alone.
        ([3, 50, 30], {((1, 0.625), (2, 0.375)), ((1, 1.0), (2, 1.0), (3, 1.0))}),
    ],
)
def test_what_one_sum_asks_for_is_worked_by_hand(values: list[int], expected: set[tuple]) -> None:
    system = System(
        values=np.array([*values, sum(values)]),
        groups=np.full(4, 3),
        relations=build_relations([(3, [0, 1, 2])], 4),
        costs=np.ones(4),
        held=np.zeros(4, dtype=bool),
        owners=np.full(4, -1),
    )
    fixed = system.protected(10)
    ground = prepared(system, requirements(system, fixed, 10, np.zeros(4, dtype=bool)))
    pairs = zip(*narrow(ground, fixed), strict=True)
    cuts = [widened(ground, number, row, fixed) for number, row in pairs]
    found = {
        tuple(zip(cut.cells.tolist(), cut.weights.round(4).tolist(), strict=True)) for cut in cuts if cut
    }
    assert found == expected

"""A hundred and fifty mutated files; `make fuzz` tries ten thousand."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FILES = 150


@pytest.fixture(scope="module")
def fuzz() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield importlib.import_module("fuzz")


@pytest.fixture(scope="module")
def outcomes(fuzz: ModuleType) -> list[Any]:
    return list(fuzz.run(range(FILES), jobs=1))


def test_none_ends_in_a_fault(fuzz: ModuleType, outcomes: list[Any]) -> None:
    assert [(item.number, item.source, item.made, item.fault) for item in outcomes if item.fault] == []
    assert max(item.seconds for item in outcomes) < fuzz.MOST_SECONDS


def test_most_change_what_a_file_says_and_many_are_still_read(outcomes: list[Any]) -> None:
    assert sum(item.semantic for item in outcomes) >= FILES / 2
    assert sum(item.read for item in outcomes) >= 0.3 * FILES
    assert sum(item.accepted for item in outcomes) > 0 < sum(item.listed for item in outcomes)


def test_a_name_or_number_in_a_message_would_be_seen(fuzz: ModuleType) -> None:
    assert fuzz.identities("row 3: 'Okafor' is not a score, nor is A999200119001.") == 2
    assert fuzz.identities("row 3: 'A' is not a score.") == 0

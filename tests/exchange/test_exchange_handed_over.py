"""The register of what was handed over: events in an order that makes sense, each added whole, nobody named."""

import os
import threading
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from evaluation.errors import DataError, StoreError
from evaluation.exchange.handed_over import STATES, Entry, add_entries, read_register, standing

SENT = Entry("2026-01-05", "school", "28", "run-1", "a" * 64, "sent", "project manager")


def after(*states: str) -> list[Entry]:
    return [replace(SENT, state=state, by="head teacher", note="looked into") for state in states]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "small.handed_over.csv"


def test_events_come_back_as_they_were_written_oldest_first(path: Path) -> None:
    add_entries(path, [SENT])
    said = replace(SENT, state="objection", by="head teacher", note='the "n",\nof year 4')
    add_entries(path, [said])
    assert read_register(path) == [SENT, replace(said, note='the "n", of year 4')]
    assert standing(read_register(path))["school", "28", "run-1"].state == "objection"
    assert path.read_text(encoding="utf-8").count("\n") == 3


def test_without_a_register_nothing_was_handed_over(path: Path) -> None:
    assert read_register(path) == []


@pytest.mark.parametrize(("first", "second"), list(product(STATES, STATES)))
def test_a_state_follows_only_where_it_can(path: Path, first: str, second: str) -> None:
    add_entries(path, [SENT, *after(*([] if first == "sent" else [first]))][:1])
    if first != "sent":
        add_entries(path, after(first))
    before = path.read_bytes()
    allowed = {
        "sent": {"sent", "checked", "objection", "signed off", "withdrawn"},
        "checked": {"sent", "checked", "objection", "signed off", "withdrawn"},
        "objection": {"sent", "checked", "objection", "signed off", "withdrawn"},
        "signed off": {"sent", "objection", "withdrawn"},
        "withdrawn": {"sent"},
    }
    if second in allowed[first]:
        add_entries(path, after(second))
        assert read_register(path)[-1].state == second
    else:
        with pytest.raises(DataError, match="cannot become"):
            add_entries(path, after(second))
        assert path.read_bytes() == before


def test_nothing_is_said_of_a_pack_that_was_not_sent_or_is_another(path: Path) -> None:
    with pytest.raises(DataError, match="has not been sent"):
        add_entries(path, after("signed off"))
    add_entries(path, [SENT])
    other = [replace(item, pack="b" * 64) for item in after("signed off")]
    with pytest.raises(DataError, match="has changed since"):
        add_entries(path, other)
    with pytest.raises(DataError, match="has not been sent"):
        add_entries(path, [replace(item, run="run-2") for item in after("signed off")])


def test_after_an_objection_a_sign_off_says_what_was_done(path: Path) -> None:
    add_entries(path, [SENT])
    add_entries(path, after("objection"))
    with pytest.raises(DataError, match="--note"):
        add_entries(path, [replace(SENT, state="signed off", by="head teacher")])


@pytest.mark.parametrize(
    ("by", "note"),
    [("", ""), ("head@school.example", ""), ("head teacher", "about H801200001001"), ("head teacher", "x" * 500)],
)  # fmt: skip
def test_a_register_takes_roles_and_no_identities(path: Path, by: str, note: str) -> None:
    with pytest.raises(DataError, match="role") as refused:
        add_entries(path, [replace(SENT, by=by, note=note)])
    assert "H801200001001" not in str(refused.value)
    assert not path.exists()


def test_all_of_several_or_none(path: Path) -> None:
    with pytest.raises(DataError, match="not been sent"):
        add_entries(path, [SENT, replace(SENT, unit="29", state="checked")])
    assert read_register(path) == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [(lambda text: text[:-9], "row 2"), (lambda text: text.rstrip("\n"), "row 2: the last row was not written to its end"),
     (lambda text: text.replace(",sent,", ",lost,"), "row 2"), (lambda text: text.replace("unit", "place"), "row 1")],
)  # fmt: skip
def test_a_damaged_register_is_refused_by_row(path: Path, spoil, told: str) -> None:
    add_entries(path, [SENT])
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(StoreError, match=told):
        read_register(path)


def test_two_who_add_at_once_lose_nothing(path: Path) -> None:
    def add(first: int) -> None:
        for number in range(25):
            add_entries(path, [replace(SENT, unit=str(first + number))])

    threads = [threading.Thread(target=add, args=(first,)) for first in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.unit for entry in read_register(path)) == sorted(
        str(first + number) for first in (100, 200, 300) for number in range(25)
    )


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_register_that_cannot_be_written_says_so(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            add_entries(path, [SENT])
    finally:
        path.parent.chmod(0o700)

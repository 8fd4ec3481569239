"""What the way in needs grows little with the rows, and the store does not depend on how many are taken at a time."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from store_study import WHO, no_step, pupils, under_keys_of, write, write_tiny

from evaluation.clean import shelf
from evaluation.clean.shelf import Shelf
from evaluation.derive import schools_table
from evaluation.errors import DataError
from evaluation.intake import assemble, derive_pupils, linked, take_in
from evaluation.link import model
from evaluation.receive import Received, receive
from evaluation.store import Store, changes, write_store
from evaluation.study import load_study

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
# Measured: 280. With rows held while files are held against one another it was 500, with all held compactly 770.
MOST_BYTES_A_ROW = 400
SIZES = (60, 2_500)
PILE = 100
MEASURE = f"""
import json, resource, sys
from pathlib import Path
import intake_files
from evaluation.clean import shelf
from evaluation.intake import take_in
from evaluation.store import changes, write_store
from evaluation.study import load_study

shelf.PILE_ROWS = shelf.LOT_ROWS = 10_000
intake_files.WRONG, intake_files.SCHOOLS_A_RESULT = 10**9, 1
found = []
for pupils in {SIZES}:
    intake_files.PUPILS = pupils
    root = Path(sys.argv[1], str(pupils))
    intake_files.write_files(root, 20)
    tables = take_in(load_study("many", root), root, lambda *_: None)
    write_store(root / "store", tables, changes(root / "store", tables))
    rows = int(tables["sources"]["rows_in"].iloc[1:].sum())
    found.append((rows, 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
print(json.dumps(found))
"""


@pytest.mark.slow
def test_memory_grows_by_less_than_all_rows_held_would_take(tmp_path: Path) -> None:
    path = os.pathsep.join([str(BENCHMARKS), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    (few, least), (many, most) = json.loads(done.stdout)
    assert many == 2 * 20 * SIZES[1]
    assert (most - least) / (many - few) < MOST_BYTES_A_ROW


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Some 1,000 rows of five schools, one number in nine wrong."""
    root = tmp_path_factory.mktemp("many") / "project"
    with under_keys_of(root) as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import intake_files

        patch.setattr(intake_files, "PUPILS", 100)
        patch.setattr(intake_files, "WRONG", 9)
        patch.setattr(intake_files, "SCHOOLS_A_RESULT", 1)
        intake_files.write_files(root, 5)
        yield root


@dataclass(frozen=True)
class Piled:
    """What comes in a few rows at a time: its hash, the pairs to decide on, and the shape of whatever was taken off a shelf."""

    received: Received
    hash: str
    pairs: pd.DataFrame
    taken: tuple[tuple[int, int], ...]


@pytest.fixture(scope="module")
def piled(project: Path) -> Piled:
    """The store of the study, made in small piles."""
    taken: list[tuple[int, int]] = []
    pairs: list[pd.DataFrame] = []
    many, folder = load_study("many", project), project / "piles"
    with pytest.MonkeyPatch.context() as patch:
        in_small_piles(patch)
        for name in ("take", "whole", "frame"):
            patch.setattr(Shelf, name, noted(getattr(Shelf, name), taken))
        received = receive(many, project, no_step)
        tables = assemble(many, received, pairs.append)
        for _ in range(2):
            digest = write_store(folder, tables, changes(folder, tables))
    return Piled(received, digest, pairs[0], tuple(taken))


def noted(one: Callable[..., pd.DataFrame], taken: list[tuple[int, int]]) -> Callable[..., pd.DataFrame]:
    """The same, and the shape of what it gives is noted."""

    def note(*arguments: Any) -> pd.DataFrame:
        found = one(*arguments)
        taken.append(found.shape)
        return found

    return note


def test_the_store_is_the_same_however_many_rows_are_taken_at_a_time(
    project: Path, piled: Piled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALUATION_KEYS", f"{project}-keys")
    pairs: list[pd.DataFrame] = []
    many = load_study("many", project)
    assert write_store(project / "whole", take_in(many, project, no_step, pairs.append)) == piled.hash
    one, other = Store(project / "whole"), Store(project / "piles")
    assert {"upn", "name_dob"} <= set(one.read("scores")["linked_by"])
    assert pairs[0].to_csv() == piled.pairs.to_csv()
    tables = [name for name in other.tables() if name != "changes"]
    assert [one.read(name).to_csv() for name in one.tables()] == [
        other.read(name).to_csv() for name in tables
    ]
    assert {name: entry["types"] for name, entry in one.entries.items()} == {
        name: other.entries[name]["types"] for name in tables
    }


@pytest.mark.slow
def test_so_is_that_of_pupils_of_whom_names_alone_tell(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = [[*pupil[:2], pupil[2][:-1], *pupil[3:], 90 + at] for at, pupil in enumerate(pupils())]
    study = write_tiny(root, renamed)
    whole = write_store(root / "whole", take_in(study, root, no_step))
    assert "probable" in set(Store(root / "whole").read("scores")["linked_by"])
    in_small_piles(monkeypatch, 5)
    assert write_store(root / "piles", take_in(study, root, no_step)) == whole


def test_a_roll_that_says_whose_no_row_is_gives_a_reason(root: Path) -> None:
    study = write_tiny(root)
    rows = [["", who[1], "", "", who[4], "4", "Y"] for who in pupils()]
    write(root / "data" / "raw" / "tiny" / "roll.csv", [*WHO, "Year", "PP"], rows)
    with pytest.raises(DataError, match=r"No row of a pupil list says whose it is.*Name their columns"):
        take_in(study, root, no_step)


def test_a_pile_is_taken_at_a_time(piled: Piled) -> None:
    assert max(rows for rows, columns in piled.taken if columns > 3) < 2 * PILE
    assert len(piled.received.pupils) > 4 * PILE


def test_of_who_is_disadvantaged_no_pupil_is_held(
    project: Path, piled: Piled, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_piles(monkeypatch)
    monkeypatch.setenv("EVALUATION_KEYS", f"{project}-keys")
    many, received = load_study("many", project), piled.received
    found = linked(many, received)
    nobody = received.spells.assign(pupil="", reason="")
    made = derive_pupils(many, received, found, schools_table(received.register, pd.DataFrame()), nobody)
    assert len(made.pupils) > 4 * PILE
    held = [
        pa.array(made.fixed.pupils[name]).get_total_buffer_size() for name in ("pupil", "disadvantaged_by")
    ]
    assert sum(held) < PILE  # a slice without rows would hold all whom it was cut from


def in_small_piles(monkeypatch: pytest.MonkeyPatch, rows: int = PILE) -> None:
    """Have so few rows taken at a time."""
    monkeypatch.setattr(shelf, "LOT_FRAMES", 2)
    monkeypatch.setattr(shelf, "LOT_ROWS", rows)
    monkeypatch.setattr(shelf, "PILE_ROWS", rows)
    monkeypatch.setattr(model, "AT_A_TIME", rows)


def test_the_order_of_the_files_changes_no_pupil_and_no_score(root: Path) -> None:
    study = write_tiny(root)
    turned = study.model_copy(update={"sources": study.sources[::-1]})
    one, other = (take_in(each, root, no_step) for each in (study, turned))
    for name in ("pupils", "scores", "analysis"):
        keys = [key for key in ("pupil", "wave", "instrument") if key in one[name]]
        first, second = (tables[name].sort_values(keys, ignore_index=True) for tables in (one, other))
        assert first.to_csv() == second.to_csv()

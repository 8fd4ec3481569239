"""What the way in needs grows little with the rows, and the store does not depend on how many are taken at a time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from store_study import pupils, write_tiny

from evaluation.clean import compact
from evaluation.intake import take_in
from evaluation.link import linking, model, probable
from evaluation.store import Store, held, write_store

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
# Measured: 770. Held as texts, with pairs of files compared in whole, it was 1,860.
MOST_BYTES_A_ROW = 1_200
SIZES = (60, 2_500)
MEASURE = f"""
import json, resource, sys
from pathlib import Path
import intake_files
from evaluation.intake import take_in
from evaluation.store import changes, write_store
from evaluation.study import load_study

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


def test_memory_grows_by_less_than_half_of_what_texts_would_take(tmp_path: Path) -> None:
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


def test_the_store_is_the_same_however_many_rows_are_taken_at_a_time(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed = [[*pupil[:2], pupil[2][:-1], *pupil[3:], 90 + at] for at, pupil in enumerate(pupils())]
    study = write_tiny(root, renamed)
    whole = write_store(root / "whole", take_in(study, root, lambda *_: None))
    monkeypatch.setattr(compact, "PACKED", 1)
    monkeypatch.setattr(linking, "AT_A_TIME", 2)
    monkeypatch.setattr(probable, "AT_A_TIME", 5)
    monkeypatch.setattr(model, "AT_A_TIME", 5)
    monkeypatch.setattr(held, "PIECE_ROWS", 3)
    assert write_store(root / "pieces", take_in(study, root, lambda *_: None)) == whole
    one, other = Store(root / "whole"), Store(root / "pieces")
    assert "probable" in set(one.read("scores")["linked_by"])
    assert [one.read(name).to_csv() for name in one.tables()] == [
        other.read(name).to_csv() for name in other.tables()
    ]


def test_the_order_of_the_files_changes_no_pupil_and_no_score(root: Path) -> None:
    study = write_tiny(root)
    turned = study.model_copy(update={"sources": study.sources[::-1]})
    one, other = (take_in(each, root, lambda *_: None) for each in (study, turned))
    for name in ("pupils", "scores", "analysis"):
        keys = [key for key in ("pupil", "wave", "instrument") if key in one[name]]
        first, second = (tables[name].sort_values(keys, ignore_index=True) for tables in (one, other))
        assert first.to_csv() == second.to_csv()

"""What the store says of several studies, as a hash for each table: made before a change and held against after it.

    python benchmarks/same_store.py before.json
    python benchmarks/same_store.py after.json --before before.json
    python benchmarks/same_store.py pieces.json --before before.json --pile 50

names every table that differs: of the demo study and the real one, of the demo study with planted faults, and of many lists
with one number in seven wrong.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import intake_files
import pandas as pd

from evaluation.clean import shelf
from evaluation.intake import take_in
from evaluation.link import model
from evaluation.simulate import demo_files
from evaluation.simulate.corrupt import corrupt
from evaluation.store import Store, changes, write_store
from evaluation.study import Study, load_study

ROOT = Path(__file__).resolve().parents[1]
SEEDS, COUNTS = (1, 2, 3), (2, 6, 18)


def studies(root: Path) -> Iterator[tuple[str, Study, Path]]:
    """Each study with its name here and the folder of its files."""
    yield "star", load_study("star", ROOT), _written(root / "star", "star", _raw(ROOT / "data/raw/star"))
    demo = load_study("ssif_maths", ROOT)
    for seed, count in zip(SEEDS, COUNTS, strict=True):
        files = demo_files(seed)
        yield f"demo {seed}", demo, _written(root / f"demo-{seed}", "ssif_maths", files)
        faulty = corrupt(demo, files, seed, count).files
        yield f"corrupt {seed}", demo, _written(root / f"corrupt-{seed}", "ssif_maths", faulty)
    intake_files.WRONG, intake_files.PUPILS = 7, 60
    intake_files.write_files(root / "many", 12)
    yield "many", load_study("many", root / "many"), root / "many"


def _raw(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _written(root: Path, study: str, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / "data" / "raw" / study / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def hashes(study: Study, root: Path) -> dict[str, str]:
    """A hash for each table of the store, for the pairs that a person is asked about, and for the store itself."""
    pairs: list[pd.DataFrame] = []
    tables = take_in(study, root, lambda *_: None, pairs.append)
    folder = root / "store"
    found = {"store": write_store(folder, tables, changes(folder, tables)), "pairs": _hash(pairs[0])}
    store = Store(folder)
    return found | {name: _hash(store.read(name)) for name in store.tables()}


def _hash(table: pd.DataFrame) -> str:
    said = f"{table.dtypes.to_dict()}\n{table.to_csv(index=False)}"
    return hashlib.sha256(said.encode()).hexdigest()


def main() -> None:
    """Write the hashes, and name what differs."""
    asked = argparse.ArgumentParser()
    asked.add_argument("out", type=Path)
    asked.add_argument("--before", type=Path)
    asked.add_argument("--pile", type=int, help="rows taken at a time; as the software does it when absent")
    options = asked.parse_args()
    if options.pile:
        shelf.PILE_ROWS = shelf.LOT_ROWS = model.AT_A_TIME = options.pile
    with TemporaryDirectory() as made:
        keys = Path(made, "keys")
        keys.mkdir(mode=0o700)
        for name in ("star", "ssif_maths", "many"):
            (keys / f"{name}.key").write_bytes(b"\x07" * 32)
            (keys / f"{name}.key").chmod(0o600)
        os.environ["EVALUATION_KEYS"] = str(keys)
        found = {name: hashes(study, root) for name, study, root in studies(Path(made))}
    options.out.write_text(json.dumps(found, indent=1), encoding="utf-8")
    before = json.loads(options.before.read_text(encoding="utf-8")) if options.before else found
    differ = [
        f"{study}: {table}"
        for study, tables in found.items()
        for table in {**before[study], **tables}
        if before[study].get(table) != tables.get(table)
    ]
    sys.stdout.write("\n".join(differ) + "\n" if differ else "All tables are the same.\n")
    sys.exit(bool(differ))


if __name__ == "__main__":
    main()

"""Time and memory of the way in, from raw files to the store, beside reading the same files with pandas alone.

    python benchmarks/intake.py --schools 90 300 1000 3000

brings docs/intake.md up to date. Each measurement is a process of its own on files that intake_files.py makes; the largest
takes some minutes and 250 MB of disk.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from intake_files import LAYOUTS, write_files

PAGE = Path(__file__).resolve().parents[1] / "docs" / "intake.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end of what was measured -->"
WORKERS = 2
TASKS = {
    "pandas": "pandas alone: `read_csv` of every file as text, and one frame of each kind",
    "intake": "the way in: read, cleaned, linked, derived, stored",
    "again": "the same once more, nothing changed",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds on the clock and of processors, and peak memory in MiB: the process's and, with helpers, all of theirs."""

    clock: float
    processor: float
    memory: float
    rows: int


def with_pandas(root: Path) -> int:
    """The files as one frame of pupils and one of scores, every cell text."""
    raw = root / "data" / "raw" / "many"
    layouts = list(LAYOUTS.values())
    lists = sorted((raw / "lists").iterdir())
    frames = [
        pd.read_csv(path, sep=how[0], encoding=how[1], dtype="str", keep_default_na=False)
        for path, how in ((path, layouts[at % len(layouts)][3]) for at, path in enumerate(lists))
    ]
    results = [pd.read_csv(path, dtype="str", keep_default_na=False) for path in (raw / "results").iterdir()]
    return len(pd.concat(frames)) + len(pd.concat(results))


def with_evaluation(root: Path) -> int:
    """The whole way in, to the store."""
    from evaluation.intake import take_in
    from evaluation.store import changes, write_store
    from evaluation.study import load_study

    tables = take_in(load_study("many", root), root, lambda *_: None)
    folder = root / "data" / "processed" / "many"
    write_store(folder, tables, changes(folder, tables))
    return int(tables["sources"]["rows_in"].iloc[1:].sum())


def check_linked(root: Path) -> None:
    """Stop where the store's scores are not those of listed pupils: a run that linked nothing would be quick."""
    from evaluation.store import Store

    linked = Store(root / "data" / "processed" / "many").read("scores", ["pupil"])["pupil"].notna().mean()
    assert linked > 0.99, f"only {linked:.1%} of scores linked"


def measure(task: str, root: Path) -> Measured:
    """Run a task in a process of its own."""
    environment = {**os.environ, "EVALUATION_KEYS": f"{root}-keys"}
    command = [sys.executable, __file__, "--task", task, "--root", str(root)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return Measured(**json.loads(done.stdout))


def write_apart(root: Path, schools: int) -> None:
    """Write the files in a process of its own: what it took at its peak would count as a task's, which is started from here."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        apart.submit(write_files, root, schools).result()


def run_task(task: str, root: Path) -> None:
    """Print what a task takes."""
    work: Callable[[Path], int] = with_pandas if task == "pandas" else with_evaluation
    begun, imports = time.perf_counter(), time.process_time()
    rows = work(root)
    clock = time.perf_counter() - begun
    own, helpers = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    processor = sum(used.ru_utime + used.ru_stime for used in (own, helpers)) - imports
    # Helpers end before linking begins, so adding theirs to the process's own is more than was ever in use at once.
    memory = (own.ru_maxrss + WORKERS * helpers.ru_maxrss) / 1024
    found = {"clock": clock, "processor": processor, "memory": memory, "rows": rows}
    if task != "pandas":
        check_linked(root)  # only now, for it holds every score
    sys.stdout.write(json.dumps(found) + "\n")


def table(found: dict[int, dict[str, Measured]]) -> str:
    """The measurements, a size a row."""
    head = [
        "files",
        "rows",
        *(f"{task}: s, CPU s, MiB" for task in TASKS),
        "way in / pandas: CPU",
        "MiB",
        "rows a second",
    ]
    lines = []
    for schools, by_task in found.items():
        own, pandas = by_task["intake"], by_task["pandas"]
        files = schools + -(-schools // 10)
        cells = [
            f"{m.clock:,.0f}, {m.processor:,.0f}, {m.memory:,.0f}" for m in (by_task[task] for task in TASKS)
        ]
        ratios = [
            f"{own.processor / pandas.processor:.1f}",
            f"{own.memory / pandas.memory:.1f}",
            f"{own.rows / own.clock:,.0f}",
        ]
        lines.append([f"{files:,}", f"{own.rows:,}", *cells, *ratios])
    rows = [head, ["---:"] * len(head), *lines]
    said = [f"- {task}: {what}." for task, what in TASKS.items()]
    load = f"Load of the machine when it ended: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    return "\n".join([*("| " + " | ".join(row) + " |" for row in rows), "", *said, "", load, ""])


def main() -> None:
    """Measure every size and bring the page up to date, or run one task."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--schools", type=int, nargs="+", default=[90, 300, 1000, 3000])
    asked.add_argument("--task", choices=TASKS)
    asked.add_argument("--root", type=Path)
    options = asked.parse_args()
    if options.task:
        run_task(options.task, options.root)
        return
    found = {}
    for schools in options.schools:
        with TemporaryDirectory() as made:
            write_apart(Path(made), schools)
            found[schools] = {task: measure(task, Path(made)) for task in TASKS}
            sys.stdout.write(f"{schools} schools: {found[schools]}\n")
            sys.stdout.flush()
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table(found)}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Mutated files through reading and cleaning: none may end in a traceback, lose a row, or name a pupil.

    python benchmarks/fuzz.py --files 10000 --jobs 2

prints how many were read and refused, how many rows were accepted and listed, and every fault with the number that makes
the file again. Seeds are the demo study's files; each number gives the same file on any machine.
"""

import argparse
import csv
import io
import random
import re
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import openpyxl
from fuzz_bytes import BYTES, XML, part_changed, part_lost
from fuzz_table import TABLE, Grid

from evaluation.clean import clean_source
from evaluation.errors import EvaluationError
from evaluation.ingest import collapse, read_source
from evaluation.simulate.demo import demo_files
from evaluation.simulate.files import xlsx_bytes
from evaluation.simulate.identities import FORENAMES, SURNAMES
from evaluation.study import Source, Study, load_study

ROOT = Path(__file__).parents[1]
MOST_SECONDS, MOST_BYTES = 10.0, 2**30
SEARCHED = 30  # rows in which headings are looked for
SEMANTIC = 0.7


@dataclass(frozen=True, slots=True)
class Mutated:
    """A file, how it was made, and how many rows stand below its headings where that is known without reading it."""

    content: bytes
    made: tuple[str, ...]
    semantic: bool
    rows: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; a `fault` is the library's."""

    number: int
    source: str
    made: tuple[str, ...]
    semantic: bool
    read: bool
    accepted: int
    listed: int
    seconds: float
    fault: str


@cache
def demo() -> tuple[Study, dict[str, bytes], frozenset[str]]:
    """The study, its files and its schools."""
    study = load_study("ssif_maths", ROOT)
    files = demo_files(study.seed)
    register = csv.reader(io.StringIO(files["schools.csv"].decode()))
    return study, files, frozenset(row[0] for row in register if row and row[0].isdigit())


@cache
def names() -> frozenset[str]:
    """Every forename and surname of the demo's pupils."""
    return frozenset(" ".join([*FORENAMES.values(), SURNAMES]).split())


def identities(said: str) -> int:
    """How many names of pupils and pupil numbers a text holds."""
    words = {word.strip("'-") for word in re.findall(r"[\w'-]+", said)}
    return len(names() & words) + len(re.findall(r"\b[A-Z]999\d{8}\w\b", said))


def mutated(source: Source, headings: Sequence[str], content: bytes, rng: random.Random) -> Mutated:
    """A file made from a seed: its cells, its parts or its bytes changed, or several of these."""
    suffix = Path(source.path).suffix
    if suffix == ".xml":
        change = rng.choice(XML if rng.random() < SEMANTIC else BYTES)
        return Mutated(change(rng, content), (change.__name__,), change in XML, None)
    if rng.random() >= SEMANTIC:
        change = rng.choice(BYTES)
        return Mutated(change(rng, content), (change.__name__,), False, None)
    if suffix == ".xlsx" and rng.random() < 0.4:
        change = rng.choice((part_changed, part_changed, part_changed, part_lost))
        return Mutated(change(rng, content), (change.__name__,), True, None)
    sheets = _workbook(content) if suffix == ".xlsx" else {"": _delimited(content)}
    changes = rng.choices(TABLE, k=rng.choice((1, 1, 2, 3)))
    for name, grid in sheets.items():
        if (top := _top(grid, headings)) is not None and rng.random() < 0.7:
            for change in changes:
                if grid and (top := _top(grid, headings)) is not None:
                    grid = change(rng, grid, top)
            sheets[name] = grid
    written = xlsx_bytes(_cleared(sheets), "fuzz") if suffix == ".xlsx" else _written(sheets[""], rng)
    tops = {name: _top(grid, headings) for name, grid in sheets.items()}
    rows = [
        sum(any(map(str.strip, row)) for row in sheets[name][at + 1 :])
        for name, at in tops.items()
        if at is not None
    ]
    return Mutated(written, tuple(change.__name__ for change in changes), True, sum(rows))


def _top(grid: Grid, headings: Sequence[str]) -> int | None:
    wanted = set(map(collapse, headings))
    return next((at for at, row in enumerate(grid[:SEARCHED]) if wanted <= set(map(collapse, row))), None)


def _delimited(content: bytes) -> Grid:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    mark = max(",;\t", key=text.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))


def _workbook(content: bytes) -> dict[str, Grid]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {
        sheet.title: [
            ["" if cell is None else str(cell).removesuffix(" 00:00:00") for cell in row]
            for row in sheet.values
        ]
        for sheet in book
    }


def _cleared(sheets: dict[str, Grid]) -> dict[str, Grid]:
    """Without the control characters that no workbook can hold; formulas stay formulas."""
    return {
        name: [[re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", cell) for cell in row] for row in grid]
        for name, grid in sheets.items()
    }


def _written(grid: Grid, rng: random.Random) -> bytes:
    """The grid as CSV in some separator, line end and encoding, or in two encodings at once."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=rng.choice(",;\t"), lineterminator=rng.choice(("\r\n", "\n"))).writerows(grid)
    encoding = rng.choice(("utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "mixed"))
    if encoding != "mixed":
        return text.getvalue().encode(encoding, "replace")
    lines = text.getvalue().splitlines(keepends=True)
    return b"".join(line.encode(rng.choice(("utf-8", "cp1252")), "replace") for line in lines)


def tried(number: int) -> Outcome:
    """Make the numbered file, read it and clean it."""
    rng = random.Random(number)
    study, files, schools = demo()
    source = study.sources[number % len(study.sources)]
    headings = list(study.columns(source).values())
    made = mutated(source, headings, files[source.path], rng)
    began = time.process_time()
    accepted = listed = 0
    read, fault, said = False, "", ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, Path(source.path).name)
        path.write_bytes(made.content)
        try:
            tables = read_source(Path(folder), study, source.model_copy(update={"path": path.name}))
            cleaned = clean_source(study, source, tables, schools)
            rows = cleaned.issues[cleaned.issues["severity"] == "row"]
            accepted, listed = len(cleaned.rows), len(rows.drop_duplicates(["sheet", "row"]))
            read, said = True, "\n".join(cleaned.issues["reason"])
            fault = _miscounted(accepted + listed, cleaned.rows_in, made.rows)
        except EvaluationError as error:
            said = str(error)
        except Exception:
            fault = traceback.format_exc(limit=-3)
    seconds = time.process_time() - began
    if seconds > MOST_SECONDS:
        fault = f"took {seconds:.0f} seconds"
    if count := identities(said):
        fault = f"{count} names or pupil numbers in what it said"
    return Outcome(number, source.name, made.made, made.semantic, read, accepted, listed, seconds, fault)


def _miscounted(handled: int, rows_in: int, counted: int | None) -> str:
    if handled != rows_in:
        return f"{handled} rows accepted or listed of the {rows_in} read"
    return f"{rows_in} rows read where there are {counted}" if counted not in (None, rows_in) else ""


def run(numbers: Sequence[int], jobs: int) -> Iterator[Outcome]:
    """Outcomes in order; with several jobs, in processes of their own."""
    if jobs == 1:
        yield from map(tried, numbers)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(tried, numbers, chunksize=20)


def summary(outcomes: Sequence[Outcome]) -> str:
    """What became of the files, in a few lines."""
    read, semantic = (sum(getattr(item, name) for item in outcomes) for name in ("read", "semantic"))
    kinds = Counter(name for item in outcomes for name in item.made)
    lines = [
        f"{len(outcomes):,} files: {semantic / len(outcomes):.0%} with cells or XML changed, {read / len(outcomes):.0%} read",
        f"rows: {sum(item.accepted for item in outcomes):,} accepted, {sum(item.listed for item in outcomes):,} listed",
        f"longest {max(item.seconds for item in outcomes):.1f} s; most memory {_peak() / 2**20:,.0f} MiB",
        "mutations: " + ", ".join(f"{name} {count:,}" for name, count in sorted(kinds.items())),
    ]
    return "\n".join(
        [
            *lines,
            *(
                f"FAULT {item.number} {item.source} {item.made}: {item.fault}"
                for item in outcomes
                if item.fault
            ),
        ]
    )


def _peak() -> int:
    """The most memory that this process or one it started has held, in bytes."""
    return 1024 * max(
        resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )


def main() -> None:
    """Run, print, and fail when there was a fault."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    outcomes = list(run(range(asked.first, asked.first + asked.files), asked.jobs))
    sys.stdout.write(summary(outcomes) + "\n")
    faults = [item for item in outcomes if item.fault]
    sys.exit(1 if faults or _peak() > MOST_BYTES else 0)


if __name__ == "__main__":
    main()

"""Mutated files through reading and cleaning: none may end in a traceback, lose a row, or name a pupil.

    python benchmarks/fuzz.py --files 10000 --jobs 2

writes docs/fuzz.md: how many were read and refused, how many rows were accepted and listed, and every fault with the number
that makes the file again. Seeds are the demo study's files; each number gives the same file on any machine.
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

from fuzz_bytes import BYTES, XML, part_changed, part_lost
from fuzz_formats import WRITERS, sheets_of
from fuzz_table import TABLE, Grid, Mutation
from rich.progress import track

from evaluation.clean import clean_source
from evaluation.errors import EvaluationError
from evaluation.ingest import collapse, read_source
from evaluation.simulate.demo import demo_files
from evaluation.simulate.identities import FORENAMES, SURNAMES
from evaluation.study import Source, Study, load_study

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "fuzz.md"
MOST_SECONDS, MOST_BYTES = 10.0, 2**30
UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff]")
SEARCHED = 30  # rows in which headings are looked for
SEMANTIC = 0.7


@dataclass(frozen=True, slots=True)
class Mutated:
    """A file, how it was made, and how many rows stand below its headings where that is known without reading it."""

    content: bytes
    suffix: str
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
    counted: bool
    seconds: float
    fault: str


@cache
def demo() -> tuple[Study, dict[str, bytes], dict[str, str]]:
    """The study, its files and its schools, each with its name."""
    study = load_study("ssif_maths", ROOT)
    files = demo_files(study.seed)
    register = csv.reader(io.StringIO(files["schools.csv"].decode()))
    return study, files, {row[0]: row[2] for row in register if row and row[0].isdigit()}


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
    semantic = rng.random() < SEMANTIC
    if suffix == ".xml":
        change = rng.choice(XML if semantic else BYTES)
        return Mutated(change(rng, content), suffix, (change.__name__,), semantic, None)
    workbook = suffix == ".xlsx"
    sheets = sheets_of(content) if workbook else {"": _delimited(content)}
    if workbook:
        suffix = rng.choice((".xlsx", ".xlsx", ".xls", ".ods"))
        content = content if suffix == ".xlsx" else WRITERS[suffix](sheets)
    if not semantic:
        change = rng.choice(BYTES)
        return Mutated(change(rng, content), suffix, (change.__name__,), False, None)
    if suffix in (".xlsx", ".ods") and rng.random() < 0.4:
        change = rng.choice((part_changed, part_changed, part_changed, part_lost))
        return Mutated(change(rng, content), suffix, (change.__name__,), True, None)
    changes = rng.choices(TABLE, k=rng.choice((1, 1, 2, 3)))
    for name, grid in sheets.items():
        if rng.random() < 0.7:
            sheets[name] = _changed(rng, grid, headings, changes)
    written = WRITERS[suffix](sheets) if workbook else _written(sheets[""], rng)
    if suffix == ".xlsx":  # openpyxl makes a formula of such a text, without a value: nothing is seen there
        sheets = {
            name: [["" if cell.startswith("=") else cell for cell in row] for row in grid]
            for name, grid in sheets.items()
        }
    rows = sum(_below(grid, headings) for grid in sheets.values())
    return Mutated(written, suffix, tuple(change.__name__ for change in changes), True, rows)


def _changed(rng: random.Random, grid: Grid, headings: Sequence[str], changes: Sequence[Mutation]) -> Grid:
    for change in changes:
        if grid and (top := _top(grid, headings)) is not None:
            grid = change(rng, grid, top)
    return grid


def _seen(cell: str) -> str:
    """What a person sees of a cell."""
    return UNSEEN.sub("", cell).strip()


def _below(grid: Grid, headings: Sequence[str]) -> int:
    """Rows with anything in them below the headings; none where these are not found."""
    top = _top(grid, headings)
    return 0 if top is None else sum(any(map(_seen, row)) for row in grid[top + 1 :])


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


def _written(grid: Grid, rng: random.Random) -> bytes:
    """The grid as CSV in some separator, line end and encoding, or in two encodings at once."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=rng.choice(",;\t"), lineterminator=rng.choice(("\r\n", "\n"))).writerows(grid)
    encoding = rng.choice(("utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "mixed"))
    if encoding not in ("cp1252", "mixed"):
        return text.getvalue().encode(encoding, "replace")
    plain = UNSEEN.sub("", text.getvalue())  # cp1252 has no such letters: a "?" in place of one would be seen
    if encoding == "cp1252":
        return plain.encode(encoding, "replace")
    lines = plain.splitlines(keepends=True)
    return b"".join(line.encode(rng.choice(("utf-8", "cp1252")), "replace") for line in lines)


def tried(number: int) -> Outcome:
    """Make the numbered file, read it and clean it."""
    rng = random.Random(number)
    study, files, schools = demo()
    source = study.sources[number % len(study.sources)]
    absent = study.may_be_absent(source)
    headings = [heading for heading in study.columns(source).values() if heading not in absent]
    made = mutated(source, headings, files[source.path], rng)
    began = time.process_time()
    accepted = listed = 0
    read, fault, said = False, "", ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, Path(source.path).stem + made.suffix)
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
    counted = read and made.rows is not None
    return Outcome(
        number, source.name, made.made, made.semantic, read, accepted, listed, counted, seconds, fault
    )


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


def page(outcomes: Sequence[Outcome], command: str) -> str:
    """What became of the files, in Markdown."""
    read, semantic, faults = (
        [item for item in outcomes if getattr(item, name)] for name in ("read", "semantic", "fault")
    )
    kinds = Counter(name for item in outcomes for name in item.made)
    kept = Counter(name for item in read for name in item.made)
    lines = [
        f"| {name.replace('_', ' ')} | {count:,} | {kept[name] / count:.0%} |"
        for name, count in sorted(kinds.items())
    ]
    told = [f"- {item.number}, {item.source}, {', '.join(item.made)}: {item.fault}" for item in faults]
    return TEMPLATE.format(
        command=command,
        files=len(outcomes),
        semantic=len(semantic) / len(outcomes),
        read=len(read) / len(outcomes),
        accepted=sum(item.accepted for item in outcomes),
        listed=sum(item.listed for item in outcomes),
        counted=sum(item.counted for item in outcomes),
        longest=max(item.seconds for item in outcomes),
        memory=_peak() / 2**20,
        faults="\n".join(told) or "No fault.",
        kinds="\n".join(lines),
    )


TEMPLATE = """\
# Mutated files

    {command}

{files:,} files made from the demo study's (CSV in several encodings and separators, XLSX, XLS, ODS, common transfer files), each
with one to three mutations, read and cleaned. {semantic:.0%} had their cells, or the XML inside them, changed; the others their bytes.
{read:.0%} could still be read; the others were refused in words. Of the rows read, {accepted:,} were accepted and {listed:,} listed; in
{counted:,} of the files the rows read were also held against a count made without reading the file. The longest took {longest:.1f} s;
the most memory was {memory:,.0f} MiB.

{faults}

A fault would be a traceback, a row that is neither accepted nor listed, a count that differs, a file that takes ten seconds, or
a pupil's name or number in a message or an issue.

| mutation | files | still read |
| --- | --- | --- |
{kinds}
"""


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
    parser.add_argument("--page", type=Path, default=PAGE, help="where the results go")
    asked = parser.parse_args()
    outcomes = list(
        track(run(range(asked.first, asked.first + asked.files), asked.jobs), "files", asked.files)
    )
    command = f"python benchmarks/fuzz.py --files {asked.files} --jobs {asked.jobs}"
    asked.page.write_text(page(outcomes, command), encoding="utf-8")
    faults = [item for item in outcomes if item.fault]
    sys.exit(f"{len(faults)} faults: see {asked.page.name}" if faults or _peak() > MOST_BYTES else 0)


if __name__ == "__main__":
    main()

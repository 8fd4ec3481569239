"""Time and memory of this engine, lme4 and statsmodels on simulated national data, and of exact inference on exam.csv.

    python benchmarks/speed.py

writes docs/benchmark.md. Each measurement is a process of its own with one thread, all on the same data; speed_tasks.py and
speed.R say what is timed. It takes a quarter of an hour, nearly all of it lme4's, and the memory lme4 needs for the largest;
`--schools 200 2000` is a short run.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from rich.progress import track

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmark.md"
EXAM = HERE.parent / "tests" / "reference" / "exam.csv"
FIXED = "score ~ baseline + disadvantaged + treated"
MODELS = {
    "random intercept": f"{FIXED} + (1 | school)",
    "random slope": f"{FIXED} + (1 + baseline | school)",
}
# With how often R is timed: the second takes it half a minute.
EXAM_MODELS = {
    "normexam ~ standLRT + (1 | school)": 5,
    "normexam ~ standLRT + sex + (1 + standLRT | school)": 1,
}
# Calls timed, by schools; a size that is not here is timed once.
REPEATS = {200: 9, 2_000: 7, 20_000: 5}
SCHOOLS = (*REPEATS, 200_000)
LIMIT = 1_800
# Each task's name on the page, and the most schools it is tried on.
TASKS = {
    "from_frame": ("this engine with Kenward-Roger, from a frame", 200_000),
    "from_disk": ("the same, from Parquet on disk", 200_000),
    "lme4": ("lme4's fit alone", 200_000),
    "lme4-no-derivatives": ("lme4's fit, calc.derivs=FALSE", 20_000),
    "with_statsmodels": ("statsmodels' MixedLM", 2_000),
}
IN_R = ("lme4", "lme4-no-derivatives", "exam-twice", "exam-once")


@dataclass(frozen=True, slots=True)
class Measured:
    """Processor seconds of the first call (this engine's and statsmodels') and of a usual one, and peak memory in bytes."""

    seconds: float
    peak: int
    first: float | None


Found = Mapping[tuple[str, int, str], Measured | None]


def measure(task: str, where: Path, formula: str, times: int) -> Measured | None:
    """Time a task in a process of its own; nothing when it has not ended within the limit."""
    program = ["Rscript", HERE / "speed.R"] if task in IN_R else [sys.executable, HERE / "speed_tasks.py"]
    try:
        answer = ask([*program, task, where, formula, times], in_r=task in IN_R)
    except subprocess.TimeoutExpired:
        return None
    return Measured(median(answer["seconds"]), answer["peak"], answer.get("first"))


def ask(command: Iterable[object], in_r: bool = False) -> dict[str, Any]:
    """What a process of one thread prints.

    A kernel that the machine sets for an older OpenBLAS, as R's may be, would slow numpy's: numpy chooses its own.
    """
    kernels = () if in_r else ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    environment = {name: value for name, value in os.environ.items() if name not in kernels}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True, env=environment, timeout=LIMIT
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def measure_all(schools: Iterable[int]) -> tuple[dict[int, int], Found]:
    """Rows simulated for each number of schools, and every task measured on them."""
    rows: dict[int, int] = {}
    found: dict[tuple[str, int, str], Measured | None] = {}
    for count in schools:
        with TemporaryDirectory() as made:
            folder = Path(made)
            rows[count] = ask([sys.executable, HERE / "speed_tasks.py", "simulate", folder, count])["rows"]
            asked = [(task, model) for task, (_, most) in TASKS.items() for model in MODELS if count <= most]
            for task, model in track(asked, f"{count:,} schools"):
                found[task, count, model] = measure(task, folder, MODELS[model], REPEATS.get(count, 1))
    return rows, found


def sizes_table(rows: Mapping[int, int], found: Found, model: str) -> str:
    """One row a task, one column a size: seconds."""
    head = ["seconds", *(f"{n:,} pupils, {count:,} schools" for count, n in rows.items())]
    lines = [
        [name, *(_seconds(found, task, count, model) for count in rows)] for task, (name, _) in TASKS.items()
    ]
    lines.insert(1, ["its first call", *(_first(found["from_frame", count, model]) for count in rows)])
    lines.append(["lme4's over this engine's", *(_ratio(found, "lme4", count, model) for count in rows)])
    lines.append(
        [
            "statsmodels' over this engine's",
            *(_ratio(found, "with_statsmodels", count, model) for count in rows),
        ]
    )
    return _table(head, lines)


def memory_table(rows: Mapping[int, int], found: Found, model: str) -> str:
    """One row a task, one column a size: MiB."""
    head = ["MiB", *(f"{n:,} pupils" for n in rows.values())]
    lines = [
        [name, *(_megabytes(found.get((task, count, model))) for count in rows)]
        for task, (name, _) in TASKS.items()
    ]
    return _table(head, lines)


def growth_table(rows: Mapping[int, int], found: Found) -> str:
    """Seconds a million rows: even, if time grows in proportion to rows."""
    head = ["seconds a million pupils", *(f"{n:,} pupils" for n in rows.values())]
    lines = []
    for task in ("from_frame", "from_disk", "lme4"):
        for model in MODELS:
            measured = [(found.get((task, count, model)), n) for count, n in rows.items()]
            cells = [_number(got.seconds / n * 1e6) if got else "-" for got, n in measured]
            lines.append([f"{TASKS[task][0]}, {model}", *cells])
    return _table(head, lines)


def exam_table() -> str:
    """The exam data: this engine beside lme4 with pbkrtest."""
    lines = []
    for formula, times in track(EXAM_MODELS.items(), "exam.csv"):
        ours = measure("exam", EXAM, formula, 25)
        twice, once = (measure(task, EXAM, formula, times) for task in ("exam-twice", "exam-once"))
        if not (ours and ours.first and twice and once):
            raise TimeoutError(f"{formula} took more than {LIMIT} seconds")
        took = [ours.seconds, ours.first, twice.seconds, once.seconds]
        cells = [f"{1000 * seconds:,.1f}" for seconds in took]
        ratios = [f"{theirs.seconds / ours.seconds:,.0f}" for theirs in (twice, once)]
        lines.append([f"`{formula}`".replace("|", r"\|"), *cells, " and ".join(ratios)])
    head = ["milliseconds", "this engine", "its first call", "lmer with `get_Lb_ddf`", "lmer with `Lb_ddf`"]
    return _table([*head, "over this engine's"], lines)


def _seconds(found: Found, task: str, count: int, model: str) -> str:
    if (task, count, model) not in found:
        return "-"
    measured = found[task, count, model]
    return _number(measured.seconds) if measured else f"not in {LIMIT:,}"


def _first(measured: Measured | None) -> str:
    return _number(measured.first) if measured and measured.first else "-"


def _ratio(found: Found, task: str, count: int, model: str) -> str:
    ours, theirs = found["from_frame", count, model], found.get((task, count, model))
    return f"{theirs.seconds / ours.seconds:.0f}" if ours and theirs else "-"


def _megabytes(measured: Measured | None) -> str:
    return f"{measured.peak / 2**20:,.0f}" if measured else "-"


def _number(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(rows: Mapping[int, int], found: Found, exam: str) -> str:
    """The page of results, in Markdown."""
    names = ("numpy", "scipy", "pandas", "formulaic", "statsmodels", "duckdb")
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)]
    versions.append(ask(["Rscript", HERE / "speed.R", "versions"], in_r=True)["versions"])
    parts = [
        f"## {model.capitalize()}\n\n`{formula}`\n\n{sizes_table(rows, found, model)}\n\n{memory_table(rows, found, model)}"
        for model, formula in MODELS.items()
    ]
    return TEMPLATE.format(
        parts="\n\n".join(parts),
        growth=growth_table(rows, found),
        exam=exam,
        processor=_processor(),
        versions=", ".join(versions),
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))


TEMPLATE = """\
# Speed and memory

    python benchmarks/speed.py

Simulated pupils in schools of about 35, with text for school ids. This engine's time has everything in it: reading the
formula, the fit, and Kenward-Roger standard errors and degrees of freedom of every term; from disk, also reading the Parquet
file, batch by batch. lme4's is `lmer` alone, with the school a factor already, with its default control and without the
derivatives it takes after the fit. statsmodels is `MixedLM` with its defaults, up to the size it can be waited for.
Processor seconds, one thread each, medians of several calls in a row after a warm-up (the largest size: one call).
Memory is the most that the process held, the data and the libraries in it. Which BLAS R uses changes lme4's times by
less than they vary.

{parts}

## Growth

{growth}

## Exact inference: exam.csv

4,059 pupils in 65 schools: the fit with Kenward-Roger's standard error and degrees of freedom of every term, beside `lmer`,
`vcovAdj` and the degrees of freedom of every term, by `get_Lb_ddf` (which adjusts the covariance again for each) and by
`Lb_ddf` (which is given it).

{exam}

Made on {processor} with {versions}.
"""


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--schools", type=int, nargs="+", default=SCHOOLS, help="numbers of schools")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the results go")
    chosen = parser.parse_args()
    exam = exam_table()
    rows, found = measure_all(chosen.schools)
    chosen.page.write_text(page(rows, found, exam), encoding="utf-8")


if __name__ == "__main__":
    main()

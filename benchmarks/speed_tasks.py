"""What benchmarks/speed.py times, each in a process of its own.

    python benchmarks/speed_tasks.py TASK FOLDER FORMULA REPEATS

prints, as JSON, the processor seconds of the first call, of each call after it, and the process's peak memory in bytes.
"""

import gc
import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

TABLE = "pupils.parquet"
SEED = 20_000
MEAN_SIZE = 35


def simulate(folder: Path, schools: int) -> int:
    """Pupils of `schools` schools, as Parquet and as raw columns for R; the number of pupils.

    School sizes are Poisson about 35, school ids are text. A school's intercept and its slope on the baseline vary.
    """
    rng = np.random.default_rng(SEED)
    school = np.repeat(np.arange(schools), np.maximum(1, rng.poisson(MEAN_SIZE, schools)))
    n = len(school)
    treated, baseline = (school % 2).astype(float), rng.normal(0, 1, n)
    disadvantaged = (rng.random(n) < 0.25).astype(float)
    effects = rng.normal(0, [3.0, 0.8], (schools, 2))
    score = 100 + 2 * treated + (9 + effects[school, 1]) * baseline - 3 * disadvantaged + effects[school, 0]
    score += rng.normal(0, 11, n)
    numbers = {"treated": treated, "baseline": baseline, "disadvantaged": disadvantaged, "score": score}
    names = pd.Series(np.char.add("S", np.char.zfill(np.arange(schools).astype(str), 6)), dtype="str")
    frame = pd.DataFrame({"school": names.take(school).reset_index(drop=True), **numbers})
    frame.to_parquet(folder / TABLE, index=False)
    for name, values in numbers.items():
        values.astype("<f8").tofile(folder / f"{name}.bin")
    (school + 1).astype("<i4").tofile(folder / "school.bin")
    return n


def from_frame(folder: Path, formula: str) -> Callable[[], object]:
    """This engine: the formula, the fit and Kenward-Roger inference, from a frame in memory."""
    from evaluation.models import fit

    data = pd.read_parquet(folder / TABLE)
    return lambda: fit(formula, data).coefficients


def from_disk(folder: Path, formula: str) -> Callable[[], object]:
    """The same from a Parquet file, batch by batch, reading included."""
    from evaluation.models import cross_products, fit
    from evaluation.store import parquet_batches

    return lambda: fit(cross_products(formula, parquet_batches(folder / TABLE))).coefficients


def with_statsmodels(folder: Path, formula: str) -> Callable[[], object]:
    """statsmodels' MixedLM with its defaults; the formula is read as lme4's."""
    import statsmodels.formula.api as smf

    data = pd.read_parquet(folder / TABLE)
    fixed, _, random = formula.partition(" + (")
    effects = random.partition(" | ")[0]

    def run() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return smf.mixedlm(fixed, data, groups="school", re_formula=f"~ {effects}").fit()

    return run


def exam(file: Path, formula: str) -> Callable[[], object]:
    """This engine on the exam data: the fit and Kenward-Roger inference."""
    from evaluation.models import fit

    data = pd.read_csv(file)
    return lambda: fit(formula, data).coefficients


TASKS = {task.__name__: task for task in (from_frame, from_disk, with_statsmodels, exam)}


def peak_memory() -> int:
    """The most this process has held, in bytes: Linux's VmHWM, which unlike ru_maxrss leaves out what it was forked from."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return 1024 * int(line.split()[1])
    raise RuntimeError("This system does not say how much memory a process has held.")


def seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def main() -> None:
    """Simulate data, or time a task."""
    task, folder, *rest = sys.argv[1:]
    if task == "simulate":
        found: dict[str, object] = {"rows": simulate(Path(folder), int(rest[0]))}
    else:
        run = TASKS[task](Path(folder), rest[0])
        gc.collect()
        times = [seconds(run) for _ in range(1 + int(rest[1]))]
        found = {"first": times[0], "seconds": times[1:], "peak": peak_memory()}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()

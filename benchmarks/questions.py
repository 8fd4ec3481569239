"""Whether every question of a study is answered rightly, and how often its claims are contrary to the truth: many synthetic studies.

    python benchmarks/questions.py --seeds 2000 --jobs 2

writes docs/questions.csv, and from it the tables of docs/questions.md (these alone with --redraw). A study depends on its design, on what is
planted in it and on its number only, so that results are the same for any --jobs.
"""

import argparse
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from math import isfinite
from pathlib import Path

import numpy as np
import pandas as pd
from questions_answers import MARGIN, Answer, Claim, as_compared, ask, ask_otherwise
from questions_page import redraw
from questions_studies import DESIGNS, PLANTED, Design, Planted, draw
from questions_truth import TRUTH, known
from rich.progress import track

from evaluation.impact.claims import MAIN
from evaluation.study import Study, load_study

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "questions.csv"
SEED = 20230925
BLOCK = 20
ALPHA = 0.05
OF_UNITS, OTHERWISE = 250, 50  # studies asked of schools and clusters too, and of other methods
SAID = ("higher", "lower", "within_margin", "differ", "not_inferior")
Cell = tuple[Design, Planted]
NOTHING, EVERYONE, DISADVANTAGED, HELPED = "nothing", "everyone", "disadvantaged", "helped"
# What is planted in the studies of each design, and in what part of the seeds asked for.
ASKED = {
    "randomised": {
        NOTHING: 1.0,
        EVERYONE: 1.0,
        DISADVANTAGED: 0.5,
        "by year group": 0.25,
        "by distance and support": 0.25,
        HELPED: 0.5,
        "helped, chosen beyond the test": 0.25,
    },
    "randomised, twice the schools": {NOTHING: 0.25, EVERYONE: 0.1},
    "matched": {NOTHING: 1.0, EVERYONE: 1.0, HELPED: 0.25},
    "no comparison": {NOTHING: 1.0, EVERYONE: 1.0, DISADVANTAGED: 0.25},
    "no comparison, lowest schools": {NOTHING: 1.0, EVERYONE: 0.5},
}


def block(cell: Cell, start: int, stop: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Studies `start` to `stop` of a cell: a row a study and question of answers, and of claims."""
    design, planted = cell
    place = (DESIGNS.index(design), PLANTED.index(planted))
    study = as_compared(demo(), design)
    answers, claims = [], []
    for number in range(start, stop):
        rng = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(*place, number)))
        drawn = draw(rng, design, planted, TRUTH)
        true = known(drawn, design, planted)
        found, said = ask(study, drawn, true, number < OF_UNITS)
        if number < OTHERWISE and planted.name == NOTHING and design.name in ("randomised", "matched"):
            found += ask_otherwise(study, drawn, true, number)
        answers += [{"number": number, **row} for row in judged(found)]
        claims += [{"number": number, **row} for row in counted(said)]
    named = {"design": design.name, "planted": planted.name}
    return pd.DataFrame(answers).assign(**named), pd.DataFrame(claims).assign(**named)


def cells() -> list[Cell]:
    """Every design with what is planted in its studies."""
    return [
        (design, planted) for design in DESIGNS for planted in PLANTED if planted.name in ASKED[design.name]
    ]


@cache
def demo() -> Study:
    """The demo study's plan."""
    return load_study("ssif_maths", ROOT)


def judged(found: list[Answer]) -> Iterator[dict[str, object]]:
    """One row a question: means over its answers in the study, of those that have a truth to be held to."""
    rows = pd.DataFrame(found)
    given = rows["declined"] == ""
    at = rows["truth"].where(given)
    has_interval = at.notna() & rows[["low", "high"]].notna().all(axis=1)
    inside = (rows["low"] <= at) & (at <= rows["high"])
    table = pd.DataFrame(
        {
            "question": rows["question"],
            "declined": ~given,
            "reason": rows["declined"],
            "truth": at,
            "error": rows["estimate"] - at,
            "covered": inside.where(has_interval).astype(float),
            "rejected": (rows["p"] < ALPHA).where(rows["p"].notna() & given).astype(float),
            "null": (at == rows["null"]).where(at.notna()).astype(float),
        }
    )
    means = table.groupby("question", sort=False).agg(
        {
            "declined": "mean",
            "reason": "max",
            **dict.fromkeys(["truth", "error", "covered", "rejected", "null"], "mean"),
        }
    )
    yield from means.reset_index().to_dict("records")


def counted(said: list[Claim]) -> Iterator[dict[str, object]]:
    """One row a claim that has a truth to be held to: whether it says anything, whether contrary to the truth, whether it could be true."""
    for claim in said:
        if isfinite(claim.truth):
            made = claim.code in SAID
            yield {
                "level": claim.level,
                "unit": claim.unit,
                "question": claim.question,
                "family": family(claim.question),
                "code": claim.code,
                "contrary": made and contrary(claim),
                "true": made and not contrary(claim),
            }


def family(question: str) -> str:
    """The family that a question of the project is of."""
    return "main" if question in MAIN else "supporting" if question == "supporting" else "further"


def contrary(claim: Claim) -> bool:
    """Whether a claim says what is not so."""
    truth = claim.truth
    return {
        "higher": truth <= 0,
        "lower": truth >= 0,
        "within_margin": abs(truth) >= MARGIN,
        "differ": truth == 0,
        "not_inferior": truth <= -MARGIN,
    }[claim.code]


def simulate(cells: list[Cell], seeds: int, jobs: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every study of every cell, in order however many processes share the work."""
    work = [item for cell in cells for item in blocks(cell, seeds)]
    if jobs == 1:
        done = [block(*item) for item in track(work, "simulating")]
    else:
        with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
            done = list(track(pool.map(block, *zip(*work, strict=True)), "simulating", total=len(work)))
    answers, claims = zip(*done, strict=True)
    return pd.concat(answers, ignore_index=True), pd.concat(claims, ignore_index=True)


def blocks(cell: Cell, seeds: int) -> Iterator[tuple[Cell, int, int]]:
    """The cell's studies, some at a time."""
    design, planted = cell
    studies = round(seeds * ASKED[design.name][planted.name])
    return ((cell, start, min(start + BLOCK, studies)) for start in range(0, studies, BLOCK))


def of_answers(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a cell and question: bias, coverage and how often the test rejects, with their Monte Carlo errors."""
    found = []
    for key, part in rows.groupby(["design", "planted", "question"], sort=False):
        told = {"kind": "answer", **dict(zip(("design", "planted", "question"), key, strict=True))}
        told |= {"studies": len(part), "declined": part["declined"].mean(), "truth": part["truth"].mean()}
        told |= {"is_null": part["null"].mean()}
        for name, column in (("bias", "error"), ("coverage", "covered"), ("rejected", "rejected")):
            told |= dict(zip((name, f"{name}_se"), mean_and_error(part[column]), strict=True))
        found.append(told | {"reason": part["reason"].max()})
    return pd.DataFrame(found)


def mean_and_error(values: pd.Series) -> tuple[float, float]:
    """The mean over studies, and its Monte Carlo error."""
    given = values.dropna()
    return float(given.mean()), float(given.std() / np.sqrt(len(given))) if len(given) > 1 else np.nan


def of_claims(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a cell and question, and one a cell and family: how often a claim contrary to the truth, and a true one, is made.

    A family is what the project claims of itself, or what the report of one school does.
    """
    project, school = (rows[rows["level"] == level] for level in ("project", "school"))
    tables = [
        ("claim", project),
        ("family", project.assign(question=project["family"])),
        ("family", project.assign(question="all of the project")),
        ("family", school.assign(question="a school's report")),
    ]
    return pd.DataFrame([row for kind, table in tables for row in _rates(kind, table)])


def _rates(kind: str, rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    for key, part in rows.groupby(["design", "planted", "question"], sort=False):
        told = {"kind": kind, **dict(zip(("design", "planted", "question"), key, strict=True))}
        in_report = part.groupby(["number", "unit"])[["contrary", "true"]].any().astype(float)
        in_study = in_report.groupby("number").mean()
        for name in ("contrary", "true"):
            told |= dict(zip((name, f"{name}_se"), mean_and_error(in_study[name]), strict=True))
        yield told | {"studies": len(in_study)}


def main() -> None:
    """Simulate, summarise, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=2000, help="studies of each design and effect")
    parser.add_argument("--jobs", type=int, default=2, help="processes that share the work")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures go")
    parser.add_argument("--redraw", action="store_true", help="the page alone, from the figures there are")
    asked = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # of the processes started below
    if not asked.redraw:
        answers, claims = simulate(cells(), asked.seeds, asked.jobs)
        found = pd.concat([of_answers(answers), of_claims(claims)], ignore_index=True)
        found.to_csv(asked.results, index=False, float_format="%.5g")
    redraw(asked.results)


if __name__ == "__main__":
    main()

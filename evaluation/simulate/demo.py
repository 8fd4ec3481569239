"""The demo study's raw files, as schools and test companies would send them, with the truth beside them."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.errors import SourceError
from evaluation.simulate.companies import COMPANIES
from evaluation.simulate.exports import LABEL, LAYOUTS, export
from evaluation.simulate.files import csv_bytes
from evaluation.simulate.identities import identify
from evaluation.simulate.number_facts import PATH as FACTS_PATH
from evaluation.simulate.number_facts import TAKER, number_facts
from evaluation.simulate.population import draw_pupils
from evaluation.simulate.records import Made, record_files
from evaluation.simulate.results import results
from evaluation.simulate.rolls import RECEIVER, Rolls, draw_rolls, unusual_numbers
from evaluation.simulate.schools import COMPARISON, SCHOOLS, School
from evaluation.simulate.transfer import PATH as TRANSFER_PATH
from evaluation.simulate.transfer import SENDER, mislisted, transfer_file
from evaluation.simulate.truth import WAVES, Truth, estimands

STUDY = "ssif_maths"
README = f"""{LABEL}

Everything in this folder was made by `evaluation demo` from a random seed. No school, pupil, name, date of birth,
pupil number or score in it is real. The local authority code 999 belongs to no authority.

schools.csv   the schools register
mis/          pupil lists: one file for each taking-part and supporting school, one for all comparison schools
ctf/          the common transfer file one school sent in summer: its pupils, free meals, multiplication check
records/      the project's own: registers, days of support, workshops, help for pupils, money, surveys, ratings, words
tests/        results returned by the test companies: one file for each wave, and an optional test of number facts
truth.json    what is true of the synthetic project and the faults planted in these files; the analysis never reads it
"""
Planted = dict[str, dict[str, int]]


def write_demo(root: Path, seed: int) -> list[Path]:
    """Write the demo study's raw files under `root`/data/raw/ssif_maths, whole or not at all.

    Returns
    -------
    The files written.

    Raises
    ------
    SourceError
        When the folder holds anything but an earlier demo.
    """
    folder = root / "data" / "raw" / STUDY
    if folder.exists() and not _is_demo(folder):
        raise SourceError(
            f"data/raw/{STUDY} holds files that `evaluation demo` did not write, and it will not replace them. "
            "Move them elsewhere, or keep your own study under another name."
        )
    files = demo_files(seed)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{STUDY}-", dir=folder.parent) as aside:
        for name, content in files.items():
            path = Path(aside, "new", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if folder.exists():
            folder.rename(Path(aside, "old"))
        Path(aside, "new").rename(folder)
    return [folder / name for name in files]


def _is_demo(folder: Path) -> bool:
    """Whether everything in the folder says it came from here; an empty folder does."""
    try:
        truth = json.loads((folder / "truth.json").read_bytes())
        return truth["synthetic"] is True and truth["study"] == STUDY
    except (OSError, ValueError, KeyError, TypeError):
        return folder.is_dir() and not any(folder.iterdir())


def demo_files(seed: int, truth: Truth | None = None) -> dict[str, bytes]:
    """The demo study's files by path inside its folder; the same seed gives the same bytes."""
    truth = truth or Truth()
    scores, identities, faults, beside, own = (np.random.default_rng([seed, stream]) for stream in range(5))
    pupils = identify(identities, draw_pupils(scores, truth))
    rolls = draw_rolls(faults, pupils)
    planted: Planted = {}
    files = {"README.txt": README.encode(), "schools.csv": _register()}
    for path, content, counts in (*_exports(rolls), *_results(faults, rolls, truth), *_beside(beside, rolls)):
        files[path] = content
        planted[path] = counts
    records = list(record_files(own, rolls.waves["baseline"]))
    files |= {made.path: made.content for made in records}
    files["truth.json"] = _truth_json(seed, truth, rolls, planted, records)
    return files


def _register() -> bytes:
    headings = ["LAESTAB", "URN", "School", "Phase", "Role", "Cluster", "Easting", "Northing", "Gender"]
    rows = [
        [s.laestab, f"9{s.laestab[2:]}", s.name, s.phase, s.role, s.cluster, s.easting, s.northing, "Mixed"]
        for s in SCHOOLS
    ]
    return csv_bytes([[f"Schools register - {LABEL}"], headings, *rows])


def _exports(rolls: Rolls) -> Iterator[tuple[str, bytes, dict[str, int]]]:
    """Each pupil list: its path, its bytes and the faults in it."""
    first, last = rolls.waves["baseline"], rolls.waves["endline"]
    for school in SCHOOLS:
        roll = first[first["school"] == school.laestab]
        if school.laestab == SENDER:
            path, content, counts = _export(school, contradicted(roll), "")
            yield path, content, {**counts, "disadvantage_contradicted": len(mislisted(roll))}
        elif school.role != COMPARISON:
            yield _export(school, roll, "")
    compared = [school.laestab for school in SCHOOLS if school.role == COMPARISON]
    listed = first[first["school"].isin(compared)]
    again = pd.concat([listed, listed.iloc[[100]]]).sort_index(kind="stable")
    title = "Comparison schools - pupil list, September 2023"
    yield "mis/comparison_schools.csv", export("authority", again, title), {"duplicate_exact": 1}
    receiver = next(school for school in SCHOOLS if school.laestab == RECEIVER)
    path, content, counts = _export(receiver, last[last["school"] == RECEIVER], "_summer")
    yield path, content, {**counts, "moved": len(rolls.moved), "joined_late": len(rolls.joined)}


def contradicted(roll: pd.DataFrame) -> pd.DataFrame:
    """The roll as the school lists it, wrong about a few pupils' disadvantage; its spells of free meals say what is so."""
    return roll.assign(disadvantaged=roll["disadvantaged"] ^ roll.index.isin(mislisted(roll)))


def _export(school: School, roll: pd.DataFrame, suffix: str) -> tuple[str, bytes, dict[str, int]]:
    path = f"mis/{school.slug}{suffix}.{LAYOUTS[school.system].suffix}"
    counts = {kind: n for kind, n in unusual_numbers(roll).items() if n}
    return path, export(school.system, roll, f"{school.name} - pupil list"), counts


def _results(
    rng: np.random.Generator, rolls: Rolls, truth: Truth
) -> Iterator[tuple[str, bytes, dict[str, int]]]:
    """Each test company's file: its path, its bytes and the faults in it."""
    for wave, bounds in zip(WAVES, truth.bounds, strict=True):
        company = COMPANIES[wave]
        returned = results(rng, rolls.waves[wave], wave, bounds, company.marked)
        planted = returned.planted | ({"totals_row": company.totals} if company.totals else {})
        yield company.path, company.write(returned.rows, company.test_date), planted


def _beside(rng: np.random.Generator, rolls: Rolls) -> Iterator[tuple[str, bytes, dict[str, int]]]:
    """Files of one school each that the plan's outcomes do not rest on."""
    middle, last = rolls.waves["midpoint"], rolls.waves["endline"]
    yield TRANSFER_PATH, *transfer_file(rng, last[last["school"] == SENDER])
    yield FACTS_PATH, *number_facts(rng, middle[middle["school"] == TAKER])


def _truth_json(seed: int, truth: Truth, rolls: Rolls, planted: Planted, records: list[Made]) -> bytes:
    content = {
        "label": LABEL,
        "synthetic": True,
        "study": STUDY,
        "seed": seed,
        "estimands": asdict(estimands(truth)),
        "parameters": asdict(truth),
        "pupils_on_roll": {wave: len(roll) for wave, roll in rolls.waves.items()},
        "planted": planted,
        "records": {
            made.path: {
                "kind": made.kind,
                "accepted": made.accepted,
                "faults": made.faults,
                "facts": made.facts,
            }
            for made in records
        },
    }
    return (json.dumps(content, indent=2) + "\n").encode()

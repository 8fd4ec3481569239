"""A study with a column for every field, one pupil to look for, and a way to make its pages in this process."""

import copy
import html
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml
from pipeline_study import ROOT, upn
from typer.testing import CliRunner

from evaluation import pipeline
from evaluation.batch.jobs import Job, Outcome, notebook_path, page_path
from evaluation.batch.render import render
from evaluation.cli import app
from evaluation.errors import DisclosureError
from evaluation.study import find_root
from evaluation.study.records import RECORDS, template_headings

sys.path.insert(0, str(ROOT / "tests" / "report"))
from report_pages import executed

UPN, SURNAME, BORN, FOLDER = upn(0), "Quillfeather", "29/03/2017", "/srv/zelda/private"
CANARIES = (UPN, SURNAME, BORN, FOLDER)
WRITTEN = (UPN, SURNAME, BORN, "2017-03-29", "29 March 2017", FOLDER, "zelda", "Brackenbury")
SCHOOLS, PER_SCHOOL = 6, 14
WHO = {
    "school": "School",
    "upn": "UPN",
    "former_upn": "Former UPN",
    "forename": "Forename",
    "surname": "Surname",
    "dob": "Born",
}
ALSO = {
    name: name.replace("_", " ").capitalize()
    for name in ("preferred_forename", "preferred_surname", "former_forename", "former_surname")
}
PUPIL = {**ALSO, "sex": "Sex", "year_group": "Year", "class": "Class", "disadvantaged": "PP", "eal": "EAL", "send": "SEND", "fsm6": "FSM6",
         "fsm": "FSM", "premium": "Premium", "looked_after": "Looked after", "language": "Language"}  # fmt: skip
SCORE = {"sex": "Sex", "year_group": "Year", "score": "Score", "test_date": "Sat on", "age": "Age"}
SPELL = {"start": "From", "end": "To", "uk_country": "Country"}
REGISTER = {"school": "School", "urn": "URN", "name": "Name", "phase": "Phase", "role": "Role", "cluster": "Cluster",
            "easting": "Easting", "northing": "Northing", "gender": "Gender"}  # fmt: skip
OF_RECORDS = {
    kind: template_headings(kind) | (WHO if record.of_pupils else {}) for kind, record in RECORDS.items()
}
STAFF = "Wilhelmina Brackenbury"
CELLS = {"choice": "", "label": "Any", "person": STAFF, "attendance": "Yes", "yes_no": "Yes", "days": "1", "text": "Number",
         "free_text": "It went well.", "count": "5", "hours": "2", "money": "100", "agreement": "3", "level": "3", "wave": "before"}  # fmt: skip
PLAN: dict[str, Any] = {
    "study": "canary",
    "title": "A project",
    "about": "What it set out to do.",
    "synthetic": False,
    "seed": 1,
    "waves": [{"name": "before", "title": "Autumn", "date": "2024-09-20"}, {"name": "after", "title": "Summer", "date": "2025-07-01"}],
    "year_groups": ["3", "4"],
    "instruments": [{"name": "test", "title": "Test of maths", "edition": "2nd", "unit": "points", "minimum": 69, "maximum": 141}],
    "attributes": {"language": {"title": "Language at home", "values": ["English", "Welsh"]}},
    "schools": {"path": "schools.csv", "columns": REGISTER},
    "sources": [
        {"name": "pupils", "kind": "pupils", "path": "pupils.csv", "wave": "before", "columns": {**WHO, **PUPIL}},
        {"name": "first", "kind": "scores", "path": "first.csv", "wave": "before", "instrument": "test", "columns": {**WHO, **SCORE}},
        {"name": "last", "kind": "scores", "path": "last.csv", "wave": "after", "instrument": "test", "columns": {**WHO, **SCORE}},
        {"name": "meals", "kind": "spells", "path": "meals.csv", "wave": "before", "columns": {**WHO, **SPELL}},
        {"name": "marks", "kind": "marks", "path": "marks.csv", "wave": "after", "instrument": "test", "questions": "paper",
         "columns": {**WHO, "year_group": "Year"}},
        *({"name": kind, "kind": kind, "path": f"{kind}.csv", "columns": columns} for kind, columns in OF_RECORDS.items()),
    ],
    "project": {"first": "2024-09-01", "last": "2025-07-31"},
    "questions": {"paper": {"Q1": {"marks": 1, "topic": "Number"}, "Q2": {"marks": 2, "topic": "Shape"}}},
    "comparison": {"kind": "matched", "unit": "school", "description": "schools like them"},
    "words": {"disadvantaged": "pupils on free meals", "others": "other pupils", "treated": "pupils helped", "control": "pupils not helped"},
    "analysis": {
        "outcomes": {"first": {"instrument": "test", "wave": "before", "title": "Maths, autumn"},
                     "last": {"instrument": "test", "wave": "after", "title": "Maths, summer"}},
        "primary": "last", "baseline": "first", "treatment": "treated",
        "indicators": {"treated": {"column": "role", "equals": "helped", "label": "helped"}},
        "models": {"headline": {"title": "Helped against not", "formula": "last ~ treated + first + disadvantaged + (1 | school)", "term": "treated"}},
    },
    "reports": {"audience": "project", "school_roles": ["helped"]},
}  # fmt: skip
Raw = dict[str, pd.DataFrame]


def raw_files() -> Raw:
    """Every raw file's cells, with a column in each that no source maps; the pupil looked for is the first of the first school."""
    schools = pd.DataFrame(
        [[f"999200{at}", f"10000{at}", f"Invented {'ABCDEF'[at]} School", "primary", "helped" if at % 2 == 0 else "not helped",
          "Valley" if at < 4 else "", 400000 + at, 300000, "mixed", "none"] for at in range(SCHOOLS)],
        columns=[*REGISTER.values(), "Remarks"],
    )  # fmt: skip
    generator, numbers = np.random.default_rng(5), range(SCHOOLS * PER_SCHOOL)
    born = [BORN if at == 0 else f"{1 + at % 27:02d}/0{1 + at % 8}/2016" for at in numbers]
    who = pd.DataFrame(
        {"School": [f"999200{at // PER_SCHOOL}" for at in numbers], "UPN": [upn(at) for at in numbers], "Former UPN": "",
         "Forename": [f"Forename{chr(97 + at % PER_SCHOOL)}" for at in numbers],
         "Surname": [SURNAME if at == 0 else f"Surname{chr(97 + at // PER_SCHOOL)}" for at in numbers], "Born": born}
    )  # fmt: skip
    turn = [at % PER_SCHOOL for at in numbers]
    yes = {
        name: ["Yes" if (at + shift) % 2 else "No" for at in turn]
        for shift, name in enumerate(["PP", "EAL", "SEND"])
    }
    pupils = who.assign(
        Sex=["MF"[at % 2] for at in turn], Year="4", Class="4A", **yes, FSM6="", FSM="", Premium=""
    )
    pupils = pupils.assign(
        **dict.fromkeys(ALSO.values(), ""),
        **{"Looked after": "", "Language": "English", "Address": "1 The Street"},
    )
    first = np.clip(np.round(generator.normal(100, 12, len(who))), 70, 140).astype(int)
    last = np.clip(np.round(0.7 * first + 32 + generator.normal(0, 7, len(who))), 70, 140).astype(int)
    scores = [
        who.assign(Sex="", Year="4", Score=score, **{"Sat on": "", "Age": "", "Comment": "none"})
        for score in (first, last)
    ]
    meals = who.iloc[1::2].assign(From="01/09/2023", To="", Country="England", Note="")
    marks = who.assign(Year="4", Q1=[at % 2 for at in turn], Q2=[at % 3 for at in turn], Teacher="none")
    return {
        "schools": schools,
        "pupils": pupils,
        "first": scores[0],
        "last": scores[1],
        "meals": meals,
        "marks": marks,
        **{kind: _records(kind, who) for kind in RECORDS},
    }


def _records(kind: str, who: pd.DataFrame) -> pd.DataFrame:
    """A record of each kind for each school, with a column that no source maps."""
    days = [f"{1 + at:02d}/11/2024" for at in range(SCHOOLS)]
    cells = {
        item.heading: {"day": days, "day_or_month": days}.get(
            item.parser, CELLS.get(item.parser) or (item.holds or [""])[0]
        )
        for item in RECORDS[kind].items
    }
    first = who.iloc[::PER_SCHOOL].reset_index(drop=True)
    heading = OF_RECORDS[kind].get("school", "School")
    people = first if RECORDS[kind].of_pupils else first[[]].assign(**{heading: first["School"]})
    named = {name: cell for name, cell in cells.items() if name not in people}
    return people.assign(**named, Notes="none")


def write_canary(root: Path, raw: Raw, plan: Mapping[str, Any] = PLAN) -> None:
    """Write a project folder with the study and its raw files."""
    folder = root / "data" / "raw" / "canary"
    for made in (root / "params", folder):
        made.mkdir(parents=True, exist_ok=True)
    if not (root / "notebooks").exists():
        shutil.copytree(ROOT / "notebooks", root / "notebooks")
    (root / "params" / "canary.yml").write_text(
        yaml.safe_dump(dict(plan), sort_keys=False, allow_unicode=True)
    )
    for name, frame in raw.items():
        frame.to_csv(folder / f"{name}.csv", index=False)


def planted(raw: Raw, file: str, column: str) -> Raw:
    """The raw files with a canary in each of four rows of a column, none of them the row of the pupil looked for."""
    frame = raw[file].astype({column: object})
    first = PER_SCHOOL if len(frame) > PER_SCHOOL + len(CANARIES) else 0
    frame.iloc[first : first + len(CANARIES), list(frame.columns).index(column)] = CANARIES
    return {**raw, file: frame}


def leaves(plan: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every text of the study file."""
    if isinstance(plan, dict):
        for key, value in plan.items():
            yield from leaves(value, (*path, key))
    elif isinstance(plan, list):
        for at, value in enumerate(plan):
            yield from leaves(value, (*path, at))
    elif isinstance(plan, str):
        yield path


def with_text(path: tuple[Any, ...], text: str) -> dict[str, Any]:
    """The plan with a text after what stands in a place of it."""
    plan = copy.deepcopy(PLAN)
    held: Any = plan
    for key in path[:-1]:
        held = held[key]
    held[path[-1]] += f" {text}"
    return plan


def run_here(patch: pytest.MonkeyPatch) -> None:
    """Have runs make their pages in this process, without kernels."""

    def run_jobs(jobs: list[Job], folder: Path, audience: str, *_: object, **__: object) -> list[Outcome]:
        patch.setenv("EVALUATION_RUN_FOLDER", str(folder))
        for job in jobs:
            page = page_path(job, folder, audience)
            kept = notebook_path(job, folder)
            for path in (page, kept):
                path.parent.mkdir(parents=True, exist_ok=True)
            with chdir(find_root(folder)):
                nbformat.write(executed(job.notebook, job.parameters), kept)
            page.write_text(render(nbformat.read(kept, 4), job), encoding="utf-8")
        return [Outcome(job, "ok", None, "", 0.0) for job in jobs]

    patch.setattr(pipeline, "run_jobs", run_jobs)


def told(folder: Path) -> set[str]:
    """Which canaries a run tells of in any byte but its internal pages, read without the scan."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        if path.is_file() and "internal" not in path.relative_to(folder).parts:
            text = path.read_bytes().decode("utf-8", "replace")
            every = f"{path.name} {text} {html.unescape(text)}".casefold()
            found |= {canary for canary in WRITTEN if canary.casefold() in every}
    return found


def audited(*words: str) -> tuple[int, str]:
    """What `evaluation audit` ends with and says, its error included."""
    done = CliRunner().invoke(app, ["audit", *words])
    code = done.exception.exit_code if isinstance(done.exception, DisclosureError) else done.exit_code
    return code, done.output + str(done.exception or "")

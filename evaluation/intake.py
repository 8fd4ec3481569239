"""The data's way in: ingest, clean, link and derive, from the raw files to the store's tables."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from evaluation.clean import Cleaned, check_across, clean_register, clean_source
from evaluation.derive import analysis_table, flow_table, schools_table
from evaluation.errors import DataError
from evaluation.ingest import RawTable, read_tables
from evaluation.link import Linked, link, pseudonym_key
from evaluation.study import Study

Tables = dict[str, pd.DataFrame]


class Step(Protocol):
    """Told what is being done and, on counted work, how much of how much is done."""

    def __call__(self, what: str, done: int | None = None, total: int | None = None) -> None: ...


@dataclass(frozen=True)
class Received:
    """What the files held: typed rows of each kind, every cell not accepted, and a line for each file and sheet."""

    register: pd.DataFrame | None
    pupils: pd.DataFrame
    scores: pd.DataFrame
    issues: pd.DataFrame
    sources: pd.DataFrame


def receive(study: Study, root: Path, step: Step) -> Received:
    """Read and clean every file of the study.

    Raises
    ------
    SourceError
        When a file is missing or cannot be read.
    """
    folder = root / "data" / "raw" / study.study
    register = None
    cleaned: dict[str, list[Cleaned]] = {"schools": [], "pupils": [], "scores": []}
    lines = []
    if study.schools is not None:
        headings = list(study.schools.columns.values())
        tables = read_tables(
            folder / study.schools.path, study.schools.path, "schools", headings, study.schools.sheet
        )
        cleaned["schools"].append(clean_register(study, tables))
        register = cleaned["schools"][0].rows
        lines.append(_line("schools", "schools", tables, cleaned["schools"][0]))
    known = None if register is None else set(register["school"])
    for number, source in enumerate(study.sources):
        step(f"reading {source.path}", number, len(study.sources))
        headings = list(study.columns(source).values())
        tables = read_tables(folder / source.path, source.path, source.name, headings, source.sheet)
        cleaned[source.kind].append(clean_source(study, source, tables, known))
        lines.append(_line(source.name, source.kind, tables, cleaned[source.kind][-1]))
    every = [item for items in cleaned.values() for item in items]
    issues = pd.concat([item.issues for item in every], ignore_index=True)
    pupils, scores = (
        pd.concat([item.rows for item in cleaned[kind]], ignore_index=True) for kind in ("pupils", "scores")
    )
    across = check_across(study, register, pupils, scores, issues)
    issues = pd.concat([issues, across.issues], ignore_index=True)
    return Received(register, across.pupils, across.scores, issues, pd.DataFrame(lines))


def linked(study: Study, received: Received) -> Linked:
    """The rows received, under pseudonyms.

    Raises
    ------
    DataError
        When no pupil row, or no score row, was accepted.
    """
    for rows, what in ((received.pupils, "pupil"), (received.scores, "score")):
        if rows.empty:
            raise DataError(
                f"No {what} row was accepted from any file. `evaluation check {study.study}` lists the reasons."
            )
    return link(study, received.pupils, received.scores, pseudonym_key(study.study))


def take_in(study: Study, root: Path, step: Step) -> Tables:
    """The store's tables: schools, pupils, scores, analysis, flow, issues, review, sources.

    Raises
    ------
    EvaluationError
        When a file cannot be read, or what the files hold cannot be analysed as planned.
    """
    received = receive(study, root, step)
    step("linking pupils")
    return assemble(study, received)


def assemble(study: Study, received: Received) -> Tables:
    """The store's tables from what was received.

    Raises
    ------
    DataError
        When no row was accepted, or a variable of the plan cannot be made.
    """
    found = linked(study, received)
    schools = schools_table(received.register, found.pupils)
    analysis = analysis_table(study, found.pupils, found.scores, schools)
    return {
        "schools": schools,
        "pupils": found.pupils,
        "scores": found.scores,
        "analysis": analysis,
        "flow": flow_table(study, analysis),
        "issues": received.issues,
        "review": found.review,
        "sources": received.sources,
    }


def _line(source: str, kind: str, tables: list[RawTable], cleaned: Cleaned) -> dict[str, Any]:
    """A line of the table of sources: a source is one file, of one sheet or several."""
    return {
        "source": source,
        "kind": kind,
        "file": tables[0].file,
        "sheets": len(tables),
        "sha256": tables[0].sha256,
        "rows_in": cleaned.rows_in,
        "rows_accepted": len(cleaned.rows),
        "rows_listed": cleaned.rows_in - len(cleaned.rows),
    }

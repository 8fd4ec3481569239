"""The data's way in: ingest, clean, link and derive, from the raw files to the store's tables."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evaluation.clean import Cleaned, clean_register
from evaluation.clean.issues import gather
from evaluation.derive import analysis_table, flow_table, origins_table, schools_table
from evaluation.errors import DataError
from evaluation.ingest import RawTable, read_tables
from evaluation.link import Linked, link, pseudonym_key
from evaluation.sources import Reader, Step, line, take_sources
from evaluation.store import check_tables
from evaluation.store.cache import Cache
from evaluation.store.withdrawn import Withdrawals, read_withdrawals, turn_away, who_text
from evaluation.study import Study

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Received:
    """What the files held: typed rows of each kind, every cell not accepted, and a line for each file and sheet."""

    register: pd.DataFrame | None
    pupils: pd.DataFrame
    scores: pd.DataFrame
    issues: pd.DataFrame
    sources: pd.DataFrame


def receive(study: Study, root: Path, step: Step) -> Received:
    """Read and clean every file of the study, but those read and cleaned by an earlier run.

    Raises
    ------
    SourceError
        When a file is missing or cannot be read.
    """
    folder = root / "data" / "raw" / study.study
    key = pseudonym_key(study.study)
    withdrawn = read_withdrawals(root, study.study, key)
    register = None
    cleaned: dict[str, list[Cleaned]] = {"schools": [], "pupils": [], "scores": []}
    lines = []
    if study.schools is not None:
        tables, cleaned["schools"] = _register(study, folder, withdrawn)
        register = cleaned["schools"][0].rows
        lines.append(line("schools", "schools", tables, cleaned["schools"][0]))
    known = None if register is None else set(register["school"])
    cache = Cache(root / "data" / "processed" / study.study, key)
    taken = take_sources(Reader(study, folder, known, withdrawn, cache), step)
    for source, kept in zip(study.sources, taken, strict=True):
        cleaned[source.kind].append(kept.cleaned)
        lines.append(dict(kept.line))
    every = [item for items in cleaned.values() for item in items]
    return Received(
        register,
        pd.concat([item.rows for item in cleaned["pupils"]], ignore_index=True),
        pd.concat([item.rows for item in cleaned["scores"]], ignore_index=True),
        pd.concat([item.issues for item in every], ignore_index=True),
        pd.DataFrame(lines),
    )


def _register(study: Study, folder: Path, withdrawn: Withdrawals) -> tuple[list[RawTable], list[Cleaned]]:
    """The register's tables, and its rows but for schools withdrawn."""
    assert study.schools is not None
    columns = study.schools.columns
    tables = read_tables(
        folder / study.schools.path,
        study.schools.path,
        "schools",
        list(columns.values()),
        study.schools.sheet,
    )
    read = [table for table in tables if table.header_row]
    parts = [turn_away(table, withdrawn.tells(who_text(table, columns), None)) for table in read]
    found = clean_register(study, [*(part for part, _ in parts), *(t for t in tables if not t.header_row)])
    issues = gather([found.issues, *(listed for _, listed in parts)])
    return tables, [Cleaned(found.rows, issues, sum(len(table.cells) for table in tables))]


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
    """The store's tables: schools, pupils, scores, analysis, flow, issues, review, sources, origins.

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
    tables = {
        "schools": schools,
        "pupils": found.pupils,
        "scores": found.scores,
        "analysis": analysis,
        "flow": flow_table(study, analysis),
        "issues": received.issues,
        "review": found.review,
        "sources": received.sources,
        "origins": origins_table(study),
    }
    check_tables(tables)
    return tables

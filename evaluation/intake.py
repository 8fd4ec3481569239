"""The data's way in: ingest, clean, link and derive, from the raw files to the store's tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from evaluation.clean import Cleaned, clean_register, clean_source
from evaluation.derive import (
    allocated,
    analysis_table,
    censored_table,
    characteristics,
    facility_table,
    fix_disadvantage,
    flow_table,
    months_old,
    published_tables,
    put_on_footing,
    read_norms,
    scales_table,
    schools_table,
    topics_table,
    with_disadvantage,
)
from evaluation.derive.disadvantage import FLAGS, Disadvantage
from evaluation.derive.footing import Footed
from evaluation.errors import DataError
from evaluation.ingest import RawTable, read_source, read_tables
from evaluation.link import REVIEW_COLUMNS, Linked, link, pseudonym_key, pupil_keys
from evaluation.study import Study
from evaluation.study.fields import FIELDS, IDENTIFYING

Tables = dict[str, pd.DataFrame]


class Step(Protocol):
    """Told what is being done and, on counted work, how much of how much is done."""

    def __call__(self, what: str, done: int | None = None, total: int | None = None) -> None: ...


@dataclass(frozen=True)
class Received:
    """What the files held: typed rows of each kind, every cell not accepted, a line for each file; published tables."""

    register: pd.DataFrame | None
    pupils: pd.DataFrame
    scores: pd.DataFrame
    spells: pd.DataFrame
    marks: pd.DataFrame
    norms: dict[str, RawTable]
    issues: pd.DataFrame
    sources: pd.DataFrame
    published: Tables


def receive(study: Study, root: Path, step: Step) -> Received:
    """Read and clean every file of the study.

    Raises
    ------
    SourceError
        When a file is missing or cannot be read.
    """
    folder = root / "data" / "raw" / study.study
    register = None
    cleaned: dict[str, list[Cleaned]] = {"schools": [], "pupils": [], "scores": [], "spells": [], "marks": []}
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
        tables = read_source(folder, study, source)
        cleaned[source.kind].append(clean_source(study, source, tables, known))
        lines.append(_line(source.name, source.kind, tables, cleaned[source.kind][-1]))
    norms = _norms(study, folder)
    lines += [_line(f"norms of {name}", "norms", [table], None) for name, table in norms.items()]
    published = published_tables(study, folder)
    every = [item for items in cleaned.values() for item in items]
    return Received(
        register,
        _rows("pupils", cleaned["pupils"]),
        _rows("scores", cleaned["scores"]),
        _rows("spells", cleaned["spells"]),
        _rows("marks", cleaned["marks"]),
        norms,
        pd.concat([*(item.issues for item in every), published.issues], ignore_index=True),
        pd.DataFrame([*lines, *published.sources]),
        published.tables,
    )


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
    """The store's tables, those of `assemble`.

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

    schools, pupils, scores, analysis, flow, conflicts, characteristics, scales, censored, topics, facility,
    notes, issues, review, sources.

    Raises
    ------
    DataError
        When no row was accepted, or a variable of the plan cannot be made.
    """
    found = linked(study, received)
    schools = schools_table(received.register, found.pupils)
    spells, marks = (_keyed(study, received, rows) for rows in (received.spells, received.marks))
    fixed = fix_disadvantage(study, found.pupils, _flags(study, received), spells)
    pupils = with_disadvantage(found.pupils, fixed)
    footed = _on_footing(study, received, found, allocated(study, pupils, schools))
    analysis = analysis_table(study, pupils, footed.scores, schools)
    return {
        "schools": schools,
        "pupils": pupils,
        "scores": found.scores.assign(analysed=footed.scores["score"]),
        "analysis": analysis,
        "flow": flow_table(study, analysis),
        **_measured(study, analysis, fixed, footed, marks),
        "issues": received.issues,
        "review": _review(found.review, spells, marks),
        "sources": received.sources,
        **received.published,
    }


def _measured(
    study: Study, analysis: pd.DataFrame, fixed: Disadvantage, footed: Footed, marks: pd.DataFrame
) -> Tables:
    """The tables that say how disadvantage, scores and topics were come by."""
    topics = topics_table(study, marks)
    notes = {"disadvantage": fixed.notes, "scores": footed.notes}
    return {
        "conflicts": fixed.conflicts,
        "characteristics": characteristics(analysis, fixed.conflicts),
        "scales": scales_table(footed.scales),
        "censored": censored_table(study, analysis),
        "topics": topics,
        "facility": facility_table(topics, analysis),
        "notes": pd.DataFrame(
            [(about, note) for about, said in notes.items() for note in said], columns=["about", "note"]
        ),
    }


def _on_footing(study: Study, received: Received, found: Linked, pupils: pd.DataFrame) -> Footed:
    """The linked scores on the study's footing; ages, which linked rows do not have, come from the rows' places."""
    place = ["file", "sheet", "row", "instrument", "wave"]
    ages = received.scores[place].assign(months=months_old(received.scores)).drop_duplicates(place)
    months = found.scores[place].merge(ages, on=place, how="left")["months"]
    norms = {name: read_norms(study, study.instrument(name), table) for name, table in received.norms.items()}
    return put_on_footing(study, found.scores, pupils, norms, months.set_axis(found.scores.index))


def _flags(study: Study, received: Received) -> pd.DataFrame:
    """Pupil rows that hold evidence of disadvantage beside the column as given, under pseudonyms."""
    rows = received.pupils[received.pupils[FLAGS].notna().any(axis=1)]
    return _keyed(study, received, rows).dropna(subset=["pupil"])


def _keyed(study: Study, received: Received, rows: pd.DataFrame) -> pd.DataFrame:
    """Cleaned rows with a pseudonym in place of what identifies a pupil."""
    if rows.empty:
        return rows.drop(columns=list(IDENTIFYING)).assign(pupil="", reason="")
    keys = pupil_keys(study, received.pupils, rows, pseudonym_key(study.study))
    return rows.drop(columns=list(IDENTIFYING)).join(keys)


def _review(found: pd.DataFrame, *keyed: pd.DataFrame) -> pd.DataFrame:
    """What linking leaves to a person, rows of spells and marks included."""
    more = [rows.loc[rows["reason"] != "", REVIEW_COLUMNS] for rows in keyed if len(rows)]
    return pd.concat([found, *more], ignore_index=True)


def _rows(kind: str, cleaned: Sequence[Cleaned]) -> pd.DataFrame:
    """The rows of all sources of a kind; of no source, none, with its columns."""
    columns = ["source", "file", "sheet", "row", "wave", *(field.name for field in FIELDS[kind])]
    return (
        pd.concat([item.rows for item in cleaned], ignore_index=True)
        if cleaned
        else pd.DataFrame(columns=columns)
    )


def _norms(study: Study, folder: Path) -> dict[str, RawTable]:
    """The publishers' tables of norms, by instrument."""
    paths = {item.name: item.norms for item in study.instruments if item.norms is not None}
    tables = {
        name: read_tables(folder / path, path, name, ["raw", "standardised"]) for name, path in paths.items()
    }
    return {name: next(table for table in found if table.header_row) for name, found in tables.items()}


def _line(source: str, kind: str, tables: list[RawTable], cleaned: Cleaned | None) -> dict[str, Any]:
    """A line of the table of sources: a source is one file, of one sheet or several. Norms are used whole."""
    rows_in = cleaned.rows_in if cleaned else len(tables[0].cells)
    accepted = len(cleaned.rows) if cleaned else rows_in
    return {
        "source": source,
        "kind": kind,
        "file": tables[0].file,
        "sheets": len(tables),
        "sha256": tables[0].sha256,
        "rows_in": rows_in,
        "rows_accepted": accepted,
        "rows_listed": rows_in - accepted,
    }

"""From raw files to what was received: every file read and cleaned, held against the others, with what schools answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.clean import Cleaned, check_across, check_records, clean_register
from evaluation.clean.answers import row_is_meant, take_returned, who_is_meant
from evaluation.clean.cells import no_rows
from evaluation.clean.compact import use_room_sparingly
from evaluation.clean.issues import gather, put_with
from evaluation.clean.schools import school_names
from evaluation.clean.shelf import Shelf, shelved
from evaluation.derive import (
    published_tables,
)
from evaluation.ingest import RawTable, read_tables
from evaluation.ingest.returned import Returned, read_all_returned
from evaluation.link import (
    Decision,
    pseudonym,
    pseudonym_key,
    read_decisions,
)
from evaluation.sources import Reader, Step, line, take_norms, take_sources
from evaluation.store.cache import Cache, Kept
from evaluation.store.withdrawn import Withdrawals, read_withdrawals, turn_away, who_text
from evaluation.study import Study
from evaluation.study.fields import FIELDS
from evaluation.study.records import RECORDS

Frames = dict[str, pd.DataFrame]
SHELVED = ("pupils", "scores")


@dataclass(frozen=True)
class Received:
    """What the files held: typed rows of each kind, every cell not accepted, a line for each file; published tables.

    Pupils and scores, of which there may be millions, are on shelves, in the order of the study's sources.
    """

    register: pd.DataFrame | None
    pupils: Shelf
    scores: Shelf
    spells: pd.DataFrame
    marks: pd.DataFrame
    norms: dict[str, RawTable]
    issues: pd.DataFrame
    sources: pd.DataFrame
    published: Frames
    decisions: tuple[Decision, ...] = ()
    records: Frames = field(default_factory=dict)


def receive(study: Study, root: Path, step: Step) -> Received:
    """Read and clean every file of the study, but those read and cleaned by an earlier run.

    Raises
    ------
    SourceError
        When a file is missing or cannot be read.
    """
    use_room_sparingly()
    folder = root / "data" / "raw" / study.study
    key = pseudonym_key(study.study)
    withdrawn = read_withdrawals(root, study.study, key)
    register = None
    told: dict[str, list[pd.DataFrame]] = {"schools": []}
    lines = []
    if study.schools is not None:
        tables, found = _register(study, folder, withdrawn)
        register = found.rows
        told["schools"].append(found.issues)
        lines.append(line("schools", "schools", tables, found))
    known = None if register is None else school_names(register)
    cache = Cache(root / "data" / "processed" / study.study, key)
    taken = take_sources(Reader(study, folder, known, withdrawn, cache), step)
    shelves = {kind: Shelf(root / "data" / "processed" / study.study / "cleaned") for kind in SHELVED}
    rows = _by_kind(study, taken, shelves, told, lines)
    norms = take_norms(study, folder)
    lines += [line(f"norms of {name}", "norms", [table], None) for name, table in norms.items()]
    published = published_tables(study, folder)
    decisions, reviewed = read_decisions(folder)
    issues = pd.concat(
        [*(part for parts in told.values() for part in parts), published.issues], ignore_index=True
    )
    across = check_across(study, register, shelves["pupils"], shelves["scores"], issues)
    kept = {kind: rows[kind] for kind in RECORDS if kind in rows}
    records, doubts = check_records(study, kept, shelves["pupils"], shelves["scores"])
    received = Received(
        register,
        shelves["pupils"],
        shelves["scores"],
        rows["spells"],
        rows["marks"],
        norms,
        pd.concat([issues, across, doubts], ignore_index=True),
        pd.DataFrame([*lines, *reviewed, *published.sources]),
        published.tables,
        tuple(decisions),
        records,
    )
    books = read_all_returned(folder / "returned", study.study)
    return _with_answers(study, received, books) if books else received


def _with_answers(study: Study, received: Received, books: list[Returned]) -> Received:
    """What was received, with what schools answer in the request workbooks they sent back."""
    pupils, scores = received.pupils.frame(), received.scores.frame()
    pupils = pupils.assign(reference=references(study, who_is_meant(pupils)))
    scores = scores.assign(reference=references(study, row_is_meant(scores)))
    taken = take_returned(study, books, pupils, scores)
    return replace(
        received,
        pupils=shelved([taken.pupils.drop(columns="reference")]),
        scores=shelved([taken.scores.drop(columns="reference")]),
        issues=pd.concat([received.issues, taken.issues], ignore_index=True),
        sources=pd.concat([received.sources, taken.lines], ignore_index=True),
    )


def references(study: Study, meant: pd.Series) -> pd.Series:
    """What stands for a pupil, or a row, in a request workbook: XXXX-XXXX-XXXX, keyed, and no identity."""
    key = pseudonym_key(study.study)
    short = {text: pseudonym(key, study.study, f"request|{text}")[:12].upper() for text in meant.unique()}
    return meant.map({text: f"{name[:4]}-{name[4:8]}-{name[8:]}" for text, name in short.items()})


def _register(study: Study, folder: Path, withdrawn: Withdrawals) -> tuple[list[RawTable], Cleaned]:
    """The register's tables, and its rows but for schools withdrawn."""
    assert study.schools is not None
    columns = study.schools.columns
    path, headings = study.schools.path, study.schools.headings()
    tables = read_tables(folder / path, path, "schools", headings, study.schools.sheet)
    read = [table for table in tables if table.header_row]
    parts = [turn_away(table, withdrawn.tells(who_text(table, columns), None)) for table in read]
    found = clean_register(study, [*(part for part, _ in parts), *(t for t in tables if not t.header_row)])
    issues = gather([found.issues, *(listed for _, listed in parts)])
    return tables, Cleaned(found.rows, issues, sum(len(table.cells) for table in tables))


def _by_kind(
    study: Study,
    taken: Iterable[Kept],
    shelves: Mapping[str, Shelf],
    told: dict[str, list[pd.DataFrame]],
    lines: list[dict[str, Any]],
) -> Frames:
    """Put the rows of pupils and scores on their shelves; the rows of all sources of each other kind.

    Their issues are put in `told`, by kind, and a line for each in `lines`. Of records, only the kinds that the study has.
    """
    others: dict[str, list[pd.DataFrame]] = {kind: [] for kind in FIELDS if kind not in shelves}
    for kind in FIELDS:
        told.setdefault(kind, [])
    for kind, shelf in shelves.items():
        shelf.add(no_rows(study, kind))
    for source, kept in zip(study.sources, taken, strict=True):
        if source.kind in shelves:
            shelves[source.kind].add(kept.cleaned.rows)
        else:
            others[source.kind].append(kept.cleaned.rows)
        put_with(told[source.kind], kept.cleaned.issues)
        lines.append(dict(kept.line))
    rows = {kind: no_rows(study, kind) for kind in ("spells", "marks") if not others[kind]}
    return rows | {kind: pd.concat(parts, ignore_index=True) for kind, parts in others.items() if parts}

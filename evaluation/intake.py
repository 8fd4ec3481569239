"""The data's way in: ingest, clean, link and derive, from the raw files to the store's tables."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.clean import Cleaned, check_across, check_records, clean_register
from evaluation.clean.answers import row_is_meant, take_returned, who_is_meant
from evaluation.clean.cells import no_rows
from evaluation.clean.compact import Stack, plain, stacked
from evaluation.clean.issues import gather
from evaluation.clean.schools import school_names
from evaluation.derive import (
    allocated,
    analysis_table,
    censored_table,
    characteristics,
    facility_table,
    fix_disadvantage,
    flow_table,
    linkage_table,
    months_old,
    moves_table,
    origins_table,
    published_tables,
    put_on_footing,
    read_norms,
    record_tables,
    scales_table,
    schools_table,
    topics_table,
    with_disadvantage,
)
from evaluation.derive.disadvantage import FLAGS, Disadvantage
from evaluation.derive.footing import Footed
from evaluation.errors import DataError
from evaluation.ingest import RawTable, read_tables
from evaluation.ingest.returned import Returned, read_all_returned
from evaluation.link import (
    REVIEW_COLUMNS,
    Decision,
    Linked,
    link,
    pseudonym,
    pseudonym_key,
    pupil_keys,
    read_decisions,
)
from evaluation.sources import Reader, Step, line, take_norms, take_sources
from evaluation.store import check_tables
from evaluation.store.cache import Cache, Kept
from evaluation.store.held import Tables
from evaluation.store.withdrawn import Withdrawals, read_withdrawals, turn_away, who_text
from evaluation.study import Study
from evaluation.study.fields import FIELDS, IDENTIFYING
from evaluation.study.records import RECORDS

Frames = dict[str, pd.DataFrame]
COMPACT = ("pupils", "scores")
Ask = Callable[[pd.DataFrame], object]
"""Given the doubtful pairs of linkage, identities and all, for a person to decide."""


@dataclass(frozen=True)
class Received:
    """What the files held: typed rows of each kind, every cell not accepted, a line for each file; published tables.

    Pupils and scores, of which there may be millions, are held compactly: `evaluation.clean.compact.plain` gives them, or
    some of them, as they were cleaned.
    """

    register: pd.DataFrame | None
    pupils: pd.DataFrame
    scores: pd.DataFrame
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
    rows = _by_kind(study, taken, told, lines)
    norms = take_norms(study, folder)
    lines += [line(f"norms of {name}", "norms", [table], None) for name, table in norms.items()]
    published = published_tables(study, folder)
    decisions, reviewed = read_decisions(folder)
    issues = pd.concat(
        [*(part for parts in told.values() for part in parts), published.issues], ignore_index=True
    )
    across = check_across(study, register, rows.pop("pupils"), rows.pop("scores"), issues)
    kept = {kind: rows[kind] for kind in RECORDS if kind in rows}
    records, doubts = check_records(study, kept, across.pupils, across.scores)
    received = Received(
        register,
        across.pupils,
        across.scores,
        rows["spells"],
        rows["marks"],
        norms,
        pd.concat([issues, across.issues, doubts], ignore_index=True),
        pd.DataFrame([*lines, *reviewed, *published.sources]),
        published.tables,
        tuple(decisions),
        records,
    )
    books = read_all_returned(folder / "returned", study.study)
    return _with_answers(study, received, books) if books else received


def _with_answers(study: Study, received: Received, books: list[Returned]) -> Received:
    """What was received, with what schools answer in the request workbooks they sent back."""
    pupils, scores = plain(received.pupils), plain(received.scores)
    pupils = pupils.assign(reference=references(study, who_is_meant(pupils)))
    scores = scores.assign(reference=references(study, row_is_meant(scores)))
    taken = take_returned(study, books, pupils, scores)
    return replace(
        received,
        pupils=stacked([taken.pupils.drop(columns="reference")]),
        scores=stacked([taken.scores.drop(columns="reference")]),
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
    path, headings = study.schools.path, list(columns.values())
    tables = read_tables(folder / path, path, "schools", headings, study.schools.sheet)
    read = [table for table in tables if table.header_row]
    parts = [turn_away(table, withdrawn.tells(who_text(table, columns), None)) for table in read]
    found = clean_register(study, [*(part for part, _ in parts), *(t for t in tables if not t.header_row)])
    issues = gather([found.issues, *(listed for _, listed in parts)])
    return tables, Cleaned(found.rows, issues, sum(len(table.cells) for table in tables))


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
    return link(study, received.pupils, received.scores, pseudonym_key(study.study), received.decisions)


def take_in(study: Study, root: Path, step: Step, ask: Ask | None = None) -> Tables:
    """The store's tables, those of `assemble`.

    Raises
    ------
    EvaluationError
        When a file cannot be read, or what the files hold cannot be analysed as planned.
    """
    received = receive(study, root, step)
    step("linking pupils")
    return assemble(study, received, ask)


def assemble(study: Study, received: Received, ask: Ask | None = None) -> Tables:
    """The store's tables from what was received; doubtful pairs of linkage are handed to `ask`.

    schools, pupils, scores, analysis, flow, conflicts, characteristics, scales, censored, topics, facility,
    notes, moves, linkage, issues, review, sources, published tables and records if any, origins.

    Raises
    ------
    DataError
        When no row was accepted, or a variable of the plan cannot be made.
    """
    found = linked(study, received)
    if ask is not None:
        ask(found.doubtful)
    schools = schools_table(received.register, found.pupils)
    spells, marks = (_keyed(study, received, found, rows) for rows in (received.spells, received.marks))
    helped = {
        kind: _keyed(study, received, found, rows)
        for kind, rows in received.records.items()
        if RECORDS[kind].of_pupils
    }
    fixed = settled(study, received, found, spells)
    pupils = with_disadvantage(found.pupils, fixed)
    footed = _on_footing(study, received, found, allocated(study, pupils, schools))
    analysis = analysis_table(study, pupils, footed.scores, schools)
    flow = flow_table(study, analysis)
    tables = {
        "schools": schools,
        "pupils": pupils,
        "scores": found.scores.assign(analysed=footed.scores["score"]),
        "analysis": analysis,
        "flow": flow,
        "moves": moves_table(study, found.pupils, schools),
        "linkage": linkage_table(found.counts, received.issues, received.sources, flow),
        **_measured(study, analysis, fixed, footed, marks),
        "issues": received.issues,
        "review": _review(found.review, spells, marks, *helped.values()),
        "sources": received.sources,
        **received.published,
        **record_tables(study, {**received.records, **helped}, pseudonym_key(study.study)),
        "origins": origins_table(study),
    }
    check_tables(tables)
    return Tables(tables, frozenset(["pupils", "scores", "analysis"]))


def _measured(
    study: Study, analysis: pd.DataFrame, fixed: Disadvantage, footed: Footed, marks: pd.DataFrame
) -> Frames:
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
    norms = {name: read_norms(study, study.instrument(name), table) for name, table in received.norms.items()}
    months = pd.Series(dtype="float64")
    if norms:
        place = ["file", "sheet", "row", "instrument", "wave"]
        ages = plain(received.scores[place]).assign(months=months_old(received.scores)).drop_duplicates(place)
        months = plain(found.scores[place]).merge(ages, on=place, how="left")["months"]
        months = months.set_axis(found.scores.index)
    return put_on_footing(study, found.scores, pupils, norms, months)


def settled(
    study: Study, received: Received, found: Linked, spells: pd.DataFrame | None = None
) -> Disadvantage:
    """Who is disadvantaged, by all that was received: the lists, spells (keyed, where they are to hand) and flags."""
    rows = received.pupils[received.pupils[FLAGS].notna().any(axis=1)]
    flags = _keyed(study, received, found, rows).dropna(subset=["pupil"])
    spells = _keyed(study, received, found, received.spells) if spells is None else spells
    return fix_disadvantage(study, found.pupils, flags, spells)


def _keyed(study: Study, received: Received, found: Linked, rows: pd.DataFrame) -> pd.DataFrame:
    """Cleaned rows with a pseudonym in place of what identifies a pupil."""
    if rows.empty:
        return rows.drop(columns=list(IDENTIFYING)).assign(pupil="", reason="")
    key = pseudonym_key(study.study)
    waved = (
        rows if "wave" in rows else rows.assign(wave=study.waves[0].name)
    )  # a project's record is of no wave
    keys = pupil_keys(study, found.listed, waved, key, received.decisions)
    return rows.drop(columns=list(IDENTIFYING)).join(keys)


def _review(found: pd.DataFrame, *keyed: pd.DataFrame) -> pd.DataFrame:
    """What linking leaves to a person, rows of spells, marks and records included."""
    more = [rows.loc[rows["reason"] != "", REVIEW_COLUMNS] for rows in keyed if len(rows)]
    return pd.concat([found, *more], ignore_index=True)


def _by_kind(
    study: Study, taken: Iterable[Kept], told: dict[str, list[pd.DataFrame]], lines: list[dict[str, Any]]
) -> Frames:
    """The rows of all sources of each kind; their issues are put in `told`, by kind, and a line for each in `lines`.

    Of records, only the kinds that the study has.
    """
    stacks = {kind: Stack() for kind in COMPACT}
    others: dict[str, list[pd.DataFrame]] = {kind: [] for kind in FIELDS if kind not in stacks}
    for kind in FIELDS:
        told.setdefault(kind, [])
    for kind, stack in stacks.items():
        stack.add(no_rows(study, kind))
    for source, kept in zip(study.sources, taken, strict=True):
        if source.kind in stacks:
            stacks[source.kind].add(kept.cleaned.rows)
        else:
            others[source.kind].append(kept.cleaned.rows)
        if len(kept.cleaned.issues):
            told[source.kind].append(kept.cleaned.issues)
        lines.append(dict(kept.line))
    rows = {kind: stack.whole() for kind, stack in stacks.items()}
    rows |= {kind: no_rows(study, kind) for kind in ("spells", "marks") if not others[kind]}
    return rows | {kind: pd.concat(parts, ignore_index=True) for kind, parts in others.items() if parts}

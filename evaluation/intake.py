"""The data's way in: ingest, clean, link and derive, from the raw files to the store's tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from evaluation.clean import Cleaned, check_across, check_records, clean_register
from evaluation.clean.answers import row_is_meant, take_returned, who_is_meant
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
from evaluation.store.cache import Cache
from evaluation.store.withdrawn import Withdrawals, read_withdrawals, turn_away, who_text
from evaluation.study import Study
from evaluation.study.fields import FIELDS, IDENTIFYING
from evaluation.study.records import RECORDS

Tables = dict[str, pd.DataFrame]
Ask = Callable[[pd.DataFrame], object]
"""Given the doubtful pairs of linkage, identities and all, for a person to decide."""


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
    decisions: tuple[Decision, ...] = ()
    records: Tables = field(default_factory=dict)


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
    cleaned: dict[str, list[Cleaned]] = {"schools": [], **{kind: [] for kind in FIELDS}}
    lines = []
    if study.schools is not None:
        tables, cleaned["schools"] = _register(study, folder, withdrawn)
        register = cleaned["schools"][0].rows
        lines.append(line("schools", "schools", tables, cleaned["schools"][0]))
    known = None if register is None else school_names(register)
    cache = Cache(root / "data" / "processed" / study.study, key)
    taken = take_sources(Reader(study, folder, known, withdrawn, cache), step)
    for source, kept in zip(study.sources, taken, strict=True):
        cleaned[source.kind].append(kept.cleaned)
        lines.append(dict(kept.line))
    norms = take_norms(study, folder)
    lines += [line(f"norms of {name}", "norms", [table], None) for name, table in norms.items()]
    published = published_tables(study, folder)
    decisions, reviewed = read_decisions(folder)
    every = [item for items in cleaned.values() for item in items]
    issues = pd.concat([*(item.issues for item in every), published.issues], ignore_index=True)
    pupils, scores = _rows("pupils", cleaned["pupils"]), _rows("scores", cleaned["scores"])
    across = check_across(study, register, pupils, scores, issues)
    records = {kind: _rows(kind, cleaned[kind]) for kind in RECORDS if cleaned[kind]}
    records, doubts = check_records(study, records, across.pupils, across.scores)
    received = Received(
        register,
        across.pupils,
        across.scores,
        _rows("spells", cleaned["spells"]),
        _rows("marks", cleaned["marks"]),
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
    pupils = received.pupils.assign(reference=references(study, who_is_meant(received.pupils)))
    scores = received.scores.assign(reference=references(study, row_is_meant(received.scores)))
    taken = take_returned(study, books, pupils, scores)
    return replace(
        received,
        pupils=taken.pupils.drop(columns="reference"),
        scores=taken.scores.drop(columns="reference"),
        issues=pd.concat([received.issues, taken.issues], ignore_index=True),
        sources=pd.concat([received.sources, taken.lines], ignore_index=True),
    )


def references(study: Study, meant: pd.Series) -> pd.Series:
    """What stands for a pupil, or a row, in a request workbook: XXXX-XXXX-XXXX, keyed, and no identity."""
    key = pseudonym_key(study.study)
    short = {text: pseudonym(key, study.study, f"request|{text}")[:12].upper() for text in meant.unique()}
    return meant.map({text: f"{name[:4]}-{name[4:8]}-{name[8:]}" for text, name in short.items()})


def _register(study: Study, folder: Path, withdrawn: Withdrawals) -> tuple[list[RawTable], list[Cleaned]]:
    """The register's tables, and its rows but for schools withdrawn."""
    assert study.schools is not None
    columns = study.schools.columns
    path, headings = study.schools.path, list(columns.values())
    tables = read_tables(folder / path, path, "schools", headings, study.schools.sheet)
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
    spells, marks = (_keyed(study, received, rows) for rows in (received.spells, received.marks))
    helped = {
        kind: _keyed(study, received, rows)
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
    return tables


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


def settled(
    study: Study, received: Received, found: Linked, spells: pd.DataFrame | None = None
) -> Disadvantage:
    """Who is disadvantaged, by all that was received: the lists, spells (keyed, where they are to hand) and flags."""
    rows = received.pupils[received.pupils[FLAGS].notna().any(axis=1)]
    flags = _keyed(study, received, rows).dropna(subset=["pupil"])
    spells = _keyed(study, received, received.spells) if spells is None else spells
    return fix_disadvantage(study, found.pupils, flags, spells)


def _keyed(study: Study, received: Received, rows: pd.DataFrame) -> pd.DataFrame:
    """Cleaned rows with a pseudonym in place of what identifies a pupil."""
    if rows.empty:
        return rows.drop(columns=list(IDENTIFYING)).assign(pupil="", reason="")
    key = pseudonym_key(study.study)
    waved = (
        rows if "wave" in rows else rows.assign(wave=study.waves[0].name)
    )  # a project's record is of no wave
    keys = pupil_keys(study, received.pupils, waved, key, received.decisions)
    return rows.drop(columns=list(IDENTIFYING)).join(keys)


def _review(found: pd.DataFrame, *keyed: pd.DataFrame) -> pd.DataFrame:
    """What linking leaves to a person, rows of spells, marks and records included."""
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

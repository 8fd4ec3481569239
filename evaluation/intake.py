"""The data's way in: what was received, linked and derived, as the store's tables."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from evaluation.clean.compact import disputed, give_back, plain
from evaluation.clean.shelf import Shelf, stacked
from evaluation.derive import (
    Derived,
    count_pupils,
    derive,
    first_wave,
    fix_disadvantage,
    linkage_table,
    months_old,
    moves_table,
    origins_table,
    read_norms,
    record_tables,
    scales_table,
    schools_table,
    together,
    topics_table,
    with_disadvantage,
)
from evaluation.derive.disadvantage import FLAGS, Disadvantage
from evaluation.derive.whole import TEST
from evaluation.errors import DataError
from evaluation.link import (
    REVIEW_COLUMNS,
    Linked,
    link,
    pseudonym_key,
    pupil_keys,
)
from evaluation.receive import Received, receive
from evaluation.sources import Step
from evaluation.store import check_tables
from evaluation.store.held import Tables
from evaluation.study import Study
from evaluation.study.fields import IDENTIFYING
from evaluation.study.records import RECORDS

Ask = Callable[[pd.DataFrame], object]
"""Given the doubtful pairs of linkage, identities and all, for a person to decide."""


def linked(study: Study, received: Received) -> Linked:
    """The rows received, under pseudonyms.

    Raises
    ------
    DataError
        When no pupil row, or no score row, was accepted.
    """
    for rows, what in ((received.pupils, "pupil"), (received.scores, "score")):
        if not len(rows):
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
    give_back()
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
    give_back()
    if ask is not None:
        ask(found.doubtful)
    schools = _schools(received, found)
    spells, marks = (_keyed(study, received, found, rows) for rows in (received.spells, received.marks))
    of_pupils = {kind: rows for kind, rows in received.records.items() if RECORDS[kind].of_pupils}
    helped = {kind: _keyed(study, received, found, rows) for kind, rows in of_pupils.items()}
    made = derive_pupils(study, received, found, schools, spells)
    topics = topics_table(study, marks)
    counts = count_pupils(study, made, topics)
    give_back()
    tables: dict[str, pd.DataFrame | Shelf] = {
        "schools": schools,
        "pupils": made.pupils,
        "scores": made.scores,
        "analysis": made.analysis,
        "flow": counts.flow,
        "moves": _moves(study, found, schools),
        "linkage": linkage_table(found.counts, received.issues, received.sources, counts.flow),
        "conflicts": made.fixed.conflicts.reset_index(drop=True),
        "characteristics": counts.characteristics,
        "scales": scales_table(made.footing.scales),
        "censored": counts.censored,
        "topics": topics,
        "facility": counts.facility,
        "notes": _notes(made),
        "issues": received.issues,
        "review": _review(found.review, spells, marks, *helped.values()),
        "sources": received.sources,
        **received.published,
        **record_tables(study, {**received.records, **helped}, pseudonym_key(study.study)),
        "origins": origins_table(study),
    }
    held = Tables(tables)
    check_tables(held)
    return held


def _schools(received: Received, found: Linked) -> pd.DataFrame:
    named = [rows.drop_duplicates() for rows in found.pupils.pieces(["school"])]
    return schools_table(received.register, plain(stacked(named).sort_index()))


def _moves(study: Study, found: Linked, schools: pd.DataFrame) -> pd.DataFrame:
    """The moves of pupils who are listed at several schools."""
    pieces = found.pupils.pieces(["pupil", "wave", "school"])
    several = stacked(rows[disputed(rows["pupil"], rows["school"])] for rows in pieces)
    return moves_table(study, several.sort_index(), schools)


def _notes(made: Derived) -> pd.DataFrame:
    """How disadvantage and scores were come by, in sentences."""
    notes = {"disadvantage": made.fixed.notes, "scores": made.footing.notes}
    said = [(about, note) for about, lines in notes.items() for note in lines]
    return pd.DataFrame(said, columns=["about", "note"])


def settled(
    study: Study, received: Received, found: Linked, spells: pd.DataFrame | None = None
) -> Iterator[Disadvantage]:
    """Who is disadvantaged, by all that was received: the lists, spells (keyed, where they are to hand) and flags.

    One for each pile of the linked pupils.
    """
    rows = stacked(rows[rows[FLAGS].notna().any(axis=1)] for rows in received.pupils)
    flags = _keyed(study, received, found, rows).dropna(subset=["pupil"])
    spells = _keyed(study, received, found, received.spells) if spells is None else spells
    begun = first_wave(study, found.pupils)
    for pupils in found.pupils:
        yield fix_disadvantage(study, pupils, flags, spells, begun)


def derive_pupils(
    study: Study, received: Received, found: Linked, schools: pd.DataFrame, spells: pd.DataFrame
) -> Derived:
    """The pupils, scores and analysis tables, and how they were come by."""
    norms = {name: read_norms(study, study.instrument(name), table) for name, table in received.norms.items()}
    pupils, parts = found.pupils.another(), []
    for pile, fixed in zip(found.pupils.piles, settled(study, received, found, spells), strict=True):
        pupils.put(with_disadvantage(found.pupils.take(pile), fixed), pile)
        parts.append(replace(fixed, pupils=fixed.pupils.reindex([])))  # a slice would keep them all
    months = _months(received) if norms else None
    return derive(study, pupils, found.scores, schools, together(parts), norms, months)


def _months(received: Received) -> pd.Series:
    """Age at each test in months, by the place of its row, which linked rows keep."""
    parts = [plain(rows[TEST]).assign(months=months_old(rows)) for rows in received.scores]
    return pd.concat(parts).drop_duplicates(TEST).set_index(TEST)["months"]


def _keyed(study: Study, received: Received, found: Linked, rows: pd.DataFrame) -> pd.DataFrame:
    """Cleaned rows with a pseudonym in place of what identifies a pupil."""
    if rows.empty:
        return rows.drop(columns=list(IDENTIFYING), errors="ignore").assign(pupil="", reason="")
    key = pseudonym_key(study.study)
    waved = (
        rows if "wave" in rows else rows.assign(wave=study.waves[0].name)
    )  # a project's record is of no wave
    keys = pupil_keys(study, found.roll, waved, key, received.decisions)
    return rows.drop(columns=list(IDENTIFYING), errors="ignore").join(keys)


def _review(found: pd.DataFrame, *keyed: pd.DataFrame) -> pd.DataFrame:
    """What linking leaves to a person, rows of spells, marks and records included."""
    more = [rows.loc[rows["reason"] != "", REVIEW_COLUMNS] for rows in keyed if len(rows)]
    return pd.concat([found, *more], ignore_index=True)

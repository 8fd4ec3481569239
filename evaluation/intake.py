"""The data's way in: what was received, linked and derived, as the store's tables."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from evaluation.clean.compact import plain
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
from evaluation.link import (
    REVIEW_COLUMNS,
    Linked,
    link,
    pseudonym_key,
    pupil_keys,
)
from evaluation.receive import Frames, Received, receive
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
        return rows.drop(columns=list(IDENTIFYING), errors="ignore").assign(pupil="", reason="")
    key = pseudonym_key(study.study)
    waved = (
        rows if "wave" in rows else rows.assign(wave=study.waves[0].name)
    )  # a project's record is of no wave
    keys = pupil_keys(study, found.listed, waved, key, received.decisions)
    return rows.drop(columns=list(IDENTIFYING), errors="ignore").join(keys)


def _review(found: pd.DataFrame, *keyed: pd.DataFrame) -> pd.DataFrame:
    """What linking leaves to a person, rows of spells, marks and records included."""
    more = [rows.loc[rows["reason"] != "", REVIEW_COLUMNS] for rows in keyed if len(rows)]
    return pd.concat([found, *more], ignore_index=True)

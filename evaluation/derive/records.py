"""The project's records as they are stored: staff under pseudonyms, free text apart in one internal table."""

from collections.abc import Iterator, Mapping

import pandas as pd

from evaluation.clean.staff import staff_keys
from evaluation.link import pseudonym
from evaluation.study import Source, Study
from evaluation.study.fields import IDENTIFYING
from evaluation.study.layouts import CELL, HEADING
from evaluation.study.records import FREE_TEXT, PERSON, RECORDS, Item

PLACE = ["file", "sheet", "row"]
TEXTS = "testimonials"
TEXT_COLUMNS = ["record", "about", "school", "date", "staff_role", "words", "may_be_quoted", *PLACE]


def record_tables(study: Study, records: Mapping[str, pd.DataFrame], key: bytes) -> dict[str, pd.DataFrame]:
    """A table for each kind of record the study has, and one of all that people wrote in their own words.

    Parameters
    ----------
    records : mapping of str to DataFrame
        Checked rows of each kind; those about pupils with `pupil` in place of what identifies one.
    key : bytes
        The study's pseudonym key.

    Returns
    -------
    dict of str to DataFrame
        By kind: its columns but free text, of which only "<column>_given" (1 or 0) is left, file, sheet, row. People are
        pseudonyms; ledger has the month ("2024-05") beside the date. testimonials, which is for internal use alone: record
        (the kind), about (its column), school, date, staff_role, words, may_be_quoted, file, sheet, row.
    """
    if not records:
        return {}
    tables = {kind: _stored(study, kind, rows, key) for kind, rows in records.items() if kind != TEXTS}
    said = [part for kind, rows in records.items() for part in _texts(kind, rows)]
    return {**tables, TEXTS: pd.concat(said, ignore_index=True)} if said else tables


def _stored(study: Study, kind: str, rows: pd.DataFrame, key: bytes) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {"pupil": rows["pupil"]} if RECORDS[kind].of_pupils else {}
    for item in RECORDS[kind].items:
        if item.name in IDENTIFYING:
            continue
        if item.parser == PERSON:
            columns[item.name] = _staff(study, rows, item.name, key)
        elif item.parser == FREE_TEXT:
            columns[f"{item.name}_given"] = rows[item.name].notna().astype("int64")
        else:
            columns[item.name] = rows[item.name]
    if kind == "ledger":
        columns["month"] = rows["date"].dt.strftime("%Y-%m").astype("str")
    return pd.DataFrame({**columns, **{name: rows[name] for name in PLACE}}).reset_index(drop=True)


def _staff(study: Study, rows: pd.DataFrame, column: str, key: bytes) -> pd.Series:
    who = staff_keys(rows, column)
    names = {person: pseudonym(key, study.study, f"staff|{person}") for person in who.dropna().unique()}
    return who.map(names).astype("str")


def _texts(kind: str, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """What was written in each column of free text; nothing but a testimonial may be quoted."""
    for item in RECORDS[kind].items:
        if item.parser != FREE_TEXT:
            continue
        said = rows[rows[item.name].notna()]
        told = said.reindex(columns=["school", "date", "staff_role", *PLACE])
        quoted = said["may_be_quoted"].fillna(0) if "may_be_quoted" in said else 0
        told = told.assign(record=kind, about=item.name, words=said[item.name], may_be_quoted=quoted)
        kinds = {"date": "datetime64[us]", "may_be_quoted": "int64", "row": "int64"}
        texts = dict.fromkeys(set(TEXT_COLUMNS) - set(kinds), "str")
        yield told[TEXT_COLUMNS].astype({**kinds, **texts})


def record_origins(study: Study, source: Source) -> Iterator[tuple[str, str, str, str]]:
    """Table, column, heading and rule of each stored column that a source of records fills."""
    columns = study.columns(source)
    items = {item.name: item for item in RECORDS[source.kind].items}
    if source.kind != TEXTS and any(item.parser == FREE_TEXT for item in items.values()):
        for name in ("school", "date", "staff_role"):
            heading = columns.get(name, "") if name in items else ""
            yield TEXTS, name, heading, _RULES[items[name].parser] if heading else _UNMAPPED
        yield TEXTS, "may_be_quoted", "", "0: only a testimonial may be quoted"
    for item in items.values():
        if item.name in IDENTIFYING:
            continue
        heading = columns.get(item.name, "")
        rule = _RULES.get(item.parser, "as sent") if heading else _UNMAPPED
        if item.parser == FREE_TEXT:
            yield (
                TEXTS,
                "words",
                heading,
                f"{item.name}: as written, but that names of pupils and staff were taken out",
            )
        if heading == HEADING:
            heading, rule = "", "what the study file says of the heading over the cell (across)"
        if source.kind != TEXTS or item.parser != FREE_TEXT:
            for over in source.across if heading == CELL else [heading]:
                yield source.kind, _column(item), over, rule
    if source.kind == "ledger":
        yield "ledger", "month", columns.get("date", ""), "the month of the date"


def _column(item: Item) -> str:
    return f"{item.name}_given" if item.parser == FREE_TEXT else item.name


_UNMAPPED = "no column of the file is mapped to it"
_RULES = {
    "identifier": "read as a school of the register, by identifier or name",
    "school_or_project": "read as a school of the register, by identifier or name; empty for the whole project",
    "day": "read as a date, in the column's own order of day and month",
    "day_or_month": "read as a date; a month alone as its first day",
    "choice": "read as one of the choices, or a word that means the same",
    "attendance": "read as yes, no, half day or late",
    "yes_no": "read as yes (1) or no (0)",
    "agreement": "read as a point of the scale, by number or words",
    "level": "read as a point of the scale, by number or words",
    "wave": "read as one of the study's waves",
    "money": "read as pounds; brackets, a sign or CR for less than nought",
    "hours": "read as hours, from hours, minutes or both",
    "days": "read as days, half days as 0.5",
    "count": "read as a whole number",
    PERSON: "a pseudonym of the member of staff",
    FREE_TEXT: "1 where something is written, else 0; the words are in testimonials",
    "label": "as sent, but that a pupil's or a member of staff's whole name was taken out",
    "text": "as sent, but that names of pupils and staff were taken out",
}

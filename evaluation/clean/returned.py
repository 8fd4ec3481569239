"""What schools answer in request workbooks: every cell checked, and put beside the pupil whose reference it has.

An answer goes where its reference says, never where its row stands.
"""

import re

import pandas as pd

from evaluation.clean.cells import table_text
from evaluation.clean.dates import date_order, order_note, parse_date
from evaluation.clean.issues import PLACE, issues_at, note, subject, table_issues
from evaluation.clean.names import normalise_names
from evaluation.clean.parse import (
    Parsed,
    Parser,
    parse_column,
    parse_upn,
    parse_year_group,
    parse_yes_no,
)
from evaluation.clean.scores import parse_score
from evaluation.ingest import RawTable, collapse
from evaluation.ingest.returned import ANSWER, PUPILS, REFERENCE, Column, Returned
from evaluation.study import Study
from evaluation.study.fields import IDENTIFYING

LASTING = ("upn", "dob")  # the same at every wave; the others are about the pupil's first listing
ASKED = (*LASTING, "year_group", "disadvantaged")
NOT_OURS = "not a pupil of ours"
_REFERENCE = re.compile(r"[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}")
ANSWERS = [*PLACE, "school", "turn", "reference", "field", "wave", "instrument", "column", "value"]
_REASONS = {
    "added_row": "The row has no reference of ours: it was added, or the reference was changed. Nothing in it is "
    "used. A pupil missing from the school's list goes into a new export.",
    "gone_row": "The school's list has changed since the workbook was made, and no longer has this record as it "
    "was. Nothing in the row is used; a new request asks again.",
    "other_names": "The names in the row are not those of the pupil of its reference: cells have moved. Nothing in "
    "it is used.",
}


def read_answers(
    study: Study, book: Returned, pupils: pd.DataFrame, scores: pd.DataFrame
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """The answers of a workbook, one row an answer, and the issues.

    Parameters
    ----------
    pupils, scores : DataFrame
        The cleaned rows received, with a column `reference`; pupils of the workbook's school alone.

    Returns
    -------
    answers : DataFrame
        source, file, sheet, row, school, turn, reference, field, wave, instrument, column, value; the field is
        "identity" for a question's answer, whose value is a pupil's reference or NOT_OURS.
    issues : list of DataFrame
    """
    found, issues = [pd.DataFrame(columns=ANSWERS)], []
    for table in book.tables:
        known = pupils if table.sheet == PUPILS else scores
        rows, listed = _known_rows(book, table, set(known["reference"]))
        issues += [table_issues(table), *listed]
        if table.sheet == PUPILS:
            text = table_text(table, {column.heading: column.heading for column in book.columns})
            rows, strangers = _with_their_own_names(book, rows, text, pupils)
            issues.append(strangers)
            columns = [column for column in book.columns if column.field in (*ASKED, "score")]
        else:
            text = table_text(table, {ANSWER: ANSWER})
            columns = [Column(ANSWER, "identity")]
        blank = 0
        for column in columns:
            cells = text.loc[rows.index, column.heading]
            parser, remark = _parser(study, column, cells, set(pupils["reference"]))
            answers, refused = _parsed(rows, cells, parser, column)
            found.append(answers.assign(turn=book.turn))
            issues += (
                [refused, note(table, f"{column.field}_column", remark, column.heading)]
                if remark
                else [refused]
            )
            blank += int((cells == "").sum())
        if blank:
            issues.append(note(table, "unanswered", f"{blank} cells that ask for something are still blank."))
    return pd.concat(found, ignore_index=True)[ANSWERS], issues


def places(book: Returned, table: RawTable) -> pd.DataFrame:
    """Where each row of a sheet stands, its school and its reference."""
    reference = table.cells[REFERENCE].map(lambda text: collapse(text).upper())
    place = {"source": book.source, "file": book.file, "sheet": table.sheet, "row": table.cells.index}
    return pd.DataFrame({**place, "school": book.school, "reference": reference}, index=table.cells.index)


def _known_rows(book: Returned, table: RawTable, known: set[str]) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """The rows whose reference is known, an issue for each of the others, and a note of rows deleted."""
    rows, listed = places(book, table), book.listed[table.sheet]
    inside, asked = rows["reference"].isin(known), rows["reference"].isin(listed)
    added, gone = rows[~inside & ~asked], rows[~inside & asked]
    issues = [
        issues_at(part, rule, "row", _REASONS[rule])
        for part, rule in ((added, "added_row"), (gone, "gone_row"))
    ]
    deleted = len(listed - set(rows["reference"]))
    if deleted:
        issues.append(
            note(table, "rows_deleted", f"{deleted} of the rows sent to the school are not in the sheet.")
        )
    return rows[inside], issues


def _with_their_own_names(
    book: Returned, rows: pd.DataFrame, text: pd.DataFrame, pupils: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows one of whose names at least is that of the pupil of their reference; the others are listed."""
    own = pupils.drop_duplicates("reference").set_index("reference")
    stranger = pd.Series(True, index=rows.index)
    named = [column for column in book.columns if column.field in ("surname", "forename")]
    for column in named:
        written = normalise_names(text.loc[rows.index, column.heading])
        stranger &= written != normalise_names(rows["reference"].map(own[column.field])).fillna("")
    stranger &= bool(named)
    return rows[~stranger], issues_at(rows[stranger], "other_names", "row", _REASONS["other_names"])


def _parser(study: Study, column: Column, cells: pd.Series, known: set[str]) -> tuple[Parser, str]:
    """How the cells of a column are read, and what to say of it."""
    if column.field == "score":
        return parse_score(study.instrument(column.instrument), short_codes=False, marked=True), ""
    if column.field == "dob":
        order = date_order(cells.unique())
        latest = max(wave.date.year for wave in study.waves)
        return parse_date(order, latest), order_note(order)
    others: dict[str, Parser] = {
        "upn": parse_upn,
        "disadvantaged": parse_yes_no,
        "year_group": parse_year_group(study.year_groups),
        "identity": _parse_identity(known),
    }
    return others[column.field], ""


def _parse_identity(known: set[str]) -> Parser:
    """A parser for the answer to a question: the reference of a pupil of the school, or that it has none such."""

    def parse(text: str) -> Parsed:
        if text.casefold() == NOT_OURS:
            return Parsed(NOT_OURS)
        found = _REFERENCE.search(text.upper())
        if found and found[0] in known:
            return Parsed(found[0])
        return Parsed(reason=f"is not one of the choices: a pupil with the reference, or {NOT_OURS!r}")

    return parse


def _parsed(
    rows: pd.DataFrame, cells: pd.Series, parser: Parser, column: Column
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The answers of one column, and an issue for each cell not accepted."""
    parsed = parse_column(cells, parser)
    hidden = column.field in {*IDENTIFYING, "identity"}
    bad = parsed["reason"] != ""
    sentences = [
        f"{subject(cell, hidden)} {reason}."
        for cell, reason in zip(cells[bad], parsed.loc[bad, "reason"], strict=True)
    ]
    reasons = pd.Series(sentences, index=rows.index[bad], dtype="str")
    answered = parsed["value"].notna()
    what = {"field": column.field, "wave": column.wave, "instrument": column.instrument}
    answers = rows[answered].assign(column=column.heading, value=parsed.loc[answered, "value"], **what)
    return answers, issues_at(rows[bad], column.field, "cell", reasons, column.heading)

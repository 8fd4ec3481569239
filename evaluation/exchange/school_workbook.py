"""The workbook of one school: what to do, its pupils with blanks to fill, records in question, and how to read it back."""

import datetime as dt
import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from evaluation.clean.returned import NOT_OURS
from evaluation.clean.rules.ages import OLDEST, YOUNGEST
from evaluation.exchange.checks import (
    Check,
    Lists,
    apply_check,
    choice,
    day,
    number,
    plain,
    score,
    upn,
)
from evaluation.exchange.needs import Needs
from evaluation.exchange.sheets import (
    landscape,
    protect,
    put,
    set_widths,
    write_cell,
    write_headings,
)
from evaluation.ingest.returned import (
    ABOUT,
    ABOUT_COLUMNS,
    ANSWER,
    PUPILS,
    QUESTIONS,
    READ_ME,
    REFERENCE,
    SENDING,
    SENT,
    VERSION,
    Column,
)
from evaluation.study import Study

SECONDS_A_CELL, LEAST_MINUTES = 20, 5
CHOICE_WIDTH = 48
YES_NO = ("Yes", "No")


def school_workbook(study: Study, needs: Needs, turn: int, contact: str) -> Workbook:
    """The workbook that asks a school for what is missing; `turn` counts the requests made to it."""
    book = Workbook()
    lists = Lists(book)
    front = book.active
    front.title = READ_ME
    sheets = []
    if len(needs.pupils):
        _pupils(study, book.create_sheet(PUPILS), needs, lists)
        sheets.append(PUPILS)
    if len(needs.questions):
        _questions(study, book.create_sheet(QUESTIONS), needs, lists)
        sheets.append(QUESTIONS)
    _read_me(study, front, needs, contact)
    _about(study, book.create_sheet(ABOUT), needs, turn, sheets)
    book.move_sheet(book["lists"], len(book.sheetnames))
    book.properties.creator = study.title
    return book


def minutes(cells: int) -> int:
    """How long filling so many cells should take, in steps of five minutes."""
    return max(LEAST_MINUTES, 5 * math.ceil(cells * SECONDS_A_CELL / 300))


def counted(number: int, what: str) -> str:
    """A number of things in words."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _read_me(study: Study, sheet: Any, needs: Needs, contact: str) -> None:
    pupils, questions = len(needs.pupils), len(needs.questions)
    blanks = needs.cells - questions
    steps = []
    if pupils:
        steps.append(
            f"Sheet {PUPILS!r}: fill the {counted(blanks, 'yellow cell')}, about {counted(pupils, 'pupil')}. Everything else "
            "was taken from the files you sent; it is locked, and there is nothing to do to it."
        )
    if questions:
        steps.append(
            f"Sheet {QUESTIONS!r}: {counted(questions, 'test record')} could not be matched to a pupil of yours. Choose the "
            "pupil from the list. Do this first: a score found here need not be filled in again."
        )
    lines = [
        f"About {minutes(needs.cells)} minutes, with your pupil records and the test results at hand.",
        *steps,
        "A cell that turns red cannot be right. A cell you cannot fill: leave it empty, and send the workbook all the same.",
        "Where a pupil has no score, choose the reason: absent, left, or missing.",
        "Rows may be sorted or deleted, but not added, and the references must stay as they are.",
        f"If you send the workbook again, raise the version below. Questions: {contact}. Quote the reference, never a "
        "pupil's name.",
        "This file names your pupils. Send it back by the way it came, and not by ordinary e-mail.",
    ]
    put(sheet, 1, 1, needs.name).font = Font(bold=True, size=16)
    put(sheet, 2, 1, study.title).font = Font(size=12, color="4B5563")
    for row, line in enumerate(lines, start=4):
        put(sheet, row, 1, f"{row - 3}.  {line}").alignment = Alignment(wrap_text=True, vertical="top")
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=2)
        sheet.row_dimensions[row].height = 32
    at = len(lines) + 5
    write_headings(sheet, [SENDING, SENT], at)
    sheet.row_dimensions[at].height = 18
    sheet.cell(at + 1, 1, VERSION)
    write_cell(sheet, at + 1, 2, 1, to_fill=True)
    apply_check(sheet, "B", at + 1, at + 1, number(1, 99, whole=True))
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 88, 12
    protect(sheet)


def _pupils(study: Study, sheet: Any, needs: Needs, lists: Lists) -> None:
    write_headings(sheet, [REFERENCE, *(column.heading for column in needs.columns)])
    rows = needs.pupils.to_dict("records")
    for row, (pupil, blank) in enumerate(zip(rows, needs.missing.to_numpy(), strict=True), start=2):
        write_cell(sheet, row, 1, pupil["reference"], to_fill=False)
        for at, (column, to_fill) in enumerate(zip(needs.columns, blank, strict=True), start=2):
            value = None if to_fill else _shown(column, pupil)
            write_cell(sheet, row, at, value, bool(to_fill))
            if column.field == "dob":
                sheet.cell(row, at).number_format = "dd/mm/yyyy"
            if column.field == "upn":
                sheet.cell(row, at).number_format = "@"
    last = len(rows) + 1
    for at, column in enumerate(needs.columns, start=2):
        check = _check(study, column, lists)
        if check and needs.missing[column.heading].any():
            apply_check(sheet, get_column_letter(at), 2, last, check)
    _finish(sheet, last)


def _shown(column: Column, pupil: Mapping[Hashable, Any]) -> Any:
    """What was received, as the school would write it; for a score not asked for, nothing."""
    if column.field == "score" or pd.isna(value := pupil[column.field]):
        return None
    if column.field == "disadvantaged":
        return YES_NO[0] if value else YES_NO[1]
    if column.field == "dob":
        return value.to_pydatetime().date()
    return plain(value) if column.field == "year_group" else value


def _check(study: Study, column: Column, lists: Lists) -> Check | None:
    """What the cells of a column that asks for something may hold."""
    if column.field == "score":
        test = study.instrument(column.instrument)
        return score(lists, test.minimum, test.maximum)
    if column.field == "dob":
        first, last = min(wave.date for wave in study.waves), max(wave.date for wave in study.waves)
        return day(dt.date(first.year - OLDEST, 1, 1), dt.date(last.year - YOUNGEST, 12, 31))
    if column.field == "upn":
        return upn(lists)
    if column.field == "year_group":
        return choice(lists, study.year_groups, f"One of the year groups {', '.join(study.year_groups)}.")
    return choice(lists, YES_NO, "Yes or No.") if column.field == "disadvantaged" else None


def _questions(study: Study, sheet: Any, needs: Needs, lists: Lists) -> None:
    headings = [
        "UPN as sent",
        "Surname as sent",
        "Forename as sent",
        "Date of birth as sent",
        "Test",
        "What is not clear",
    ]
    write_headings(sheet, [REFERENCE, *headings, ANSWER])
    for row, item in enumerate(needs.questions.to_dict("records"), start=2):
        born = None if pd.isna(item["dob"]) else item["dob"].to_pydatetime().date()
        names = [None if pd.isna(item[name]) else item[name] for name in ("upn", "surname", "forename")]
        test = f"{study.instrument(item['instrument']).title}, {study.wave(item['wave']).title}"
        for at, value in enumerate([item["reference"], *names, born, test, item["reason"]], start=1):
            write_cell(sheet, row, at, value, to_fill=False)
            sheet.cell(row, at).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.cell(row, 5).number_format = "dd/mm/yyyy"
        write_cell(sheet, row, len(headings) + 2, None, to_fill=True)
    last = len(needs.questions) + 1
    says = f"Choose the pupil, or {NOT_OURS!r}."
    apply_check(
        sheet, get_column_letter(len(headings) + 2), 2, last, choice(lists, _choices(needs.roll), says)
    )
    _finish(sheet, last)
    sheet.column_dimensions[get_column_letter(len(headings) + 2)].width = CHOICE_WIDTH


def _choices(roll: pd.DataFrame) -> list[str]:
    """The school's pupils by name, each with class and reference, after the answer that it is none of them."""
    words = roll[["surname", "forename", "class"]].fillna("")
    named = (
        words["surname"] + ", " + words["forename"] + " " + words["class"] + " [" + roll["reference"] + "]"
    )
    return [NOT_OURS, *sorted(named)]


def _finish(sheet: Any, last: int) -> None:
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(sheet.max_column)}{last}"
    set_widths(sheet, last)
    landscape(sheet)
    protect(sheet)


def _about(study: Study, sheet: Any, needs: Needs, turn: int, sheets: list[str]) -> None:
    """What is needed to read the workbook back; references stand for pupils and rows."""
    said = [("study", study.study), ("school", needs.school), ("turn", str(turn))]
    rows = [
        *((item, value, "", "", "") for item, value in said),
        *(("sheet", name, "", "", "") for name in sheets),
    ]
    rows += [
        ("column", column.heading, column.field, column.wave, column.instrument) for column in needs.columns
    ]
    listed = [
        *((name, PUPILS) for name in needs.pupils["reference"]),
        *((name, QUESTIONS) for name in needs.questions["reference"]),
    ]
    rows += [("row", reference, name, "", "") for reference, name in listed]
    for at, row in enumerate([tuple(ABOUT_COLUMNS), *rows], start=1):
        for column, value in enumerate(row, start=1):
            put(sheet, at, column, value or None)
    sheet.sheet_state = "hidden"
    protect(sheet)

"""Empty workbooks for the project's own records: registers, days, workshops, interventions, money, surveys, ratings."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from evaluation.clean import clean_register
from evaluation.errors import ReportError, nearest
from evaluation.exchange.checks import Check, Lists, apply_check, choice, day, number
from evaluation.exchange.sheets import landscape, set_widths, write_cell, write_headings
from evaluation.ingest import read_tables
from evaluation.study import Study

ROWS = 200
ALL = "all"


@dataclass(frozen=True, slots=True)
class Item:
    """A column of a record: its heading, what may be written ("date", "school", "text", a list or limits), and how."""

    heading: str
    holds: str | tuple[str, ...] | tuple[float, float]
    meaning: str


@dataclass(frozen=True, slots=True)
class Record:
    """A kind of record: what one row of it is, and its columns."""

    row: str
    items: tuple[Item, ...]


YES_NO = ("Yes", "No")
DATE = Item("Date", "date", "the day, dd/mm/yyyy")
SCHOOL = Item("School", "school", "the school's identifier")
ROLE = Item(
    "Role", ("teacher", "teaching assistant", "maths lead", "senior leader", "other"), "the role in school"
)
PROVIDER = Item("Provider", "text", "who gave it")
_ATTENDANCE = (
    DATE,
    PROVIDER,
    Item("Session", "text", "what it was called"),
    SCHOOL,
    Item("Person", "text", "initials or a staff number, not a name"),
    ROLE,
    Item("Attended", YES_NO, "whether the person was there"),
    Item("Passed on", YES_NO, "whether what was learnt was passed on to colleagues"),
)
RECORDS = {
    "training": Record("a person at a training session", _ATTENDANCE),
    "network": Record("a person at a network meeting", _ATTENDANCE),
    "leader_days": Record(
        "a visit of a specialist leader",
        (
            DATE,
            SCHOOL,
            Item("Leader", "text", "initials or a staff number"),
            Item("Days", (0, 20), "days given, halves allowed"),
            Item("Focus", "text", "what the time was for"),
            Item("Quality assurance", "text", "what the check of the support found"),
        ),
    ),
    "parent_workshops": Record(
        "a workshop for parents",
        (
            DATE,
            SCHOOL,
            Item("Phase", ("primary", "secondary"), "the phase of the children"),
            Item("Families invited", (0, 2000), "how many families were invited"),
            Item("Families attending", (0, 2000), "how many came"),
        ),
    ),
    "interventions": Record(
        "a pupil's course of help",
        (
            SCHOOL,
            Item("UPN", "text", "the pupil's unique pupil number, not the name"),
            Item("Start", "date", "the first day"),
            Item("End", "date", "the last day; empty while it goes on"),
            Item("Hours", (0, 500), "hours in all"),
            Item("Deliverer", "text", "who gave it: a role, not a name"),
        ),
    ),
    "ledger": Record(
        "a sum of money",
        (
            DATE,
            Item("School or project", "text", "the school's identifier, or the word project"),
            Item("Budget line", "text", "the line of the budget"),
            Item("Budget", (-1e7, 1e7), "pounds planned; empty for a payment"),
            Item("Actual", (-1e7, 1e7), "pounds spent; empty for a plan"),
            Item("In kind", YES_NO, "Yes when nothing was paid"),
        ),
    ),
    "staff_survey": Record(
        "one answer sheet, without a name",
        (
            Item("Wave", "wave", "when it was asked"),
            ROLE,
            SCHOOL,
            *(Item(f"Item {at}", (1, 5), "1 strongly disagree to 5 strongly agree") for at in range(1, 11)),
        ),
    ),
    "sustainability": Record(
        "a rating of one strand in one school",
        (
            SCHOOL,
            Item("Strand", "text", "the strand of the project"),
            Item("Rating", (1, 5), "1 not begun to 5 will last without the project"),
            Item("Evidence", "text", "what the rating rests on"),
        ),
    ),
    "testimonials": Record(
        "what a school says in its own words",
        (
            DATE,
            SCHOOL,
            ROLE,
            Item("Words", "text", "in the school's own words, naming no pupil"),
            Item("May be quoted", YES_NO, "whether the words may be published"),
        ),
    ),
}


def chosen_records(names: Sequence[str]) -> list[str]:
    """The kinds of record named; all of them for "all".

    Raises
    ------
    ReportError
        When a name is none of them.
    """
    for name in names:
        if name not in (*RECORDS, ALL):
            known = list(RECORDS)
            raise ReportError(
                f"No records are called {name!r}.{nearest(name, known)} There are: {', '.join(known)}."
            )
    return list(RECORDS) if ALL in names else list(dict.fromkeys(names))


def record_workbook(study: Study, root: Path, name: str) -> Workbook:
    """An empty workbook for a kind of record, its cells checked as they are filled."""
    record = RECORDS[name]
    book = Workbook()
    sheet, notes = book.active, book.create_sheet("Read me", 0)
    sheet.title = name
    lists = Lists(book)
    checks = _checks(study, root, lists)
    write_headings(sheet, [item.heading for item in record.items])
    for at, item in enumerate(record.items, start=1):
        for row in range(2, ROWS + 2):
            write_cell(sheet, row, at, None, to_fill=True)
        if check := checks(item):
            apply_check(sheet, get_column_letter(at), 2, ROWS + 1, check)
        if item.holds == "date":
            for row in range(2, ROWS + 2):
                sheet.cell(row, at).number_format = "dd/mm/yyyy"
    sheet.freeze_panes = "A2"
    set_widths(sheet, 2)
    landscape(sheet)
    _read_me(study, notes, name, record)
    return book


def _read_me(study: Study, sheet: object, name: str, record: Record) -> None:
    title = name.replace("_", " ").capitalize()
    lines = [f"One row is {record.row}. Write in sheet {name!r}; a cell that turns red cannot be right."]
    lines += [f"{item.heading}: {item.meaning}." for item in record.items]
    for row, line in enumerate([title, study.title, "", *lines], start=1):
        cell = sheet.cell(row, 1, line)  # type: ignore[attr-defined]
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet["A1"].font = Font(bold=True, size=16)  # type: ignore[index]
    sheet.column_dimensions["A"].width = 96  # type: ignore[attr-defined]


def _checks(study: Study, root: Path, lists: Lists) -> Callable[[Item], Check | None]:
    """What each kind of cell may hold in this study."""
    first, last = min(wave.date for wave in study.waves), max(wave.date for wave in study.waves)
    period = day(dt.date(first.year - 1, 1, 1), dt.date(last.year + 2, 12, 31))
    schools = _schools(study, root)
    named = {
        "date": period,
        "wave": choice(lists, [wave.name for wave in study.waves]),
        "school": choice(lists, schools) if schools else None,
        "text": None,
    }

    def check(item: Item) -> Check | None:
        if isinstance(item.holds, str):
            return named[item.holds]
        if isinstance(item.holds[0], str):
            return choice(lists, item.holds)
        low, high = item.holds
        return number(float(low), float(high))

    return check


def _schools(study: Study, root: Path) -> list[str]:
    """The schools of the register, to choose from; none when the study has no register."""
    if study.schools is None:
        return []
    path = root / "data" / "raw" / study.study / study.schools.path
    headings = list(study.schools.columns.values())
    tables = read_tables(path, study.schools.path, "schools", headings, study.schools.sheet)
    return list(clean_register(study, tables).rows["school"])

"""Empty workbooks for the project's own records: registers, days, workshops, interventions, money, surveys, ratings."""

from collections.abc import Callable, Sequence
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
from evaluation.study.records import RECORDS, Item, Record

ROWS = 200
ALL = "all"


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
        if item.parser in ("day", "day_or_month"):
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
    period = study.period()
    days, schools = day(period.first, period.last), _schools(study, root)
    named = {
        "day": days,
        "day_or_month": days,
        "wave": choice(lists, [wave.name for wave in study.waves]),
        "identifier": choice(lists, schools) if schools else None,
        "school_or_project": choice(lists, [*schools, "project"]) if schools else None,
    }

    def check(item: Item) -> Check | None:
        if item.parser in named:
            return named[item.parser]
        if item.holds is None:
            return None
        if isinstance(item.holds[0], str):
            return choice(lists, item.holds)
        low, high = (float(limit) for limit in item.holds)
        return number(low, high, whole=item.parser in ("count", "agreement"))

    return check


def _schools(study: Study, root: Path) -> list[str]:
    """The schools of the register, to choose from; none when the study has no register."""
    if study.schools is None:
        return []
    path = root / "data" / "raw" / study.study / study.schools.path
    headings = list(study.schools.columns.values())
    tables = read_tables(path, study.schools.path, "schools", headings, study.schools.sheet)
    return list(clean_register(study, tables).rows["school"])

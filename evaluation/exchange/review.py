"""The review workbook: doubtful pairs side by side, for the evaluator to say who is who. It holds identities."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from evaluation.errors import StoreError
from evaluation.link import DECISIONS, Decision, read_decisions
from evaluation.study import Study

NAME = "linkage.xlsx"
SHOWN = {
    "surname": "surname", "forename": "forename", "also_called": "also called", "dob": "date of birth", "sex": "sex", "school": "school",
    "year_group": "year group", "class": "class", "upn": "pupil number",
}  # fmt: skip
LEAD = {
    "decision": "Decision", "probability": "Probability", "reason": "Why it is asked", "file": "File",
    "sheet": "Sheet", "row": "Row",
}  # fmt: skip
KEYS = {"record_key": "Record key", "pupil_key": "Pupil key"}
WIDTHS = {"Decision": 12, "Why it is asked": 44, "File": 22}
README = """Who is who: pairs of records that may be about one pupil, {study}
This workbook holds names, dates of birth and pupil numbers. It is for the evaluator alone: do not send it on, do not
put it where others can read it, and delete it when the project's data are deleted.
1. On the sheet "Pairs" choose, in the column Decision, same, different or unsure. Each line has a record from a file
   and, beside it, the listed pupil it may be about; columns headed "Record" and "Pupil" stand side by side.
2. Lines of one record stand together: at most one of them can be the same.
3. Save the workbook in {raw}/ under any name, as .xlsx, and run the study again. Several workbooks may lie there.
4. Leave the two key columns as they are: they say which pair a decision is about, wherever its rows move to. When a
   record or the list of pupils changes, the decision lapses and the pair is asked again.
A pair left open, or unsure, is not linked."""


def write_review(study: Study, root: Path, pairs: pd.DataFrame) -> Path | None:
    """Write the pairs to data/processed/<study>/review/linkage.xlsx, readable by its owner alone; none, no workbook.

    Parameters
    ----------
    study : Study
    root : Path
        The project folder.
    pairs : DataFrame
        `evaluation.link.Linked.doubtful`.

    Raises
    ------
    StoreError
        When the workbook written before holds decisions that are not saved among the raw files, or the folder cannot
        be written.
    """
    place = root / "data" / "processed" / study.study
    path = place / "review" / NAME
    raw = root / "data" / "raw" / study.study
    _refuse_to_lose(path, raw, root)
    try:
        if pairs.empty:
            path.unlink(missing_ok=True)
            return None
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _save(_book(study, pairs, (raw / "review").relative_to(root).as_posix()), path)
    except OSError as error:
        raise StoreError(
            f"{path.relative_to(root).as_posix()}: the review workbook cannot be written ({error.strerror}). "
            "Close it if it is open."
        ) from None
    return path


def _save(book: Workbook, path: Path) -> None:
    """Written aside, with permission 0600 from the first byte, and moved into place whole."""
    handle, aside = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    os.close(handle)
    try:
        book.save(aside)
        os.replace(aside, path)
    finally:
        Path(aside).unlink(missing_ok=True)


def _refuse_to_lose(path: Path, raw: Path, root: Path) -> None:
    """Decisions made in the workbook as it was written must not be overwritten."""
    if not path.is_file():
        return
    made, _ = read_decisions(path.parent.parent)
    saved, _ = read_decisions(raw)
    lost = _said(made) - _said(saved)
    if lost:
        raise StoreError(
            f"{path.relative_to(root).as_posix()} holds {len(lost)} decisions that are not in "
            f"{(raw / 'review').relative_to(root).as_posix()}/. Move the workbook there, so that they are used and kept."
        )


def _said(decisions: Sequence[Decision]) -> set[tuple[str, str, str]]:
    return {(item.record, item.pupil, item.verdict) for item in decisions}


def _book(study: Study, pairs: pd.DataFrame, raw: str) -> Workbook:
    book = Workbook()
    about: Any = book.active
    about.title = "Read me"
    for line in README.format(study=study.title, raw=raw).splitlines():
        about.append([line])
    about["A1"].font = Font(bold=True)
    about.column_dimensions["A"].width = 120
    _fill(book.create_sheet("Pairs"), pairs)
    book.active = 1
    return book


def _fill(sheet: Worksheet, pairs: pd.DataFrame) -> None:
    sides = {
        f"{side}_{name}": f"{side.capitalize()}: {title}"
        for name, title in SHOWN.items()
        for side in ("record", "pupil")
    }
    columns = {**LEAD, **sides, "pupil_wave": "Pupil listed at", **KEYS}
    for at, (name, heading) in enumerate(columns.items(), start=1):
        sheet.cell(1, at, heading).font = Font(bold=True)
        sheet.cell(1, at).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(at)].width = WIDTHS.get(heading, 16)
        for row, value in enumerate(pairs[name], start=2):
            _put(sheet, row, at, value)
    choices = DataValidation(type="list", formula1=f'"{",".join(DECISIONS)}"', allow_blank=True)
    choices.error, choices.showErrorMessage = f"Choose one of: {', '.join(DECISIONS)}.", True
    sheet.add_data_validation(choices)
    choices.add(f"A2:A{len(pairs) + 1}")
    for row in range(2, len(pairs) + 2):
        sheet.cell(row, 1).fill = PatternFill("solid", fgColor="FFF2CC")
    sheet.freeze_panes = "B2"


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    """A value as text or number; text from a file is never a formula."""
    if pd.isna(value):
        return
    if isinstance(value, pd.Timestamp):
        value = value.date().isoformat()
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value, cell.data_type = value, "s"
    else:
        cell.value = float(value)

"""Request workbooks that schools send back: their sheets as text, and what their hidden sheet says of them."""

from dataclasses import dataclass
from pathlib import Path

from evaluation.errors import SourceError
from evaluation.ingest.read import read_tables
from evaluation.ingest.table import RawTable

READ_ME, PUPILS, QUESTIONS, ABOUT, LISTS = "Read me", "Pupils", "Questions", "about", "lists"
REFERENCE, ANSWER = "Reference", "Which of your pupils is this?"
SENDING, SENT = "When you send it", "Answer"
VERSION = "Version: 1 the first time, then 2, 3 ..."
ABOUT_COLUMNS = ["item", "value", "field", "wave", "instrument"]
OWNER_FILE = "~$"  # what Excel and LibreOffice leave beside a workbook that is open
LOCK_FILE = ".~lock"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sheet of pupils: its heading, the field it fills and, for a score, wave and instrument."""

    heading: str
    field: str
    wave: str = ""
    instrument: str = ""


@dataclass(frozen=True)
class Returned:
    """A workbook sent back.

    Attributes
    ----------
    source, file : str
        The name the rest of the library knows it by, and the file as shown to people.
    school : str
        The school it was made for.
    turn, version : int
        The how-manieth request to the school it answers, and the version the school says it is.
    columns : tuple of Column
        The columns of the sheet of pupils.
    listed : dict
        By sheet, the references it was made with.
    tables : tuple of RawTable
        The sheet of pupils, the sheet of questions, or both.
    """

    source: str
    file: str
    school: str
    turn: int
    version: int
    columns: tuple[Column, ...]
    listed: dict[str, frozenset[str]]
    tables: tuple[RawTable, ...]


def read_all_returned(folder: Path, study: str) -> list[Returned]:
    """The workbooks in a folder of returned ones, by request, version and name; none when there is no folder.

    Raises
    ------
    SourceError
        When a file is no request workbook, or is another study's, or says that it is another school's.
    """
    names = sorted(path for path in folder.glob("*") if not path.name.startswith((OWNER_FILE, LOCK_FILE)))
    books = [_read(path, f"{folder.name}/{path.name}", study) for path in names]
    return sorted(books, key=lambda book: (book.school, book.turn, book.version, book.file))


def _read(path: Path, shown: str, study: str) -> Returned:
    source = f"returned_{path.stem}"
    try:
        about = read_tables(path, shown, source, ABOUT_COLUMNS, sheet=ABOUT)[0].cells
    except SourceError as error:
        raise SourceError(
            f"{error}\n{shown}: only workbooks made by `evaluation request` belong in this folder, as .xlsx; "
            "put other files elsewhere and name them in the study file."
        ) from None
    said = dict(zip(about["item"], about["value"], strict=True))
    if said.get("study") != study:
        raise SourceError(
            f"{shown}: the workbook was made for study {said.get('study', '')!r}, not {study!r}. "
            "Put it in the folder of that study, or send the school the right one."
        )
    rows = about[about["item"] == "column"]
    columns = tuple(Column(*row) for row in rows[ABOUT_COLUMNS[1:]].itertuples(index=False))
    headings = {PUPILS: [REFERENCE, *(column.heading for column in columns)], QUESTIONS: [REFERENCE, ANSWER]}
    sheets = [name for name in headings if name in set(about.loc[about["item"] == "sheet", "value"])]
    return Returned(
        source,
        shown,
        said.get("school", ""),
        _whole(said.get("turn", ""), f"{shown}: the hidden sheet {ABOUT!r} has been changed"),
        _version(path, shown, source),
        columns,
        {name: frozenset(about.loc[about["field"] == name, "value"]) for name in sheets},
        tuple(read_tables(path, shown, source, headings[name], sheet=name)[0] for name in sheets),
    )


def _version(path: Path, shown: str, source: str) -> int:
    cells = read_tables(path, shown, source, [SENDING, SENT], sheet=READ_ME)[0].cells
    said = cells.loc[cells[SENDING] == VERSION, SENT]
    text = said.iloc[0].strip() if len(said) else ""
    return _whole(text, f"{shown}, sheet {READ_ME!r}: the version beside {VERSION!r} is not a whole number")


def _whole(text: str, otherwise: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 1000):
        raise SourceError(f"{otherwise}. Put it right, or ask the school to send the workbook again.")
    return int(text)

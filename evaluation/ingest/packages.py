"""Workbooks packed as zip files (XLSX, ODS): what must not be unpacked or parsed is refused by name first."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from evaluation.errors import SourceError

MAXIMUM_UNPACKED = 250_000_000
MAXIMUM_CELLS = 10_000_000
MAXIMUM_XML = 100_000_000  # of an OpenDocument sheet's XML, which is read element by element

_DAMAGE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError)
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,3})(\d{1,7})["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br=["'](\d+)["']""")
_ROW_START, _CELL_START = re.compile(rb"<(?:\w+:)?row\b"), re.compile(rb"<(?:\w+:)?c[\s>/]")
_HIDDEN = re.compile(rb"""<(?:\w+:)?(?:row|col)\b[^>]*?\bhidden=["'](?:1|true)["']""")
_SECOND_LOOK = re.compile(rb"""<(?:\w+:)?f[\s>/]|\bt=["']e["']""")


def damaged(shown: str) -> SourceError:
    """The error for a workbook that cannot be parsed."""
    return SourceError(
        f"{shown}: the workbook is damaged or incomplete. Open it in Excel and save it again, or send it again."
    )


def protected(shown: str) -> SourceError:
    """The error for a workbook that is encrypted."""
    return SourceError(
        f"{shown}: the workbook is protected by a password. Remove the password and save it again."
    )


def too_wide(shown: str, height: int, width: int) -> SourceError:
    """The error for a sheet whose furthest cell would make it too large."""
    return SourceError(
        f"{shown}: a sheet reaches to row {height:,} and column {width:,}, more than {MAXIMUM_CELLS:,} cells. "
        "Delete what stands far from the table and save it again."
    )


def _too_large(shown: str, size: int, allowed: int) -> SourceError:
    return SourceError(
        f"{shown}: would unpack to {size:,} bytes, more than the {allowed:,} allowed. "
        "Split the workbook, or save only the sheet that is wanted."
    )


class Look(NamedTuple):
    """What a first look at a package found: whether formulas or error values call for a second, and rows and columns hidden."""

    second: bool
    hidden: int


def guard_excel(content: bytes, shown: str) -> Look:
    """Refuse an XLSX package that must not be parsed.

    The furthest cell bounds the memory a sheet will take.
    """
    second_look, hidden = False, 0
    for name, xml in _parts(content, shown, "xl/workbook.xml", "an Excel workbook (.xlsx)"):
        if not name.startswith("xl/media/"):
            second_look |= _scan(xml, shown)
            hidden += len(_HIDDEN.findall(xml)) if name.startswith("xl/worksheets/") else 0
    return Look(second_look, hidden)


def open_document_content(content: bytes, shown: str) -> bytes:
    """The content.xml of an ODS package, once nothing in the package speaks against parsing it."""
    parts = dict(_parts(content, shown, "content.xml", "an OpenDocument spreadsheet (.ods)"))
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise protected(shown)
    for name, xml in parts.items():
        if name.endswith(".xml"):
            _plain_xml(xml, shown)
    if len(parts["content.xml"]) > MAXIMUM_XML:
        raise _too_large(shown, len(parts["content.xml"]), MAXIMUM_XML)
    return parts["content.xml"]


def _parts(content: bytes, shown: str, needed: str, what: str) -> Iterator[tuple[str, bytes]]:
    """The parts of a package that may hold XML.

    The zip directory's sizes are checked before anything is unpacked, each part is then unpacked against
    its stated size and checksum.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if any(part.filename == "encrypted-package" or part.flag_bits & 1 for part in parts):
                raise protected(shown)
            if not any(part.filename == needed for part in parts):
                raise SourceError(
                    f"{shown}: not {what}, though packed like one. Open it and save it as .xlsx."
                )
            unpacked = sum(part.file_size for part in parts)
            if unpacked > MAXIMUM_UNPACKED:
                raise _too_large(shown, unpacked, MAXIMUM_UNPACKED)
            for part in parts:
                if not part.filename.endswith((".bin", ".png", ".jpg", ".jpeg", ".emf", ".wmf")):
                    yield part.filename, archive.read(part)
    except _DAMAGE as error:
        raise damaged(shown) from error


def _plain_xml(xml: bytes, shown: str) -> None:
    if b"\0" in xml:  # not UTF-8, so what follows would look past it
        raise damaged(shown)
    if b"<!DOCTYPE" in xml:
        raise SourceError(
            f"{shown}: the workbook declares XML entities, which Excel never does. Save it again in Excel."
        )


def _scan(xml: bytes, shown: str) -> bool:
    _plain_xml(xml, shown)
    columns: set[bytes] = set()
    height = 0
    for letters, row in _CELL.findall(xml):
        columns.add(letters)
        height = max(height, int(row))
    # Cells may leave out where they stand: then their row's number and how many stand in a row bound the sheet.
    height = max([height, *(int(row) for row in _ROW.findall(xml))])
    longest = max(len(_CELL_START.findall(row)) for row in _ROW_START.split(xml))
    width = max([longest, *(_column_number(letters) for letters in columns)])
    if height * width > MAXIMUM_CELLS:
        raise too_wide(shown, height, width)
    return _SECOND_LOOK.search(xml) is not None


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number

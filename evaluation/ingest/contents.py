"""Whether a file can be read at all, and whether it is what its name says."""

import re
from pathlib import Path

from evaluation.errors import SourceError, nearest
from evaluation.ingest.encoding import is_text

MAXIMUM_BYTES = 200_000_000
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
XML_SUFFIXES = (".xml",)
OLE = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how Excel's workbooks before .xlsx begin, and encrypted ones since
)

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MARKUP = (b"<!doctype html", b"<html", b"<table", b"<meta")


def read_bytes(path: Path, shown: str) -> bytes:
    """The bytes of a file that is there, is a file, is not empty and is not too large.

    Raises
    ------
    SourceError
        Naming what is wrong; for a missing file, the nearest file name in its folder.
    """
    if path.is_dir():
        raise SourceError(f"{shown}: is a folder, not a file. Give the path of the file inside it.")
    if not path.is_file():
        raise SourceError(f"{shown}: no such file.{_nearest_file(path)}")
    try:
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            raise SourceError(
                f"{shown}: {size:,} bytes, more than the {MAXIMUM_BYTES:,} allowed. Split it into smaller files."
            )
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{shown}: cannot be read ({error.strerror}). Close it elsewhere, or check its permissions."
        ) from None
    if not content.strip(b"\0 \t\r\n"):
        raise SourceError(f"{shown}: the file is empty. Export it again.")
    return content


def _nearest_file(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f" The folder {folder.name!r} does not exist either."
    names = sorted(item.name for item in folder.iterdir() if item.is_file())
    return nearest(path.name, names) or f" The folder holds {len(names)} files, none with a name like it."


def check_kind(content: bytes, suffix: str, shown: str) -> None:
    """Refuse, by name, bytes that are not what the file's suffix says.

    Raises
    ------
    SourceError
        Saying what the file really is and what to do about it.
    """
    known = TEXT_SUFFIXES + WORKBOOK_SUFFIXES + XML_SUFFIXES
    if suffix not in known:
        raise SourceError(
            f"{shown}: files ending in {suffix or 'nothing'!r} are not read. Save it as CSV or XLSX (read: {', '.join(known)})."
        )
    really = _really(content)
    if really != _EXPECTED.get(suffix, "text"):
        raise SourceError(f"{shown}: the name ends in {suffix!r}, but {_ADVICE[really]}")


_EXPECTED = {
    ".xlsx": "a workbook",
    ".xlsm": "a workbook",
    ".xls": "old workbook",
    ".ods": "an open document",
    ".xml": "XML",
}
_ADVICE = {
    "a workbook": "it is an Excel workbook, or packed like one. Rename it to end in .xlsx, or save it as CSV.",
    "an open document": "it is an OpenDocument spreadsheet. Rename it to end in .ods, or save it as .xlsx.",
    "text": "it is plain text, not a workbook. Rename it to end in .csv, or save it as an Excel workbook (.xlsx).",
    "protected": "the workbook is protected by a password. Remove the password in Excel and save it again.",
    "old workbook": "it is an old Excel workbook (.xls). Rename it to end in .xls, or save it as .xlsx.",
    "markup": "it is a web page (HTML). Open it in Excel and save it as .xlsx.",
    "XML": "it is XML. Rename it to end in .xml if it is a common transfer file; else open it in Excel and save it as .xlsx.",
    "a PDF": "it is a PDF. Export the table as CSV or XLSX instead.",
    "binary": "it is neither text nor a workbook: it may be damaged or encrypted. Export it again.",
}
_ELEMENT = re.compile(rb"<[?!a-z_]")
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"


def _really(content: bytes) -> str:
    if content.startswith(b"PK"):
        return "an open document" if _OPEN_DOCUMENT in content[:200] else "a workbook"
    if content.startswith(OLE):
        return "protected" if _ENCRYPTED in content else "old workbook"
    if content.startswith(b"%PDF"):
        return "a PDF"
    if not is_text(content):
        return "binary"
    start = content[:1024].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe").lstrip().lower()
    if start.startswith(_MARKUP) or (start.startswith(b"<?xml") and b"<html" in start):
        return "markup"
    return "XML" if _ELEMENT.match(start) else "text"

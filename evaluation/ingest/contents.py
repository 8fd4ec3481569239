"""Whether a file can be read at all, and whether it is what its name says."""

from pathlib import Path

from evaluation.errors import SourceError, nearest

MAXIMUM_BYTES = 200_000_000
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MARKUP = (b"<!doctype html", b"<html", b"<table", b"<?xml", b"<meta")


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
    if not content.strip():
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
    if suffix not in TEXT_SUFFIXES + WORKBOOK_SUFFIXES:
        known = ", ".join(TEXT_SUFFIXES + WORKBOOK_SUFFIXES)
        raise SourceError(
            f"{shown}: files ending in {suffix or 'nothing'!r} are not read. Save it as CSV or XLSX (read: {known})."
        )
    really = _really(content)
    expected = "a workbook" if suffix in WORKBOOK_SUFFIXES else "text"
    if really != expected:
        raise SourceError(f"{shown}: the name ends in {suffix!r}, but {_ADVICE[really]}")


_ADVICE = {
    "a workbook": "it is an Excel workbook. Rename it to end in .xlsx, or save it as CSV.",
    "text": "it is plain text, not a workbook. Rename it to end in .csv, or save it as an Excel workbook (.xlsx).",
    "protected": "the workbook is protected by a password. Remove the password in Excel and save it again.",
    "old workbook": "it is an old Excel workbook (.xls). Open it in Excel and save it as .xlsx.",
    "markup": "it is a web page (HTML or XML). Open it in Excel and save it as .xlsx.",
    "a PDF": "it is a PDF. Export the table as CSV or XLSX instead.",
    "binary": "it is neither text nor a workbook: it may be damaged or encrypted. Export it again.",
}


def _really(content: bytes) -> str:
    if content.startswith(b"PK"):
        return "a workbook"
    if content.startswith(_OLE):
        return "protected" if _ENCRYPTED in content else "old workbook"
    if content.startswith(b"%PDF"):
        return "a PDF"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "text"
    start = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_MARKUP):
        return "markup"
    return "binary" if b"\0" in content else "text"

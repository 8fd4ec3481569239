"""A file's text in every form it may hide in, whatever the file is called: what is packed is unpacked, within bounds."""

import base64
import binascii
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from python_calamine import CalamineError, load_workbook

from evaluation.disclose.leaks import documents, pictures
from evaluation.disclose.leaks.form import Form, joined
from evaluation.disclose.leaks.markup import LOOKS_LIKE, parse_markup
from evaluation.study.fields import IDENTIFYING

DEEPEST = 5
MAXIMUM_UNPACKED = 250_000_000
_ADDRESS = re.compile(r"(data:[\w/+.-]*((?:;[\w=.-]+)*),)([^\"'\s)>]*)")
# How PNG, JPEG, GIF, PDF, zip, gzip and markup begin in base 64.
_BARE = re.compile(
    r"(?<![A-Za-z0-9+/])(?:iVBORw0KGgo|/9j/|R0lGOD|JVBERi0|UEsDB|H4sI|PHN2Zy|PD94bWwg|PCFET0NUWVBF)[A-Za-z0-9+/\s]{16,}={0,2}"
)
_NOT_SEARCHED = (
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"\xd0\xcf\x11\xe0",
    b"PAR1",
    b"7z\xbc\xaf",
    b"Rar!",
)
# What sets the place and face of a sheet's header runs into its words: &C, &12, &"Arial".
_HEADER_CODE = re.compile(r"&amp;(?:[A-Z]|\d+|&quot;.*?&quot;)")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
PERSONAL = IDENTIFYING | {"pupil", "name", "pupil_name", "child", "student"}


def forms(name: str, content: bytes) -> Iterator[Form]:
    """Every form of a file's text, and every fault that forbids to publish it.

    Pictures and documents inside pages, notebooks, workbooks and zip files are opened in turn, five deep and 250 million
    bytes in all; what cannot be opened is a fault.
    """
    yield from _Opening().forms(name, content, 0)


class _Opening:
    """Opens one file and what is inside it, and keeps count of the bytes unpacked."""

    def __init__(self) -> None:
        self.left = MAXIMUM_UNPACKED

    def forms(self, name: str, content: bytes, depth: int) -> Iterator[Form]:
        self.left -= len(content)
        if depth > DEEPEST or self.left < 0:
            yield _fault("unreadable", "too large or packed too deep")
        elif content.startswith(pictures.MAGIC):
            yield from pictures.picture_forms(content)
        elif content.startswith(documents.MAGIC):
            yield from documents.document_forms(content)
        elif content.startswith(b"\x1f\x8b"):
            yield from self._gzip(name, content, depth)
        elif content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            yield from self._package(content, depth)
        elif content.startswith(_NOT_SEARCHED):
            yield _fault("unreadable", "a kind of file that is not searched")
            yield Form(content.decode("latin-1"), prose=False)
        else:
            yield from self._text(name, _decoded(content), depth)

    def _text(self, name: str, text: str, depth: int) -> Iterator[Form]:
        if _CONTROL.search(text):
            yield _fault("unreadable", "bytes that are no text")
        if name.endswith((".json", ".ipynb")) and (read := _json(text)) is not None:
            yield from self._tree(read, depth)
            return
        if name.startswith("xl/worksheets/"):
            text = _HEADER_CODE.sub(" ", text)
        text, parts = _embedded(text)
        for number, part in enumerate(parts, 1):
            yield from self._inside(f"embedded file {number}", part, depth)
        if LOOKS_LIKE.match(text):
            yield from parse_markup(text).forms()
            yield Form(text, prose=False)
        else:
            yield Form(text)

    def _tree(self, read: Any, depth: int) -> Iterator[Form]:
        """A JSON document: its strings with their places; markup in it read as such, and files in it opened."""
        plain = []
        for place, text in _strings(read, ""):
            if place.endswith(("html", "xml")) or LOOKS_LIKE.match(text):
                yield from (form.within(place) for form in self._text("", text, depth + 1))
                continue
            kept, parts = _embedded(text)
            plain.append((place, kept))
            for part in parts:
                yield from self._inside(place, part, depth)
        yield joined(plain)
        yield from _named_faults(read, "")

    def _package(self, content: bytes, depth: int) -> Iterator[Form]:
        """Each part of a zip file, its name and comment; of a workbook, each sheet row by row as well."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                parts = archive.infolist()
                yield joined([("names of its parts", part.filename) for part in parts], "\n")
                yield Form(archive.comment.decode("utf-8", "replace"), ((0, "comment"),))
                if sum(part.file_size for part in parts) > self.left:
                    yield _fault("unreadable", "too large")
                    return
                for part in parts:
                    if not part.is_dir():
                        yield from self._inside(
                            f"part {part.filename}", archive.read(part), depth, part.filename
                        )
        except (
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            RuntimeError,
            OSError,
            EOFError,
            ValueError,
        ):
            yield _fault("unreadable", "damaged, or under a password")
        else:
            yield from _sheets(content)

    def _gzip(self, name: str, content: bytes, depth: int) -> Iterator[Form]:
        try:
            with gzip.open(io.BytesIO(content)) as stream:
                unpacked = stream.read(self.left + 1)
        except (OSError, EOFError, zlib.error):
            yield _fault("unreadable", "damaged")
            return
        yield from self._inside("unpacked", unpacked, depth, name.removesuffix(".gz"))

    def _inside(self, part: str, content: bytes, depth: int, name: str = "") -> Iterator[Form]:
        yield from (form.within(part) for form in self.forms(name, content, depth + 1))


def _fault(kind: str, place: str) -> Form:
    return Form("", ((0, place),), fault=kind)


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _embedded(text: str) -> tuple[str, list[bytes]]:
    """The text without the files written into it, and those files."""
    parts: list[bytes] = []

    def take(start: str, held: str, packed: bool) -> str:
        try:
            parts.append(base64.b64decode("".join(held.split())) if packed else unquote_to_bytes(held))
        except (binascii.Error, ValueError):
            return start + held
        return start

    if "data:" in text:
        text = _ADDRESS.sub(lambda found: take(found[1], found[3], ";base64" in found[2]), text)
    return _BARE.sub(lambda found: take("", found[0], True), text), parts


class _Pairs(list):
    """A JSON object with every key it was written with, repeated ones too."""


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_Pairs, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _strings(read: Any, place: str) -> Iterator[tuple[str, str]]:
    """Every text of a JSON document with its place, keys too; a notebook's lines of one text as one."""
    if isinstance(read, _Pairs):
        yield from ((f"key in {place or 'the whole'}", key) for key, _ in read)
        for key, value in read:
            yield from _strings(value, f"{place}.{key}".lstrip("."))
    elif isinstance(read, list) and _is_lines(read):
        yield place, "".join(read)
    elif isinstance(read, list):
        for number, value in enumerate(read):
            yield from _strings(value, f"{place}[{number}]")
    elif isinstance(read, str):
        yield place, read


def _is_lines(read: list) -> bool:
    return (
        bool(read)
        and all(isinstance(line, str) for line in read)
        and all(line.endswith("\n") for line in read[:-1])
    )


def _named_faults(read: Any, place: str) -> Iterator[Form]:
    """Parameters that name a pupil, and outputs that are errors, in a notebook or a manifest."""
    if isinstance(read, _Pairs):
        for key, value in read:
            here = f"{place}.{key}".lstrip(".")
            if key == "parameters" and isinstance(value, _Pairs):
                yield from (_fault("parameter", here) for name, _ in value if name.casefold() in PERSONAL)
            if (key, value) == ("output_type", "error"):
                yield _fault("trace", place)
            yield from _named_faults(value, here)
    elif isinstance(read, list):
        for number, value in enumerate(read):
            yield from _named_faults(value, f"{place}[{number}]")


def _sheets(content: bytes) -> Iterator[Form]:
    """A workbook's sheets, hidden ones too: shared strings alone would not tell what stands side by side."""
    try:
        book = load_workbook(io.BytesIO(content))
        for number, name in enumerate(book.sheet_names, 1):
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            yield joined(
                [(f"sheet {number}, row {at}", " ".join(map(str, row))) for at, row in enumerate(rows, 1)],
                "\n",
            )
    except (CalamineError, OSError, ValueError):
        return  # no workbook, and its parts were read

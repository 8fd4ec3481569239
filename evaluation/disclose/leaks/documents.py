"""The text of PDF documents, as far as it is written in letters; the rest cannot be searched and so not published."""

import re
import zlib
from collections.abc import Iterator

from evaluation.disclose.leaks.form import Form

MAGIC = b"%PDF"
LONGEST = 50_000_000
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_LITERAL = rb"\((?:\\.|[^\\()]|\((?:\\.|[^\\()])*\))*\)"
_STRING = re.compile(rb"(\[)|(\])|(" + _LITERAL + rb")|<([0-9A-Fa-f\s]+)>", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.DOTALL)
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
# Text set in numbers of glyphs, or under a password, says nothing without the fonts, or the password.
_HIDDEN = re.compile(rb"/Encrypt\b|/Type0\b|/Identity-[HV]\b")
_SET = re.compile(rb"\bBT\s.*?\sET\b", re.DOTALL)
_GLYPH_NUMBER = re.compile(r"[\x00-\x08\x0e-\x1f]")
_FILTER = re.compile(rb"/(?:LZW|RunLength|ASCII85|ASCIIHex|JBIG2|JPX|DCT|CCITTFax)Decode\b")


def document_forms(content: bytes) -> Iterator[Form]:
    """The strings of a PDF's pages and properties; a fault when any of its text may be hidden."""
    parts = [content, *_inflated(content)]
    for number, part in enumerate(parts):
        place = ((0, f"stream {number}" if number else "outside streams"),)
        yield Form(_strings(part), place)
        yield Form(part.decode("latin-1"), place, prose=False)
    if any(_HIDDEN.search(part) or _in_glyphs(part) for part in parts) or _FILTER.search(content):
        yield Form("", ((0, "text set in glyphs or filters"),), fault="unreadable")


def _in_glyphs(part: bytes) -> bool:
    return any(_GLYPH_NUMBER.search(_strings(found[0])) for found in _SET.finditer(part))


def _inflated(content: bytes) -> Iterator[bytes]:
    for found in _STREAM.finditer(content):
        try:
            yield zlib.decompressobj().decompress(found[1], LONGEST)
        except zlib.error:
            continue


def _strings(part: bytes) -> str:
    """Every string; inside brackets they are pieces of one line, set apart to kern it."""
    texts, inside = [], False
    for opened, closed, literal, figures in _STRING.findall(part):
        if opened or closed:
            inside = bool(opened)
            texts.append(" ")
        else:
            held = _literal(literal[1:-1]) if literal else bytes.fromhex(_even(figures))
            texts.append(
                held.decode("utf-16", "replace") if held[:2] == b"\xfe\xff" else held.decode("latin-1")
            )
            texts.append("" if inside else " ")
    return "".join(texts)


def _even(figures: bytes) -> str:
    plain = b"".join(figures.split()).decode("ascii")
    return plain + "0" * (len(plain) % 2)


def _literal(text: bytes) -> bytes:
    def meant(found: re.Match[bytes]) -> bytes:
        mark = found[1]
        if mark[:1] in b"01234567":
            return bytes([int(mark, 8) & 255])
        return b"" if mark.endswith(b"\n") else _CONTROL.get(mark, mark)

    return _ESCAPE.sub(meant, text)

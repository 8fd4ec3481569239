"""The text in a file's bytes, whatever encoding wrote it, and what had to be decided on the way."""

import codecs
from dataclasses import dataclass, field

from evaluation.errors import SourceError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SAMPLE = 65_536
MOST_CONTROLS = (
    0.02  # the part of a text's bytes that may be control characters before it is taken to be none
)

# The letters of names, as western European languages write them; the last few are rarer.
_LETTERS = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿ")
_RARER = frozenset("ŠšŽžŒœŸ’")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and a sentence for each thing about its encoding that a reader should know."""

    text: str
    notes: list[str] = field(default_factory=list)


def utf16_without_mark(content: bytes) -> str | None:
    """ "utf-16-le" or "utf-16-be" where every other byte is mostly zero, as western text in UTF-16 has it."""
    sample = content[:SAMPLE]
    if len(sample) < 4:
        return None
    even, odd = sample[::2].count(0) / len(sample[::2]), sample[1::2].count(0) / len(sample[1::2])
    if odd > 0.7 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 and odd < 0.1 else None


def is_text(content: bytes) -> bool:
    """Whether bytes look like text: marked or unmarked UTF-16, or hardly a control character among them."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or utf16_without_mark(content):
        return True
    sample = content.rstrip(b"\0")[:SAMPLE]
    controls = sum(sample.count(bytes([code])) for code in range(32) if code not in b"\t\n\r\f\x1a")
    return controls <= MOST_CONTROLS * len(sample)


def decode(content: bytes, shown: str) -> Decoded:
    """Text in UTF-8 or UTF-16, with or without a mark, in Windows or Mac Roman, or in several of them.

    Lines are decoded one by one, so that a file pasted together from two systems is read right. A byte that
    stands for nothing becomes the replacement character, and that is said.

    Raises
    ------
    SourceError
        When nothing is left once marks are taken away.
    """
    encoding, body = next(
        ((name, content[len(mark) :]) for mark, name in _MARKS if content.startswith(mark)), ("", content)
    )
    encoding = encoding or utf16_without_mark(content) or "utf-8"
    notes: list[str] = []
    if encoding == "utf-8":
        text, notes = _by_line(body)
    else:
        text = body.decode(encoding, "replace")
    text = text.replace("\ufeff", "")
    if "\0" in text:
        notes.append(f"{text.count(chr(0)):,} NUL characters, which no text has, were left out.")
        text = text.replace("\0", "")
    if lost := text.count("\ufffd"):
        notes.append(
            f"{lost:,} characters could not be read in any encoding and stand as \ufffd. Export the file as UTF-8."
        )
    if not text.strip():
        raise SourceError(f"{shown}: the file is empty. Export it again.")
    return Decoded(text, notes)


def _by_line(body: bytes) -> tuple[str, list[str]]:
    try:
        return body.decode("utf-8"), []
    except UnicodeDecodeError:
        pass
    lines = body.splitlines(keepends=True)
    unicode = [_as_utf8(line) for line in lines]
    others = [line for line, text in zip(lines, unicode, strict=True) if text is None]
    encoding = _single_byte(b"".join(others), bare_returns=b"\n" not in body)
    text = "".join(
        line.decode(encoding, "replace") if text is None else text
        for line, text in zip(lines, unicode, strict=True)
    )
    notes = (
        ["Accented letters were read as Mac Roman, in which they make names."]
        if encoding == "mac_roman"
        else []
    )
    if any(text is not None and not text.isascii() for text in unicode):
        name = "Mac Roman" if encoding == "mac_roman" else "Windows-1252"
        notes.append(
            f"Two encodings in one file: {len(others):,} lines were read as {name}, the others as UTF-8."
        )
    return text, notes


def _as_utf8(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _single_byte(sample: bytes, bare_returns: bool) -> str:
    """ "mac_roman" where that makes more letters inside words, and Windows-1252 makes signs there; else "cp1252".

    ISO 8859-1 is read as Windows-1252, which agrees with it wherever it has a printable character.
    """
    windows, mac = (_likeness(sample, name) for name in ("cp1252", "mac_roman"))
    evidence = bare_returns or windows[1] > 0
    return "mac_roman" if evidence and mac[0] > windows[0] else "cp1252"


def _likeness(sample: bytes, encoding: str) -> tuple[int, int]:
    """How like letters the high bytes beside letters are, and how many of them are none at all."""
    text = f" {sample[:SAMPLE].decode(encoding, 'replace')} "
    beside = [
        mark
        for before, mark, after in zip(text, text[1:], text[2:], strict=False)
        if not mark.isascii()
        and ((before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha()))
    ]
    letters = sum(2 * (mark in _LETTERS) + (mark in _RARER) for mark in beside)
    return letters, sum(mark not in _LETTERS and mark not in _RARER for mark in beside)

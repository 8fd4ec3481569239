"""What a PNG file holds besides its pixels: nothing, if it is to be published."""

import zlib
from collections.abc import Iterator

from evaluation.disclose.leaks.form import Form

MAGIC = b"\x89PNG\r\n\x1a\n"
# Size, colours, pixels, transparency and resolution: none of them can hold words.
PLAIN = frozenset(["IHDR", "PLTE", "tRNS", "IDAT", "pHYs", "sRGB", "gAMA", "cHRM", "sBIT", "bKGD", "IEND"])
LONGEST = 10_000_000


def picture_forms(content: bytes) -> Iterator[Form]:
    """A fault and the text of every chunk that may hold words, and of what follows the picture's end."""
    at = len(MAGIC)
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        name = content[at + 4 : at + 8].decode("latin-1")
        held = content[at + 8 : at + 8 + length]
        at += 12 + length
        if name not in PLAIN:
            yield from _chunk(name, held)
        if name == "IEND":
            if at < len(content):
                yield from _chunk("after its end", content[at:])
            return
    yield Form("", ((0, "picture"),), fault="unreadable")


def _chunk(name: str, held: bytes) -> Iterator[Form]:
    where = ((0, f"picture’s metadata ({name if name.isalpha() and name.isascii() else 'after its end'})"),)
    yield Form("", where, fault="metadata")
    yield Form(held.decode("utf-8", "replace"), where)
    for start in (at + 1 for at, byte in enumerate(held[:400]) if byte == 0):
        # the texts of zTXt and iTXt chunks are compressed after a keyword and a few zero bytes
        for skipped in (0, 1):
            text = _inflated(held[start + skipped :])
            if text:
                yield Form(text, where)


def _inflated(held: bytes) -> str:
    try:
        return zlib.decompressobj().decompress(held, LONGEST).decode("utf-8", "replace")
    except zlib.error:
        return ""

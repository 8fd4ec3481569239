"""Mutations of a file's bytes, of the parts of a zipped workbook, and of XML, with no regard for what they mean."""

import io
import random
import re
import zipfile
from collections.abc import Callable

Change = Callable[[random.Random, bytes], bytes]
TAG = re.compile(rb"<[A-Za-z:]+[^<>]*>[^<>]*</[A-Za-z:]+>|<[A-Za-z:]+[^<>]*/>")
ENTITY = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'


def flipped(rng: random.Random, content: bytes) -> bytes:
    found = bytearray(content)
    for _ in range(rng.choice((1, 4, 60))):
        found[rng.randrange(len(found))] = rng.randrange(256)
    return bytes(found)


def truncated(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content))]


def inserted(rng: random.Random, content: bytes) -> bytes:
    at = rng.randrange(len(content))
    return (
        content[:at]
        + rng.choice((b"\0", b"\xff\xfe", b'"', b"\r", b"\n\n", rng.randbytes(50)))
        + content[at:]
    )


def spliced(rng: random.Random, content: bytes) -> bytes:
    a, b = sorted(rng.randrange(len(content)) for _ in range(2))
    return content[:a] + content[b:] if rng.random() < 0.5 else content[:b] + content[a:]


BYTES: tuple[Change, ...] = (flipped, truncated, inserted, spliced)


def element_dropped(rng: random.Random, xml: bytes) -> bytes:
    found = list(TAG.finditer(xml))
    chosen = rng.choice(found).span() if found else (0, 0)
    return xml[: chosen[0]] + xml[chosen[1] :]


def element_twice(rng: random.Random, xml: bytes) -> bytes:
    found = list(TAG.finditer(xml))
    if not found:
        return xml
    start, end = rng.choice(found).span()
    return xml[:end] + xml[start:end] * rng.choice((1, 2, 50)) + xml[end:]


def element_renamed(rng: random.Random, xml: bytes) -> bytes:
    names = sorted(set(re.findall(rb"</([A-Za-z:]+)>", xml)))
    return xml.replace(rng.choice(names), b"Renamed") if names else xml


def attribute_changed(rng: random.Random, xml: bytes) -> bytes:
    found = list(re.finditer(rb'="([^"]*)"', xml))
    if not found:
        return xml
    start, end = rng.choice(found).span(1)
    return xml[:start] + rng.choice((b"", b"-1", b"99999999", b"e", b"ZZZ9999999", b"str")) + xml[end:]


def text_changed(rng: random.Random, xml: bytes) -> bytes:
    found = list(re.finditer(rb">([^<>]+)<", xml))
    for match in rng.sample(found, min(len(found), rng.choice((1, 20)))):
        start, end = match.span(1)
        xml = xml[:start] + bytes(rng.choice(b"0123456789AZ-/. ") for _ in range(end - start)) + xml[end:]
    return xml


def entities(rng: random.Random, xml: bytes) -> bytes:
    head, mark, rest = xml.partition(b"?>")
    return head + mark + ENTITY + rest if mark else ENTITY + xml


def nested(rng: random.Random, xml: bytes) -> bytes:
    depth = rng.choice((5, 3000))
    return re.sub(rb"(<\w[^?]*?>)", lambda match: match[1] + b"<a>" * depth, xml, count=1)


def declared_otherwise(rng: random.Random, xml: bytes) -> bytes:
    name = rng.choice((b"utf-16", b"cp1252", b"nonsense", b"ascii"))
    return re.sub(rb'encoding="[^"]*"', b'encoding="' + name + b'"', xml, count=1)


XML: tuple[Change, ...] = (
    element_dropped, element_twice, element_renamed, attribute_changed, text_changed, entities, nested, declared_otherwise,
    truncated,
)  # fmt: skip


def part_changed(rng: random.Random, content: bytes) -> bytes:
    """One XML part of a zipped workbook changed, and packed again."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        names = archive.namelist()
        wanted = [
            name for name in names if "sheet" in name or "content.xml" in name or "haredStrings" in name
        ]
        chosen = rng.choice(wanted if wanted and rng.random() < 0.8 else names)
        for name in names:
            part = archive.read(name)
            packed.writestr(name, rng.choice(XML)(rng, part) if name == chosen and part else part)
    return made.getvalue()


def part_lost(rng: random.Random, content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(made, "w") as packed:
        names = archive.namelist()
        lost = rng.choice(names)
        for name in names:
            if name != lost:
                packed.writestr(name, archive.read(name))
    return made.getvalue()

"""Files of every kind that may be published, each with a text planted in one of the places it may hide in."""

import base64
import gzip
import html
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable

from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from openpyxl import Workbook
from openpyxl.comments import Comment

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
Way = Callable[[str], bytes]


def chunk(name: bytes, held: bytes) -> bytes:
    return struct.pack(">I", len(held)) + name + held + struct.pack(">I", zlib.crc32(name + held))


def png(name: bytes, held: bytes) -> bytes:
    """A picture of one pixel with one more chunk before its end."""
    return PIXEL[:-12] + chunk(name, held) + PIXEL[-12:]


def page(body: str, head: str = "") -> bytes:
    text = f"<!DOCTYPE html>\n<html lang='en'><head><title>Page</title>{head}</head><body>\n{body}\n</body></html>"
    return text.encode()


def data(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def notebook(output: dict, source: str = "page.cover(release)", **metadata: object) -> bytes:
    shown = {"output_type": "display_data", "metadata": {}, "data": output}
    cell = {"cell_type": "code", "metadata": {}, "source": [source], "outputs": [shown]}
    return json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4}).encode()


def svg(text: str) -> bytes:
    return f'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><text x="1">{html.escape(text)}</text></svg>'.encode()


def book(text: str, where: str) -> bytes:
    """A workbook with a text in a cell, a hidden sheet, a comment, a property or a defined name."""
    made = Workbook()
    made.active.append(["School", "Pupils"])
    if where == "cell":
        made.active.append([text, 12])
    elif where == "hidden sheet":
        hidden = made.create_sheet("Notes")
        hidden.sheet_state = "veryHidden"
        hidden.append([text])
    elif where == "comment":
        made.active["B1"].comment = Comment(text, "author")
    elif where == "property":
        made.properties.description = text
    elif where == "author":
        made.properties.creator = text
    elif where == "header":
        made.active.oddHeader.center.text = text
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def packed(name: str, content: bytes, comment: str = "") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        archive.comment = comment.encode()
    return stream.getvalue()


def pdf(text: str, title: str = "Results") -> bytes:
    figure, stream = Figure(figsize=(9, 2)), io.BytesIO()
    FigureCanvasPdf(figure)
    figure.text(0.1, 0.5, text)
    figure.savefig(stream, format="pdf", metadata={"Title": title, "CreationDate": None})
    return stream.getvalue()


# File name to the ways a text can be planted in it.
WAYS: dict[str, dict[str, Way]] = {
    "page.html": {
        "text": lambda text: page(f"<p>about {html.escape(text)}.</p>"),
        "attribute": lambda text: page(f'<p title="{html.escape(text)}">about</p>'),
        "comment": lambda text: page(f"<!-- {text} -->"),
        "script": lambda text: page(f"<script>let about = {json.dumps(text)}</script>"),
        "character references": lambda text: page("".join(f"&#{ord(letter)};" for letter in text)),
        "picture's text": lambda text: page(
            f'<img data-drawn="" alt="" src="{data(png(b"tEXt", b"Title" + bytes(1) + text.encode()), "image/png")}">'
        ),
        "drawn words": lambda text: page(f'<img data-drawn="{html.escape(text)}" src="{data(PIXEL, "image/png")}">'),
        "drawing": lambda text: page(f'<img alt="" src="{data(svg(text), "image/svg+xml")}">'),
        "unclosed": lambda text: page(f"<p <!-- {html.escape(text)}"),
    },
    "page.ipynb": {
        "printed": lambda text: notebook({"text/plain": [f"first\n{text}"]}),
        "html": lambda text: notebook({"text/html": [f"<b>{html.escape(text)}</b>\n", "<p>more</p>"]}),
        "picture": lambda text: notebook(
            {"image/png": base64.b64encode(png(b"iTXt", b"about" + bytes(5) + text.encode())).decode()}
        ),
        "drawing": lambda text: notebook({"image/svg+xml": [svg(text).decode()]}),
        "source": lambda text: notebook({}, source=f"# {text}"),
        "parameter": lambda text: notebook({}, papermill={"parameters": {"school": text}}),
    },
    "table.csv": {
        "cell": lambda text: f"school,n\r\n{text},12\r\n".encode(),
        "with mark": lambda text: b"\xef\xbb\xbf" + f"{text},n\n".encode(),
        "utf-16": lambda text: f"school,n\n{text},12\n".encode("utf-16"),
    },
    "release.json": {
        "value": lambda text: json.dumps({"meta": {"title": text}}).encode(),
        "escaped": lambda text: ('{"a": "' + "".join(f"\\u{ord(letter):04x}" for letter in text) + '"}').encode(),
        "key": lambda text: json.dumps({"meta": {text: 1}}).encode(),
        "repeated key": lambda text: f'{{"a": {json.dumps(text)}, "a": "later"}}'.encode(),
        "damaged": lambda text: f'{{"a": "{text}", '.encode(),
    },
    "run.log": {"line": lambda text: f"started\nreading {text} now\n".encode()},
    "figure.png": {
        "tEXt": lambda text: png(b"tEXt", b"Comment" + bytes(1) + text.encode()),
        "zTXt": lambda text: png(b"zTXt", b"Comment" + bytes(2) + zlib.compress(text.encode())),
        "iTXt": lambda text: png(b"iTXt", b"Comment\0\1\0en\0\0" + zlib.compress(text.encode())),
        "after its end": lambda text: PIXEL + text.encode(),
    },
    "figure.svg": {
        "text": svg,
        "metadata": lambda text: f"<svg><metadata><about>{html.escape(text)}</about></metadata></svg>".encode(),
        "comment": lambda text: f"<svg><!-- {text} --></svg>".encode(),
        "picture": lambda text: f'<svg><image href="{data(png(b"tEXt", b"a" + bytes(1) + text.encode()), "image/png")}"/></svg>'.encode(),
    },
    "book.xlsx": {
        where: lambda text, where=where: book(text, where)
        for where in ("cell", "hidden sheet", "comment", "property", "author", "header")
    },
    "report.pdf": {"page": pdf, "property": lambda text: pdf("results", text)},
    "pack.zip": {
        "file": lambda text: packed("a.csv", text.encode()),
        "file's name": lambda text: packed(f"{text}.csv", b"n\n12\n"),
        "comment": lambda text: packed("a.csv", b"n\n12\n", text),
        "zip in it": lambda text: packed("inner.zip", packed("a.txt", text.encode())),
        "workbook in it": lambda text: packed("book.xlsx", book(text, "hidden sheet")),
        "picture in it": lambda text: packed("a.png", png(b"tEXt", b"a" + bytes(1) + text.encode())),
    },
    "old.log.gz": {"line": lambda text: gzip.compress(f"reading {text}".encode())},
}  # fmt: skip

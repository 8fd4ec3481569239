"""What a notebook cell shows: a table, a figure or some prose, each knowing how to write itself as HTML or text."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from evaluation.disclose import NOT_APPLICABLE, WITHHELD

TEMPLATES = Path(__file__).parent / "templates"
SYMBOLS = {WITHHELD: "withheld to protect pupils", NOT_APPLICABLE: "not applicable"}
Row = tuple[str, ...]


@dataclass(frozen=True)
class Prose:
    """A heading, paragraphs and a list, any of which may be empty; wholly empty, it shows nothing.

    Attributes
    ----------
    heading
        Shown as a second-level heading, or a third-level one when `minor`.
    paragraphs, points
        Plain text, one a paragraph and one a list item; no markup.
    kind
        How it is set: "" as running text, "key" as the page's main findings, "note" as an aside, "colophon" as
        the page's last words.
    """

    heading: str = ""
    paragraphs: Sequence[str] = ()
    points: Sequence[str] = ()
    kind: str = ""
    minor: bool = False

    def _repr_html_(self) -> str:
        return _render("prose.html.j2", item=self)

    def _repr_markdown_(self) -> str:
        parts = [("### " if self.minor else "## ") + self.heading] if self.heading else []
        parts += self.paragraphs
        if self.points:
            parts.append("\n".join(f"- {point}" for point in self.points))
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        return self._repr_markdown_()


NOTHING = Prose()


@dataclass(frozen=True)
class Cover:
    """The top of a page: the study, the page's title, and what it is; a banner when the data are synthetic."""

    study: str
    title: str
    paragraphs: Sequence[str]
    synthetic: bool

    def _repr_html_(self) -> str:
        return _render("cover.html.j2", item=self)

    def _repr_markdown_(self) -> str:
        banner = ["**Synthetic data: no real school or pupil.**"] if self.synthetic else []
        return "\n\n".join([self.study, f"# {self.title}", *banner, *self.paragraphs])

    def __repr__(self) -> str:
        return self._repr_markdown_()


@dataclass(frozen=True)
class Group:
    """Rows of a table that belong together, under a title that may be empty."""

    title: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Table:
    """A table of ready-made cells.

    Attributes
    ----------
    caption
        What the table shows.
    columns
        Headings; the first column's cells are row headings.
    groups
        The rows, in one group or more.
    text_columns
        Headings of the columns, beyond the first, that hold words: the others are set as numerals.
    notes
        Sentences under the table.
    """

    caption: str
    columns: Sequence[str]
    groups: Sequence[Group]
    text_columns: Sequence[str] = ()
    notes: Sequence[str] = ()
    heading: str = ""
    minor: bool = True

    def _repr_html_(self) -> str:
        return _render("table.html.j2", item=self, symbols=SYMBOLS)

    def _repr_markdown_(self) -> str:
        lines = [" | ".join(self.columns), " | ".join("---" for _ in self.columns)]
        for group in self.groups:
            lines += [f"**{group.title}**"] if group.title else []
            lines += [" | ".join(row) for row in group.rows]
        title = f"**{self.caption}**"
        return "\n\n".join([title, "\n".join(lines), *self.notes])

    def __repr__(self) -> str:
        return self._repr_markdown_()


@dataclass(frozen=True)
class Figure:
    """A picture with a caption, and alternative text that states what the picture shows in numbers.

    Attributes
    ----------
    png
        The picture.
    width, height
        Its size on the page, in CSS pixels.
    drawn
        The texts that are drawn in it: no search of a page can read them off the pixels.
    """

    png: bytes
    width: int
    height: int
    alt: str
    caption: str
    heading: str = ""
    minor: bool = True
    drawn: Sequence[str] = ()

    @property
    def source(self) -> str:
        """The picture as a data address, so that a page needs no other file."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")

    def _repr_html_(self) -> str:
        return _render("figure.html.j2", item=self)

    def _repr_markdown_(self) -> str:
        return f"**{self.caption}**\n\n{self.alt}"

    def __repr__(self) -> str:
        return self._repr_markdown_()


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values).strip()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES / "items"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

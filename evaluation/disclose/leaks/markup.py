"""The text of HTML, SVG and XML: what is shown, what stands in attributes and comments, and where links lead."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from evaluation.disclose.leaks.form import Form, joined

LOOKS_LIKE = re.compile(r"\s*<(?:!doctype|\?xml|!--|[A-Za-z])", re.IGNORECASE)
ADDRESSES = frozenset(["href", "src", "srcset", "xlink:href", "data", "action", "poster"])
DRAWN = "data-drawn"
Piece = tuple[str, str]


@dataclass
class Markup:
    """What a page or drawing holds, each piece with its line.

    Attributes
    ----------
    shown : list
        Text between tags.
    hidden : list
        Attributes' values, comments, declarations, styles and scripts.
    links : list
        Addresses, each after its attribute's name.
    undrawn : list of str
        Lines of raster pictures that do not say what words they hold.
    """

    shown: list[Piece] = field(default_factory=list)
    hidden: list[Piece] = field(default_factory=list)
    links: list[Piece] = field(default_factory=list)
    undrawn: list[str] = field(default_factory=list)

    def forms(self) -> Iterator[Form]:
        """The text in the forms it is read in."""
        yield joined(self.shown)
        yield joined(self.hidden, "\n")
        for line in self.undrawn:
            yield Form("", ((0, line),), fault="picture")


class _Parser(HTMLParser):
    """Collects; a style's or script's text is hidden."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Markup()
        self._quiet = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._quiet = tag in ("style", "script")
        line = self._line()
        for name, value in attrs:
            if value:
                self.found.hidden.append((line, value))
            if name in ADDRESSES:
                self.found.links.append((name, value or ""))
        if any(value is None for _, value in attrs):  # of a tag left open, words are taken for attributes
            self.found.hidden.append((line, self.get_starttag_text() or ""))
        given = dict(attrs)
        raster = (given.get("src") or "").startswith("data:image/") and "svg" not in (given["src"] or "")[:20]
        if tag == "img" and raster and DRAWN not in given:
            self.found.undrawn.append(line)

    def handle_endtag(self, tag: str) -> None:
        self._quiet = False

    def handle_data(self, data: str) -> None:
        if text := " ".join(data.split()):
            (self.found.hidden if self._quiet else self.found.shown).append((self._line(), text))

    def handle_comment(self, data: str) -> None:
        self.found.hidden.append((self._line(), data))

    def handle_decl(self, decl: str) -> None:
        self.handle_comment(decl)

    def handle_pi(self, data: str) -> None:
        self.handle_comment(data)

    def unknown_decl(self, data: str) -> None:
        self.handle_comment(data)

    def _line(self) -> str:
        return f"line {self.getpos()[0]}"


def parse_markup(text: str) -> Markup:
    """Parse HTML, SVG or XML, however badly formed."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    left_open = " ".join(text[text.rfind(">") + 1 :].split())
    if left_open:
        parser.found.shown.append(("its end", left_open))
    return parser.found

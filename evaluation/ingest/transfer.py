"""A common transfer file's XML as its header and its pupils, pupil by pupil."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from evaluation.errors import SourceError
from evaluation.ingest.encoding import decode
from evaluation.ingest.xml import read_xml

MAXIMUM_BYTES = 60_000_000
MAXIMUM_TEXT = 10_000
# Parts of a pupil that are not asked for, with names and dates of other people; they are counted and let go.
_PASSED_OVER = frozenset({"contacts", "address", "phones"})


@dataclass(slots=True)
class Node:
    """An element: its name in lower case, its line in the file, its text and what it holds."""

    name: str
    line: int
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def get(self, name: str) -> str:
        """The text of the child of this name; "" when there is none."""
        return next((child.text for child in self.children if child.name == name.lower()), "")

    def find(self, name: str) -> Iterator["Node"]:
        """Every element of this name below, in the file's order."""
        for child in self.children:
            if child.name == name.lower():
                yield child
            yield from child.find(name)


@dataclass(slots=True)
class Transfer:
    """Builds the header and the pupils as the file is read; everything else is let go, and counted."""

    shown: str
    open: list[Node] = field(default_factory=list)
    header: Node = field(default_factory=lambda: Node("header", 1))
    pupils: list[Node] = field(default_factory=list)
    let_go: Counter[str] = field(default_factory=Counter)

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        if not self.open and name.lower() != "ctfile":
            raise SourceError(
                f"{self.shown}: XML, but not a common transfer file: its first element is {name!r}, not 'CTfile'."
            )
        self.open.append(Node(name.lower(), line))

    def data(self, text: str) -> None:
        node = self.open[-1]
        if len(node.text) > MAXIMUM_TEXT:
            raise SourceError(
                f"{self.shown}: line {node.line} holds more than {MAXIMUM_TEXT:,} characters. Export it again."
            )
        node.text += text

    def end(self, name: str) -> None:
        node = self.open.pop()
        node.text = " ".join(node.text.split())
        if node.name == "header":
            self.header = node
        elif node.name == "pupil":
            self.pupils.append(node)
        elif node.name in _PASSED_OVER:
            self.let_go[node.name] += 1
        elif len(self.open) > 1:
            self.open[-1].children.append(node)


def parse_transfer(content: bytes, shown: str) -> Transfer:
    """The header and pupils of a common transfer file.

    Raises
    ------
    SourceError
        When it is too large, not well-formed, no CTF, or holds no pupil.
    """
    if len(content) > MAXIMUM_BYTES:
        raise SourceError(
            f"{shown}: {len(content):,} bytes, more than the {MAXIMUM_BYTES:,} of a common transfer file. Send one a year group."
        )
    transfer = Transfer(shown)
    try:
        read_xml(content, shown, transfer)
    except SourceError:
        # A file that says it is UTF-8, or nothing, and was written on Windows: its text is read as CSV's is.
        if _says_otherwise(content):
            raise
        transfer = Transfer(shown)
        read_xml(decode(content, shown).text, shown, transfer)
    if not transfer.pupils:
        raise SourceError(f"{shown}: the common transfer file holds no pupil. Export it again.")
    return transfer


def _says_otherwise(content: bytes) -> bool:
    """Whether the bytes are what the file says they are: UTF-8, or another encoding by name."""
    start = content[:200].lower()
    if b"encoding=" in start and b"utf-8" not in start:
        return True
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

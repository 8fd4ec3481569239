"""XML from strangers: no document type, no entity, nothing fetched, not too deep, and never a whole tree in memory."""

from typing import Protocol

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from evaluation.errors import SourceError

MAXIMUM_DEPTH = 60


class Handler(Protocol):
    """Told of each element as it opens and closes; names come without their namespace."""

    def start(self, name: str, attributes: dict[str, str], line: int) -> None: ...

    def data(self, text: str) -> None: ...

    def end(self, name: str) -> None: ...


def read_xml(content: bytes | str, shown: str, handler: Handler) -> None:
    """Pass a document's elements to a handler.

    Raises
    ------
    SourceError
        When it declares a document type, is nested too deep, or is not well-formed: then naming the line.
    """
    target = _Target(shown, handler)
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    target.parser = parser
    try:
        parser.feed(content)
        parser.close()
    except DefusedXmlException:
        raise SourceError(
            f"{shown}: declares a document type or entities (DOCTYPE), which such a file never does. Export it again."
        ) from None
    except ParseError as error:
        raise SourceError(
            f"{shown}: line {error.position[0]} is not well-formed XML. The file may be cut short or damaged: export it again."
        ) from None
    except (LookupError, ValueError):
        raise SourceError(f"{shown}: its encoding is not one that is read. Save it again as UTF-8.") from None


class _Target:
    """What the parser drives: counts depth, drops namespaces, adds the line."""

    def __init__(self, shown: str, handler: Handler) -> None:
        self.shown = shown
        self.handler = handler
        self.parser: DefusedXMLParser | None = None
        self.depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        line: int = self.parser.parser.CurrentLineNumber  # type: ignore[union-attr]
        if self.depth > MAXIMUM_DEPTH:
            raise SourceError(
                f"{self.shown}: line {line} is nested more than {MAXIMUM_DEPTH} deep. Export it again."
            )
        self.handler.start(_local(tag), {_local(key): value for key, value in attributes.items()}, line)

    def data(self, text: str) -> None:
        self.handler.data(text)

    def end(self, tag: str) -> None:
        self.depth -= 1
        self.handler.end(_local(tag))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]

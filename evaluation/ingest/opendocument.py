"""What calamine does not tell of an OpenDocument spreadsheet: how far its sheets reach, formulas, merged cells, what is hidden."""

from dataclasses import dataclass, field

from evaluation.ingest.merged import Range
from evaluation.ingest.packages import MAXIMUM_CELLS, damaged, too_wide
from evaluation.ingest.xml import read_xml

_HIDDEN = ("collapse", "filter")
MAXIMUM_REPEATED = 100_000  # cells that one formula may stand for


@dataclass(slots=True)
class Marked:
    """Of one sheet: the places of its formulas, the text of its error values by place, its merged cells, how much is hidden.

    Hidden are counted row by row, and columns by run.
    """

    formulas: set[tuple[int, int]] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    merged: list[Range] = field(default_factory=list)
    hidden: int = 0


def marked_in_open_document(xml: bytes, shown: str) -> dict[str, Marked]:
    """By sheet, what content.xml says of its cells.

    Raises
    ------
    SourceError
        When the XML is not well-formed, or a sheet, its repeated rows and cells counted, is too large.
    """
    cells = _Cells(shown)
    read_xml(xml, shown, cells)
    return cells.sheets


@dataclass(slots=True)
class _Cells:
    shown: str
    sheets: dict[str, Marked] = field(default_factory=dict)
    sheet: Marked = field(default_factory=Marked)
    row: int = 0
    column: int = 0
    rows: int = 1  # how often this row is repeated
    width: int = 0
    unseen: int = 0  # rows that this one stands for, if it is hidden and until it is seen to hold something

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        if name == "table":
            self.sheet = self.sheets[attributes.get("name", "")] = Marked()
            self.row = self.width = 0
        elif name == "table-row":
            self.column, self.rows = 0, self._number(attributes, "number-rows-repeated")
            self.unseen = self.rows * (attributes.get("visibility") in _HIDDEN)
        elif name == "table-column":
            self.sheet.hidden += attributes.get("visibility") in _HIDDEN
        elif name in ("table-cell", "covered-table-cell"):
            self._cell(attributes)

    def _cell(self, attributes: dict[str, str]) -> None:
        columns = self._number(attributes, "number-columns-repeated")
        at = (self.row, self.column)
        down, across = (self._number(attributes, f"number-{part}-spanned") for part in ("rows", "columns"))
        if down * across > 1:
            self.sheet.merged.append((*at, self.row + down - 1, self.column + across - 1))
        if "value-type" in attributes or "formula" in attributes:
            self.sheet.hidden, self.unseen = self.sheet.hidden + self.unseen, 0
            self.width = max(self.width, self.column + columns)
            height = self.row + self.rows
            if height * self.width > MAXIMUM_CELLS:
                raise too_wide(self.shown, height, self.width)
            if "formula" in attributes:
                if columns * self.rows > MAXIMUM_REPEATED:
                    raise damaged(self.shown)
                self.sheet.formulas.update(
                    (row, column)
                    for row in range(self.row, height)
                    for column in range(self.column, self.column + columns)
                )
        self.column += columns

    def _number(self, attributes: dict[str, str], name: str) -> int:
        text = attributes.get(name, "1")
        if not text.isdecimal() or not 1 <= int(text) <= 10_000_000:
            raise damaged(self.shown)
        return int(text)

    def data(self, text: str) -> None:
        """Texts are calamine's to read."""

    def end(self, name: str) -> None:
        if name == "table-row":
            self.row += self.rows

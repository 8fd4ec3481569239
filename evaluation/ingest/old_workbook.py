"""What calamine does not tell of an XLS workbook: whether it is encrypted, how far its sheets reach, formulas, errors,
what is hidden.

Records: Microsoft's open specification MS-XLS.
"""

import struct
from collections.abc import Iterator

from evaluation.ingest.compound import workbook_stream
from evaluation.ingest.opendocument import Marked
from evaluation.ingest.packages import MAXIMUM_CELLS, damaged, protected, too_wide

_BOF, _EOF, _FILEPASS, _BOUNDSHEET = 0x0809, 0x000A, 0x002F, 0x0085
_ROW, _COLUMNS = 0x0208, 0x007D
_FORMULA, _BOOL_OR_ERROR = 0x0006, 0x0205
# Records that begin with a row and a column and hold a value: integers, numbers, texts, several numbers at once.
_CELLS = frozenset((_FORMULA, _BOOL_OR_ERROR, 0x0203, 0x0204, 0x00FD, 0x027E, 0x00BD, 0x00D6))
# Where in a record of a row, and of a run of columns, a bit says that it is hidden.
_HIDDEN = {_ROW: (12, 0x20), _COLUMNS: (8, 0x01)}
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


def marked_in_old_workbook(content: bytes, shown: str) -> list[Marked]:
    """For each sheet, in the workbook's order, its formulas and error values, and how much is hidden; merged cells are calamine's to tell.

    Raises
    ------
    SourceError
        When the workbook is protected by a password or damaged, or a sheet reaches too far.
    """
    try:
        return _marked(workbook_stream(content), shown)
    except (ValueError, IndexError, struct.error):
        raise damaged(shown) from None


def _marked(stream: bytes, shown: str) -> list[Marked]:
    order: dict[int, Marked] = {}
    sheet, height, width, depth = Marked(), 0, 0, 0
    for at, kind, data in _records(stream):
        if kind == _FILEPASS:
            raise protected(shown)
        if kind == _BOUNDSHEET:
            order[struct.unpack_from("<I", data)[0]] = Marked()
        elif kind == _BOF:
            depth += 1
            if depth == 1:  # a chart inside a sheet begins and ends within it
                sheet, height, width = order.get(at, Marked()), 0, 0
        elif kind == _EOF:
            depth -= 1
        elif kind in _HIDDEN and depth == 1:
            place, bit = _HIDDEN[kind]
            sheet.hidden += bool(data[place] & bit)
        elif kind in _CELLS and depth == 1:
            row, column = struct.unpack_from("<HH", data)
            height, width = max(height, row + 1), max(width, column + 1)
            if height * width > MAXIMUM_CELLS:
                raise too_wide(shown, height, width)
            if kind == _FORMULA:
                sheet.formulas.add((row, column))
            elif kind == _BOOL_OR_ERROR and data[7]:
                sheet.errors[row, column] = _ERRORS.get(data[6], "#ERROR")
    return list(order.values())


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each record's position, kind and data."""
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield at, kind, stream[at + 4 : at + 4 + length]
        at += 4 + length

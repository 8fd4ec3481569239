"""The workbook's stream inside the container of Excel's workbooks before .xlsx (an OLE compound file).

Layout: Microsoft's open specification MS-CFB.
"""

import struct

_HEADER, _ENTRY, _END = 512, 128, 0xFFFFFFFA  # sector numbers from _END up are marks, not sectors
_NAMES = ("Workbook", "Book")


def workbook_stream(content: bytes) -> bytes:
    """The stream that holds the workbook.

    Raises
    ------
    ValueError
        When the container is damaged or holds no workbook.
    """
    try:
        return _Container(content).stream()
    except (struct.error, IndexError) as error:
        raise ValueError("damaged compound file") from error


class _Container:
    def __init__(self, content: bytes) -> None:
        self.content = content
        shift, mini_shift = struct.unpack_from("<HH", content, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise ValueError("damaged compound file")
        self.size, self.mini_size = 1 << shift, 1 << mini_shift
        self.directory_start, self.cutoff, mini_table = (
            struct.unpack_from("<I", content, at)[0] for at in (48, 56, 60)
        )
        self.table = self._numbers(b"".join(self._sector(number) for number in self._table_sectors()))
        self.mini_table = self._numbers(self._chain(mini_table)) if mini_table < _END else ()

    @staticmethod
    def _numbers(data: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])

    def _sector(self, number: int) -> bytes:
        start = self.size * (number + 1)
        if start >= len(self.content):
            raise ValueError("damaged compound file")
        return self.content[start : start + self.size]

    def _table_sectors(self) -> list[int]:
        """Where the table of sectors itself stands: the first 109 in the header, the rest chained after it."""
        numbers = list(struct.unpack_from("<109I", self.content, 76))
        following = struct.unpack_from("<I", self.content, 68)[0]
        seen: set[int] = set()
        while following < _END:
            if following in seen:
                raise ValueError("damaged compound file")
            seen.add(following)
            more = self._numbers(self._sector(following))
            numbers, following = numbers + list(more[:-1]), more[-1]
        return [number for number in numbers if number < _END]

    def _chain(self, first: int) -> bytes:
        parts, seen = [], set()
        while first < _END:
            if first in seen:
                raise ValueError("damaged compound file")
            seen.add(first)
            parts.append(self._sector(first))
            first = self.table[first]
        return b"".join(parts)

    def stream(self) -> bytes:
        directory = self._chain(self.directory_start)
        entries = {}
        for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
            length = struct.unpack_from("<H", directory, at + 64)[0]
            name = directory[at : at + max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
            entries[name] = struct.unpack_from("<II", directory, at + 116)
        found = next((entries[name] for name in _NAMES if name in entries), None)
        if found is None:
            raise ValueError("no workbook in the compound file")
        first, size = found
        if size >= self.cutoff:
            return self._chain(first)[:size]
        return self._small(first, self._chain(entries["Root Entry"][0]))[:size]

    def _small(self, first: int, container: bytes) -> bytes:
        """A stream below the cutoff stands in sectors of 64 bytes inside the root entry's stream."""
        parts, seen = [], set()
        while first < _END and first not in seen:
            seen.add(first)
            parts.append(container[first * self.mini_size : (first + 1) * self.mini_size])
            first = self.mini_table[first]
        return b"".join(parts)

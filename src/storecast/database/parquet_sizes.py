"""How much memory the pages of a Parquet file ask for, read from their headers before any page is unpacked.

A reader allocates what a page's header says, and a page compresses to less than a thousandth. The footer and the headers are
structs in Thrift's compact protocol; of their fields, only offsets and sizes are needed.

References
----------
The Parquet format, https://parquet.apache.org/docs/file-format/, and Thrift's compact protocol,
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
"""

from collections.abc import Iterator
from typing import Any

MAGIC = b"PAR1"
MAX_DEPTH = 16  # of structs within structs; the format has 8
MAX_VALUES = 1_000_000  # of a footer or a header, so that one of many empty values takes little memory
# Fields by their numbers in the format's definition.
ROW_GROUPS, COLUMNS, COLUMN = 4, 1, 3
COMPRESSED, DATA_PAGES, DICTIONARY_PAGE = 7, 9, 11  # of a column
PAGE_UNCOMPRESSED, PAGE_COMPRESSED = 2, 3  # of the header of a page
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)


def row_group_sizes(data: bytes) -> list[int]:
    """Return the bytes that the pages of each row group unpack to.

    Parameters
    ----------
    data : a Parquet file

    Raises
    ------
    ValueError
        where it is none, or an offset or a size leads out of it
    """
    length = int.from_bytes(data[-8:-4], "little")
    begin = len(data) - 8 - length
    if data[-4:] != MAGIC or begin < len(MAGIC):
        raise ValueError("no Parquet file")
    footer = _Reader(data, begin, len(data) - 8).struct()
    try:
        return [
            sum(size for column in group[COLUMNS] for size in _page_sizes(data, column[COLUMN], begin))
            for group in footer.get(ROW_GROUPS, [])
        ]
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError("a struct lacks what it should hold") from error


def _page_sizes(data: bytes, column: dict[int, Any], end_of_pages: int) -> Iterator[int]:
    """Yield the bytes that each page of a column unpacks to."""
    place = min(column[DATA_PAGES], column.get(DICTIONARY_PAGE) or column[DATA_PAGES])
    end = place + column[COMPRESSED]
    if not len(MAGIC) <= place <= end <= end_of_pages:
        raise ValueError("a column lies outside the file")
    while place < end:
        reader = _Reader(data, place, end)
        header = reader.struct()
        place = reader.place + header[PAGE_COMPRESSED]
        if header[PAGE_COMPRESSED] < 0 or header[PAGE_UNCOMPRESSED] < 0 or place > end:
            raise ValueError("a page lies outside its column")
        yield header[PAGE_UNCOMPRESSED]


class _Reader:
    """Reads values in Thrift's compact protocol.

    Parameters
    ----------
    data : bytes
    place, end : where to begin, and what not to read beyond
    """

    def __init__(self, data: bytes, place: int, end: int) -> None:
        self.place = place
        self._data = data
        self._end = end
        self._values = 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Return the fields of a struct by their numbers."""
        if depth > MAX_DEPTH:
            raise ValueError("structs lie too deep")
        fields: dict[int, Any] = {}
        number = 0
        while (head := self._byte()) != 0:
            number = number + (head >> 4) if head >> 4 else self._integer()
            kind = head & 15
            self._count()
            fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (_I16, _I32, _I64):
            return self._integer()
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind in (_DOUBLE, _BINARY):
            return self._skip(8 if kind == _DOUBLE else self._unsigned())
        if kind in (_LIST, _SET):
            head = self._byte()
            count = self._unsigned() if head >> 4 == 15 else head >> 4
            return [self._element(head & 15, depth) for _ in range(count)]
        if kind == _MAP:
            count = self._unsigned()
            kinds = self._byte() if count else 0
            return [(self._element(kinds >> 4, depth), self._element(kinds & 15, depth)) for _ in range(count)]
        return self._element(kind, depth)

    def _element(self, kind: int, depth: int) -> Any:
        self._count()
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if not _TRUE <= kind < _STRUCT or depth > MAX_DEPTH:
            raise ValueError("a value of an unknown type")
        return self._value(kind, depth + 1)

    def _byte(self) -> int:
        if self.place >= self._end:
            raise ValueError("it ends within a value")
        self.place += 1
        return self._data[self.place - 1]

    def _count(self) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            raise ValueError("too many values")

    def _skip(self, count: int) -> None:
        if self.place + count > self._end:
            raise ValueError("it ends within a value")
        self.place += count

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
            if shift > 63:
                raise ValueError("a number is too long")

    def _integer(self) -> int:
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)

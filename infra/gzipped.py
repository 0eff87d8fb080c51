"""Bytes for browsers, compressed with gzip (RFC 1952): whole, or in two halves around a middle that is new each
time.

Only what is the same for everybody is compressed. What a page says of one person would otherwise show in its
length, beside what a stranger may put into it (BREACH, 2013).
"""

import gzip
import struct
import zlib

BEST = 9
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_MOST = 65_535
"""Bytes of one block that is stored as it is (RFC 1951, 3.2.4)."""


def whole(content: bytes) -> bytes:
    """The content, compressed as well as can be; the same content always becomes the same bytes."""
    return gzip.compress(content, BEST, mtime=0)


class Halves:
    """What stands before and behind a hole, compressed once, so that filling the hole costs a checksum."""

    __slots__ = ("_after", "_before", "_sum", "_tail")

    def __init__(self, before: bytes, after: bytes) -> None:
        self._before = _HEAD + _blocks(before, zlib.Z_SYNC_FLUSH)
        self._sum = zlib.crc32(before)
        self._tail = after
        self._after = _blocks(after, zlib.Z_FINISH)

    def around(self, middle: bytes, length: int) -> bytes:
        """The whole with the middle, which is not compressed. `length` is that of everything, in bytes."""
        if len(middle) > _MOST:
            raise ValueError("the middle is longer than a block")
        size = len(middle)
        check = zlib.crc32(self._tail, zlib.crc32(middle, self._sum))
        stored = struct.pack("<BHH", 0, size, size ^ 0xFFFF)
        return b"".join((self._before, stored, middle, self._after, struct.pack("<II", check, length & 0xFFFFFFFF)))


def _blocks(content: bytes, end: int) -> bytes:
    made = zlib.compressobj(BEST, zlib.DEFLATED, -zlib.MAX_WBITS)
    return made.compress(content) + made.flush(end)

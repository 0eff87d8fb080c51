"""Taking a mail apart. Every step has a bound, because whoever wrote the mail may want us to choke on it.

The library's parser looks at each line once for each level of nesting and recurses with it: a thousand levels end
it with RecursionError, twenty million short lines keep it busy for minutes. Here a part is a slice of the bytes
that arrived, borders are searched and not read line by line, and what is beyond a bound stays closed.
"""

import binascii
import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as LibraryMessage
from functools import cached_property

HEAD_MOST = 256 * 1024
"""Bytes of a header that are read."""
VALUE_MOST = 16 * 1024
"""Characters of one header's value."""
DEEPEST = 20
MOST_PARTS = 500

_FOLD = re.compile(r"\r?\n[ \t]+")
_NEXT_FIELD = re.compile(rb"\r?\n(?![ \t])")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_NAME = re.compile(rb"[!-9;-~]+")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_TURNS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""Marks that show what follows the other way round: a name could be read as another one, an end as another end."""


def fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """The fields of a head: the name in small letters, and all of it as it came without the last line's end.

    Whoever reads a head reads it by this, for what is checked must be what is shown. Only a line's end ends a field
    (RFC 5322, 2.2), and what has no name of the allowed signs is a field without a name.
    """
    found = []
    for each in _NEXT_FIELD.split(head):
        name, colon, _ = each.partition(b":")
        name = name.rstrip(b" \t")
        found.append((name.lower() if colon and _NAME.fullmatch(name) else b"", each))
    return found[:-1] if found and not found[-1][1] else found


class Headers:
    """The headers of a mail or a part, in order, as text; unknown bytes are replaced."""

    def __init__(self, head: bytes) -> None:
        self.cut = len(head) > HEAD_MOST
        read = fields(head[:HEAD_MOST])
        self.is_sound = not self.cut and all(name for name, _ in read) and not _CONTROLS.search(head)
        """Whether every line of it is a field, and no control character may pass for a line's end."""
        self.is_utf8 = _is_utf8(head)
        self.items = [(name.decode(), _value(field)) for name, field in read if name]

    def get(self, name: str) -> str:
        """The first value of that name as it stands, "" when there is none."""
        return next((value for found, value in self.items if found == name), "")

    def all(self, name: str) -> list[str]:
        return [value for found, value in self.items if found == name]

    def __contains__(self, name: object) -> bool:
        return any(found == name for found, _ in self.items)

    def words(self, name: str) -> str:
        """The value with encoded words (RFC 2047) decoded, in one line."""
        return decoded_words(self.get(name))


@dataclass(frozen=True)
class Part:
    """One part: its headers and its content as it was sent."""

    headers: Headers
    content: bytes = field(repr=False)

    @cached_property
    def type(self) -> str:
        """Like `text/plain`, in lower case; what is no type is `text/plain` (RFC 2045, 5.2)."""
        value = self.headers.get("content-type").partition(";")[0].strip().lower()
        return value if re.fullmatch(r"[a-z0-9.+_-]+/[a-z0-9.+_-]+", value) else "text/plain"

    @property
    def name(self) -> str:
        """The file's name as the sender says it, "" when none is said."""
        given = self._parameter("content-disposition", "filename") or self._parameter("content-type", "name")
        return one_line(decoded_words(given))[:200]

    @property
    def is_attachment(self) -> bool:
        """Whether it is kept as a file rather than read."""
        said = self.headers.get("content-disposition").lower().startswith("attachment")
        return said or bool(self.name) or not self.type.startswith("text/")

    def parameter(self, name: str) -> str:
        """A parameter of the Content-Type, like `report-type`."""
        return self._parameter("content-type", name)

    def decoded(self) -> bytes:
        """The content without its transfer encoding; what cannot be decoded stays as it is."""
        encoding = self.headers.get("content-transfer-encoding").lower().strip()
        if encoding == "base64":
            letters = re.sub(rb"[^A-Za-z0-9+/]", b"", self.content)
            with suppress(binascii.Error):
                return binascii.a2b_base64(letters[: len(letters) // 4 * 4] + _padded(letters))
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.content)
        return self.content

    def text(self, most: int) -> str:
        """The content as text, at most that many characters."""
        return readable(_decoded(self.decoded()[: most * 4], self._parameter("content-type", "charset")))[:most]

    def _parameter(self, header: str, name: str) -> str:
        value = self.headers.get(header)[:4096]
        if name not in value.lower():
            return ""
        library = LibraryMessage()
        library[header] = value
        try:
            found = library.get_param(name, "", header)
        except (ValueError, LookupError, TypeError):
            return ""
        if isinstance(found, tuple):  # RFC 2231: charset, language, value
            return _decoded(found[2].encode("latin-1", "replace"), found[0] or "utf-8")
        return str(found)


def read(content: bytes) -> Part:
    """The whole mail as one part."""
    head, body = split(content)
    return Part(Headers(head), body)


def leaves(whole: Part) -> Iterator[Part]:
    """The parts that hold something, in order; a multipart that is too deep or too long is one of them."""
    waiting, seen = [(whole, 0)], 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        inner = _inner(part) if part.type.startswith("multipart/") and depth < DEEPEST and seen < MOST_PARTS else []
        if inner:
            waiting.extend((each, depth + 1) for each in reversed(inner[:MOST_PARTS]))
        elif seen <= MOST_PARTS:
            yield part


def decoded_words(value: str) -> str:
    """A header's value with its encoded words decoded, whatever is wrong with them."""
    if "=?" not in value:
        return one_line(value)
    try:
        pieces = decode_header(value[:VALUE_MOST])
    except (HeaderParseError, ValueError, LookupError):
        return one_line(value)
    return one_line("".join(p if isinstance(p, str) else _decoded(p, charset or "utf-8") for p, charset in pieces))


def one_line(text: str) -> str:
    """Without line breaks, what cannot be stored or shown, and what turns the rest of the line around."""
    return " ".join(_TURNS.sub("", _ODD.sub(" ", text)).split())


def readable(text: str) -> str:
    """Lines end with a newline; nothing that a database cannot store."""
    return _ODD.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _is_utf8(head: bytes) -> bool:
    """Whether its letters are what RFC 6532 asks for; of others nobody knows which they are."""
    try:
        head.decode()
    except UnicodeDecodeError:
        return False
    return True


def _value(field: bytes) -> str:
    """What stands behind the colon, in one line."""
    written = _FOLD.sub(" ", _decoded(field.partition(b":")[2], "utf-8"))
    return _ODD.sub(" ", written).strip()[:VALUE_MOST]


def split(content: bytes) -> tuple[bytes, bytes]:
    """Head and body. A part may begin with its empty line: then it has no head."""
    if content.startswith((b"\r\n", b"\n")):
        return b"", content[2 if content.startswith(b"\r\n") else 1 :]
    found = _END_OF_HEAD.search(content)
    return (content, b"") if found is None else (content[: found.start()], content[found.end() :])


def _inner(part: Part) -> list[Part]:
    """The parts of a multipart; none when its border is not to be found."""
    border = part.parameter("boundary")
    if not border or len(border) > 200:
        return []
    mark = re.escape(border.encode("utf-8", "replace"))
    lines = re.compile(rb"(?:\A|\r?\n)--%b(--)?[ \t]*(?=\r?\n|\Z)" % mark)
    pieces: list[bytes] = []
    begun: int | None = None
    for found in lines.finditer(part.content):
        if begun is not None:
            pieces.append(part.content[begun : found.start()])
        begun = _after_break(part.content, found.end())
        if found[1] or len(pieces) >= MOST_PARTS:
            begun = None
            break
    if begun is not None:  # the last border is missing: the mail was cut
        pieces.append(part.content[begun:])
    return [read(piece) for piece in pieces]


def _after_break(content: bytes, at: int) -> int:
    if content.startswith(b"\r\n", at):
        return at + 2
    return at + 1 if content.startswith(b"\n", at) else at


def _padded(letters: bytes) -> bytes:
    rest = letters[len(letters) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _decoded(content: bytes, charset: str) -> str:
    """Text in the charset that is said, else in UTF-8, else in windows-1252, which takes nearly every byte."""
    for name in (charset, "utf-8", "windows-1252"):
        try:
            if codecs.lookup(name)._is_text_encoding:  # as bytes.decode asks
                return content.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("latin-1")

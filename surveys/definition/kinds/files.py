"""Files that respondents send along. An answer names files that were uploaded for the very same submission."""

from typing import TYPE_CHECKING, Any

from infra.i18n import format_size
from surveys.definition.kinds.base import PRESENCE, Answer, Cell, Kind, Read, Refused, Say, without_defaults
from surveys.definition.reader import Node, Seen
from surveys.wording import N_

if TYPE_CHECKING:
    from surveys.definition.model import Question

MOST_FILES = 10
LARGEST = 25_000_000
"""Bytes of one file."""
GROUPS = ("image", "document", "audio", "video", "archive")
"""What an author may allow; nothing chosen allows all of them."""
DOCUMENTS = ("application/pdf", "text/plain", "application/x-ole-storage", "application/vnd.")

NOT_UPLOADED = N_("Upload the file on the survey's page first.")
TOO_MANY = N_("Please send at most %(most)s files.")


class Uploaded(dict[str, Any]):
    """A file of the submission that names it: `id`, `name`, `size` in bytes, `type`.

    Only `surveys.files` makes one, from a token that it signed; the same fields from elsewhere are refused.
    """


class Files(Kind):
    """Files, stored apart; the answer holds their ids, names, sizes and types."""

    settings: tuple[str, ...] = ("max_files", "file_kinds")
    stored = "texts"
    value = "files"
    operators = PRESENCE

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        chosen = {item.one_of(GROUPS) for item in node.at("file_kinds").items(len(GROUPS))}
        return {
            "max_files": node.at("max_files").integer(1, MOST_FILES, 1),
            "file_kinds": tuple(group for group in GROUPS if group in chosen),
        }

    def dump(self, question: "Question") -> dict[str, Any]:
        fields = {"max_files": question.max_files, "file_kinds": list(question.file_kinds)}
        return without_defaults(fields, max_files=1)

    def reader(self, question: "Question") -> Read:
        most = question.max_files

        def read(raw: Any, language: str) -> Answer | None:
            given = [raw] if isinstance(raw, str | dict) else raw
            named = (
                [each for each in given or () if each != ""] if isinstance(given, list | tuple | None) else [raw]
            )
            if not all(isinstance(each, Uploaded) for each in named):
                raise Refused(NOT_UPLOADED)
            once = {each["id"]: each for each in named}
            if len(once) > most:
                raise Refused(TOO_MANY, most=most)
            return tuple(once.values()) or None

        return read

    def store(self, value: Answer) -> Any:
        return [dict(each) for each in value] if isinstance(value, tuple) else []

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        return "\n".join(f"{each['name']} ({format_size(each['size'])})" for each in stored)

    def columns(self, question: "Question") -> tuple[Cell, ...]:
        return (Cell("", lambda stored: "; ".join(str(each["name"]) for each in stored) if stored else None),)


def group_of(kind: str) -> str:
    """The group of a content type."""
    first = kind.partition("/")[0]
    if first in ("image", "audio", "video"):
        return first
    return "document" if kind.startswith(DOCUMENTS) else "archive"

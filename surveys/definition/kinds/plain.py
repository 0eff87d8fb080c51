"""Texts, a consent, and a statement that asks nothing."""

from typing import TYPE_CHECKING, Any

from infra.i18n import gettext
from surveys.definition.kinds.base import PRESENCE, Answer, Cell, Kind, Read, Refused, Say, without_defaults
from surveys.definition.reader import UNSTORABLE, Node, Seen
from surveys.wording import N_, Sentence

if TYPE_CHECKING:
    from surveys.definition.model import Question

TOO_LONG = N_("Please write at most %(most)s characters.")
NO_TEXT = N_("This must be a text.")
NO_CONSENT = N_("This must be true or false.")
REQUIRED_CONSENT = N_("Please tick this box to go on.")

YES = frozenset({"true", "yes", "on", "1"})
NO = frozenset({"false", "no", "off", "0"})


class Words(Kind):
    """A text in the respondent's own words."""

    settings = ("max_length",)
    value = "text"
    stored = "texts"
    operators = PRESENCE

    def read(self, node: Node, seen: Seen) -> dict[str, Any]:
        return {"max_length": node.at("max_length").integer(1, 10_000)}

    def dump(self, question: "Question") -> dict[str, Any]:
        return without_defaults({"max_length": question.max_length}, max_length=0)

    def reader(self, question: "Question") -> Read:
        limit = question.length_limit
        return lambda raw, language: clean(raw, limit)


class Consent(Kind):
    """A box to tick."""

    value = "boolean"
    operators = frozenset({"equals", "not_equals"}) | PRESENCE
    unsaid = False

    def codes(self, question: "Question") -> tuple[str, ...]:
        return ("yes", "no")

    def reader(self, question: "Question") -> Read:
        return _read_consent

    def lacking(self, question: "Question", value: Answer | None) -> Sentence | None:
        return None if value is True else Sentence(REQUIRED_CONSENT)

    def accepts(self, question: "Question", value: float | str | bool) -> bool:
        return isinstance(value, bool)

    def say(self, question: "Question", stored: Any, say: Say) -> str:
        return gettext("Yes") if stored else gettext("No")

    def columns(self, question: "Question") -> tuple[Cell, ...]:
        return (Cell("", lambda stored: {True: "yes", False: "no"}.get(stored)),)


class Statement(Kind):
    """Words that ask nothing."""

    stored = "nowhere"
    value = "nothing"


def _read_consent(raw: Any, language: str) -> Answer | None:
    if raw is None or raw == "":
        return None
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in YES | NO:
        return raw.lower() in YES
    raise Refused(NO_CONSENT)


def clean(raw: Any, limit: int) -> str | None:
    """A text without control characters and outer spaces, with line ends as people write them. Raises Refused."""
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise Refused(NO_TEXT)
    words = raw if raw.isprintable() else UNSTORABLE.sub("", raw.replace("\r\n", "\n"))
    words = words.strip()
    if len(words) > limit:
        raise Refused(TOO_LONG, most=limit)
    return words or None

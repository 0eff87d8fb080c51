"""Fields with sentences of our own. Text is trimmed, and holds nothing that a database or a terminal chokes on."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from infra.i18n import N_
from infra.mail import mime

MISSING = N_("Please fill this in.")
NOT_TEXT = N_("Write this as text.")
NO_CONTROL = N_("This holds characters that cannot be stored, such as control characters.")
BAD_EMAIL = N_("Write an e-mail address such as ann@example.org.")
NOT_WHOLE = N_("Write a whole number.")
NONE_CHOSEN = N_("Choose at least one.")
LONGEST_EMAIL = 254
"""RFC 5321, 4.5.3.1.3 with the angle brackets taken off."""

WORDS: dict[str, Any] = {"required": MISSING, "null": MISSING, "invalid": NOT_TEXT}


class TooLong(ValidationError):
    """Knows its number, so that the sentence can be said in any language."""


class Text(fields.String):
    """One line of text, or several with `lines=True`."""

    def __init__(self, *, longest: int, lines: bool = False, required: bool = True, **options: Any) -> None:
        super().__init__(required=required, error_messages=WORDS, **options)
        self.longest = longest
        self.lines = lines

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        text = unicodedata.normalize("NFC", text).strip()
        if self.required and not text:
            raise ValidationError(MISSING)
        if any(_unstorable(character, self.lines) for character in text):
            raise ValidationError(NO_CONTROL)
        if len(text) > self.longest:
            raise ValidationError(TOO_LONG.get(self.longest, TOO_LONG[0]))
        return text


TOO_LONG: dict[int, str] = {
    0: N_("This is too long."),
    80: N_("Use at most 80 characters."),
    120: N_("Use at most 120 characters."),
    200: N_("Use at most 200 characters."),
}


class Email(Text):
    """An e-mail address by its form, one that mail can be sent to; whether it exists is found out by writing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(longest=LONGEST_EMAIL, validate=[validate.Email(error=BAD_EMAIL), _can_be_sent], **options)


class Secret(fields.String):
    """A password: taken exactly as it was typed."""

    def __init__(self) -> None:
        super().__init__(required=True, error_messages=WORDS, validate=validate.Length(1, 1000, error=MISSING))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise ValidationError(NO_CONTROL)
        return text


class Whole(fields.Integer):
    """A whole number."""

    def __init__(self, **options: Any) -> None:
        words: dict[str, Any] = {"required": MISSING, "null": MISSING, "invalid": NOT_WHOLE, "too_large": NOT_WHOLE}
        super().__init__(**{"required": True, "error_messages": words, **options})


class Several(fields.List[str]):
    """Boxes that were ticked; none ticked is an empty list."""

    def __init__(self, **options: Any) -> None:
        inner = fields.String(error_messages=WORDS, validate=validate.Length(1, 80, error=NOT_TEXT))
        super().__init__(inner, load_default=list, validate=validate.Length(max=200, error=TOO_LONG[0]), **options)


def _can_be_sent(text: str) -> None:
    try:
        mime.address(text)
    except mime.BadMail:
        raise ValidationError(BAD_EMAIL) from None


def _unstorable(character: str, lines: bool) -> bool:
    if character in "\n\r\t":
        return not lines
    return unicodedata.category(character) in {"Cc", "Cs"}

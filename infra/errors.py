"""The base of every error that a person or a program is meant to understand.

Only `web/errors.py` knows status codes; a domain error carries a stable `code` and a sentence. The sentence
is an English catalogue message with `%(name)s` fields; `fields` fills it and must hold no personal data.
"""

from collections.abc import Mapping


class RapportError(Exception):
    """An error with a stable `code` and a sentence for a person."""

    code = "error"
    message = "Something went wrong."

    def __init__(self, message: str | None = None, /, **fields: object) -> None:
        self.message = message or type(self).message
        self.fields: Mapping[str, object] = fields
        super().__init__(self.message % fields if fields else self.message)


class NotFound(RapportError):
    """There is no such thing here, or it belongs to somebody else: both read the same."""

    code = "not_found"
    message = "There is nothing at this address."


class Invalid(RapportError):
    """The request was understood and cannot be accepted. `problems` maps a path to its sentences."""

    code = "invalid"
    message = "Some of what was sent cannot be accepted."

    def __init__(
        self, message: str | None = None, /, problems: Mapping[str, list[str]] | None = None, **fields: object
    ) -> None:
        super().__init__(message, **fields)
        self.problems: dict[str, list[str]] = dict(problems or {})


class Conflict(RapportError):
    """The thing is not in a state that allows this, or somebody else was faster."""

    code = "conflict"
    message = "This was changed in the meantime. Reload it and try again."
    field = ""
    """The field of a form that stands in the way, where it is one."""


class Forbidden(RapportError):
    """The one who asks is known and may not do this."""

    code = "forbidden"
    message = "You may not do this."


class TooMany(RapportError):
    """A limit was reached; `retry_after` is in seconds."""

    code = "too_many_requests"
    message = "Too many requests. Please wait a moment and try again."

    def __init__(self, message: str | None = None, /, retry_after: int = 60, **fields: object) -> None:
        super().__init__(message, **fields)
        self.retry_after = retry_after


class Unavailable(RapportError):
    """A part we depend on does not answer. Safe to try again later; a job that raises it is retried."""

    code = "unavailable"
    message = "This part of the service does not answer at the moment. Nothing was lost; please try again."

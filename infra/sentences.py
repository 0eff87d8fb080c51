"""Sentences that can be said in another language later.

A problem is stored as the English sentence it reads as, and remembers the catalogue message and the fields that
made it, so that a page can say it in the reader's language: `gettext(problem.message) % problem.fields`.
"""

from collections.abc import Mapping


class Sentence(str):
    """An English sentence with its catalogue message and fields. Fields reach nobody but who typed them."""

    message: str
    fields: Mapping[str, object]

    def __new__(cls, message: str, /, **fields: object) -> "Sentence":
        made = super().__new__(cls, message % fields if fields else message)
        made.message = message
        made.fields = fields
        return made

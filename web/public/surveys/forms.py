"""Reading a posted survey form: strict about its shape, without an opinion about its answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from flask import Request

from infra.errors import Invalid
from infra.i18n import N_
from surveys.answers import CompiledSurvey

LARGEST_FORM = 1024 * 1024
"""Bytes of a whole form."""
MOST_FIELDS = 2_000
FORM_TYPE = "application/x-www-form-urlencoded"
FILES_TYPE = "multipart/form-data"


class UnreadableForm(Invalid):
    """The body is not a form as our pages send it."""

    code = "unreadable_form"
    message = N_("What was sent could not be read as this survey's form. Nothing was saved.")


@dataclass(frozen=True, slots=True)
class Posted:
    """A posted form: the answers as `surveys.answers` takes them, and the page's own fields (`_token`, …)."""

    answers: Mapping[str, Any]
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def seen(self) -> list[str]:
        """The questions that were in sight when the form was sent."""
        return self.own.get("_seen", "").split()[:MOST_FIELDS]


def read(request: Request, *, with_files: int = 0) -> Posted:
    """The form of the request, with up to so many bytes of files. Raises UnreadableForm, RequestEntityTooLarge."""
    if with_files and request.mimetype == FILES_TYPE:
        return _read_parts(request, with_files)
    request.max_content_length = LARGEST_FORM
    if request.mimetype != FORM_TYPE:
        raise UnreadableForm
    try:
        pairs = parse_qsl(
            request.get_data(cache=False).decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:  # too many fields, or bytes that are no UTF-8
        raise UnreadableForm from None
    return collect(pairs)


def _read_parts(request: Request, most: int) -> Posted:
    """Files go to disk as they come; what is typed is as small as in any other form."""
    request.max_content_length, request.max_form_memory_size = most, LARGEST_FORM
    request.max_form_parts = MOST_FIELDS
    return collect(list(request.form.items(multi=True)))


def collect(pairs: list[tuple[str, str]]) -> Posted:
    """Fields by name; a name that comes more than once holds a list. The first of our own fields counts."""
    answers: dict[str, Any] = {}
    own: dict[str, str] = {}
    for name, value in pairs:
        if name.startswith("_"):
            own.setdefault(name, value)
        elif name not in answers:
            answers[name] = value
        elif isinstance(answers[name], list):
            answers[name].append(value)
        else:
            answers[name] = [answers[name], value]
    return Posted(answers, own)


def with_unticked(posted: Posted, survey: CompiledSurvey) -> dict[str, Any]:
    """The answers with a "no" for every consent box in sight that was left alone; browsers send nothing."""
    consents = {question.id for question in survey.definition.questions if question.type == "consent"}
    return {**{seen: "no" for seen in posted.seen if seen in consents}, **posted.answers}

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


def read(request: Request) -> Posted:
    """The form of the request. Raises UnreadableForm, RequestEntityTooLarge."""
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

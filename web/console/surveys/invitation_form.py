"""The words of a round in its form: a subject and a paragraph for each language of the workspace."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import request
from marshmallow import Schema

from customers import writing_mail
from infra.mail.purposes import Message
from surveys import invitation_words, letters
from surveys.errors import RoundInvalid
from surveys.models import Survey
from tenants import branding
from web import tenancy
from web.forms import Form
from web.schemas import jobs
from web.schemas.invitations import REMINDER

PARTS = ("subject", "text")


def languages() -> Sequence[str]:
    """Those of the workspace, its first one before the others."""
    settings = branding.get_settings(tenancy.session())
    return sorted(settings.languages, key=lambda code: (code != settings.default_locale, code))


def submitted(schema: type[Schema]) -> Form:
    """A form with its words as they were typed: `subject_de`, `text_de`."""
    return keep_words(Form.submitted(schema))


def keep_words(form: Form) -> Form:
    """The form, and in it the words as they were typed."""
    typed = ((f"{part}_{language}", part, language) for language in languages() for part in PARTS)
    form.values |= {name: request.form[name] for name, _, _ in typed if name in request.form}
    return form


def typed_words(form: Form) -> dict[str, str]:
    """The words in a form that are not empty, by the name of their field."""
    return {name: said for name, said in form.values.items() if name.partition("_")[0] in PARTS and said}


def words() -> dict[str, dict[str, str]]:
    """What was typed, by language."""
    return {code: {part: request.form.get(f"{part}_{code}", "") for part in PARTS} for code in languages()}


def key_of(typed: dict[str, Any]) -> str:
    """The key of a form with its words: whoever goes back and words it otherwise begins another round."""
    return jobs.key_of(typed["key"], repr(words()).encode())


@contextmanager
def beside_its_field() -> Iterator[None]:
    """What speaks against words stands beside the field in which they were typed."""
    try:
        yield
    except RoundInvalid as refusal:
        raise RoundInvalid(problems={_field(at): said for at, said in refusal.problems.items()}) from refusal


def is_wording_alone(form: Form) -> bool:
    """Whether only words speak against it."""
    return all(name.partition("_")[0] in PARTS for name in form.problems)


def preview(survey: Survey, typed: dict[str, Any]) -> Message:
    """The mail. Raises RoundInvalid."""
    session, known = tenancy.session(), languages()
    with beside_its_field():
        said = invitation_words.check(session, words())
    language = typed["language"] if typed["language"] in known else known[0]
    mail = writing_mail.draft(tenancy.services().settings, tenancy.tenant(), tenancy.tenancy().name, language)
    own = invitation_words.of(said, language)
    found = letters.preview(session, survey.id, mail, own, reminder=typed["what"] == REMINDER)
    if found is None:
        raise RoundInvalid(problems={"": [letters.NOT_OPEN]})
    return found


def _field(at: str) -> str:
    """`words.de.subject` as `subject_de`."""
    _, language, part = (*at.split("."), "", "")[:3]
    return f"{part}_{language}" if part else at

"""A message to one customer as it is typed. The domain says what its words may hold."""

from typing import ClassVar

from marshmallow import fields, validate

from customers.writing_grounds import REASONS
from infra.i18n import N_
from web.schemas.customers import typed
from web.schemas.interactions import some_id
from web.schemas.jobs import KeyForm
from web.schemas.surveys import Query

VERBS = ("send", "look")
CHOOSE = N_("Choose one of the list.")
MOST = 100_000
"""Letters that are read at all; how many a message may have says the domain."""


class DraftForm(Query):
    """What is looked at before it is sent. `what` is a purpose, or a purpose and a topic with a dot between;
    `answers` the contact that is answered, `reason` why nothing is asked."""

    what = fields.String(load_default="message", validate=validate.Length(max=90, error=N_("This is too long.")))
    survey = some_id()
    answers = some_id()
    reason = fields.String(load_default="", validate=validate.OneOf(("", *REASONS), error=CHOOSE))
    subject = typed()
    text = fields.String(load_default="", validate=validate.Length(max=MOST, error=N_("This is too long.")))


class MessageForm(KeyForm, DraftForm):
    """What is sent, under the key of its form. `verb` is "look" while somebody only asks whether it may."""

    ONCE_A_FORM: ClassVar[bool] = True

    verb = fields.String(load_default="send", validate=validate.OneOf(VERBS, error=CHOOSE))

"""What staff send about consent, contact rules, topics and suppressed addresses."""

import re
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate

from customers.contact_facts import REASONS
from customers.models.contact import KINDS
from customers.purposes import CHANNELS, CHOSEN, PURPOSES
from infra.i18n import N_
from web.schemas.fields import WORDS, Email, Several, Text, Whole
from web.schemas.staff import FormSchema
from web.schemas.surveys import NO_CHOICE, Query

BAD_TIME = N_("Write a time such as 21:00.")
_TIME = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)


def one_of(choices: Any, **options: Any) -> fields.String:
    """One of some codes."""
    return fields.String(error_messages=WORDS, validate=validate.OneOf(list(choices), error=NO_CHOICE), **options)


class ConsentForm(FormSchema):
    """What somebody told staff. `what` is a purpose, or a purpose and a topic with a dot between."""

    what = Text(longest=90)
    channel = one_of(CHANNELS, load_default="email")
    state = one_of(("given", "withdrawn"), required=True)
    how = Text(longest=500, lines=True, required=False, load_default="")
    birth_year = Whole(required=False, load_default=None, allow_none=True)
    guardian_email = Text(longest=254, required=False, load_default="")

    @pre_load
    def drop_empty(self, data: dict[str, Any], **options: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name != "birth_year" or str(value or "").strip()}


class ContactsQuery(Query):
    """Which messages a list shows."""

    after = fields.String(load_default=None, validate=validate.Length(max=200, error=NO_CHOICE))
    state = one_of(("", "refused", "requested"), load_default="")
    reason = one_of(("", *REASONS), load_default="")
    purpose = one_of(("", *PURPOSES), load_default="")
    person = fields.UUID(load_default=None, error_messages={"invalid_uuid": NO_CHOICE})
    batch = fields.UUID(load_default=None, error_messages={"invalid_uuid": NO_CHOICE})


class TimeOfDay(fields.Field[Any]):
    """Minutes after midnight, from `21:00`; None for nothing."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> int | None:
        text = str(value or "").strip()
        if not text:
            return None
        found = _TIME.fullmatch(text)
        if found is None or int(found[1]) > 23 or int(found[2]) > 59:
            raise ValidationError(BAD_TIME)
        return int(found[1]) * 60 + int(found[2])


class BudgetForm(FormSchema):
    most = Whole()
    days = Whole()


class QuietForm(FormSchema):
    quiet_from = TimeOfDay(load_default=None)
    quiet_until = TimeOfDay(load_default=None)
    quiet_weekdays = Several()


class ConsentRulesForm(FormSchema):
    """`age_<purpose>` are read by the page: one for each purpose."""

    asked_first = Several()
    confirmed = Several()
    channels = Several()


class SoftBouncesForm(FormSchema):
    soft_bounces = Whole()
    soft_bounce_days = Whole()


class TopicForm(FormSchema):
    """Names come as `name_<language>`."""

    code = Text(longest=40, required=False, load_default="")
    purpose = one_of([purpose.code for purpose in CHOSEN], load_default="news")


class WordingForm(FormSchema):
    purpose = one_of([purpose.code for purpose in CHOSEN], required=True)
    locale = Text(longest=10)
    words = Text(longest=2_000, lines=True)


class SuppressionForm(FormSchema):
    email = Email()
    reason = Text(longest=500, lines=True)


class LiftForm(FormSchema):
    reason = Text(longest=500, lines=True)


class SuppressionsQuery(Query):
    after = fields.String(load_default=None, validate=validate.Length(max=200, error=NO_CHOICE))
    q = fields.String(load_default="", validate=validate.Length(max=254, error=NO_CHOICE))
    kind = one_of(("", *KINDS), load_default="")
    lifted = one_of(("", "yes"), load_default="")


class KeyForm(FormSchema):
    """Names a click, so that a second one begins nothing."""

    key = Text(longest=64)

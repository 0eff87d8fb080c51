"""Invitations of a segment as they are asked for on their page."""

from marshmallow import fields, validate

from infra.i18n import N_
from web.schemas.interactions import some_id
from web.schemas.jobs import KeyForm
from web.schemas.surveys import Query

INVITATION, REMINDER = "invitation", "reminder"
CHOOSE = N_("Choose one of the answers in the list.")


class ForecastQuery(Query):
    """Whom, and whether for the first time; asked before anything is sent."""

    segment = some_id()
    what = fields.String(load_default=INVITATION, validate=validate.OneOf((INVITATION, REMINDER), error=CHOOSE))


class PreviewForm(ForecastQuery):
    """What is looked at before it is sent, in which language."""

    language = fields.String(load_default="", validate=validate.Length(max=20, error=CHOOSE))


class RoundForm(KeyForm, ForecastQuery):
    """What is sent, under the key of its form."""


class RoundsQuery(Query):
    """From where on rounds are listed."""

    after = fields.String(load_default=None, validate=validate.Length(max=200, error=CHOOSE))

"""A personal link to a survey, as staff ask for one."""

from typing import ClassVar

from marshmallow import fields, validate

from infra.i18n import N_
from surveys.personal_links import DAYS
from web.schemas.interactions import some_id
from web.schemas.jobs import KeyForm

CHOOSE = N_("Choose one of the answers in the list.")
LASTS = (7, 30, DAYS, 365)
"""Days that are offered."""


class LinkForm(KeyForm):
    """To which survey, and for how many days."""

    ONCE_A_FORM: ClassVar[bool] = True

    survey = some_id()
    days = fields.Integer(load_default=DAYS, validate=validate.OneOf(LASTS, error=CHOOSE))

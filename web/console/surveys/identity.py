"""Whether answers may carry the customer who gives them."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from infra.i18n import N_
from surveys import known
from web import tenancy
from web.console.surveys.blueprint import blueprint
from web.console.surveys.frame import the_survey
from web.schemas.staff import FormSchema
from web.schemas.surveys import NO_CHOICE


class IdentityForm(FormSchema):
    identity = fields.String(required=True, validate=validate.OneOf(list(known.IDENTITIES), error=NO_CHOICE))


@blueprint.post("/<uuid:survey_id>/identity")
def set_identity(survey_id: UUID) -> Response:
    """From now on; answers that are stored stay as they are."""
    survey = the_survey(survey_id)
    typed = IdentityForm().load(request.form)
    known.set_identity(tenancy.session(), survey, typed["identity"], by=tenancy.actor())
    anonymous = survey.identity == "anonymous"
    flash(N_("Further answers are anonymous.") if anonymous else N_("Further answers may carry the customer."))
    return redirect(url_for(".manage", survey_id=survey.id), 303)

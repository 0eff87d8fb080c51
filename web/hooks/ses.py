"""SES tells of bounces, complaints and deliveries through SNS."""

from flask import Blueprint, Response, request

from customers import ses_notices
from infra.limits import Count, Limit
from infra.mail.inbound import sns
from web import tenancy

blueprint = Blueprint("hooks", __name__)

FROM_ONE = Limit(3000, 60)
"""Calls from one network in a minute; each costs a signature to check."""


@blueprint.post("/ses")
def ses() -> Response:
    """200 for what was noted, also again; 403 for what is not AWS's word about a topic of ours."""
    services = tenancy.services()
    limiter = tenancy.limiter()
    limiter.require(Count(f"hooks:{limiter.veiled(request.remote_addr or '')}", FROM_ONE))
    content = request.stream.read(sns.LARGEST + 1)
    notice = sns.verified(content, services.settings, sns.certificates(services.settings))
    if notice.type == "SubscriptionConfirmation":
        sns.confirm(notice, services.settings)
    elif notice.type == "Notification":
        ses_notices.take(services, tenancy.application().directory, notice)
    return Response("noted\n", 200, mimetype="text/plain")

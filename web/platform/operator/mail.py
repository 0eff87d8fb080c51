"""Mail on its way, in all workspaces and of the platform itself."""

from flask import Blueprint, render_template

from tenants.operators import mail
from web.platform.operator.parts import Parts

blueprint = Blueprint("mail", __name__)


@blueprint.get("/")
def index() -> str:
    """Numbers only: no address, no subject."""
    return render_template("platform/operator/mail.html", flow=Parts().ask(mail.read))

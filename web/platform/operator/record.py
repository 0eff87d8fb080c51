"""What operators did: nobody can change or delete it, also not through here."""

from uuid import UUID

from flask import Blueprint, render_template, request

from tenants.operators import audit
from web import tenancy
from web.platform.operator import names

blueprint = Blueprint("record", __name__)


@blueprint.get("/")
def index() -> str:
    """The newest entries, of one operator, workspace or kind when asked for."""
    tenant, operator = request.args.get("tenant", type=UUID), request.args.get("operator", type=UUID)
    action, after = request.args.get("action", "")[:80], request.args.get("after", type=UUID)
    found = audit.list_entries(tenancy.session(), tenant=tenant, operator=operator, action=action, before=after)
    return render_template(
        "platform/operator/record.html",
        entries=found,
        wanted={"tenant": tenant, "operator": operator, "action": action},
        after=after,
        more=found[-1].id if len(found) == audit.PAGE else None,
        kinds=audit.KINDS,
        operators=names.of_operators(),
        slugs=names.of_tenants({entry.tenant_id for entry in found} | {tenant}),
    )

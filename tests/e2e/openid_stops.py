"""Providers that customers sign in with: one that is on, one that waits, one in trouble."""

from sqlalchemy.orm import Session

from customers.portal import openid_providers as providers
from infra.db import TenantRef
from infra.http import Policy
from infra.services import Services
from tenants.permissions import SYSTEM
from tests.e2e.stops import Stop

SECRET = "a-secret-of-the-stops"


def console(session: Session, services: Services) -> list[Stop]:
    """Settings of the customer pages with each of them."""
    policy, pages = Policy.of(services.settings), "/console/settings/portal/providers"
    on = providers.add(session, policy, kind="google", name="Google", issuer="", by=SYSTEM)
    providers.change(session, on, name="Google", client_id="1234.apps.example", secret=SECRET, by=SYSTEM)
    providers.note_check(session, on, [])
    providers.turn_on(session, on, by=SYSTEM)
    waits = providers.add(session, policy, kind="microsoft", name="Microsoft", issuer="common", by=SYSTEM)
    issuer = "https://anmeldung.kaffeehandelsgesellschaft.example/realms/kundinnen-und-kunden"
    name = "Kaffeehandelsgesellschaft, Kundenkonto"
    odd = providers.add(session, policy, kind="openid", name=name, issuer=issuer, by=SYSTEM)
    providers.change(session, odd, name=name, client_id="rapport", secret=SECRET, by=SYSTEM)
    providers.note_check(session, odd, ["issuer_differs"], f"{issuer}/" + "x" * 80)
    session.flush()
    return [
        Stop("portal-provider-new-google", f"{pages}/new?kind=google"),
        Stop("portal-provider-new-microsoft", f"{pages}/new?kind=microsoft"),
        Stop("portal-provider-new", f"{pages}/new?kind=openid"),
        Stop("portal-provider-on", f"{pages}/{on.id}"),
        Stop("portal-provider-waits", f"{pages}/{waits.id}"),
        Stop("portal-provider-odd", f"{pages}/{odd.id}"),
        Stop("portal-provider-removal", f"{pages}/{on.id}/removal"),
    ]


def doors(services: Services, tenant: TenantRef) -> list[Stop]:
    """On the way back: an account that is nobody's yet, a way that is over, and one that was given up."""
    with services.db.tenant_session(tenant) as session:
        on = providers.list_open(session)[0].id
    back = f"/portal/sign-in/{on}/callback"
    return [
        Stop("portal-account-unknown", "/portal/sign-in/account"),
        Stop("portal-way-over", f"{back}?state=made-up&code=made-up", 410),
        Stop("portal-way-given-up", f"{back}?error=access_denied"),
    ]

"""The pages about consent: agreed, withdrawn, waiting, refused; topics; addresses not written to."""

from sqlalchemy.orm import Session

from customers import consent, contact, contact_rules, people, suppressions, topics, unsubscribe
from customers.consent import Proof
from customers.contact_mail import CONFIRM_LINK
from customers.links import issue
from infra import links
from infra.db import TenantRef
from infra.ids import new_id
from infra.services import Services
from tenants.permissions import SYSTEM, Actor
from tests.e2e.stops import LONG, Stop
from web.demo.people import COLLEAGUES

BY = Actor("staff", COLLEAGUES[0].id, frozenset({"contacts.manage"}))
MARK = "consent.example@example.org"


def console(session: Session) -> list[Stop]:
    """What staff see."""
    wishes = {"asked_first": [], "confirmed": ["board"], "ages": {"news": 16}, "channels": ["email", "phone"]}
    contact_rules.set_consent(session, by=BY, **wishes)  # type: ignore[arg-type]
    topic = topics.add(session, code="tastings", purpose="news", names={"en": LONG[:80], "de": "Abende"}, by=BY)
    person = people.add(session, by=SYSTEM, name=LONG[:100], email=MARK)
    session.flush()
    told = Proof("staff", by=BY, how=LONG, business="Acme Coffee Roasters", network="2001:db8::1")
    consent.give(session, person.id, "loyalty", told)
    consent.give(session, person.id, "board", told)
    contact.request(session, person.id, "survey", ref=new_id(), key=new_id().hex)
    contact.request(session, person.id, "news", ref=new_id(), key=new_id().hex, reminder=True)
    consent.withdraw(session, person.id, "survey", told)
    entry = suppressions.add(
        session, "bounced@example.org", kind="hard_bounce", source="dsn", evidence=new_id(), reason=LONG
    )
    quiet = people.add(session, by=SYSTEM, name="Nobody Wrote", email="quiet@example.org")
    session.flush()
    settings = "/console/settings"
    return [
        Stop("consent", f"/console/customers/{person.id}/consent"),
        Stop("consent-nothing", f"/console/customers/{quiet.id}/consent"),
        Stop("contacts", "/console/customers/contacts"),
        Stop("contacts-reason", "/console/customers/contacts?reason=no_consent"),
        Stop("contacts-nothing-fits", "/console/customers/contacts?reason=erased"),
        Stop("contact-rules", f"{settings}/contact-rules"),
        Stop("purposes", f"{settings}/purposes"),
        Stop("topic", f"{settings}/topics/{topic.id}"),
        Stop("suppressions", f"{settings}/suppressions"),
        Stop("suppressions-nothing-fits", f"{settings}/suppressions?q=nobody@example.org"),
        Stop("suppression", f"{settings}/suppressions/{entry.id}"),
    ]


def public(services: Services, tenant: TenantRef) -> list[Stop]:
    """What the foot of a mail leads to; made after `console`."""
    with services.db.tenant_session(tenant) as session:
        person = people.find_by_email(session, MARK)[0]
        asked = contact.request(session, person.id, "message", ref=new_id(), key=new_id().hex)
        payload = {"c": asked.id.hex}
        token = links.sign(
            services.settings,
            unsubscribe.UNSUBSCRIBE,
            tenant.id,
            payload,
            expires_in=unsubscribe.UNSUBSCRIBE_FOR,
        )
        pending = next(act for act in consent.history(session, person.id) if act.state == "pending")
        confirm = issue(
            session, person.id, purpose=CONFIRM_LINK, ref=pending.id, lasts=unsubscribe.PREFERENCES_FOR
        ).token
        centre = unsubscribe.path_to_preferences(services.settings, tenant.id, person.id)
    return [
        Stop("unsubscribe", f"/u/{token}"),
        Stop("unsubscribe-wrong", "/u/made-up", 404),
        Stop("preferences", centre),
        Stop("preferences-saved", f"{centre}?saved=1"),
        Stop("confirm", f"/u/confirm/{confirm}"),
        Stop("preferences-link", "/u/link"),
    ]

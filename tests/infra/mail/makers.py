"""For each mail that the product sends the reason to send it, made as the product makes it, to one address.
`CASES` names each purpose once or more often: where a mail says one thing or another, there is a case for both."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import consent, contact, contact_rules, people, task_reminders, tasks
from customers.consent import Proof
from customers.contact_mail import PREFERENCES_LETTER
from customers.models import Contact, Person
from customers.portal import correcting, erasure, openid_identities, proofs
from customers.portal import jobs as portal_jobs
from customers.portal import openid_providers as providers
from infra.clock import now
from infra.db import TenantRef
from infra.http import Policy
from infra.mail.models import Outbox
from infra.services import Services
from surveys import known, library, publishing, surveys
from surveys import letters as survey_letters
from surveys.models import Survey
from tenants import api_keys, invitations, key_reminders, offboarding, permissions, sign_up, staff
from tenants.abuse import reports
from tenants.domains import claims
from tenants.models import AbuseReport, StaffIndex, StaffMember, StaffToken, WorkspaceRequest
from tenants.permissions import SYSTEM, Actor, of_role
from tenants.profile import ADDRESS_LIVES
from tenants.webhooks.models import WebhookEndpoint
from web import registries

ADDRESS = "zoe@example.org"


@dataclass(frozen=True)
class Made:
    """What a row of the outbox would say."""

    session: Session
    ref: UUID
    tenant: TenantRef | None
    key: str = "key"


Opened = tuple[Session, Person, Survey]
Maker = Callable[[Services, TenantRef], AbstractContextManager[Made]]


def zoe(session: Session, role: str) -> StaffMember:
    """A member of staff with the address that the tests look for."""
    member = staff.add(session, name="Zoë", email=ADDRESS, role=role, password_hash="x")
    session.flush()
    return member


@contextmanager
def verify(services: Services, tenant: TenantRef) -> Iterator[Made]:
    with services.db.control_session() as session:
        wish = sign_up.request(
            session,
            services.keys,
            business_name="Zoë's 100 % Bakery",
            slug="zoes-bakery",
            email=ADDRESS,
            password="long enough, I hope",
            locale="de",
        )
        yield Made(session, wish.id, None)


@contextmanager
def workspaces(services: Services, tenant: TenantRef) -> Iterator[Made]:
    with services.db.control_session() as session:
        sign_up.find_workspaces(session, services.keys, email=ADDRESS, locale="en")
        wanted = session.scalars(select(WorkspaceRequest).order_by(WorkspaceRequest.id.desc()).limit(1)).one()
        session.add(StaffIndex(email_index=wanted.email_index, tenant_id=tenant.id))
        session.flush()
        yield Made(session, wanted.id, None)


@contextmanager
def about_staff(services: Services, tenant: TenantRef, role: str = permissions.EDITOR) -> Iterator[Made]:
    """A mail to a member of staff that needs no more than them."""
    with services.db.tenant_session(tenant) as session:
        yield Made(session, zoe(session, role).id, tenant)


@contextmanager
def removed(services: Services, tenant: TenantRef) -> Iterator[Made]:
    with services.db.tenant_session(tenant) as session:
        member = zoe(session, permissions.EDITOR)
        offboarding.remove(session, member, {}, by=SYSTEM)
        yield Made(session, member.id, tenant)


@contextmanager
def invitation(services: Services, tenant: TenantRef, *, name: str, by_colleague: bool) -> Iterator[Made]:
    with services.db.tenant_session(tenant) as session:
        by = SYSTEM
        if by_colleague:
            colleague = staff.add(session, name="Bo", email="bo@example.org", role=permissions.ADMIN)
            session.flush()
            by = Actor("staff", colleague.id, of_role(colleague.role))
        asked = {"email": ADDRESS, "role": permissions.EDITOR, "workspace": "Zoë's 100 % Bakery", "name": name}
        yield Made(session, invitations.invite(session, by=by, **asked).id, tenant)


@contextmanager
def address(services: Services, tenant: TenantRef) -> Iterator[Made]:
    """A change of address: both addresses are the one that the test looks for."""
    with services.db.tenant_session(tenant) as session:
        row = StaffToken(
            staff_id=zoe(session, permissions.EDITOR).id,
            purpose="email",
            email=ADDRESS,
            email_before=ADDRESS,
            expires_at=now() + ADDRESS_LIVES,
        )
        session.add(row)
        session.flush()
        yield Made(session, row.id, tenant)


@contextmanager
def webhook_paused(services: Services, tenant: TenantRef) -> Iterator[Made]:
    with services.db.tenant_session(tenant) as session:
        member = zoe(session, permissions.ADMIN)
        for reason in ("failing", "gone"):
            row = WebhookEndpoint(url="https://crm.example.org/x", description="", kinds=["*"])
            row.state, row.state_reason = "paused", reason
            session.add(row)
        session.flush()
        yield Made(session, member.id, tenant)


@contextmanager
def key_expiring(services: Services, tenant: TenantRef) -> Iterator[Made]:
    """The mail that the job itself asks for: its key says which API key and which end it is about."""
    with services.db.tenant_session(tenant) as session:
        member = zoe(session, permissions.ADMIN)
        until = now() + timedelta(days=10)
        key, _ = api_keys.create(
            session, name="100 % <Web shop>", scopes=["surveys.read"], by=SYSTEM, expires_at=until
        )
        key.remind_at = now()
        session.flush()
        key_reminders.remind(session)
        asked = select(Outbox).where(Outbox.purpose == key_reminders.EXPIRING_MAIL, Outbox.ref_id == member.id)
        yield Made(session, member.id, tenant, key=session.scalars(asked).one().key)


@contextmanager
def domains_in_trouble(services: Services, tenant: TenantRef) -> Iterator[Made]:
    """One whose record is not found since yesterday, one that was switched off today."""
    with services.db.tenant_session(tenant) as session:
        member = zoe(session, permissions.ADMIN)
        failing = claims.add(session, services.settings, host="bücher-mit-langem-namen.example", by=SYSTEM)
        off = claims.add(session, services.settings, host="feedback.bakery.example", by=SYSTEM)
        failing.verified_at = failing.failing_since = now() - timedelta(days=1)
        off.disabled_at = now()
        session.flush()
        yield Made(session, member.id, tenant)


@contextmanager
def reported(services: Services, tenant: TenantRef, decision: str) -> Iterator[Made]:
    """A visitor's report about a page of the tenant, after an operator's decision."""
    key, operator = str(uuid4()), Actor("operator", uuid4(), frozenset())
    with services.db.control_session() as session:
        reports.report(
            session,
            services.keys,
            tenant.id,
            key=key,
            path="/s/recommend",
            survey_id=None,
            reason="phishing",
            words="It asks for my card number.",
            email=ADDRESS,
            locale="de",
        )
        row = session.scalars(select(AbuseReport).where(AbuseReport.key == f"form:{key}")).one()
        reports.begin(session, row.id, decision, by=operator)
        yield Made(session, reports.finish(session, row.id).id, None)


@contextmanager
def to_customer(services: Services, tenant: TenantRef) -> Iterator[Made]:
    """A customer who asked for the link to their preferences."""
    registries.compose()
    with services.db.tenant_session(tenant) as session:
        person = people.add(session, by=SYSTEM, name="Zoë", email=ADDRESS)
        session.flush()
        letter = {"letter": PREFERENCES_LETTER}
        asked = contact.request(session, person.id, "service", ref=person.id, key=str(uuid4()), **letter)
        yield Made(session, asked.id, tenant)


@contextmanager
def to_confirm(services: Services, tenant: TenantRef) -> Iterator[Made]:
    """Somebody who is asked to confirm that they want news."""
    registries.compose()
    with services.db.tenant_session(tenant) as session:
        person = people.add(session, by=SYSTEM, name="Zoë", email=ADDRESS)
        contact_rules.set_consent(
            session, asked_first=[], confirmed=["news"], ages={}, channels=["email"], by=SYSTEM
        )
        pending = consent.give(session, person.id, "news", Proof("form", business="Zoë's 100 % Bakery"))
        asked = session.scalars(select(Contact).where(Contact.ref_id == pending.id)).one()
        yield Made(session, asked.id, tenant)


@contextmanager
def on_their_pages(services: Services, tenant: TenantRef, *, what: str) -> Iterator[Made]:
    """A customer who signs in, changes their address or asks to be deleted."""
    registries.compose()
    with services.db.tenant_session(tenant) as session:
        staff.add(session, name="Ola", email="ola@example.org", role="owner", password_hash="x")
        own = "old@example.org" if what == "email" else ADDRESS
        person = people.add(session, by=SYSTEM, name="Zoë", email=own)
        session.flush()
        if what == "sign_in":
            portal_jobs.send_proof(session, proof_id=str(proofs.ask(session, proofs.index_of(ADDRESS)).id))
        elif what == "email":
            correcting.ask_for_email(session, person, ADDRESS)
        elif what == "changed":
            proof = correcting.ask_for_email(session, person, "new@example.org")
            correcting.take_email(session, person, proof.id, proofs.equip(session, proof)[1])
        elif what == "account":
            link_account(session, services, person)
        else:
            erasure.request(session, person)
        session.flush()
        newest = select(Contact).where(Contact.person_id == person.id).order_by(Contact.id.desc()).limit(1)
        yield Made(session, session.scalars(newest).one().id, tenant)
        session.rollback()


def link_account(session: Session, services: Services, person: Person) -> None:
    """An account at a provider with an awkward name."""
    policy, issuer = Policy.of(services.settings), f"https://{uuid4().hex}.example.org"
    at = providers.add(session, policy, kind="openid", name="<100 %> & Co", issuer=issuer, by=SYSTEM).id
    account = openid_identities.Account(at, issuer, uuid4().hex, None, speaks_for_mailbox=False)
    openid_identities.link(session, person, account)


@contextmanager
def written(services: Services, tenant: TenantRef) -> Iterator[Made]:
    """What somebody wrote to a customer, with a survey."""
    with _survey(services, tenant) as (session, person, survey):
        said = {"subject": "100%<yours>", "text": "Zoë&Co\n\nhttps://beans.example/a?b=1&c=2"}
        done = survey_letters.write(session, person, survey.id, key=str(uuid4()), by=SYSTEM, **said)
        yield Made(session, done.contact.id, tenant)


@contextmanager
def invited(services: Services, tenant: TenantRef, *, identity: str, reminder: bool) -> Iterator[Made]:
    """An invitation to a survey."""
    with _survey(services, tenant, identity) as (session, person, survey):
        asked = contact.request(session, person.id, "survey", ref=survey.id, key=str(uuid4()), reminder=reminder)
        yield Made(session, asked.id, tenant)


@contextmanager
def _survey(services: Services, tenant: TenantRef, identity: str = "identified") -> Iterator[Opened]:
    """Somebody to write to at any hour, and a survey that is open."""
    registries.compose()
    with services.db.tenant_session(tenant) as session:
        contact_rules.set_quiet_hours(session, begin=None, until=None, days=[], by=SYSTEM)
        person = people.add(session, by=SYSTEM, name="Zoë", email=ADDRESS)
        survey = surveys.create_from_template(session, library.list_templates()[0].key, zone="UTC")
        surveys.edit_draft(session, survey, lambda draft: replace(draft, title={"en": "Beans?", "de": "Bohnen?"}))
        known.set_identity(session, survey, identity, by=SYSTEM)
        publishing.publish(session, survey)
        yield session, person, survey


about_admin = partial(about_staff, role=permissions.ADMIN)


@contextmanager
def task_due(services: Services, tenant: TenantRef) -> Iterator[Made]:
    with services.db.tenant_session(tenant) as session:
        owner, customer = zoe(session, "editor"), people.add(session, by=SYSTEM, name="Ann").id
        due = {"what": "Call back about the beans", "due_at": now(), "owner_id": owner.id, "person_id": customer}
        for _ in range(2):
            tasks.add(session, by=SYSTEM, **due)
        session.flush()
        task_reminders.remind(session)
        mail = session.scalars(select(Outbox).where(Outbox.purpose == task_reminders.DUE_MAIL)).one()
        yield Made(session, owner.id, tenant, mail.key)
        session.rollback()


ON_THEIR_PAGES = ("sign_in", "email", "changed", "erasure", "account")

CASES: tuple[tuple[str, Maker], ...] = (
    ("abuse.links_passed", about_admin),
    ("abuse.reporter_told", partial(reported, decision="dismiss")),
    ("abuse.reporter_told", partial(reported, decision="withdraw")),
    ("abuse.survey_closed", about_admin),
    ("api_keys.expiring", key_expiring),
    ("customers.contact", to_customer),
    ("customers.contact", to_confirm),
    *(("customers.contact", partial(on_their_pages, what=what)) for what in ON_THEIR_PAGES),
    ("customers.contact", written),
    ("customers.contact", partial(invited, identity="identified", reminder=False)),
    ("customers.contact", partial(invited, identity="anonymous", reminder=True)),
    ("domains.trouble", domains_in_trouble),
    ("platform.verify", verify),
    ("platform.workspaces", workspaces),
    ("staff.address_changed", address),
    ("staff.confirm_address", address),
    ("staff.invitation", partial(invitation, name="Zoë", by_colleague=True)),
    ("staff.invitation", partial(invitation, name="", by_colleague=False)),
    ("staff.ownership_given", about_staff),
    ("staff.ownership_received", about_staff),
    ("staff.password_changed", about_staff),
    ("staff.password_reset", about_staff),
    ("staff.recovery_code_used", about_staff),
    ("staff.removed", removed),
    ("staff.role_changed", about_staff),
    ("staff.second_factor_failing", about_staff),
    ("staff.second_factor_reset", about_staff),
    ("staff.second_factor_set_up", about_staff),
    ("staff.second_factor_turned_off", about_staff),
    ("tasks.due", task_due),
    ("webhooks.paused", webhook_paused),
)

WITHOUT_LINK = frozenset({"abuse.reporter_told"})
"""Whoever reports a page may name anybody's address: what they reported is not linked in the answer."""

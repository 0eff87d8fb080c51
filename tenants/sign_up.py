"""From a visitor's form to an open workspace with its owner.

The platform's database and the tenant's cell may be different servers, so opening is a chain of steps, each safe
to repeat: take a spare schema under the slug, write the owner, note that it is done. Clicking the mailed link
again takes the chain up where it broke.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from infra import links
from infra.clock import now
from infra.crypto import Keys
from infra.crypto.normal import email as normal_email
from infra.db import Databases, TenantRef
from infra.errors import Invalid, TooMany
from infra.i18n import N_
from infra.ids import new_id, new_token, token_hash
from infra.jobs.sending import enqueue
from infra.mail import outbox
from infra.settings import Settings
from tenants import branding, names, passwords, provisioning, sign_in, slugs, staff
from tenants.errors import LinkExpired
from tenants.jobs import fill_spares
from tenants.models import Host, SignUp, StaffIndex, StaffMember, Tenant, TenantTransition, WorkspaceRequest
from tenants.permissions import OWNER

LIVES = timedelta(days=2)
VERIFY_MAIL = "platform.verify"
WORKSPACES_MAIL = "platform.workspaces"
MAIL_PAUSE = 120
"""Seconds in which the same request gets one mail, however often the form is sent."""

HOUR = timedelta(hours=1)
MOST_PER_HOUR = 5
"""Sign-ups of one address."""

TOO_MANY = N_("This address has signed up several times just now. Look into its mailbox, or try again in an hour.")


@dataclass(frozen=True, slots=True)
class Opened:
    """A workspace that is open, and the code that lets its owner in."""

    tenant: TenantRef
    code: str


def request(
    session: Session,
    keys: Keys,
    *,
    business_name: str,
    slug: str,
    email: str,
    password: str,
    locale: str,
    name: str = "",
) -> SignUp:
    """Notes the wish for a workspace and mails the link that opens it. Raises Invalid with the fields at fault.

    The same form sent again, or twice at once, is the same wish. `name` is the owner's; without one they are called
    by what stands before the @ of their address, until they say otherwise in their profile.
    """
    slug, name = slug.lower(), name.strip()
    problems = {
        "slug": slugs.problem(session, slug),
        "password": passwords.problem(password, email, business_name, slug, name),
        "name": names.problem(name) if name else None,
    }
    found = {name: [problem] for name, problem in problems.items() if problem}
    if found:
        raise Invalid(problems=found)
    index = keys.platform.blind("email", normal_email(email))
    password_hash = passwords.hashed(password)
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(index[:8], "big", signed=True))))
    wish = _same_wish(session, index, slug, password)
    if wish is None:
        _require_room(session, index)
        wish_id = new_id()
        wish = SignUp(
            id=wish_id,
            business_name=business_name,
            slug=slug,
            email=keys.platform.encrypt(wish_id, email),
            name=keys.platform.encrypt(wish_id, name) if name else None,
            email_index=index,
            password_hash=password_hash,
            locale=locale,
            token_hash=token_hash(new_token()),
            expires_at=now() + LIVES,
        )
        session.add(wish)
        session.flush()
    outbox.send(session, VERIFY_MAIL, ref=wish.id, key=f"verify:{wish.id}:{_slot()}", locale=wish.locale)
    return wish


def link_token(settings: Settings, wish: SignUp) -> str:
    """The token of the link that is mailed."""
    payload = {"id": wish.id.hex, "mark": wish.token_hash.hex()[:16]}
    return links.sign(settings, "sign_up.verify", None, payload, expires_in=LIVES)


def check(session: Session, settings: Settings, token: str) -> SignUp:
    """The sign-up behind a mailed link, also a completed one. Raises LinkExpired for whatever is wrong with it."""
    try:
        payload = links.verify(settings, "sign_up.verify", None, token)
    except Invalid:
        raise LinkExpired() from None
    wish = session.get(SignUp, UUID(payload["id"]))
    if wish is None or wish.token_hash.hex()[:16] != payload["mark"]:
        raise LinkExpired()
    if wish.completed_at is None and wish.expires_at < now():
        raise LinkExpired()
    return wish


def open_workspace(databases: Databases, keys: Keys, settings: Settings, token: str, *, slug: str = "") -> Opened:
    """Opens the workspace of a mailed link and makes the owner's code of one use.

    Raises LinkExpired when the link is not ours or its workspace has been opened and entered already, SlugTaken
    when somebody else was faster (`slug` then names another address), NoRoom when no schema is ready.
    """
    wish, email = _take_up(databases, keys, settings, token, slug)

    def prepare(session: Session) -> None:
        session.execute(select(func.pg_advisory_xact_lock(wish.id.int & (2**62 - 1))))
        if session.get(StaffMember, wish.id) is None:
            settings_row = branding.changed(session)
            settings_row.default_locale, settings_row.languages = wish.locale, [wish.locale]
            staff.add(
                session,
                name=keys.platform.decrypt(wish.name) if wish.name else email.partition("@")[0],
                email=email,
                role=OWNER,
                password_hash=wish.password_hash,
                locale=wish.locale,
                member_id=wish.id,
            )

    try:
        tenant = provisioning.open_tenant(
            databases, wish.slug, wish.business_name, actor=_actor(wish), prepare=prepare
        )
    except provisioning.NoRoom:
        with databases.control_session() as session:
            enqueue(session, fill_spares)
        raise
    _note_done(databases, wish, tenant)
    with databases.tenant_session(tenant) as session:
        code = sign_in.make_code(session, settings, staff.get(session, wish.id), proved=True)
        return Opened(tenant, code)


def find_workspaces(session: Session, keys: Keys, *, email: str, locale: str) -> None:
    """Mails the workspaces of an address to it. The work is the same whether anybody knows the address or not."""
    index = keys.platform.blind("email", normal_email(email))
    wanted_id = new_id()
    wanted = WorkspaceRequest(id=wanted_id, email=keys.platform.encrypt(wanted_id, email), email_index=index)
    session.add(wanted)
    session.flush()
    key = f"workspaces:{index.hex()[:32]}:{_slot()}"
    outbox.send(session, WORKSPACES_MAIL, ref=wanted.id, key=key, locale=locale)


def list_workspaces(session: Session, email_index: bytes) -> list[tuple[str, str]]:
    """Name and slug (or main domain) of the active workspaces an address works in, by name."""
    query = (
        select(Tenant.name, func.coalesce(Host.host, Tenant.slug).label("home"))
        .join(StaffIndex, StaffIndex.tenant_id == Tenant.id)
        .outerjoin(Host, and_(Host.tenant_id == Tenant.id, Host.main, Host.verified_at.is_not(None)))
        .where(StaffIndex.email_index == email_index, Tenant.state == "active")
        .order_by(Tenant.name)
    )
    return [(row.name or "", row.home or "") for row in session.execute(query)]


def _same_wish(session: Session, email_index: bytes, slug: str, password: str) -> SignUp | None:
    """An open sign-up with the same password: somebody else's password must never stand in for it.

    One password is compared in any case, so that the time tells nobody whether this address signed up before.
    """
    query = select(SignUp).where(
        SignUp.email_index == email_index,
        SignUp.slug == slug,
        SignUp.completed_at.is_(None),
        SignUp.expires_at > now(),
    )
    newest = session.scalars(query.order_by(SignUp.id.desc()).limit(1)).one_or_none()
    same = passwords.fits(newest.password_hash if newest else None, password)
    return newest if same else None


def _require_room(session: Session, email_index: bytes) -> None:
    """Nobody's mailbox is filled by somebody who types its address again and again."""
    recent = select(func.count()).where(SignUp.email_index == email_index, SignUp.created_at > now() - HOUR)
    if (session.scalar(recent) or 0) >= MOST_PER_HOUR:
        raise TooMany(TOO_MANY, retry_after=int(HOUR.total_seconds()))


def _take_up(databases: Databases, keys: Keys, settings: Settings, token: str, slug: str) -> tuple[SignUp, str]:
    with databases.control_session() as session:
        wish = check(session, settings, token)
        if wish.completed_at is not None:
            raise LinkExpired()
        if slug and slug != wish.slug and not _begun(session, wish):
            problem = slugs.problem(session, slug)
            if problem:
                raise Invalid(problems={"slug": [problem]})
            wish.slug = slug
        session.flush()
        return wish, keys.platform.decrypt(wish.email)


def _note_done(databases: Databases, wish: SignUp, tenant: TenantRef) -> None:
    with databases.control_session() as session:
        entry = insert(StaffIndex).values(email_index=wish.email_index, tenant_id=tenant.id)
        session.execute(entry.on_conflict_do_nothing())
        session.execute(
            update(SignUp)
            .where(SignUp.id == wish.id, SignUp.completed_at.is_(None))
            .values(tenant_id=tenant.id, completed_at=now(), password_hash=None)
        )
        enqueue(session, fill_spares)  # at once, not only by the clock: many may sign up within seconds


def _begun(session: Session, wish: SignUp) -> bool:
    """Whether a schema has been taken for it: then the address stands."""
    query = select(TenantTransition.id).where(TenantTransition.actor == _actor(wish)).limit(1)
    return session.scalar(query) is not None


def _actor(wish: SignUp) -> str:
    return f"sign-up {wish.id}"


def _slot() -> int:
    return int(now().timestamp()) // MAIL_PAUSE

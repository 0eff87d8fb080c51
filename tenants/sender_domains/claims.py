"""Adding, choosing and giving up a domain to send from. Anybody may claim any: only the owner can publish the key.

Each claim has a selector and a key of its own, so that a record set for another workspace, or for a claim that was
given up, proves nothing. That is the whole guard against takeovers: who publishes our key wants us to send.
"""

import base64
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.db import current_tenant
from infra.errors import Conflict, Invalid, NotFound
from infra.hostnames import BadHostname, normalise, within
from infra.i18n import N_
from infra.mail.mime import BadMail, domain_of, split
from infra.mail.mime import address as checked_address
from infra.settings import Settings
from tenants import audit, branding
from tenants.domains.records import base_host
from tenants.models import SenderDomain
from tenants.permissions import Actor

MOST = 10
"""Domains of one workspace: each is looked up every day."""
LONGEST = 253 - len("r0123456789._domainkey.")

OURS = N_("This name belongs to Rapport itself. Write a domain of your own.")
KNOWN = N_("You have added this domain already.")
TOO_MANY = N_("A workspace can send from at most 10 domains. Remove one first.")
TOO_LONG = N_("This name is too long: no record for it could be set.")
BAD_LOCAL = N_("Write what stands before the @, such as hello: letters, digits, dots, hyphens.")
BAD_ADDRESS = N_("Write an address such as hello@example.org, or leave the field empty.")
_LOCAL = re.compile(r"[a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?")


class NotVerified(Conflict):
    """Mail from it would not be signed by its owner's key."""

    code = "sender_domain_not_verified"
    message = N_("Mail cannot come from this domain yet. Set the DKIM record and check it first.")


def add(session: Session, settings: Settings, *, domain: str, local_part: str, by: Actor) -> SenderDomain:
    """Claims a domain and makes its key; its record is not there yet. Raises Invalid."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"senders {current_tenant().id}", 0))))
    name, refused = _name(session, settings, domain)
    problems = {"domain": refused, "local_part": _local_problem(local_part)}
    if found := {field: [problem] for field, problem in problems.items() if problem}:
        raise Invalid(problems=found)
    private, public = _key_pair()
    made = SenderDomain(
        domain=name,
        local_part=local_part.strip().lower(),
        selector=f"r{secrets.token_hex(5)}",
        private_key=private,
        public_key=public,
        checks={},
        created_by=by.id,
    )
    session.add(made)
    session.flush()
    audit.record(session, "sender_domain.added", by=by, subject=made.id, host=name)
    return made


def get(session: Session, domain_id: UUID) -> SenderDomain:
    """Raises NotFound."""
    found = session.get(SenderDomain, domain_id)
    if found is None:
        raise NotFound()
    return found


def list_all(session: Session) -> Sequence[SenderDomain]:
    """All claims by name."""
    return session.scalars(select(SenderDomain).order_by(SenderDomain.domain)).all()


def make_main(session: Session, domain: SenderDomain, *, by: Actor) -> None:
    """From now on mail to customers comes from it. Raises NotVerified."""
    if domain.verified_at is None:
        raise NotVerified()
    if domain.main:
        return
    for other in session.scalars(select(SenderDomain).where(SenderDomain.main).with_for_update()):
        other.main = False
    session.flush()
    domain.main = True
    audit.record(session, "sender_domain.made_main", by=by, subject=domain.id, host=domain.domain)


def unmake_main(session: Session, domain: SenderDomain, *, by: Actor) -> None:
    """Mail to customers comes from the platform's own domain again."""
    if domain.main:
        domain.main = False
        audit.record(session, "sender_domain.unmade_main", by=by, subject=domain.id, host=domain.domain)


def remove(session: Session, domain: SenderDomain, *, by: Actor) -> None:
    """Forgets the domain and its key; what waits goes out from the platform's own domain."""
    audit.record(session, "sender_domain.removed", by=by, subject=domain.id, host=domain.domain)
    session.delete(domain)


def set_reply_to(session: Session, *, address: str, by: Actor) -> None:
    """Where customers' answers go; empty: to the workspace's inbox where there is one. Raises Invalid."""
    wanted = None
    if address.strip():
        try:
            wanted = checked_address(address)
        except BadMail as problem:
            raise Invalid(problems={"reply_to": [BAD_ADDRESS]}) from problem
    row = branding.get_settings(session)
    if row.reply_to == wanted:
        return
    row.reply_to = wanted
    session.add(row)
    audit.record(session, "settings.reply_to_changed", by=by)


def next_check_at(session: Session) -> datetime | None:
    """When the next check is due, for the due index."""
    return session.scalar(select(func.min(SenderDomain.next_check_at)))


def list_due(session: Session) -> Sequence[UUID]:
    """Claims whose check is due."""
    query = select(SenderDomain.id).where(SenderDomain.next_check_at <= now())
    return session.scalars(query.order_by(SenderDomain.next_check_at)).all()


def _name(session: Session, settings: Settings, typed: str) -> tuple[str, str | None]:
    """The domain in ASCII, and what is wrong with it."""
    try:
        name = normalise(typed)
    except BadHostname as problem:
        return "", str(problem.message)
    return name, _problem(session, settings, name)


def _problem(session: Session, settings: Settings, name: str) -> str | None:
    for own in (base_host(settings), domain_of(split(settings.mail_from)[1]), settings.inbound_domain):
        if own and (within(name, own) or within(own, name)):
            return OURS
    if len(name) > LONGEST:
        return TOO_LONG
    known = set(session.scalars(select(SenderDomain.domain)))
    if name in known:
        return KNOWN
    return TOO_MANY if len(known) >= MOST else None


def _local_problem(local_part: str) -> str | None:
    plain = local_part.strip().lower()
    return None if _LOCAL.fullmatch(plain) and ".." not in plain else BAD_LOCAL


def _key_pair() -> tuple[str, str]:
    """PEM of the private key; what DKIM records hold of the public one (RFC 6376, 3.6.1)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return private, base64.b64encode(public).decode()

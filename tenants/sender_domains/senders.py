"""In whose name a mail to a customer goes out. Whoever writes to customers asks `of` and nothing else.

The engine asks `find_signer` again when it sends: what is not verified at that moment goes out from the platform.
"""

import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.mail.dkim import DkimSigner
from infra.mail.mime import split
from infra.mail.purposes import OutgoingMail
from tenants import branding
from tenants.models import SenderDomain

INBOX = "hello"
"""Before the @ of the workspace's own inbox, when it has named no other address for answers."""
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f"<>\\]+')


@dataclass(frozen=True, slots=True)
class Sender:
    """The header values `From` and `Reply-To` of a mail; without an address for answers the second is empty."""

    sender: str
    reply_to: str


def of(session: Session, mail: OutgoingMail) -> Sender:
    """The workspace's main sending domain while it is verified; else the platform's own, in the business's name."""
    name = " ".join(_NOT_IN_NAMES.sub(" ", mail.workspace).split())
    query = select(SenderDomain.local_part, SenderDomain.domain).where(
        SenderDomain.main, SenderDomain.verified_at.is_not(None)
    )
    found = session.execute(query).one_or_none()
    bare = f"{found.local_part}@{found.domain}" if found else split(mail.settings.mail_from)[1]
    return Sender(_mailbox(name, bare), _reply_to(session, mail, name))


def find_signer(session: Session, domain: str) -> DkimSigner | None:
    """The signer of a verified domain of the tenant."""
    query = select(SenderDomain).where(SenderDomain.domain == domain, SenderDomain.verified_at.is_not(None))
    row = session.scalars(query).one_or_none()
    if row is None:
        return None
    key = load_pem_private_key(row.private_key.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("a sending domain's key is an RSA key")
    return DkimSigner(row.domain, row.selector, key)


def _reply_to(session: Session, mail: OutgoingMail, name: str) -> str:
    wanted = branding.get_settings(session).reply_to
    if wanted:
        return _mailbox(name, wanted)
    if mail.settings.inbound_domain and mail.tenant is not None:
        return _mailbox(name, f"{INBOX}@{mail.tenant.slug}.{mail.settings.inbound_domain}")
    return ""


def _mailbox(name: str, bare: str) -> str:
    return f'"{name}" <{bare}>' if name else bare

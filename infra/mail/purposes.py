"""Which function makes which mail.

An outbox row holds a purpose and an id, never an address or a text. When the mail is sent, the function
registered for its purpose finds the address and makes the texts. It may decide that there is nothing to send
any more (the link was used, the person was erased): it returns None and the row ends as `cancelled`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from infra.db import TenantRef
from infra.errors import NotFound, RapportError
from infra.mail.dkim import DkimSigner
from infra.settings import Settings


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one person, ready to be put into MIME.

    `sender` and `reply_to` are header values like `Acme <hello@acme.org>`; without a sender the platform's
    own (`RAPPORT_MAIL_FROM`) is used. `automatic` marks it as nothing to answer automatically (RFC 3834).
    """

    to: str
    subject: str
    text: str
    html: str
    to_name: str = ""
    sender: str = ""
    reply_to: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    automatic: bool = True


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """What a purpose's function knows of the row it renders. `tenant` is None for the platform's own mail."""

    id: UUID
    purpose: str
    ref: UUID
    key: str
    locale: str
    tenant: TenantRef | None
    settings: Settings
    business: str = ""
    """What the business calls itself; it stands in the control plane, and the sender brings it along."""

    @property
    def workspace(self) -> str:
        """How a mail names the workspace to a person: by the business's name, else by its address."""
        return self.business or (self.tenant.slug if self.tenant else "")


@dataclass(frozen=True, slots=True)
class Later:
    """In the place of a message that may not go out yet: the row waits until then, and is made anew."""

    at: datetime


Renderer = Callable[[Session, OutgoingMail], Message | Later | None]
Made = Message | Later | Exception | None


@dataclass(frozen=True, slots=True)
class ForMany:
    """A renderer for purposes of which many go out at once: it looks up what a batch needs in a few questions.

    `make` is given mails of one purpose in one language, which is in use. A mail that it leaves out of its answer
    has nothing to send any more. It stands in a table of purposes like any other renderer.
    """

    make: Callable[[Session, Sequence[OutgoingMail]], Mapping[UUID, Message | Later]]

    def __call__(self, session: Session, mail: OutgoingMail) -> Message | Later | None:
        """One mail, as any renderer makes it."""
        return self.make(session, [mail]).get(mail.id)


class UnknownPurpose(RapportError):
    """A row whose purpose nobody renders: a worker that is older than the code that wrote it."""

    code = "unknown_mail_purpose"
    message = "No mail is known for the purpose %(purpose)s."


class MailPurposes:
    """The table of purposes, composed once in `worker.py` from what each domain offers."""

    def __init__(self, *tables: Mapping[str, Renderer]) -> None:
        self._renderers: dict[str, Renderer] = {}
        for table in tables:
            for purpose, renderer in table.items():
                if purpose in self._renderers:
                    raise ValueError(f"two functions render the mail purpose {purpose!r}")
                self._renderers[purpose] = renderer

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._renderers))

    def __contains__(self, purpose: object) -> bool:
        return purpose in self._renderers

    def render(self, session: Session, mail: OutgoingMail) -> Message | Later | None:
        """The mail, or None when there is nothing to send any more. Raises UnknownPurpose."""
        renderer = self._renderers.get(mail.purpose)
        if renderer is None:
            raise UnknownPurpose(purpose=mail.purpose)
        return renderer(session, mail)

    def render_many(self, session: Session, mails: Sequence[OutgoingMail]) -> Iterator[Made]:
        """Mails of one purpose in their order; NotFound counts as nothing to send. What else fails is raised."""
        renderer = self._renderers.get(mails[0].purpose)
        if isinstance(renderer, ForMany):
            made = renderer.make(session, mails)
            yield from (made.get(mail.id) for mail in mails)
            return
        for mail in mails:
            try:
                yield self.render(session, mail)
            except NotFound:
                yield None


Names = Callable[[UUID], str]
"""A tenant's id to the name of its business; "" for one that nobody serves."""
Signers = Callable[[Session, str], DkimSigner | None]
"""A tenant's session and a domain to the signer of that domain, None when the tenant may not send from it."""


def _nameless(tenant_id: UUID) -> str:
    return ""


def _unsigned(session: Session, domain: str) -> DkimSigner | None:
    return None


_purposes = MailPurposes()
_names: Names = _nameless
_signers: Signers = _unsigned


def configure(purposes: MailPurposes, names: Names = _nameless, signers: Signers = _unsigned) -> None:
    """Called once by the worker's composition root.

    `names` is asked once for each batch of a tenant, `signers` once for each of its sending domains.
    """
    global _purposes, _names, _signers
    _purposes, _names, _signers = purposes, names, signers


def name_of(tenant: TenantRef | None) -> str:
    """The name of the tenant's business; the platform's own mails name none."""
    return _names(tenant.id) if tenant is not None else ""


def find_signer(session: Session, domain: str) -> DkimSigner | None:
    """The signer of a tenant's own sending domain, None when it may not send from it."""
    return _signers(session, domain)


def configured() -> MailPurposes:
    """The purposes of this process."""
    return _purposes

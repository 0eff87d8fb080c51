"""Makes the mails of a batch: who and what by id becomes signed MIME, in one transaction for all of them.

At first without savepoints, which would cost more than the mails: making a mail reads. When one fails, the work is
rolled back and done again with a savepoint around each, so that one purpose's mistake spoils nobody's mail.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import groupby

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from infra import clock, i18n
from infra.db import TenantRef
from infra.errors import NotFound, Unavailable
from infra.mail import purposes as hooks
from infra.mail.dkim import DkimSigner, signer_for
from infra.mail.leases import Leased, Leases
from infra.mail.mime import BadMail, Envelope, build, domain_of, renamed, split
from infra.mail.purposes import Later, Made, MailPurposes, Message, OutgoingMail
from infra.mail.verp import return_path
from infra.services import Services

AWAY = (Unavailable, OperationalError, InterfaceError)

log = logging.getLogger(__name__)


class _Again(Exception):
    """Something failed; everything is to be made anew, each in a savepoint of its own."""


class Ready:
    """A mail that can go. Its MIME is made and signed when it is first asked for."""

    __slots__ = ("_built", "_maker", "_message", "domains", "mail")

    def __init__(self, maker: "Maker", mail: Leased, message: Message) -> None:
        self._maker, self.mail, self._message = maker, mail, message
        self._built: Envelope | BadMail | None = None
        self.domains = _domain_of_sender(message) or maker.own, domain_of(message.to)
        """The sending and the receiving domain, which share a limit."""

    def prepare(self) -> None:
        """Makes the MIME. Does not raise."""
        if self._built is None:
            try:
                self._built = self._maker.build(self.mail, self._message)
            except BadMail as problem:
                self._built = problem

    def find_envelope(self) -> Envelope | None:
        """None when the mail cannot be put into MIME."""
        self.prepare()
        return None if isinstance(self._built, BadMail) else self._built

    @property
    def envelope(self) -> Envelope:
        """Raises BadMail."""
        self.prepare()
        if isinstance(self._built, BadMail):
            raise self._built
        assert self._built is not None
        return self._built


class Maker:
    """Makes a tenant's mails, or the platform's."""

    def __init__(
        self,
        services: Services,
        tenant: TenantRef | None,
        purposes: MailPurposes,
        leases: Leases,
        rewrites: frozenset[str],
    ) -> None:
        self._settings, self._keys = services.settings, services.keys
        self._tenant, self._purposes, self._leases = tenant, purposes, leases
        self._rewrites = rewrites
        self._business = hooks.name_of(tenant)
        self.own = domain_of(split(self._settings.mail_from)[1])
        self._signers: dict[str, DkimSigner | None] = {}

    def make(self, leased: Sequence[Leased]) -> list[Ready]:
        """Those that can go; those with nothing to send end here, and those that may not go yet wait."""
        made = self._made(leased)
        self._put_off((mail, each.at) for mail, each in made if isinstance(each, Later))
        ready = (self._ready(mail, each) for mail, each in made if not isinstance(each, Later))
        return [each for each in ready if each is not None]

    def _made(self, leased: Sequence[Leased]) -> list[tuple[Leased, Made]]:
        try:
            with self._leases.session() as session:
                return self._together(session, leased)
        except _Again:
            with self._leases.session() as session:
                return [(mail, self._alone(session, mail)) for mail in leased]

    def _together(self, session: Session, leased: Sequence[Leased]) -> list[tuple[Leased, Made]]:
        made: list[tuple[Leased, Made]] = []
        alike = sorted(leased, key=_purpose_and_locale)
        for (_, locale), group in groupby(alike, key=_purpose_and_locale):
            mails = list(group)
            try:
                with i18n.use(locale):
                    done = list(self._purposes.render_many(session, [self._outgoing(mail) for mail in mails]))
            except AWAY:
                raise
            except Exception as problem:
                raise _Again from problem
            made.extend(zip(mails, done, strict=True))
        self._look_up_signers(session, (message for _, message in made))
        place = {mail.id: number for number, mail in enumerate(leased)}
        return sorted(made, key=lambda pair: place[pair[0].id])

    def _alone(self, session: Session, mail: Leased) -> Made:
        try:
            with session.begin_nested(), i18n.use(mail.locale):
                message = self._purposes.render(session, self._outgoing(mail))
                self._look_up_signers(session, [message])
                return message
        except AWAY:
            raise
        except Exception as problem:  # noqa: BLE001 - one purpose's mistake must not stop the others' mail
            return problem

    def _look_up_signers(self, session: Session, made: Iterable[Made]) -> None:
        for message in made:
            domain = _domain_of_sender(message)
            if domain and domain != self.own and domain not in self._signers and self._tenant is not None:
                self._signers[domain] = hooks.find_signer(session, domain)

    def _put_off(self, mails: Iterable[tuple[Leased, datetime]]) -> None:
        by_moment: dict[datetime, list[Leased]] = {}
        for mail, at in mails:
            by_moment.setdefault(at, []).append(mail)
        for at, waiting in by_moment.items():
            self._leases.give_back_all(waiting, at - clock.now())

    def _ready(self, mail: Leased, made: Message | Exception | None) -> Ready | None:
        if made is None or isinstance(made, NotFound):
            self._leases.finish(mail, "cancelled", "there was nothing to send any more")
            return None
        if isinstance(made, Exception):
            reason = type(made).__name__
            extra = {"purpose": mail.purpose, "reason": reason}
            log.error("a mail could not be made", extra=extra, exc_info=made)
            self._leases.again(mail, f"the mail could not be made ({reason})")
            return None
        return Ready(self, mail, made)

    def build(self, mail: Leased, message: Message) -> Envelope:
        """Signed by the domain it comes from. Raises BadMail.

        What a tenant may not send from goes out as from the platform, under the name that was asked for.
        """
        domain = _domain_of_sender(message)
        if not domain or domain == self.own:
            signer = self._own_signer
        else:
            signer = self._signers.get(domain)
            if signer is None:
                message = replace(message, sender=renamed(message.sender, self._settings.mail_from))
                signer = self._own_signer
        envelope = build(
            message,
            id=mail.id,
            date=clock.now(),
            default_sender=self._settings.mail_from,
            signer=signer.without(self._rewrites) if signer and self._rewrites else signer,
        )
        back = return_path(self._settings, self._keys, self._tenant, mail.id)
        return replace(envelope, return_path=back, tenant=self._tenant.id.hex) if self._tenant else envelope

    @cached_property
    def _own_signer(self) -> DkimSigner | None:
        """Kept, because the settings would be hashed for each mail."""
        return signer_for(self._settings, self.own)

    def _outgoing(self, mail: Leased) -> OutgoingMail:
        row = (mail.id, mail.purpose, mail.ref, mail.key, mail.locale)
        return OutgoingMail(*row, self._tenant, self._settings, self._business)


def _purpose_and_locale(mail: Leased) -> tuple[str, str]:
    return mail.purpose, mail.locale


def _domain_of_sender(made: Made) -> str:
    """ "" for the platform's own, and for a sender that is none: building the mail says so."""
    if not isinstance(made, Message) or not made.sender:
        return ""
    try:
        return domain_of(split(made.sender)[1])
    except BadMail:
        return ""

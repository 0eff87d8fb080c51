"""What the tests of sender domains share: a claim, and its records in a real DNS."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

from sqlalchemy.orm import Session

from infra import dns
from infra.db import TenantRef
from infra.ids import new_id
from infra.mail.purposes import OutgoingMail
from infra.services import Services
from tenants.models import SenderDomain
from tenants.permissions import SYSTEM
from tenants.sender_domains import checking, claims, records, senders
from tests.support.nameserver import Nameserver


class Business:
    """A tenant whose mail shall come from its own domain."""

    def __init__(self, services: Services, tenant: TenantRef, server: Nameserver, session: Session) -> None:
        settings = replace(services.settings, nameservers=server.setting, mail_spf="include:spf.rapport.test")
        self.services, self.tenant, self.server, self.session = services, tenant, server, session
        self.settings = settings

    def add(self, domain: str = "") -> SenderDomain:
        name = domain or f"{uuid4().hex[:10]}.example"
        return claims.add(self.session, self.settings, domain=name, local_part="Hello", by=SYSTEM)

    def publish(self, domain: SenderDomain, change: Callable[[str], str] = lambda text: text) -> None:
        """Sets all records; DNS cuts a long text into pieces, and `change` is what a panel makes of the key's."""
        for record in records.records_for(self.settings, domain):
            value = change(record.value) if record.kind == "dkim" else record.value
            pieces = [value[start : start + 200] for start in range(0, len(value), 200)]
            self.server.set(record.name, "TXT", " ".join(f'"{piece}"' for piece in pieces))

    def check(self, domain: SenderDomain) -> SenderDomain:
        @contextmanager
        def step() -> Iterator[Session]:
            yield self.session
            self.session.flush()

        checking.check(step, dns.resolver(self.settings), self.settings, domain.id)
        return domain

    def states(self, domain: SenderDomain) -> dict[str, str]:
        return {kind: seen["state"] for kind, seen in domain.checks.items()}

    def sender(self) -> senders.Sender:
        row = (new_id(), "x", new_id(), "key", "en", self.tenant, self.settings, 'Zoë\'s "Bakery" <x>')
        return senders.of(self.session, OutgoingMail(*row))

"""Whose a mail address is, and keeping what comes to it: first the file, then the row, then 250.

A server that hears no 250 sends again. So whatever dies between the steps costs nothing: the file is written anew
under the same name, and the row is there once.
"""

import hashlib
import re
from itertools import chain
from typing import IO, cast

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import InterfaceError, OperationalError

from customers import inbound_jobs
from customers.models import InboundMail
from infra.clock import now
from infra.crypto import Cipher
from infra.db import TenantRef
from infra.errors import Unavailable
from infra.ids import new_id
from infra.jobs import enqueue
from infra.mail import verp
from infra.mail.inbound import mime, parsing, trace
from infra.mail.inbound.receiver import Arrived, Box, NoSuchBox
from infra.services import Services
from infra.storage import StorageKey, tenant_key
from tenants.directory import Directory

_LOCAL = re.compile(r"[^\s@<>\"\x00-\x1f]{1,64}")
_SLUG = re.compile(r"[a-z0-9-]{1,63}")


class Room:
    """The mailroom of a process."""

    def __init__(self, services: Services, directory: Directory) -> None:
        self._services = services
        self._directory = directory
        self._domain = services.settings.inbound_domain.lower()

    def box(self, address: str) -> Box:
        """The tenant of `<anything>@<slug>.<inbound domain>`; a bounce address must be one that we made.

        Raises NoSuchBox, and Unavailable while a workspace is suspended: its mail waits at the sender's.
        """
        local, _, domain = address.strip().strip("<>").rpartition("@")
        slug = domain.lower().rstrip(".").removesuffix("." + self._domain)
        if not _LOCAL.fullmatch(local) or not _SLUG.fullmatch(slug):
            raise NoSuchBox()
        try:
            tenancy = self._directory.find(f"{slug}.{self._directory.base_host}")
        except (OperationalError, InterfaceError) as problem:
            raise Unavailable() from problem
        if tenancy is None:
            raise NoSuchBox()
        if tenancy.state != "active":
            raise Unavailable()
        return self._of(tenancy.ref, local)

    def keep(self, box: Box, mail: Arrived) -> None:
        """Keeps the mail once. Raises Unavailable."""
        cipher = self._services.keys.for_tenant(box.tenant)
        identity = _identity(cipher, mail)
        try:
            if not self._is_known(box.tenant, identity):
                file = self._store(box, mail, identity)
                self._note(box, mail, identity, file)
        except (OperationalError, InterfaceError) as problem:
            raise Unavailable() from problem

    def _of(self, tenant: TenantRef, local: str) -> Box:
        if not verp.is_bounce_address(local):
            return Box(tenant, local)
        mail = verp.mail_of(self._services.keys, tenant, local)
        if mail is None:
            raise NoSuchBox()
        return Box(tenant, "bounce", mail)

    def _is_known(self, tenant: TenantRef, identity: tuple[bytes, bytes]) -> bool:
        same = (InboundMail.message_hash == identity[0]) & (InboundMail.variant == identity[1])
        with self._services.db.tenant_session(tenant) as session:
            return session.scalar(select(InboundMail.id).where(same)) is not None

    def _store(self, box: Box, mail: Arrived, identity: tuple[bytes, bytes]) -> StorageKey:
        """The file's name follows from the mail, so that a second attempt writes the same file."""
        key = tenant_key(box.tenant, "inbound", f"{identity[0].hex()[:32]}{identity[1].hex()[:32]}.eml")
        head = trace.written(trace.Trace(mail.sender, mail.peer, mail.helo), box.local)
        mail.file.seek(0)
        self._services.storage.put(key, _joined(head, mail.file), content_type="application/octet-stream")
        return key

    def _note(self, box: Box, mail: Arrived, identity: tuple[bytes, bytes], file: StorageKey) -> None:
        row = {
            "id": new_id(),
            "message_hash": identity[0],
            "variant": identity[1],
            "local_part": box.local,
            "outbox_id": box.mail,
            "file": file,
            "size": mail.size,
            "received_at": now(),
            "state": "received",
            "attachments": [],
        }
        with self._services.db.tenant_session(box.tenant) as session:
            session.execute(insert(InboundMail).values(row).on_conflict_do_nothing())
            enqueue(session, inbound_jobs.read_mails, once=inbound_jobs.FLAG)


def _identity(cipher: Cipher, mail: Arrived) -> tuple[bytes, bytes]:
    """What makes a mail the same mail: its Message-ID, or all of it where it has none; and its sender and date."""
    mail.file.seek(0)
    head = mime.read(mail.file.read(mime.HEAD_MOST)).headers
    named = parsing.message_id(head)
    if not named:
        mail.file.seek(0)
        named = hashlib.sha256(mail.file.read()).hexdigest()
    rest = "\n".join((head.get("from"), head.get("date")))
    return cipher.blind("message id", named), cipher.blind("mail", rest)


def _joined(head: bytes, file: IO[bytes]) -> IO[bytes]:
    return cast(IO[bytes], _Chained(head, file))


class _Chained:
    """Two streams as one, read in pieces."""

    def __init__(self, head: bytes, file: IO[bytes]) -> None:
        self._pieces = chain([head], iter(lambda: file.read(1024 * 1024), b""))
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        """As a file's."""
        while size < 0 or len(self._left) < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._left += piece
        taken, self._left = (self._left, b"") if size < 0 else (self._left[:size], self._left[size:])
        return taken

"""The request's tenant and its one transaction.

A handler asks for `session()`, `tenant()` and `services()`. The session is opened on first use, so that a page that
needs no database touches none; `web.application` ends it: commit when the handler returned, rollback when it raised
or answered with an error.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from contextvars import copy_context
from typing import TYPE_CHECKING, cast

from flask import Request as FlaskRequest
from flask import current_app, request
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, SessionTransaction

from infra.db import TenantRef
from infra.db.scope import entered
from infra.errors import NotFound
from infra.limits import Limiter
from infra.tally import Tally
from tenants.permissions import Actor

if TYPE_CHECKING:
    from customers.models import Person, PortalSession
    from infra.services import Services
    from tenants.directory import Tenancy
    from web.application import Application


class Visit:
    """One request's tenant, session and actor."""

    __slots__ = (
        "_refusal",
        "_session",
        "_stack",
        "actor",
        "guard",
        "guest",
        "is_over",
        "keeper",
        "services",
        "tenancy",
    )

    def __init__(self, services: "Services", tenancy: "Tenancy | None") -> None:
        self.services = services
        self.tenancy = tenancy
        self.actor: Actor | None = None
        self.guest: tuple[PortalSession, Person] | None = None
        """The customer who is signed in, with the session of their browser."""
        self.guard: Callable[[Session], object] | None = None
        """Asked in the transaction before it commits; what it raises rolls everything back."""
        self.keeper: Callable[[Connection], object] | None = None
        """Asked when a transaction begins after a checkpoint; what it raises lets nothing be committed."""
        self.is_over = False
        """Whether an error page is all that is still made; it asks the database nothing."""
        self._refusal: Exception | None = None
        self._session: Session | None = None
        self._stack: ExitStack | None = None

    def session(self) -> Session:
        """The request's session: of the tenant on its host, of the control plane on the platform's."""
        if self._session is None:
            databases = self.services.db
            if self.tenancy is None:
                self._session = self.stack.enter_context(databases.open_control())
            else:
                self.stack.enter_context(entered(self.tenancy.ref))
                self._session = self.stack.enter_context(databases.open_tenant(self.tenancy.ref))
        return self._session

    @property
    def stack(self) -> ExitStack:
        """What ends with the request."""
        if self._stack is None:
            self._stack = ExitStack()
        return self._stack

    def finish(self, status: int) -> None:
        """Ends the transaction: an answer of 400 or more keeps nothing but what `checkpoint` committed."""
        if self._session is None:
            return
        if status < 400:
            self.commit()
        else:
            self._session.rollback()

    def commit(self) -> None:
        """Commits what was done so far, unless guard or keeper object."""
        if self._refusal is not None:
            raise self._refusal
        if self.guard is not None:
            self.guard(self.session())
        self.session().commit()

    def checkpoint(self) -> None:
        """Commits; whatever comes after it begins with asking the keeper."""
        self.commit()
        if self.keeper is not None and not event.contains(self.session(), "after_begin", self._begun):
            event.listen(self.session(), "after_begin", self._begun)

    def _begun(self, session: Session, transaction: SessionTransaction, connection: Connection) -> None:
        if self.keeper is None or transaction.nested:
            return
        try:
            self.keeper(connection)
        except Exception as refusal:
            self._refusal = refusal  # also for a handler that goes on after it
            raise

    def leave(self) -> None:
        """Closes the session, rolling back what was not committed."""
        self.is_over = True
        if self._stack is not None:
            stack, self._stack, self._session = self._stack, None, None
            stack.close()


class Request(FlaskRequest):
    """A request that knows its visit; `web.application` sets it before anything else runs."""

    visit: Visit


def visit() -> Visit:
    """The present request's visit."""
    return cast(Request, request).visit


def application() -> "Application":
    """The running application."""
    return cast("Application", current_app)


def services() -> "Services":
    """Everything with a connection: databases, keys, storage, queues."""
    return application().services


def limiter() -> Limiter:
    """Counts how often something happens, on Valkey; passes everything while Valkey is away."""
    return application().limiter


def tally() -> Tally:
    """Counts what comes in by the thousand, without a round trip."""
    return application().tally


def session() -> Session:
    """The request's one session."""
    return visit().session()


def tenancy() -> "Tenancy":
    """The tenant of this host with its name. Raises NotFound on the platform host."""
    found = visit().tenancy
    if found is None:
        raise NotFound()
    return found


def tenant() -> TenantRef:
    """The tenant of this host. Raises NotFound on the platform host."""
    return tenancy().ref


def actor() -> Actor:
    """Who acts. Raises NotFound where nobody is known; the policy sees to it that somebody is."""
    who = visit().actor
    if who is None:
        raise NotFound()
    return who


def checkpoint() -> None:
    """Commits what was done so far and gives the connection back, before something slow that needs none.

    What comes after it is a transaction of its own; what came before stands whatever happens then. Staff who write
    are asked for their rights again when it begins, so that nobody who was removed meanwhile finishes.
    """
    visit().checkpoint()


def streamed(produce: Callable[[Session], Iterator[bytes]]) -> Iterator[bytes]:
    """An answer that is read after the request has ended, with a session of its own in the same tenant.

    Each step runs in its own context, so that the open tenant never leaks into the server's thread.
    """
    databases, ref = services().db, tenant()

    def chunks() -> Iterator[bytes]:
        with databases.tenant_session(ref) as own:
            yield from produce(own)

    return _in_own_context(chunks())


def _in_own_context(source: Iterator[bytes]) -> Iterator[bytes]:
    context = copy_context()
    try:
        while (chunk := context.run(next, source, None)) is not None:
            yield chunk
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            context.run(close)

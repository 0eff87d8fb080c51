"""Who acts in this request: a staff member by cookie (Flask-Login), an API key by header, or nobody.

Flask-Login is not installed as an extension: its hooks would read the cookie of every request, also of the public
pages that must carry no such machinery.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, cast
from uuid import UUID

from flask import Flask, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Connection

from infra.i18n import negotiate, use
from tenants import api_keys, arrival, key_refusals, sessions, staff
from tenants.arrival import Glance
from tenants.errors import KeyRequired, ScopeMissing, SecondFactorMissing, SignInRequired
from tenants.models import StaffMember, StaffSession
from tenants.permissions import Actor, of_role
from web import devices, operators, proof, support
from web.api import allowance
from web.portal import entry
from web.surfaces import Grant
from web.tenancy import Request, Visit, checkpoint, visit

READING = frozenset({"GET", "HEAD", "OPTIONS"})

LARGEST_UPLOAD = 201 * 1024 * 1024
"""Bytes of a request that brings a file, for endpoints that are `bulky`; what is in it lies on disk."""

csrf = CSRFProtect()  # type: ignore[no-untyped-call]


class SignedIn(UserMixin):
    """A staff member with the session they came by. Flask-Login keeps the session's token, not the member's id."""

    def __init__(self, token: str, *, seen: Glance | None = None, member: StaffMember | None = None) -> None:
        self.token = token
        self.seen = seen
        """What every page knows of them; None in the request in which they sign in."""
        self._member = member
        self._living: StaffSession | None = None

    @property
    def member(self) -> StaffMember:
        """They, in the request's session. Raises SignInRequired when they are gone since the request began."""
        if self._member is None:
            self._arrive()
        return cast(StaffMember, self._member)

    @property
    def living(self) -> StaffSession:
        """Their session, in the request's session. Raises SignInRequired when it has ended."""
        if self._living is None:
            self._arrive()
        return cast(StaffSession, self._living)

    def _arrive(self) -> None:
        found = arrival.find(visit().session(), self.token)
        if found is None:
            raise SignInRequired()
        self._member, self._living = found.member, found.living

    def get_id(self) -> str:
        """What stands in the cookie: the random token of the staff session."""
        return self.token


def register(app: Flask) -> None:
    """Makes Flask-Login and Flask-WTF known to the application without their hooks on every request."""
    manager = LoginManager()  # type: ignore[no-untyped-call]
    manager.session_protection = None  # type: ignore[assignment]
    manager.user_loader(_load)  # type: ignore[no-untyped-call]
    app.login_manager = manager  # type: ignore[attr-defined]
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = 12 * 3600
    csrf.init_app(app)  # type: ignore[no-untyped-call]
    app.jinja_env.globals.update(me=me, may=may)


def admit(arrived: Visit, incoming: Request, grant: Grant) -> Any:
    """Lets the request pass (None), answers in the handler's place, or raises.

    Raises SignInRequired, SecondFactorMissing, KeyRequired, Forbidden, ProofNeeded or a CSRF error.
    """
    return GATES[grant.surface.who](arrived, incoming, grant)


def sign_in(member: StaffMember, token: str) -> None:
    """Puts a fresh staff session into the cookie and ends the one that stood there; the device knows them now."""
    before = session.get("_user_id")
    if before and before != token:
        sessions.end(visit().session(), before)
    session.clear()
    login_user(SignedIn(token, member=member))  # type: ignore[no-untyped-call]
    sessions.note_device(visit().session(), token, devices.kind())
    devices.remember(member)


def renew() -> None:
    """A new token for the present session, after a change of rights; a copy of the cookie is worth nothing then."""
    user = cast(Any, current_user)
    living = my_session()
    token = sessions.rotate(visit().session(), living)
    login_user(SignedIn(token, seen=user.seen, member=user.member))  # type: ignore[no-untyped-call]


def sign_out() -> str | None:
    """Empties the cookie and returns the token of the session it held, if any."""
    token = session.get("_user_id")
    logout_user()  # type: ignore[no-untyped-call]
    session.clear()
    return token


def me() -> StaffMember | None:
    """The signed-in staff member, also on pages that do not ask for one."""
    user = cast(Any, current_user)
    return user.member if user.is_authenticated else None


def myself() -> StaffMember:
    """The one who is signed in. Raises SignInRequired where nobody is."""
    member = me()
    if member is None:
        raise SignInRequired()
    return member


def my_session() -> StaffSession:
    """The session of this browser. Raises SignInRequired where nobody is signed in."""
    user = cast(Any, current_user)
    if not user.is_authenticated:
        raise SignInRequired()
    return cast(StaffSession, user.living)


def my_glance() -> Glance | None:
    """What was found when the present request arrived; None where nobody was signed in then."""
    user = cast(Any, current_user)
    return user.seen if user.is_authenticated else None


def confirmed() -> bool:
    """Whether the password was typed in this browser within the last quarter of an hour."""
    return sessions.is_proved(my_session())


def may(permission: str) -> bool:
    """Whether the one who acts holds the permission; templates leave out what they may not do."""
    who = visit().actor
    return who is not None and who.may(permission)


def _load(token: str) -> SignedIn | None:
    here = visit()
    if here.tenancy is None:
        return None
    seen = arrival.glance(here.services.db, here.services.keys, here.tenancy.ref, token)
    return SignedIn(token, seen=seen) if seen else None


def _anyone(arrived: Visit, incoming: Request, grant: Grant) -> None:
    """Public pages bring their own signed tokens; nothing is opened for them."""


def _visitor(arrived: Visit, incoming: Request, grant: Grant) -> None:
    arrived.stack.enter_context(use(negotiate(incoming.accept_languages.values())))
    csrf.protect()  # type: ignore[no-untyped-call]


def _staff(arrived: Visit, incoming: Request, grant: Grant) -> Any:
    if support.is_here():
        return support.admit(arrived, incoming, grant, csrf.protect)
    seen = my_glance()
    if seen is None:
        raise SignInRequired()
    arrived.stack.enter_context(use(seen.locale, seen.zone))
    arrived.actor = Actor("staff", seen.member_id, of_role(seen.role))
    if grant.bulky and arrived.actor.may(grant.permission):
        incoming.max_content_length = LARGEST_UPLOAD  # said before the form protection reads the body
    csrf.protect()  # type: ignore[no-untyped-call]
    if seen.lacks_second_factor and not grant.surface.enrolment:
        raise SecondFactorMissing()
    arrived.actor.require(grant.permission)
    if seen.is_stale:
        my_session()  # finding it notes that it is used
    answer = proof.ask(arrived, incoming, myself(), my_session()) if grant.fresh else None
    if answer is None and incoming.method not in READING:
        _keep_rights(arrived, grant)
    return answer


def _keep_rights(arrived: Visit, grant: Grant) -> None:
    """What is written in this request is done before a removal or a change of role, or it is not done."""
    member, living = myself(), my_session()
    staff.share(arrived.session(), member)
    arrived.session().refresh(living)
    if member.deactivated_at is not None or living.ended_at is not None:
        raise SignInRequired()
    arrived.actor = Actor("staff", member.id, of_role(member.role))
    arrived.actor.require(grant.permission)
    arrived.keeper = partial(_ask_again, arrived, member.id, living.id, grant)


def _ask_again(arrived: Visit, member_id: UUID, session_id: UUID, grant: Grant, connection: Connection) -> None:
    """The same, in each transaction that follows a checkpoint of this request."""
    role = staff.share_again(connection, member_id, session_id)
    if role is None:
        raise SignInRequired()
    arrived.actor = Actor("staff", member_id, of_role(role))
    arrived.actor.require(grant.permission)


def _key(arrived: Visit, incoming: Request, grant: Grant) -> None:
    scheme, _, token = incoming.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise KeyRequired()
        opened = api_keys.authenticate(arrived.session(), token.strip())
    except KeyRequired as refusal:
        allowance.spend_stranger(incoming.remote_addr or "")
        if scheme.lower() == "bearer" and allowance.is_news(incoming.remote_addr or ""):
            key_refusals.note(arrived.session(), token.strip(), refusal)
            checkpoint()  # the refused request itself keeps nothing
        raise
    arrived.actor = opened.actor
    allowance.spend(opened)
    if opened.stale:
        api_keys.note_use(arrived.session(), opened)
        checkpoint()  # also when the request is refused later, and without holding the key's row
    if not arrived.actor.may(grant.permission):
        raise ScopeMissing(scope=grant.permission)
    if grant.bulky:
        incoming.max_content_length = LARGEST_UPLOAD


def _operator(arrived: Visit, incoming: Request, grant: Grant) -> None:
    operators.admit(arrived, incoming)
    csrf.protect()  # type: ignore[no-untyped-call]


def _guest(arrived: Visit, incoming: Request, grant: Grant) -> None:
    entry.admit_guest(arrived, incoming, grant, csrf.protect)


def _portal(arrived: Visit, incoming: Request, grant: Grant) -> None:
    entry.admit(arrived, incoming, grant, csrf.protect)


GATES: dict[str, Callable[[Visit, Request, Grant], Any]] = {
    "anyone": _anyone,
    "visitor": _visitor,
    "staff": _staff,
    "key": _key,
    "operator": _operator,
    "guest": _guest,
    "portal": _portal,
}

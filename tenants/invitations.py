"""Inviting colleagues: a mailed link, signed, for one tenant, good for seven days, spent only by who joined.

Opening the link spends nothing, so that a mail scanner may. At most one open invitation stands for an address; the
database sees to it. An invitation that ran out is renewed by sending it again.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from infra import links
from infra.clock import now
from infra.crypto import current_keys
from infra.crypto.columns import blind_equal
from infra.db import current_tenant
from infra.errors import Conflict, Invalid, NotFound, TooMany
from infra.i18n import N_
from infra.jobs.declared import job
from infra.mail import outbox
from infra.settings import Settings
from tenants import audit, passwords, sessions, staff
from tenants.models import Invitation, StaffMember
from tenants.names import clean_name
from tenants.permissions import Actor

LIVES = timedelta(days=7)
LINK_LIVES = timedelta(days=60)
"""The signature outlives the invitation, so that an old link can say what became of it."""
MAIL = "staff.invitation"
PAUSE = timedelta(minutes=2)
KEPT = timedelta(days=30)
"""How long an invitation is kept after its end, so that its link can say what became of it."""
MOST_TIMES = 10
MOST_OPEN = 200
MOST_PER_DAY = 100
"""Nobody's mailbox is filled by way of us, and no workspace sends mail to the world as invitations."""

ALREADY_STAFF = N_("Somebody with this e-mail address is on the team already.")
ALREADY_INVITED = N_("This address has been invited already. Send the invitation again from the list of people.")
TOO_SOON = N_("This invitation was sent a moment ago. Wait two minutes before you send it again.")
TOO_OFTEN = N_("This invitation was sent ten times. Withdraw it, and ask your colleague in another way.")
TOO_MANY = N_("That is more invitations than a workspace can send in a day. Please try again tomorrow.")
NOT_OPEN = N_("This invitation is no longer open. It was accepted or withdrawn.")


class InvitationOver(NotFound):
    """The link leads to nothing: changed, cut off, or another workspace's."""

    code = "invitation_unknown"
    message = N_("This link is not valid here. It may have been cut off; open it again from the mail.")


class InvitationUsed(InvitationOver):
    """Somebody has joined with it."""

    code = "invitation_used"
    message = N_("This invitation was accepted already. Sign in with your e-mail address and password.")


class InvitationWithdrawn(InvitationOver):
    """A colleague took it back."""

    code = "invitation_withdrawn"
    message = N_("This invitation was withdrawn. Ask whoever invited you for a new one.")


class InvitationExpired(InvitationOver):
    """Its seven days are over."""

    code = "invitation_expired"
    message = N_("This invitation was good for seven days and has expired. Ask whoever invited you for another.")


def invite(
    session: Session, *, email: str, role: str, workspace: str, by: Actor, name: str = "", locale: str = "en"
) -> Invitation:
    """Invites an address to a role and mails the link. `workspace` is the business's name as the mail says it.

    Raises Invalid with the fields at fault: a role stronger than one's own, an address that is staff or invited.
    """
    staff.check_role(session, by, role)
    if staff.find_by_email(session, email) is not None:
        raise Invalid(problems={"email": [ALREADY_STAFF]})
    _require_room(session)
    named = clean_name(name) if name.strip() else None
    expired = _open_one(session, email)
    if expired is not None:
        if expired.expires_at > now():
            raise Invalid(problems={"email": [ALREADY_INVITED]})
        _withdraw(expired, by)
        session.flush()
    invitation = Invitation(
        email=email.strip(),
        name=named,
        role=role,
        workspace=workspace,
        invited_by=by.id,
        expires_at=now() + LIVES,
        times_sent=1,
    )
    try:
        with session.begin_nested():
            session.add(invitation)
    except IntegrityError:  # invited by somebody else at the same moment
        raise Invalid(problems={"email": [ALREADY_INVITED]}) from None
    audit.record(session, "staff.invited", by=by, subject=invitation.id, role=role)
    _mail(session, invitation, locale)
    return invitation


def resend(session: Session, invitation: Invitation, *, by: Actor, locale: str = "en") -> None:
    """Mails the link once more; its seven days begin anew. Raises Conflict, or TooMany when it is too soon."""
    _lock(session, invitation)
    if not is_open(invitation):
        raise Conflict(NOT_OPEN)
    staff.check_role(session, by, invitation.role)
    if now() - invitation.sent_at < PAUSE:
        raise TooMany(TOO_SOON, retry_after=int(PAUSE.total_seconds()))
    if invitation.times_sent >= MOST_TIMES:
        raise Conflict(TOO_OFTEN)
    invitation.sent_at, invitation.expires_at = now(), now() + LIVES
    invitation.times_sent += 1
    audit.record(session, "staff.invitation_resent", by=by, subject=invitation.id, times=invitation.times_sent)
    _mail(session, invitation, locale)


def withdraw(session: Session, invitation: Invitation, *, by: Actor) -> None:
    """Takes an invitation back; its link says so. Withdrawing again does nothing, an accepted one is Conflict."""
    _lock(session, invitation)
    if invitation.accepted_at is not None:
        raise Conflict(NOT_OPEN)
    if invitation.withdrawn_at is None:
        _withdraw(invitation, by)
        audit.record(session, "staff.invitation_withdrawn", by=by, subject=invitation.id)


def withdraw_sent_by(session: Session, member: StaffMember, *, by: Actor, still: Collection[str] = ()) -> int:
    """Takes back what the member has sent and could not send any more; `still` are roles that they may give."""
    query = select(Invitation).where(Invitation.invited_by == member.id, *_IS_OPEN).with_for_update()
    gone = [each for each in session.scalars(query) if each.role not in still]
    for invitation in gone:
        _withdraw(invitation, by)
        audit.record(session, "staff.invitation_withdrawn", by=by, subject=invitation.id)
    return len(gone)


def list_open(session: Session) -> Sequence[Invitation]:
    """Invitations that nobody has accepted or withdrawn, expired ones too; the newest first."""
    return session.scalars(select(Invitation).where(*_IS_OPEN).order_by(Invitation.id.desc())).all()


def count_sent_by(session: Session, member_id: UUID) -> int:
    """How many open invitations the member has sent."""
    return session.scalar(select(func.count()).where(Invitation.invited_by == member_id, *_IS_OPEN)) or 0


def get(session: Session, invitation_id: UUID) -> Invitation:
    """An invitation. Raises NotFound."""
    found = session.get(Invitation, invitation_id)
    if found is None:
        raise NotFound()
    return found


def is_open(invitation: Invitation) -> bool:
    """Whether nobody has accepted or withdrawn it; it may have expired."""
    return invitation.accepted_at is None and invitation.withdrawn_at is None


def is_expired(invitation: Invitation) -> bool:
    """Whether its seven days are over."""
    return invitation.expires_at <= now()


def link_token(settings: Settings, tenant_id: UUID, invitation: Invitation) -> str:
    """The token of the mailed link."""
    payload = {"id": invitation.id.hex}
    return links.sign(settings, "staff.invitation", tenant_id, payload, expires_in=LINK_LIVES)


def check(session: Session, settings: Settings, token: str, *, lock: bool = False) -> Invitation:
    """The invitation behind a mailed link. Raises InvitationOver, as the kind of it that says what happened."""
    try:
        payload = links.verify(settings, "staff.invitation", current_tenant().id, token)
    except links.ExpiredLink:
        raise InvitationExpired() from None
    except Invalid:
        raise InvitationOver() from None
    found = session.get(Invitation, UUID(payload["id"]), with_for_update=lock, populate_existing=lock)
    if found is None:
        raise InvitationOver()
    if found.accepted_at is not None:
        raise InvitationUsed()
    if found.withdrawn_at is not None:
        raise InvitationWithdrawn()
    if found.expires_at <= now():
        raise InvitationExpired()
    return found


def accept(
    session: Session, settings: Settings, token: str, *, name: str, password: str, locale: str
) -> tuple[StaffMember, str]:
    """Makes the invited person a member of staff and signs them in; answers them and their session's token.

    Raises InvitationOver, or Invalid with the fields at fault. Of two at once one joins, the other finds it used.
    """
    invitation = check(session, settings, token, lock=True)
    cleaned = clean_name(name)
    problem = passwords.problem(password, invitation.email, invitation.workspace, cleaned)
    if problem:
        raise Invalid(problems={"password": [problem]})
    if staff.find_by_email(session, invitation.email) is not None:  # who has joined on another way since
        raise InvitationUsed()
    by = Actor("staff", invitation.id)
    member = staff.add(
        session,
        name=cleaned,
        email=invitation.email,
        role=invitation.role,
        password_hash=passwords.hashed(password),
        locale=locale,
        member_id=invitation.id,
        by=by,
    )
    invitation.accepted_at = now()
    session.flush()
    audit.record(session, "staff.invitation_accepted", by=by, subject=member.id, role=member.role)
    return member, sessions.start(session, member)


def has_old(session: Session) -> bool:
    """Whether invitations are kept that nobody needs any more, for the sweeper."""
    return session.scalar(select(Invitation.id).where(_old()).limit(1)) is not None


@job(queue="bulk")
def forget_old(session: Session) -> None:
    """Deletes what came to an end KEPT ago: of who never joined nothing stays, not even a key."""
    keys, tenant = current_keys(), current_tenant()
    for invitation in session.scalars(select(Invitation).where(_old()).limit(500)).all():
        if invitation.accepted_at is None:
            keys.destroy_person(tenant, invitation.id)
        session.delete(invitation)


def _old() -> ColumnElement[bool]:
    moment = now() - KEPT
    return or_(
        Invitation.accepted_at < moment,
        Invitation.withdrawn_at < moment,
        and_(*_IS_OPEN, Invitation.expires_at < moment),
    )


_IS_OPEN = (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))


def _lock(session: Session, invitation: Invitation) -> None:
    session.flush()  # reading anew would forget what is not stored yet
    session.refresh(invitation, with_for_update=True)


def _open_one(session: Session, email: str) -> Invitation | None:
    query = select(Invitation).where(blind_equal(Invitation.email_index, email), *_IS_OPEN)
    return session.scalars(query.with_for_update()).one_or_none()


def _withdraw(invitation: Invitation, by: Actor) -> None:
    invitation.withdrawn_at, invitation.withdrawn_by = now(), by.id


def _require_room(session: Session) -> None:
    waiting, today = session.execute(
        select(
            func.count().filter(*_IS_OPEN),
            func.count().filter(Invitation.created_at > now() - timedelta(days=1)),
        ).select_from(Invitation)
    ).one()
    if waiting >= MOST_OPEN or today >= MOST_PER_DAY:
        raise TooMany(TOO_MANY, retry_after=86400)


def _mail(session: Session, invitation: Invitation, locale: str) -> None:
    key = f"invitation:{invitation.id.hex}:{invitation.times_sent}"
    outbox.send(session, MAIL, ref=invitation.id, key=key, locale=locale)

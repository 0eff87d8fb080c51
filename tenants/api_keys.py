"""API keys: made with scopes, shown once, stored hashed, revoked for good."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.errors import Invalid, NotFound
from infra.i18n import N_
from infra.ids import new_token, token_hash
from tenants import audit
from tenants.errors import KeyRequired
from tenants.models import ApiKey
from tenants.permissions import SCOPES, Actor, of_scopes

PREFIX = "rk_"
"""Tells people, and programs that look for leaked secrets, what they found."""
USED_EVERY = timedelta(minutes=5)
"""How exactly we know when a key was last used."""

NAME_MISSING = N_("Give the key a name of at most 80 characters, so that you recognise it later.")
SCOPES_MISSING = N_("Choose at least one scope. A key without any could do nothing.")
SCOPE_UNKNOWN = N_("One of these scopes does not exist.")
EXPIRED = N_("This moment has passed already.")


def create(
    session: Session, *, name: str, scopes: Collection[str], by: Actor, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key and its token, which is not to be seen again. Raises Invalid with the fields at fault.

    A maker without the permission behind a scope cannot give it away.
    """
    problems: dict[str, list[str]] = {}
    if not 0 < len(name.strip()) <= 80:
        problems["name"] = [NAME_MISSING]
    if not scopes:
        problems["scopes"] = [SCOPES_MISSING]
    elif not set(scopes) <= set(SCOPES):
        problems["scopes"] = [SCOPE_UNKNOWN]
    if expires_at is not None and expires_at <= now():
        problems["expires_at"] = [EXPIRED]
    if problems:
        raise Invalid(problems=problems)
    for scope in scopes:
        if by.kind != "system":
            by.require(scope)
    token = PREFIX + new_token()
    key = ApiKey(
        name=name.strip(),
        hint=token[: len(PREFIX) + 4],
        token_hash=token_hash(token),
        scopes=sorted(set(scopes)),
        created_by=by.id,
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    audit.record(session, "api_key.created", by=by, subject=key.id, scopes=key.scopes)
    return key, token


def list_all(session: Session) -> Sequence[ApiKey]:
    """All keys, living ones first, the newest first."""
    return session.scalars(select(ApiKey).order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())).all()


def get(session: Session, key_id: UUID) -> ApiKey:
    """A key. Raises NotFound."""
    key = session.get(ApiKey, key_id)
    if key is None:
        raise NotFound()
    return key


def revoke(session: Session, key: ApiKey, *, by: Actor) -> None:
    """From now on the key opens nothing. Revoking a revoked key does nothing."""
    if key.revoked_at is not None:
        return
    key.revoked_at, key.revoked_by = now(), by.id
    audit.record(session, "api_key.revoked", by=by, subject=key.id)


def authenticate(session: Session, token: str) -> Actor:
    """The actor behind a token of this tenant. Raises KeyRequired for every token that opens nothing here."""
    if not token.startswith(PREFIX) or len(token) > 100:
        raise KeyRequired()
    key = session.scalars(
        select(ApiKey).where(ApiKey.token_hash == token_hash(token), ApiKey.revoked_at.is_(None))
    ).one_or_none()
    moment = now()
    if key is None or (key.expires_at is not None and key.expires_at <= moment):
        raise KeyRequired()
    if key.last_used_at is None or moment - key.last_used_at > USED_EVERY:
        key.last_used_at = moment
    return Actor("api_key", key.id, of_scopes(key.scopes))

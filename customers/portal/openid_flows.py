"""The way to a provider and back: begun in one browser, ended there once, within ten minutes.

The browser keeps a secret in a cookie. Nonce and code verifier are made from it and from the state, so that nothing
in the table helps whoever reads it, and several tabs of one browser do not disturb each other.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from customers.models import OpenIdFlow, OpenIdProvider
from customers.portal.openid_errors import FlowOver
from infra.clock import now
from infra.ids import new_token, token_hash

LASTS = timedelta(minutes=10)
LONGEST = 200
"""Characters of a state or a browser's secret; ours have 43."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One way there and back. `person_id` is who was signed in when they set out."""

    state: str
    nonce: str
    verifier: str
    provider_id: UUID
    person_id: UUID | None = None
    onward: str = ""


def begin(
    session: Session, provider: OpenIdProvider, browser: str, *, onward: str = "", person_id: UUID | None = None
) -> Flow:
    """Notes that this browser sets out. What is over and done with is forgotten on the occasion."""
    session.execute(delete(OpenIdFlow).where(OpenIdFlow.expires_at < now() - LASTS))
    state = new_token()
    session.add(
        OpenIdFlow(
            provider_id=provider.id,
            state_hash=token_hash(state),
            browser_hash=token_hash(browser),
            person_id=person_id,
            onward=onward,
            expires_at=now() + LASTS,
        )
    )
    session.flush()
    return _flow(state, browser, provider.id, person_id, onward)


def end(session: Session, provider_id: UUID, state: str, browser: str) -> Flow:
    """Spends the way back; commit before anything is asked of the provider. Raises FlowOver.

    Of two who come with the same state one finds it spent. A state is worth nothing in another browser, at another
    provider's address (which would mix up answers, RFC 9700, 4.4) or in another workspace, and is not spent there.
    """
    if not (0 < len(state) <= LONGEST and 0 < len(browser) <= LONGEST):
        raise FlowOver()
    query = select(OpenIdFlow).where(OpenIdFlow.state_hash == _hash(state)).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None or row.provider_id != provider_id or not hmac.compare_digest(row.browser_hash, _hash(browser)):
        raise FlowOver()
    if row.spent_at is not None or row.expires_at <= now():
        raise FlowOver()
    row.spent_at = now()
    session.flush()
    return _flow(state, browser, provider_id, row.person_id, row.onward)


def _flow(state: str, browser: str, provider_id: UUID, person_id: UUID | None, onward: str) -> Flow:
    nonce, verifier = _made(browser, "nonce", state), _made(browser, "verifier", state)
    return Flow(state, nonce, verifier, provider_id, person_id, onward)


def _hash(text: str) -> bytes:
    """As `token_hash`, for what may not be text at all."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _made(browser: str, purpose: str, state: str) -> str:
    """43 characters that nobody knows without the browser's secret."""
    digest = hmac.digest(
        browser.encode("utf-8", "replace"), f"{purpose}\0{state}".encode("utf-8", "replace"), "sha256"
    )
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

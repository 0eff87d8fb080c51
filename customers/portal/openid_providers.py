"""Providers whose word about customers the tenant takes: added, checked, turned on and off, removed."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from customers import values
from customers.models import OpenIdIdentity, OpenIdProvider
from customers.portal.openid_errors import ProviderKnown, ProviderNotFound, ProviderUnchecked
from customers.unique import refused_as
from infra.clock import now
from infra.db import current_tenant
from infra.errors import Conflict, Invalid
from infra.http import Policy, UrlRefused, check_url
from infra.i18n import N_
from infra.sentences import Sentence
from tenants import audit
from tenants.permissions import Actor

MOST = 8
"""Providers of one workspace: more buttons than that are no choice any more."""
LONGEST_NAME, LONGEST_ID, LONGEST_SECRET = 40, 255, 1_000
GOOGLE = "https://accounts.google.com"
MICROSOFT = "https://login.microsoftonline.com"
KINDS = ("google", "microsoft", "openid")
NAMES = {"google": "Google", "microsoft": "Microsoft"}
"""What stands on the button unless somebody chooses another word."""

NO_NAME = N_("Write the name that stands on the button, such as Google.")
NO_ID = N_("Copy the client id from the provider.")
NO_SECRET = N_("Copy the client secret from the provider.")
ODD_LETTERS = N_("This holds spaces or characters that none has. Copy it once more.")
BAD_DIRECTORY = N_("Write common, organizations, consumers, or the id or domain of your directory.")
NO_QUERY = N_("Write the issuer alone, without ? and #.")
_DIRECTORY = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


class TooManyProviders(Conflict):
    """The workspace has as many as a sign-in page can show."""

    code = "too_many_portal_providers"
    message = N_("A workspace can have at most 8 providers. Remove one first.")


def add(session: Session, policy: Policy, *, kind: str, name: str, issuer: str, by: Actor) -> OpenIdProvider:
    """A new provider, off. `issuer` is a directory for Microsoft and nothing for Google.

    Client id and secret come later: the provider wants to know the address of our row before it gives them.
    Raises Invalid, ProviderKnown, TooManyProviders.
    """
    turn = func.hashtextextended(f"providers {current_tenant().id}", 0)
    session.execute(select(func.pg_advisory_xact_lock(turn)))
    if (session.scalar(select(func.count()).select_from(OpenIdProvider)) or 0) >= MOST:
        raise TooManyProviders()
    place, refused = _issuer(policy, kind, issuer)
    problems = {"name": _name_problem(name), "issuer": refused}
    if found := {field: [problem] for field, problem in problems.items() if problem}:
        raise Invalid(problems=found)
    made = OpenIdProvider(kind=kind, name=name.strip(), issuer=place, check={}, created_by=by.id)
    with refused_as(session, "uq_portal_providers_issuer", ProviderKnown):
        session.add(made)
    audit.record(session, "portal_provider.added", by=by, subject=made.id, host=urlsplit(place).netloc)
    return made


def get(session: Session, provider_id: UUID, *, hold: bool = False) -> OpenIdProvider:
    """Raises ProviderNotFound. With `hold` nobody changes it before the transaction ends."""
    lock: Any = {"with_for_update": {"read": True}, "populate_existing": True} if hold else {}
    found = session.get(OpenIdProvider, provider_id, **lock)
    if found is None:
        raise ProviderNotFound()
    return found


def list_all(session: Session) -> Sequence[OpenIdProvider]:
    """All of them, in the order in which they were added."""
    return session.scalars(select(OpenIdProvider).order_by(OpenIdProvider.id)).all()


def list_open(session: Session) -> Sequence[OpenIdProvider]:
    """Those that customers can sign in with."""
    query = select(OpenIdProvider).where(OpenIdProvider.turned_on_at.is_not(None)).order_by(OpenIdProvider.id)
    return session.scalars(query).all()


def change(
    session: Session, provider: OpenIdProvider, *, name: str, client_id: str, secret: str = "", by: Actor
) -> None:
    """Another name, client id or secret; no secret keeps the present one, which nobody is shown. Raises Invalid.

    After another client id it is off until somebody has checked it and turns it on.
    """
    problems = {
        "name": _name_problem(name),
        "client_id": _copied(client_id, LONGEST_ID, NO_ID),
        "secret": _secret_problem(provider, secret),
    }
    if found := {field: [problem] for field, problem in problems.items() if problem}:
        raise Invalid(problems=found)
    after = {"name": name.strip(), "client_id": client_id.strip()}
    changed = sorted(field for field, value in after.items() if getattr(provider, field) != value)
    for field in changed:
        setattr(provider, field, after[field])
    if "client_id" in changed:
        turn_off(session, provider, by=by)
    if "client_id" in changed or secret.strip():
        provider.checked_at, provider.check = None, {}
    if changed:
        audit.record(session, "portal_provider.changed", by=by, subject=provider.id, fields=changed)
    if secret.strip():
        provider.client_secret, provider.secret_set_at = secret.strip(), now()
        audit.record(session, "portal_provider.secret_replaced", by=by, subject=provider.id)
    session.flush()


def note_check(session: Session, provider: OpenIdProvider, problems: Sequence[str], seen: str = "") -> None:
    """What a look found; it turns nothing off, because the network may have had a bad moment."""
    provider.check = {"problems": list(problems), "seen": seen}
    provider.checked_at = now()
    session.flush()


def turn_on(session: Session, provider: OpenIdProvider, *, by: Actor) -> None:
    """From now on its button stands on the sign-in page. Raises ProviderUnchecked."""
    if provider.turned_on_at is not None:
        return
    if not is_sound(provider):
        raise ProviderUnchecked()
    provider.turned_on_at = now()
    audit.record(session, "portal_provider.turned_on", by=by, subject=provider.id)


def turn_off(session: Session, provider: OpenIdProvider, *, by: Actor) -> None:
    """Its word counts no longer, also for who is on the way back; linked accounts are kept."""
    if provider.turned_on_at is not None:
        provider.turned_on_at = None
        audit.record(session, "portal_provider.turned_off", by=by, subject=provider.id)


def remove(session: Session, provider: OpenIdProvider, *, by: Actor) -> None:
    """Forgets it, its secret, and which accounts there are whose."""
    audit.record(session, "portal_provider.removed", by=by, subject=provider.id)
    session.delete(provider)
    session.flush()


def count_linked(session: Session, provider: OpenIdProvider) -> int:
    """How many accounts there are linked."""
    query = select(func.count()).select_from(OpenIdIdentity).where(OpenIdIdentity.provider_id == provider.id)
    return session.scalar(query) or 0


def is_sound(provider: OpenIdProvider) -> bool:
    """Whether the last look found nothing wrong and nothing was changed since."""
    return is_known(provider) and provider.checked_at is not None and not provider.check.get("problems")


def is_known(provider: OpenIdProvider) -> bool:
    """Whether the provider has been told of us and has given us id and secret."""
    return bool(provider.client_id) and provider.secret_set_at is not None


def _name_problem(name: str) -> Sentence | str | None:
    try:
        return None if values.line(name, LONGEST_NAME) else NO_NAME
    except values.Unfit as unfit:
        return unfit.sentence


def _secret_problem(provider: OpenIdProvider, secret: str) -> str | None:
    keeps = not secret.strip() and provider.secret_set_at is not None
    return None if keeps else _copied(secret, LONGEST_SECRET, NO_SECRET)


def _copied(text: str, longest: int, empty: str) -> str | None:
    """What is wrong with a text that was copied from the provider's pages."""
    plain = text.strip()
    if not plain:
        return empty
    fits = len(plain) <= longest and plain.isascii() and plain.isprintable() and " " not in plain
    return None if fits else ODD_LETTERS


def _issuer(policy: Policy, kind: str, typed: str) -> tuple[str, str | None]:
    """Where the discovery document lies, and what is wrong with what was typed."""
    plain = typed.strip()
    if kind == "google":
        return GOOGLE, None
    if kind == "microsoft":
        directory = plain.lower() or "common"
        fits = _DIRECTORY.fullmatch(directory) is not None
        return f"{MICROSOFT}/{directory}/v2.0", None if fits else BAD_DIRECTORY
    plain = plain.removesuffix("/.well-known/openid-configuration")
    try:
        check_url(plain, policy)
    except UrlRefused as refusal:
        return "", str(refusal.message)
    return plain, NO_QUERY if "?" in plain or "#" in plain else None

"""Somebody who signs in with a provider, as tests tell it."""

import re
from collections.abc import Sequence
from html import unescape
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from customers.models import OpenIdIdentity, OpenIdProvider, PortalSession
from customers.models import Person as Customer
from customers.portal import openid_documents, openid_identities
from customers.portal import openid_providers as providers
from infra.http import Policy
from tenants.permissions import SYSTEM
from tests.support.openid import CLIENT, SECRET, OwnProvider
from tests.web.portal.story import Town
from tests.web.story import Person

SUBJECT = "248289761001"


def trusted(
    town: Town, issuer: str, *, kind: str = "openid", name: str = "Example ID", on: bool = True
) -> OpenIdProvider:
    """A provider that the tenant has set up; `kind` decides how its word is read."""
    openid_documents.forget_all()
    policy = Policy.of(town.services.settings)
    made = providers.add(town.session, policy, kind="openid", name=name, issuer=issuer, by=SYSTEM)
    providers.change(town.session, made, name=name, client_id=CLIENT, secret=SECRET, by=SYSTEM)
    made.kind = kind
    providers.note_check(town.session, made, [])
    if on:
        providers.turn_on(town.session, made, by=SYSTEM)
    town.session.flush()
    return made


def sets_out(browser: Person, provider: OpenIdProvider, page: str = "portal.door.sign_in", **more: Any) -> str:
    """Presses the provider's button and is sent on; the provider's address."""
    shown = browser.get(page, **more)
    return address_in(browser.submit(shown, f"/{provider.id}", expect=200))


def address_in(page: TestResponse) -> str:
    """Where a page takes the browser."""
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.text)
    assert found is not None, page.text[:2000]
    return unescape(found[1])


def linked(
    town: Town, provider: OpenIdProvider, example: OwnProvider, person: Customer, subject: str = SUBJECT
) -> OpenIdIdentity:
    """The account at the provider is the person's."""
    account = openid_identities.Account(provider.id, example.issuer, subject, None, speaks_for_mailbox=False)
    made = openid_identities.link(town.session, person, account)
    town.session.flush()
    return made


def sessions_of(town: Town) -> Sequence[PortalSession]:
    town.session.expire_all()
    return town.session.scalars(select(PortalSession)).all()


def identities(town: Town) -> Sequence[OpenIdIdentity]:
    town.session.expire_all()
    return town.session.scalars(select(OpenIdIdentity)).all()

"""An account that a browser brought from a provider and that is nobody's yet, kept in that browser's signed cookie.

Nothing of it is stored with us, so it makes no difference whether anybody has the address. Who proves the mailbox
in the same browser within half an hour, by the mailed code or link, gets the account linked.
"""

from datetime import timedelta
from uuid import UUID

from flask import flash, session

from customers.models import Person, PortalSession
from customers.portal import openid_identities
from customers.portal import openid_providers as providers
from customers.portal.openid_errors import AccountTaken, ProviderNotFound
from customers.portal.openid_exchange import Account
from infra import links
from infra.i18n import N_, gettext
from infra.links import BadLink, ExpiredLink
from web import tenancy

KEY, PURPOSE = "portal_account", "portal.openid.account"
LASTS = timedelta(minutes=30)
"""The mailed code is good for a quarter of an hour, and may be asked for twice."""
PROOFS = ("code", "link")
LINKED = N_("Next time you can sign in with %(name)s.")


def keep(account: Account) -> None:
    """Remembers the account in this browser, when its provider vouches for a mailbox."""
    session.pop(KEY, None)
    if account.email is None:
        return
    told = {
        "p": account.provider_id.hex,
        "i": account.issuer,
        "s": account.subject,
        "e": account.email,
    }
    settings, tenant = tenancy.services().settings, tenancy.tenant()
    session[KEY] = links.sign(settings, PURPOSE, tenant.id, told, expires_in=LASTS)


def look() -> Account | None:
    """The account that this browser brought a while ago."""
    token = session.get(KEY)
    if not isinstance(token, str):
        return None
    try:
        told = links.verify(tenancy.services().settings, PURPOSE, tenancy.tenant().id, token)
    except (BadLink, ExpiredLink):
        return None
    return Account(UUID(hex=told["p"]), told["i"], told["s"], told["e"], speaks_for_mailbox=False)


def forget() -> None:
    """Once somebody is in."""
    session.pop(KEY, None)


def link_now(living: PortalSession, person: Person, how: str) -> None:
    """When somebody has proved a mailbox: links the account that this browser brought, if it is of that mailbox."""
    if KEY not in session:
        return
    account = look()
    forget()
    if account is None or how not in PROOFS:
        return
    db = tenancy.session()
    try:
        provider = providers.get(db, account.provider_id, hold=True)
        if provider.turned_on_at is not None and openid_identities.link_proved(db, person, account):
            flash(gettext(LINKED, name=provider.name))
    except (ProviderNotFound, AccountTaken):
        return  # removed meanwhile, or connected with another person in another browser

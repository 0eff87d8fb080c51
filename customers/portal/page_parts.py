"""What the customer pages themselves hold about somebody: sign-ins, new addresses, requests to be deleted."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from customers.models import ErasureRequest, OpenIdIdentity, OpenIdProvider, PortalProof, PortalSession
from customers.portal.parts import About, Part
from infra.i18n import N_

ERASURE_STATES = {
    "open": N_("Asked for"),
    "withdrawn": N_("Taken back"),
    "done": N_("Done"),
    "refused": N_("Refused"),
}
HOW = {"link": N_("with a link by mail"), "code": N_("with a code by mail"), "openid": N_("with another account")}


def _sign_ins(about: About) -> Select[*tuple[Any, ...]]:
    row = PortalSession
    columns = (row.created_at, row.how, row.agent, row.last_seen_at, row.ended_at)
    return select(*columns).where(about.of(row.person_id))


def _browser(session: Session, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Codes as they are: `firefox · windows`."""
    return [{**row, "agent": " · ".join(filter(None, row["agent"].split("/")))}]


def _accounts(about: About) -> Select[*tuple[Any, ...]]:
    row = OpenIdIdentity
    columns = (row.linked_at, OpenIdProvider.name.label("provider"), row.email, row.subject, row.used_at)
    return (
        select(*columns).join(OpenIdProvider, OpenIdProvider.id == row.provider_id).where(about.of(row.person_id))
    )


def _addresses(about: About) -> Select[*tuple[Any, ...]]:
    columns = (PortalProof.asked_at, PortalProof.new_email, PortalProof.former_email, PortalProof.spent_at)
    return select(*columns).where(about.of(PortalProof.person_id))


def _erasures(about: About) -> Select[*tuple[Any, ...]]:
    columns = (ErasureRequest.asked_at, ErasureRequest.state, ErasureRequest.due_at, ErasureRequest.settled_at)
    return select(*columns).where(about.of(ErasureRequest.person_id))


PARTS = (
    Part(
        "sign_ins",
        N_("Where you signed in"),
        PortalSession.id,
        _sign_ins,
        {
            **{"created_at": N_("When"), "how": N_("How"), "agent": N_("Browser")},
            **{"last_seen_at": N_("Last used"), "ended_at": N_("Signed out")},
        },
        {"how": HOW},
        ("portal_sessions",),
        _browser,
    ),
    Part(
        "accounts",
        N_("Accounts that sign you in"),
        OpenIdIdentity.id,
        _accounts,
        {
            **{"linked_at": N_("When"), "provider": N_("Provider"), "email": N_("E-mail address")},
            **{"subject": N_("Number"), "used_at": N_("Last used")},
        },
        tables=("portal_identities",),
    ),
    Part(
        "addresses",
        N_("Changes of your address"),
        PortalProof.id,
        _addresses,
        {
            **{"asked_at": N_("When"), "new_email": N_("New address"), "former_email": N_("Address before")},
            **{"spent_at": N_("Confirmed")},
        },
        tables=("portal_proofs",),
    ),
    Part(
        "erasures",
        N_("Requests to delete your data"),
        ErasureRequest.id,
        _erasures,
        {
            **{"asked_at": N_("When"), "state": N_("State"), "due_at": N_("At the latest")},
            **{"settled_at": N_("Settled")},
        },
        {"state": ERASURE_STATES},
        ("erasure_requests",),
    ),
)

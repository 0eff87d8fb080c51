"""What outcomes are called on pages and what can be done about them."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.http import errors
from infra.i18n import N_, gettext


@dataclass(frozen=True, slots=True)
class Words:
    """A code in a few words, and a sentence that helps."""

    short: str
    long: str


OUTCOMES: Mapping[str, Words] = {
    "delivered": Words(N_("Delivered"), N_("The receiver took it.")),
    "status": Words(N_("Status %(status)s"), N_("The receiver did not answer with a status from 200 to 299.")),
    "redirected": Words(
        N_("Redirect, status %(status)s"),
        N_("Redirects are not followed. Enter the address that it leads to."),
    ),
    "gone": Words(N_("Gone, status 410"), N_("The receiver says that it wants nothing more.")),
    "interrupted": Words(
        N_("Interrupted"), N_("Whether it arrived is not known, so it is sent again under the same id.")
    ),
    "expired": Words(N_("Given up"), N_("The webhook was paused for three days.")),
    "disabled": Words(N_("Given up"), N_("The webhook was turned off.")),
    errors.UrlRefused.code: Words(N_("Address refused"), N_("This address cannot be called. Change it.")),
    errors.AddressRefused.code: Words(N_("Address refused"), errors.AddressRefused.message),
    errors.UnknownHost.code: Words(N_("Unknown name"), errors.UnknownHost.message),
    errors.NoConnection.code: Words(N_("No connection"), errors.NoConnection.message),
    errors.CertificateRefused.code: Words(N_("Certificate refused"), errors.CertificateRefused.message),
    errors.TimedOut.code: Words(N_("Too slow"), errors.TimedOut.message),
    errors.BadAnswer.code: Words(N_("Unreadable answer"), errors.BadAnswer.message),
}


def short(code: str | None, status: int | None = None) -> str:
    """The outcome in a few words; empty for none."""
    found = OUTCOMES.get(code or "")
    return gettext(found.short, status=status if status is not None else "–") if found else code or ""


def long(code: str | None) -> str:
    """A sentence about the outcome; empty for none."""
    found = OUTCOMES.get(code or "")
    return gettext(found.long) if found else ""

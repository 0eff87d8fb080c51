"""Why a sign-in with a provider came to nothing. Sentences are for the customer, `reason` for logs and staff."""

from typing import ClassVar

from infra.errors import Conflict, NotFound, RapportError
from infra.i18n import N_


class OpenIdTrouble(RapportError):
    """The provider's answer lets nobody in.

    `detail` is a code for logs and staff, `seen` a short text of the provider's. Whoever shows the sentence puts
    the provider's name into `fields`.
    """

    code = "openid_trouble"
    message = N_("The answer of %(name)s could not be used, so nobody was signed in.")
    reason: ClassVar[str] = "trouble"

    def __init__(self, detail: str = "", seen: str = "") -> None:
        super().__init__()
        self.detail = detail
        self.seen = seen


class FlowOver(OpenIdTrouble):
    """The way back was not the one we sent somebody on: too late, twice, another browser, or made up."""

    code = "openid_flow_over"
    message = N_("This sign-in is over: it was used already, took too long, or began in another browser.")
    reason = "flow_over"


class Cancelled(OpenIdTrouble):
    """They said no at the provider."""

    code = "openid_cancelled"
    message = N_("You did not go through with it at %(name)s. Nothing has changed.")
    reason = "cancelled"


class ProviderAway(OpenIdTrouble):
    """The provider does not answer, or not in time."""

    code = "openid_provider_away"
    message = N_("%(name)s does not answer at the moment. Please try again in a while.")
    reason = "away"


class ProviderOff(OpenIdTrouble):
    """The business takes this provider's word no longer."""

    code = "openid_provider_off"
    message = N_("Signing in with %(name)s is switched off here.")
    reason = "off"


class ProviderOdd(OpenIdTrouble):
    """What the provider said is not what it must say."""

    code = "openid_provider_odd"
    reason = "odd"


class TokenRefused(OpenIdTrouble):
    """The ID token proves nothing: one of its claims or its signature is not in order."""

    code = "openid_token_refused"
    reason = "token"


class AccountTaken(Conflict):
    """The account at the provider signs somebody else in here."""

    code = "openid_account_taken"
    message = N_(
        "This account is connected with another customer here. Sign in with it, and remove it there first."
    )


class ProviderNotFound(NotFound):
    """There is no such provider in this workspace."""

    code = "portal_provider_not_found"


class ProviderKnown(Conflict):
    """There is one of the same issuer."""

    code = "portal_provider_known"
    message = N_("You have added this provider already.")
    field = "issuer"


class ProviderUnchecked(Conflict):
    """A provider is turned on only after a look at it found nothing wrong."""

    code = "portal_provider_unchecked"
    message = N_("Check the provider first. It can be turned on when the check finds nothing wrong.")

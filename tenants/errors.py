"""What can go wrong with tenants and their staff, with stable codes."""

from infra.errors import Forbidden, Invalid, NotFound, RapportError, TooMany, Unavailable
from infra.i18n import N_


class TenantSuspended(Unavailable):
    """The business is suspended: nothing of it is served, nothing is lost."""

    code = "tenant_suspended"
    message = N_("This workspace is paused at the moment. Its data is kept. Please contact its owner.")


class SignInRequired(RapportError):
    """Nobody is signed in where somebody must be."""

    code = "sign_in_required"
    message = N_("Please sign in first.")


class KeyRequired(RapportError):
    """No API key, or one that is unknown, revoked, expired, or another tenant's: all read the same."""

    code = "api_key_required"
    message = N_("Send a valid API key: Authorization: Bearer <key>.")


class SignInFailed(Invalid):
    """Unknown address, wrong password, or no longer staff: all read the same."""

    code = "sign_in_failed"
    message = N_("That e-mail address and password do not fit together. Check both, or reset the password.")


class TooManyAttempts(TooMany):
    """Sign-in attempts of an account or from an address are counted; the window is sliding."""

    code = "too_many_attempts"
    message = N_("There were too many attempts. Please wait %(minutes)s minutes, or reset your password.")


class LinkExpired(NotFound):
    """A mailed one-time link that was used, has expired, or never existed."""

    code = "link_expired"
    message = N_("This link was used already or is too old. Ask for a new one.")


class ScopeMissing(Forbidden):
    """The API key is valid and lacks the scope."""

    code = "scope_missing"
    message = N_("This API key lacks the scope %(scope)s.")

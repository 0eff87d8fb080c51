"""What can go wrong with tenants and their staff, with stable codes."""

from typing import ClassVar, Self

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
    """No API key, or one that was never this tenant's: all read the same."""

    code = "api_key_required"
    message = N_("Send a valid API key: Authorization: Bearer <key>.")


class KeyExpired(KeyRequired):
    """The key was valid until its end."""

    code = "api_key_expired"
    message = N_("This API key has expired. Rotate it in the console, or make a new one.")


class KeyReplaced(KeyRequired):
    """The secret was replaced by a rotation, and its overlap is over."""

    code = "api_key_replaced"
    message = N_("This secret was replaced by a newer one of the same API key.")


class KeyRevoked(KeyRequired):
    """The key was revoked, or whoever made it has left."""

    code = "api_key_revoked"
    message = N_("This API key was revoked.")


class SignInFailed(Invalid):
    """Unknown address, wrong password, or no longer staff: all read the same."""

    code = "sign_in_failed"
    message = N_("That e-mail address and password do not fit together. Check both, or reset the password.")


class TooManyAttempts(TooMany):
    """Attempts at a password or a code come too fast; each failure makes the next wait longer."""

    code = "too_many_attempts"
    message = N_("There were too many attempts. Wait %(minutes)s minutes, or choose a new password by mail.")

    a_little: ClassVar[str] = N_(
        "There were too many attempts. Wait a few seconds, or choose a new password by mail."
    )
    some_seconds: ClassVar[str] = N_(
        "There were too many attempts. Wait %(seconds)s seconds, or choose a new password by mail."
    )

    @classmethod
    def until(cls, seconds: int) -> Self:
        """With the time that is left, said in seconds or in minutes."""
        if seconds < 10:
            return cls(cls.a_little, retry_after=seconds)
        if seconds <= 90:
            return cls(cls.some_seconds, retry_after=seconds, seconds=seconds)
        return cls(retry_after=seconds, minutes=-(-seconds // 60))


class CodeWrong(Invalid):
    """A code of the app or a recovery code that is wrong, too old, or was used before: all read the same."""

    code = "code_wrong"
    message = N_("This code is not valid now. Wait for the next one in the app, or use a recovery code.")


class StepTwoOver(RapportError):
    """The time between password and code is over, or the password was changed in between."""

    code = "step_two_over"
    message = N_("That took too long. Please sign in again from the start.")


class SecondFactorMissing(Forbidden):
    """The workspace asks for a second factor and this person has none yet."""

    code = "second_factor_missing"
    message = N_("This workspace asks for a second factor. Set it up first.")


class ProofNeeded(Forbidden):
    """The password was typed too long ago for what is asked."""

    code = "proof_needed"
    message = N_("Please type your password again for this.")


class LinkExpired(NotFound):
    """A mailed one-time link that was used, has expired, or never existed."""

    code = "link_expired"
    message = N_("This link was used already or is too old. Ask for a new one.")


class ScopeMissing(Forbidden):
    """The API key is valid and lacks the scope."""

    code = "scope_missing"
    message = N_("This API key lacks the scope %(scope)s.")

"""What can go wrong with operators, with stable codes."""

from infra.errors import Conflict, Invalid
from infra.i18n import N_
from tenants.errors import SignInRequired, TooManyAttempts


class OperatorSignInRequired(SignInRequired):
    """No operator is signed in where one must be, or their session has ended."""

    code = "operator_sign_in_required"


class OperatorRefused(Invalid):
    """Unknown address, wrong password, not set up, or disabled: all read the same."""

    code = "operator_refused"
    message = N_("That e-mail address and password do not fit together. Check both, or ask for a new set-up link.")


class CodeRefused(Invalid):
    """Neither a fresh code of the app nor a recovery code that is left."""

    code = "code_refused"
    message = N_("This code is not the present one, or was used already. Wait for the next one in your app.")


class OperatorTooOften(TooManyAttempts):
    """As for staff; but there is no reset by mail here."""

    message = N_("There were too many attempts. Wait %(minutes)s minutes, or ask for a new set-up link.")
    a_little = N_("There were too many attempts. Wait a few seconds and try again.")
    some_seconds = N_("There were too many attempts. Wait %(seconds)s seconds and try again.")


class OperatorExists(Conflict):
    """Somebody with this address is an operator already."""

    code = "operator_exists"
    message = "An operator has this address already. `rapport operators reset` makes a new set-up link."


class StateChanged(Conflict):
    """Another operator was faster."""

    code = "tenant_state_changed"
    message = N_("This workspace is %(state)s meanwhile. Somebody else may have been faster; nothing was changed.")

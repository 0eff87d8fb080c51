"""What can go wrong on the customer pages, each with a stable code."""

from infra.errors import Conflict, Invalid, NotFound
from infra.i18n import N_
from tenants.errors import SignInRequired


class PortalSignInRequired(SignInRequired):
    """No customer is signed in where one must be, or their session has ended."""

    code = "portal_sign_in_required"


class PortalClosed(NotFound):
    """The tenant has switched its customer pages off."""

    code = "portal_closed"


class ProofOver(Conflict):
    """A link or code that was spent, is void, has expired, or that nobody ever asked for."""

    code = "proof_over"
    message = N_("This link or code is not valid any more. Links and codes work once and for a short time only.")


class CodeWrong(Invalid):
    """Another code was mailed, or none to this address."""

    code = "code_wrong"
    message = N_("This code is not right. Please check the newest mail from us.")


class ErasureNotOpen(Conflict):
    """There is no request to take back: it was settled, or nobody asked."""

    code = "erasure_not_open"
    message = N_("There is no open request to delete your data.")

"""Why a call was not made, or what became of it: a stable `code`, and a sentence for whoever chose the URL."""

from infra.errors import Invalid, RapportError
from infra.i18n import N_


class UrlRefused(Invalid):
    """The URL is none that we call, whatever its name leads to."""

    code = "url_refused"
    message = N_("Write an address such as https://example.org/webhooks.")


class CallFailed(RapportError):
    """There was no answer that counts."""

    code = "call_failed"
    message = N_("The call failed.")


class AddressRefused(CallFailed):
    """The name leads into a private, reserved or otherwise special network."""

    code = "address_refused"
    message = N_("The name leads to a network address that is not on the public internet.")


class UnknownHost(CallFailed):
    """The name has no address, or its name servers do not answer."""

    code = "unknown_host"
    message = N_("No network address was found for the name.")


class NoConnection(CallFailed):
    """Nobody took the connection, or it broke off before an answer."""

    code = "no_connection"
    message = N_("The server did not take the connection, or broke it off.")


class CertificateRefused(CallFailed):
    """TLS: the certificate is not valid for the name, is not trusted, or no secure connection came about."""

    code = "certificate_refused"
    message = N_("No secure connection came about. Check that the certificate is valid for the name.")


class TimedOut(CallFailed):
    """The whole answer was not there in time, however busily the server sent."""

    code = "timed_out"
    message = N_("The whole answer did not arrive in time.")


class BadAnswer(CallFailed):
    """What came back is not HTTP, or its header is larger than we read."""

    code = "bad_answer"
    message = N_("What the server sent back could not be read as an answer.")

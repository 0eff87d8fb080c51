"""Amazon SES under the contract of SMTP: the finished mail is handed over as it is (`SendEmail`, raw, API v2).

There is one call, so `before_data` comes before it. An answer decides; a connection that breaks after the call went
out is `unknown`, and the client never repeats a call by itself. The outbox row's id goes along as a message tag.
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)

from infra.mail.mime import Envelope
from infra.mail.transport import LATE, TIMEOUT, Outcome, TransportAway
from infra.settings import Settings

TAG, TENANT_TAG = "rapport-mail", "rapport-tenant"
"""Under these tags SES tells of a mail by its outbox row's id, and whose outbox it is."""

THROTTLED = frozenset(
    {"TooManyRequestsException", "LimitExceededException", "Throttling", "ThrottlingException"}
    | {"ServiceUnavailable", "ServiceUnavailableException", "RequestThrottled", "SlowDown"}
)
REFUSED = frozenset(
    {"MessageRejected", "BadRequestException", "ValidationException", "InvalidParameterValue", "NotFoundException"}
)
NEVER_WENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError, SSLError)

log = logging.getLogger(__name__)


class SesUnavailable(TransportAway):
    """SES cannot be reached, or does not let this account send."""

    code = "ses_unavailable"


class SesTransport:
    """One client, whose connections stay open. Not for several threads."""

    rewrites: frozenset[str] = frozenset({"message-id", "date"})
    """SES puts its own in their place."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: Any = None

    def announce(self, envelopes: Sequence[Envelope]) -> None:
        """There is one call for a mail, and nothing to say before it."""

    def send(self, envelope: Envelope, before_data: Callable[[], None]) -> Outcome:
        """Raises SesUnavailable when the call was certainly not taken for a reason that lies with no mail."""
        client = self._client()
        before_data()
        try:
            answer = client.send_email(**self._call(envelope))
        except ClientError as problem:
            return _answered(problem)
        except NEVER_WENT as problem:
            raise _away(problem) from problem
        except (HTTPClientError, OSError) as problem:
            return Outcome("unknown", f"the connection to SES broke ({type(problem).__name__})")
        except BotoCoreError as problem:  # no credentials, no region: found before anything was sent
            raise _away(problem) from problem
        return Outcome("accepted", f"SES {answer['MessageId']}"[:500])

    def greet(self) -> None:
        """Asks whether this account may send. Raises SesUnavailable."""
        try:
            self._client().get_account()
        except (BotoCoreError, ClientError) as problem:
            raise _away(problem) from problem

    def close(self) -> None:
        """Ends the connections."""
        made, self._made = self._made, None
        if made is not None:
            made.close()

    def _client(self) -> Any:
        if self._made is None:
            own = self._settings
            patience, at_end = min(TIMEOUT, 0.1 * own.mail_lease), min(LATE, 0.4 * own.mail_lease)
            config = Config(
                connect_timeout=patience,
                read_timeout=at_end,
                retries={"total_max_attempts": 1, "mode": "standard"},
                tcp_keepalive=True,
            )
            try:
                self._made = boto3.client(
                    "sesv2",
                    endpoint_url=own.ses_endpoint or None,
                    region_name=own.ses_region or None,
                    aws_access_key_id=own.ses_key or None,
                    aws_secret_access_key=own.ses_secret or None,
                    config=config,
                )
            except BotoCoreError as problem:
                raise _away(problem) from problem
        return self._made

    def _call(self, envelope: Envelope) -> dict[str, Any]:
        call: dict[str, Any] = {
            "Destination": {"ToAddresses": [envelope.recipient]},
            "Content": {"Raw": {"Data": envelope.content}},
            "EmailTags": [{"Name": TAG, "Value": envelope.message_id.strip("<>").partition("@")[0]}],
        }
        if envelope.tenant:
            call["EmailTags"].append({"Name": TENANT_TAG, "Value": envelope.tenant})
        if self._settings.ses_configuration_set:
            call["ConfigurationSetName"] = self._settings.ses_configuration_set
        return call


def _answered(problem: ClientError) -> Outcome:
    """What SES said no with. What lies with the account and not with the mail is SesUnavailable."""
    code = str(problem.response.get("Error", {}).get("Code", ""))
    status = int(problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in THROTTLED or status in (429, 503):
        return Outcome("later", f"SES {code}")
    if code in REFUSED:
        return Outcome("refused", f"SES {code}")
    if status >= 500:
        return Outcome("unknown", f"SES failed while it had the mail ({code or status})")
    raise _away(problem) from problem


def _away(problem: Exception) -> SesUnavailable:
    code = problem.response.get("Error", {}).get("Code") if isinstance(problem, ClientError) else None
    log.warning("SES does not let us send", extra={"reason": str(code or type(problem).__name__)})
    return SesUnavailable()

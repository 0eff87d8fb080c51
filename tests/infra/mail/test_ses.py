"""SES: the same outcomes as SMTP, from its own answers and its silences."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import boto3
import pytest
from moto import mock_aws

from infra.clock import now
from infra.local.ports import free_port
from infra.mail.mime import build
from infra.mail.purposes import Message
from infra.mail.servers import open_transport
from infra.mail.transport import Outcome, TransportAway
from infra.settings import Settings
from tests.infra.mail.test_mime import SIGNER, key_record

ID = UUID(int=9)
MESSAGE = Message(to="ann@example.org", subject="Hi", text="Hi", html="<p>Hi</p>")
KNOWN = Settings(mail_transport="ses", ses_region="eu-west-1", ses_key="k", ses_secret="s", mail_lease=10)
Answer = Callable[[dict[str, Any]], tuple[int, str, dict[str, Any]] | None]


def attempt(settings: Settings, begun: list[str] | None = None) -> Outcome:
    transport = open_transport(settings)
    signer = SIGNER.without(transport.rewrites)
    envelope = build(MESSAGE, id=ID, date=now(), default_sender="no-reply@rapport.example", signer=signer)
    try:
        return transport.send(envelope, lambda: (begun if begun is not None else []).append("begun"))
    finally:
        transport.close()


@pytest.fixture
def serving() -> Iterator[Callable[[Answer], Settings]]:
    """A place that answers SES calls as it is told; None hangs up."""
    servers: list[ThreadingHTTPServer] = []

    def serve(answer: Answer) -> Settings:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                if said is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                status, kind, body = said
                self.send_response(status)
                self.send_header("x-amzn-ErrorType", kind)
                content = json.dumps(body).encode()
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        return Settings(**{**vars(KNOWN), "ses_endpoint": endpoint, "ses_configuration_set": "rapport"})

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_mail_is_taken_as_it_is() -> None:
    with mock_aws():
        boto3.client("sesv2", "eu-west-1").create_email_identity(EmailIdentity="no-reply@rapport.example")
        begun: list[str] = []
        outcome = attempt(KNOWN, begun)
    assert outcome.kind == "accepted"
    assert outcome.reply.startswith("SES ")
    assert begun == ["begun"]


def test_the_call_carries_the_signed_mail_and_names_its_row(serving: Callable[[Answer], Settings]) -> None:
    import dkim

    calls: list[dict[str, Any]] = []
    settings = serving(lambda call: calls.append(call) or (200, "", {"MessageId": "0102"}))  # type: ignore[func-returns-value]
    assert attempt(settings).reply == "SES 0102"
    (call,) = calls
    assert call["EmailTags"] == [{"Name": "rapport-mail", "Value": str(ID)}]
    assert (call["ConfigurationSetName"], call["Destination"]["ToAddresses"]) == ("rapport", ["ann@example.org"])
    raw = base64.b64decode(call["Content"]["Raw"]["Data"])
    own = raw.replace(b"Message-ID: <", b"Message-ID: <another-").replace(b"Date: ", b"Date:  ")
    assert dkim.verify(own, dnsfunc=key_record)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "TooManyRequestsException", "later"),
        (400, "LimitExceededException", "later"),
        (503, "ServiceUnavailable", "later"),
        (400, "MessageRejected", "refused"),
        (400, "BadRequestException", "refused"),
        (500, "InternalFailure", "unknown"),
    ],
)
def test_what_ses_says_decides(serving: Callable[[Answer], Settings], status: int, code: str, kind: str) -> None:
    outcome = attempt(serving(lambda call: (status, code, {"message": "ann@example.org"})))
    assert outcome.kind == kind
    assert "@" not in outcome.reply


@pytest.mark.parametrize("code", ["AccessDeniedException", "SendingPausedException", "AccountSuspendedException"])
def test_an_account_that_may_not_send_is_nothing_against_the_mail(
    serving: Callable[[Answer], Settings], code: str
) -> None:
    with pytest.raises(TransportAway):
        attempt(serving(lambda call: (400, code, {})))


def test_a_call_that_breaks_half_way_is_unknown_and_made_once(serving: Callable[[Answer], Settings]) -> None:
    calls: list[dict[str, Any]] = []
    assert attempt(serving(lambda call: calls.append(call))).kind == "unknown"  # type: ignore[arg-type,func-returns-value]
    assert len(calls) == 1


def test_a_silence_is_unknown(serving: Callable[[Answer], Settings]) -> None:
    over = threading.Event()

    def silent(call: dict[str, Any]) -> None:
        over.wait(20)

    settings = Settings(**{**vars(serving(silent)), "mail_lease": 2})
    began = time.monotonic()
    assert attempt(settings).kind == "unknown"
    assert time.monotonic() - began < 10
    over.set()


def test_nobody_at_the_other_end_touches_no_mail() -> None:
    with pytest.raises(TransportAway):
        attempt(Settings(**{**vars(KNOWN), "ses_endpoint": f"http://127.0.0.1:{free_port()}"}))

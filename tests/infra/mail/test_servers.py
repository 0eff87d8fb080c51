"""SMTP beyond the friendly case: servers that hang up, several of them, and ones that are away."""

from collections.abc import Callable, Iterator

import pytest

from infra.local.ports import free_port
from infra.mail.mime import Envelope
from infra.mail.servers import Servers, servers_of
from infra.mail.transport import LeaveAlone, Outcome, Server, SmtpTransport, SmtpUnavailable
from infra.settings import Settings, SettingsError
from tests.infra.mail.scripted import Scripted

ENVELOPE = Envelope("no-reply@rapport.example", "ann@example.org", b"Subject: x\r\n\r\nhello\r\n", "<x@y>")
Answer = Callable[[int, str, str], str | None]
Start = Callable[..., Scripted]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Scripted] = []

    def start(answer: Answer = lambda *_: None, extensions: tuple[str, ...] = ("PIPELINING",)) -> Scripted:
        started.append(Scripted(answer, extensions=extensions))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def sent(transport: SmtpTransport | Servers, times: int = 1) -> list[Outcome]:
    try:
        return [transport.send(ENVELOPE, lambda: None) for _ in range(times)]
    finally:
        transport.close()


def at(server: Scripted, weight: int = 1) -> Server:
    return Server("127.0.0.1", server.port, weight=weight)


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_a_connection_that_drops_between_two_mails_loses_none(start: Start, extensions: tuple[str, ...]) -> None:
    server = start(extensions=extensions)
    transport = SmtpTransport(at(server))
    assert transport.send(ENVELOPE, lambda: None).kind == "accepted"
    server.hang_up()
    assert sent(transport)[0].kind == "accepted"
    assert (len(server.mails), server.connections) == (2, 2)


def test_a_server_that_takes_so_many_mails_on_a_connection_gets_another_connection(start: Start) -> None:
    heard: list[int] = []

    def answer(connection: int, verb: str, line: str) -> str | None:
        heard.append(connection) if verb == "MAIL" else None
        return "421 4.7.0 too many messages on this connection" if heard.count(connection) > 2 else None

    server = start(answer)
    assert {each.kind for each in sent(SmtpTransport(at(server)), 5)} == {"accepted"}
    assert (len(server.mails), server.connections) == (5, 3)


@pytest.mark.parametrize("said", ["", "421 4.3.2 not now", "554 5.7.1 go away"])
def test_a_greeting_that_is_none_is_a_server_that_is_away(start: Start, said: str) -> None:
    server = start(lambda connection, verb, line: said if verb == "CONNECT" else None)
    begun: list[str] = []
    with pytest.raises(SmtpUnavailable):
        SmtpTransport(at(server)).send(ENVELOPE, lambda: begun.append("begun"))
    assert begun == []


@pytest.mark.parametrize(
    ("verb", "said", "kind"),
    [
        ("MAIL", "451 4.3.0 later", "later"),
        ("MAIL", "421 4.3.2 closing", "later"),
        ("RCPT", "550 5.1.1 nobody", "refused"),
        ("RCPT", "", "later"),
        ("DATA", "451 4.3.0 later", "later"),
        ("DATA", "", "later"),
        ("END", "451 4.3.0 later", "later"),
        ("END", "552 5.3.4 too large", "refused"),
        ("END", "", "unknown"),
    ],
)
@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_what_a_server_says_and_when_decides(
    start: Start, verb: str, said: str, kind: str, extensions: tuple[str, ...]
) -> None:
    first = True

    def answer(connection: int, heard: str, line: str) -> str | None:
        nonlocal first
        if heard == verb and first:
            first = False
            return said
        return None

    server = start(answer, extensions)
    outcomes = sent(SmtpTransport(at(server)), 2)
    assert [each.kind for each in outcomes] == [kind, "accepted"]


def test_nothing_is_given_away_before_the_word(start: Start) -> None:
    """Not even to a server that takes commands ahead; and a mail that is left alone costs no connection."""

    def leave_alone() -> None:
        raise LeaveAlone

    server = start()
    transport = SmtpTransport(at(server))
    with pytest.raises(LeaveAlone):
        transport.send(ENVELOPE, leave_alone)
    assert "DATA" not in [verb for _, verb in server.heard]
    assert sent(transport)[0].kind == "accepted"
    assert server.connections == 1


def test_mails_are_dealt_out_by_weight_over_warm_connections(start: Start) -> None:
    much, little, never = start(), start(), start()
    assert len(sent(Servers((at(much, 3), at(little, 1), at(never, 0))), 12)) == 12
    assert [len(each.mails) for each in (much, little, never)] == [9, 3, 0]
    assert much.connections == little.connections == 1


def test_a_server_that_is_away_is_passed_over_and_tried_again(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = start()
    away = Server("127.0.0.1", free_port())
    servers = Servers((away, at(there), at(reserve := start(), 0)))
    assert [servers.send(ENVELOPE, lambda: None).kind for _ in range(4)] == ["accepted"] * 4
    assert len(there.mails) == 4
    there.stop()
    assert servers.send(ENVELOPE, lambda: None).kind == "accepted"
    assert len(reserve.mails) == 1
    reserve.stop()
    with pytest.raises(SmtpUnavailable):
        servers.send(ENVELOPE, lambda: None)
    servers.close()


def test_the_setting_names_servers_with_their_weights() -> None:
    who = "us%40er:p%3Aw"
    named = f"smtp+starttls://{who}@a.example?weight=3 smtps://b.example:4650 smtp://c.example?weight=0"
    first, second, third = servers_of(Settings(smtp_servers=named))
    assert first == Server("a.example", 587, "starttls", "us@er", "p:w", 3)
    assert (second.tls, second.port, third.port, third.weight) == ("tls", 4650, 25, 0)
    assert "p:w" not in repr(first)
    for wrong in ("a.example:25", "http://a.example", "smtp://a.example?weight=x", "smtp://a.example?weight=-1"):
        with pytest.raises(SettingsError):
            servers_of(Settings(smtp_servers=wrong))

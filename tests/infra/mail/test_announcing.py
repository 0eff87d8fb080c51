"""Mails that are announced side by side, each of which goes when it gets its word."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from infra.mail.mime import Envelope
from infra.mail.servers import Servers
from infra.mail.transport import LANES, LeaveAlone, Server, SmtpTransport, SmtpUnavailable
from tests.infra.mail.scripted import Scripted
from tests.support.waiting import until

Answer = Callable[[int, str, str], str | None]
PIPELINING = pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])


def letters(count: int) -> list[Envelope]:
    names = [f"p{number}" for number in range(count)]
    return [Envelope("us@x.example", f"{name}@y.example", name.encode() + b"\r\n", "<x@y>") for name in names]


@pytest.fixture
def start() -> Iterator[Callable[..., Scripted]]:
    started: list[Scripted] = []

    def start(answer: Answer = lambda connection, verb, line: None, extensions: tuple[str, ...] = ()) -> Scripted:
        started.append(Scripted(answer, extensions=extensions))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def opened() -> Iterator[Callable[[Scripted], SmtpTransport]]:
    made: list[SmtpTransport] = []

    def opened(server: Scripted) -> SmtpTransport:
        made.append(SmtpTransport(Server("127.0.0.1", server.port), patience=10, patience_at_end=10))
        return made[-1]

    yield opened
    for each in made:
        each.close()


def kept(server: Scripted) -> list[bytes]:
    """The mails that came to their end; a connection that we hang up on inside DATA leaves an empty one."""
    return [each for each in server.mails if each]


def go(transport: SmtpTransport | Servers, envelopes: list[Envelope]) -> list[str]:
    return [transport.send(each, lambda: None).kind for each in envelopes]


@PIPELINING
def test_announced_mails_wait_for_their_word_on_connections_of_their_own(
    start: Callable[..., Scripted], opened: Callable[[Scripted], SmtpTransport], extensions: tuple[str, ...]
) -> None:
    server = start(extensions=extensions)
    transport = opened(server)
    mails = letters(LANES)
    gone: list[int] = []
    transport.announce(mails)
    for number, each in enumerate(mails):
        transport.send(each, lambda: gone.append(len(server.mails)))
        assert gone == list(range(number + 1))
    assert kept(server) == [each.content for each in mails]
    assert Counter(verb for _, verb in server.heard)["DATA"] == server.connections == LANES
    transport.announce(mails)
    assert go(transport, mails) == ["accepted"] * LANES
    assert server.connections == LANES


def test_what_is_not_announced_goes_as_ever(
    start: Callable[..., Scripted], opened: Callable[[Scripted], SmtpTransport]
) -> None:
    server = start()
    transport = opened(server)
    mails = letters(LANES + 2)
    transport.announce(mails)
    assert go(transport, mails) == ["accepted"] * (LANES + 2)
    assert server.connections == LANES


def test_a_server_that_wants_one_connection_of_ours_gets_one(
    start: Callable[..., Scripted], opened: Callable[[Scripted], SmtpTransport]
) -> None:
    server = start(lambda number, verb, line: "421 one is enough" if number > 1 and verb == "CONNECT" else None)
    transport = opened(server)
    for _ in range(3):
        transport.announce(mails := letters(3))
        assert go(transport, mails) == ["accepted"] * 3
    assert server.connections == 2
    assert {connection for connection, verb in server.heard if verb == "DATA"} == {1}


@PIPELINING
def test_a_refusal_is_the_outcome_of_its_own_mail_only(
    start: Callable[..., Scripted], opened: Callable[[Scripted], SmtpTransport], extensions: tuple[str, ...]
) -> None:
    def answer(connection: int, verb: str, line: str) -> str | None:
        return "550 5.1.1 nobody" if verb == "RCPT" and "p1@" in line else None

    transport = opened(server := start(answer, extensions))
    for _ in range(2):
        transport.announce(mails := letters(3))
        assert go(transport, mails) == ["accepted", "refused", "accepted"]
    assert len(server.mails) == 4


def test_an_announced_mail_that_is_left_alone_is_not_sent_and_the_others_are(
    start: Callable[..., Scripted], opened: Callable[[Scripted], SmtpTransport]
) -> None:
    def leave_alone() -> None:
        raise LeaveAlone

    transport = opened(server := start())
    transport.announce(mails := letters(3))
    with pytest.raises(LeaveAlone):
        transport.send(mails[0], leave_alone)
    assert go(transport, mails[1:]) == ["accepted"] * 2
    transport.announce(others := letters(3))
    assert go(transport, others) == ["accepted"] * 3
    assert kept(server) == [each.content for each in [*mails[1:], *others]]


def test_what_was_announced_and_is_not_sent_is_taken_back(
    start: Callable[..., Scripted], opened: Callable[[Scripted], SmtpTransport]
) -> None:
    transport = opened(server := start())
    transport.announce(mails := letters(3))
    assert go(transport, mails[:1]) == ["accepted"]
    transport.announce(others := [replace(each, content=b"other\r\n") for each in letters(2)])
    assert not transport.announces(mails[1])
    assert go(transport, others) == ["accepted"] * 2
    assert kept(server) == [mails[0].content, b"other\r\n", b"other\r\n"]


@PIPELINING
def test_a_server_that_hangs_up_on_waiting_mails_gets_each_of_them_once(
    start: Callable[..., Scripted], opened: Callable[[Scripted], SmtpTransport], extensions: tuple[str, ...]
) -> None:
    transport = opened(server := start(extensions=extensions))
    transport.announce(mails := letters(3))
    assert go(transport, mails) == ["accepted"] * 3
    transport.announce(mails)
    server.hang_up()
    until(lambda: all(each._is_spoken_to() for each in transport._lanes), "the end of every connection to be seen")
    assert go(transport, mails) == ["accepted"] * 3
    assert Counter(kept(server)) == {each.content: 2 for each in mails}


@PIPELINING
def test_a_server_that_hangs_up_at_data_gets_each_mail_on_another_connection(
    start: Callable[..., Scripted], opened: Callable[[Scripted], SmtpTransport], extensions: tuple[str, ...]
) -> None:
    times: Counter[int] = Counter()

    def answer(connection: int, verb: str, line: str) -> str | None:
        times[connection] += verb == "DATA"
        return "" if verb == "DATA" and times[connection] > 1 else None

    transport = opened(server := start(answer, extensions))
    for _ in range(2):
        transport.announce(mails := letters(3))
        assert go(transport, mails) == ["accepted"] * 3
    assert (len(kept(server)), server.connections) == (6, 6)


def test_a_group_goes_to_one_server_and_the_next_to_the_other(start: Callable[..., Scripted]) -> None:
    one, other = start(), start()
    servers = Servers(tuple(Server("127.0.0.1", each.port) for each in (one, other)))
    try:
        for _ in range(2):
            servers.announce(mails := letters(3))
            assert go(servers, mails) == ["accepted"] * 3
        assert len(one.mails) == len(other.mails) == 3
        one.stop()
        for _ in range(2):
            servers.announce(mails := letters(3))
            assert go(servers, mails) == ["accepted"] * 3
        assert len(other.mails) == 9
        other.stop()
        with pytest.raises(SmtpUnavailable):
            servers.announce(mails := letters(3))
            servers.send(mails[0], lambda: None)
    finally:
        servers.close()

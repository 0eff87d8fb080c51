"""Guarded calls against servers that do what hostile servers do."""

import gzip
import os
import socket
import threading
import time

import pytest

from infra.http import CallFailed, Limits
from infra.http.errors import (
    BadAnswer,
    NoConnection,
    TimedOut,
)
from tests.infra.http_story import OK, QUICK, at, local, post
from tests.support.receivers import read_request, says, serving


def test_the_call_arrives_as_it_was_meant():
    seen: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        seen.append(read_request(connection))
        connection.sendall(OK)

    with serving(behave) as server:
        answer = local().post(at(server, "/a?b=1"), b'{"x":1}', {"webhook-id": "msg_1"}, QUICK)
    assert (answer.status, answer.body, answer.cut) == (200, b"ok", False)
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /a?b=1 HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}".encode() in lines
    assert b"webhook-id: msg_1" in lines
    assert b"Accept-Encoding: identity" in lines
    assert not [line for line in lines if line.lower().startswith((b"cookie", b"authorization", b"proxy"))]
    assert body == b'{"x":1}'


def test_a_redirect_is_an_answer_and_nothing_more():
    with serving(says(OK)) as inside:
        away = f"HTTP/1.1 302 Found\r\nLocation: {at(inside)}\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
        with serving(says(away.encode())) as server:
            assert post(local(), at(server)).status == 302
            assert post(local(), at(server)).status == 302
        assert inside.connections == 0


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"H",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_a_slow_drip_ends_with_the_time_of_the_whole_call(first):
    def drip(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(first)
        chunked = b"chunked" in first
        while not server.over.wait(0.05):
            connection.sendall(b"1\r\nx\r\n" if chunked else b"x")

    with serving(drip) as server:
        begun = time.monotonic()
        with pytest.raises((TimedOut, BadAnswer)):
            post(local(), at(server))
        assert time.monotonic() - begun < QUICK.seconds + 15  # a guard: the drip itself never ends


def test_a_server_that_takes_the_connection_and_says_nothing_ends_with_the_time():
    with serving(lambda connection: (server.over.wait(), None)[1]) as server, pytest.raises(TimedOut):
        post(local(), at(server))


def test_a_server_that_reads_nothing_ends_with_the_time():
    with serving(lambda connection: (server.over.wait(), None)[1]) as server, pytest.raises(TimedOut):
        local().post(at(server), b"x" * 20_000_000, {}, QUICK)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_an_endless_body_is_read_up_to_the_cap(head):
    piece = b"1000\r\n" + b"x" * 4096 + b"\r\n" if b"chunked" in head else b"x" * 4096
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        read_request(connection)
        connection.sendall(head)
        while not server.over.is_set():
            connection.sendall(piece)
            sent += len(piece)

    with serving(endless) as server:
        answer = post(local(), at(server))
        assert (answer.status, len(answer.body), answer.cut) == (200, QUICK.body, True)
    assert sent < 50_000_000


def test_chunks_of_one_byte_do_not_cost_more_than_the_budget():
    with serving(says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 20_000)) as server:
        answer = post(local(), at(server))
        assert answer.status == 200
        assert len(answer.body) <= QUICK.body
        assert answer.cut


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-Large: " + b"x" * 60_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5_000)) + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000,
        b"HTTP/1.1 200 " + b"x" * 90_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"<html>",
    ],
)
def test_what_is_no_answer_that_we_read_is_refused(answer):
    with serving(says(answer)) as server, pytest.raises(BadAnswer):
        post(local(), at(server))


def test_a_packed_body_is_never_unpacked():
    bomb = gzip.compress(b"\0" * 20_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with serving(says(head, bomb)) as server:
        answer = post(local(), at(server))
    assert (answer.body, answer.cut) == (bomb[: QUICK.body], True)


def test_a_body_that_breaks_off_is_what_there_is():
    with serving(says(b"HTTP/1.1 500 Oh\r\nContent-Length: 50\r\n\r\nbroken")) as server:
        assert post(local(), at(server)).body == b"broken"


def test_a_connection_that_breaks_off_or_is_refused_is_told_apart():
    with serving(lambda connection: None) as server, pytest.raises(NoConnection):
        post(local(), at(server))
    with pytest.raises(NoConnection):
        post(local(), at(server))


def test_headers_that_hold_lines_are_not_sent():
    with serving(says(OK)) as server, pytest.raises(CallFailed):
        local().post(at(server), b"", {"X-Odd": "a\r\nInjected: yes"}, QUICK)


def test_the_environments_proxy_is_not_used(monkeypatch):
    with serving(says(b"HTTP/1.1 502 Proxy\r\n\r\n")) as proxy, serving(says(OK)) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setitem(os.environ, name, at(proxy))
        assert post(local(), at(server)).status == 200
        assert proxy.connections == 0


def test_many_threads_share_a_client():
    def echo(connection: socket.socket) -> None:
        body = read_request(connection).partition(b"\r\n\r\n")[2]
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    client, found = local(), []
    with serving(echo) as server:

        def call(number: int) -> None:
            answer = client.post(at(server), str(number).encode(), {}, Limits(seconds=10))
            found.append((str(number).encode(), answer.body))

        threads = [threading.Thread(target=call, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(found) == 40
    assert all(sent == came for sent, came in found)

"""A small real name server on the loopback address: zone in a dict, asked over UDP and TCP."""

import socket
import socketserver
import struct
from threading import Thread
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset


class Nameserver:
    """Serves what `set` was told. `silent` lets it say nothing, `refusing` lets it answer SERVFAIL."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.silent = False
        self.refusing = False
        self.asked: list[tuple[str, str]] = []
        self._udp, self._tcp = _bound_pair(self)
        self.port = int(self._udp.server_address[1])
        for server in (self._udp, self._tcp):
            Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def setting(self) -> str:
        """For RAPPORT_NAMESERVERS."""
        return f"127.0.0.1:{self.port}"

    def set(self, name: str, kind: str, *values: str) -> None:
        """Replaces the records of a kind at a name; none takes them away."""
        self.records.pop((name, kind), None)
        if values:
            self.records[name, kind] = list(values)

    def set_text(self, name: str, *values: str) -> None:
        self.set(name, "TXT", *(f'"{value}"' for value in values))

    def stop(self) -> None:
        for server in (self._udp, self._tcp):
            server.shutdown()
            server.server_close()

    def answer(self, wire: bytes, *, longest: int) -> bytes | None:
        if self.silent:
            return None
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        response = dns.message.make_response(query, recursion_available=True)
        if self.refusing:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif not any(known == name for known, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        else:
            self._fill(response, name, kind)
        found = response.to_wire(max_size=65535)
        if len(found) > longest:
            response.answer.clear()
            response.flags |= dns.flags.TC
            found = response.to_wire()
        return found

    def _fill(self, response: dns.message.Message, name: str, kind: str) -> None:
        """Follows aliases as a recursive server does."""
        for _ in range(9):
            values, alias = self.records.get((name, kind)), self.records.get((name, "CNAME"))
            if values:
                response.answer.append(dns.rrset.from_text_list(name + ".", 60, "IN", kind, values))
                return
            if not alias or kind == "CNAME":
                return
            response.answer.append(dns.rrset.from_text_list(name + ".", 60, "IN", "CNAME", alias))
            name = alias[0].rstrip(".")


def _bound_pair(owner: Nameserver) -> tuple[socketserver.UDPServer, socketserver.TCPServer]:
    """The same port for UDP and TCP; another program may have the second one, so a few tries."""
    for _ in range(20):
        udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), _handler(owner, _Udp))
        udp.daemon_threads = True
        try:
            tcp = _Tcp((udp.server_address[0], udp.server_address[1]), _handler(owner, _TcpHandler))
        except OSError:
            udp.server_close()
            continue
        return udp, tcp
    raise AssertionError("no port for the test's name server")


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True


class _Udp(socketserver.BaseRequestHandler):
    owner: Nameserver

    def handle(self) -> None:
        wire, channel = self.request
        found = self.owner.answer(wire, longest=512)
        if found is not None:
            channel.sendto(found, self.client_address)


class _TcpHandler(socketserver.BaseRequestHandler):
    owner: Nameserver

    def handle(self) -> None:
        channel: socket.socket = self.request
        length = channel.recv(2, socket.MSG_WAITALL)
        if len(length) < 2:
            return
        found = self.owner.answer(channel.recv(struct.unpack("!H", length)[0], socket.MSG_WAITALL), longest=65535)
        if found is not None:
            channel.sendall(struct.pack("!H", len(found)) + found)


def _handler(owner: Nameserver, kind: type[socketserver.BaseRequestHandler]) -> Any:
    return type(kind.__name__, (kind,), {"owner": owner})

"""What the tests of guarded calls share: policies, a client of this machine, and short limits."""

from ipaddress import ip_network

from infra.http import Answer, Client, Limits, Policy
from tests.support.receivers import RawServer

STRICT = Policy()
LOCAL = Policy(networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
QUICK = Limits(seconds=0.6, head=8_192, body=4_096)


def nobody(name: str) -> list[str]:
    """A resolver that must not be asked."""
    raise AssertionError(f"{name} was looked up")


def local() -> Client:
    """A client that may reach this machine."""
    return Client(LOCAL, nobody)


def post(client: Client, url: str, limits: Limits = QUICK) -> Answer:
    return client.post(url, b"{}", {"Content-Type": "application/json"}, limits)


def at(server: RawServer, path: str = "/") -> str:
    return f"http://127.0.0.1:{server.port}{path}"

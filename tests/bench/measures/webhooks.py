"""How many webhook deliveries one worker process sends to a receiver beside it, signed and recorded."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

from sqlalchemy import func, select

from infra import dns
from infra.clock import now
from infra.db import TenantRef
from infra.events import RecordedEvent
from infra.http import Client, Policy
from infra.ids import new_id
from surveys.events import ResponseFinished
from tenants.permissions import SYSTEM
from tenants.webhooks import deliveries, endpoints, sending
from tenants.webhooks.models import WebhookDelivery
from tests.bench import seed
from tests.bench.house import House
from tests.bench.rows import Row, info
from web import registries

ENDPOINTS, PER_ENDPOINT = 4, 250


class Sink(BaseHTTPRequestHandler):
    """Takes everything."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def webhook_delivery(here: House) -> Iterator[Row]:
    """Deliveries per second: leased, sent in threads, recorded; the receiver shares the machine."""
    registries.compose()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    policy = Policy(networks=(ip_network("127.0.0.0/8"),))
    client = Client(policy, dns.resolver(here.services.settings).addresses)
    try:
        (tenant,) = seed.tenants(here.services, 1)
        _owe(here, tenant, policy, f"http://127.0.0.1:{server.server_address[1]}/")
        begun = time.perf_counter()
        while _left(here, tenant):
            sending.drain(here.services, tenant, wake=lambda: None, client=client, budget=60)
        seconds = time.perf_counter() - begun
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    yield info("webhook_delivery", ENDPOINTS * PER_ENDPOINT / seconds, "1/s")


def _owe(here: House, tenant: TenantRef, policy: Policy, url: str) -> None:
    with here.services.db.tenant_session(tenant) as session:
        for each in endpoints.list_all(session):
            endpoints.delete(session, each, by=SYSTEM)
        for _ in range(ENDPOINTS):
            endpoints.create(session, policy, url=url, kinds=["*"], by=SYSTEM)
        data = {"survey": str(new_id()), "revision": 1}
        events = [
            RecordedEvent(new_id(), ResponseFinished.kind, new_id(), data, now()) for _ in range(PER_ENDPOINT)
        ]
        deliveries.owe(session, events)


def _left(here: House, tenant: TenantRef) -> int:
    with here.services.db.tenant_session(tenant) as session:
        waiting = select(func.count()).select_from(WebhookDelivery).where(WebhookDelivery.state != "delivered")
        return session.scalar(waiting) or 0

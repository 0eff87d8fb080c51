"""A worker that sends a tenant's webhooks until it is ended, in a time of its own.

`python -m tests.processes.webhook_worker <tenant id> <cell> <seconds its clock is ahead>`: so that the leases of a
killed worker have run out for the next one.
"""

import sys
import time
from datetime import timedelta
from uuid import UUID

import time_machine

from infra.clock import now
from infra.db import TenantRef
from infra.services import Services
from infra.settings import load
from tenants.webhooks.sending import drain
from web import registries


def main() -> None:
    tenant = TenantRef(UUID(sys.argv[1]), "", sys.argv[2])
    registries.compose()
    services = Services.start(load())
    with time_machine.travel(now() + timedelta(seconds=float(sys.argv[3])), tick=True):
        while True:
            drain(services, tenant, wake=lambda: None)
            time.sleep(0.05)


if __name__ == "__main__":
    main()

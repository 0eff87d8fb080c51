"""A worker as a process of its own: `python -m tests.infra.mail.worker_process <tenant id> <cell> [forever]`."""

import sys
import time
from uuid import UUID

from infra.db import TenantRef
from infra.mail import sender
from infra.services import Services
from infra.settings import load
from tests.infra.mail.conftest import PURPOSES, install_templates


def main() -> None:
    tenant = TenantRef(UUID(sys.argv[1]), "", sys.argv[2])
    install_templates()
    services = Services.start(load())
    sender.send_batch(services, tenant, PURPOSES)
    while sys.argv[3:] == ["forever"]:
        time.sleep(0.1)
        sender.send_batch(services, tenant, PURPOSES)


if __name__ == "__main__":
    main()

"""A worker as a process of its own: `python -m tests.infra.mail.worker_process <tenant id> <cell>`."""

import sys
from uuid import UUID

from infra.db import TenantRef
from infra.mail import sender
from infra.services import Services
from infra.settings import load
from tests.infra.mail.conftest import PURPOSES, install_templates


def main() -> None:
    tenant = TenantRef(UUID(sys.argv[1]), "", sys.argv[2])
    install_templates()
    sender.send_batch(Services.start(load()), tenant, PURPOSES)


if __name__ == "__main__":
    main()

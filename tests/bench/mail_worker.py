"""A sending worker of the mail measures: `python -m tests.bench.mail_worker <tenant id> <cell> [forever]`.

Says "ready", waits for a line, sends until nothing is due, and says "done"; with `forever` it goes on by itself.
"""

import sys
import time
from uuid import UUID

from infra.db import TenantRef
from infra.mail import sender
from infra.services import Services
from infra.settings import load
from tests.bench import mail_letter


def main() -> None:
    tenant = TenantRef(UUID(sys.argv[1]), "", sys.argv[2])
    mail_letter.install()
    services = Services.start(load())
    if sys.argv[3:] == ["forever"]:
        while True:
            sender.send_batch(services, tenant, mail_letter.PURPOSES)
            time.sleep(0.1)
    print("ready", flush=True)
    for _ in sys.stdin:
        while sender.send_batch(services, tenant, mail_letter.PURPOSES):
            pass
        print("done", flush=True)


if __name__ == "__main__":
    main()

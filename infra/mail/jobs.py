"""The sending job: one per tenant with mail, asked for at most once at a time; without a tenant the platform's.

In `worker.py`: `purposes.configure(MailPurposes(...))`, `Sweep(outbox.has_due, jobs.send_mails, jobs.FLAG)` and
`DueKind(jobs.FLAG, outbox.next_attempt_at, jobs.send_mails)`; in `schedule.py`: `Every(10, jobs.send_mails)`, which
comes without a tenant and looks after what the platform's outbox has left.
"""

from infra.db import TenantRef
from infra.jobs.declared import job, spec_of
from infra.mail import purposes
from infra.mail.sender import send_batch
from infra.services import Services

FLAG = "mails"


@job(queue="high", scope="services", timeout=300)
def send_mails(services: Services, tenant: TenantRef | None) -> None:
    """Sends what is due."""
    more = send_batch(services, tenant, purposes.configured())
    if more and tenant is not None:
        services.queues.send_once(spec_of(send_mails), tenant.id, FLAG)
    elif more:
        services.queues.send(spec_of(send_mails), None, {})

"""The scheduler process: everything periodic, in one list."""

from infra import log
from infra.jobs import Queues
from infra.jobs.periodic import Every, run_schedule
from infra.mail import jobs as mail_jobs
from infra.settings import load
from tenants import cleaning, jobs
from tenants.audit import jobs as audit_jobs
from tenants.domains import jobs as domain_jobs
from tenants.operators import telling

TABLE = (
    Every(1, jobs.send_due),
    Every(10, mail_jobs.send_mails),  # without a tenant: what the platform's outbox has left
    Every(15, jobs.sweep),
    Every(10, jobs.fill_spares),
    Every(60, audit_jobs.check_next),
    Every(60, telling.tell_tenants),
    Every(3600, cleaning.forget_visitors),
    Every(3600, domain_jobs.attend),
)


def main() -> None:
    """Sends what is due until SIGTERM."""
    settings = load()
    log.configure(settings)
    run_schedule(Queues(settings), TABLE)


if __name__ == "__main__":
    main()

"""The process that receives mail: who has which mailbox, and where what comes is kept."""

from customers.inbound_room import Room
from infra import log
from infra.events import jobs as event_jobs
from infra.mail.inbound import server
from infra.services import Services
from infra.settings import load
from tenants.directory import Directory


def main() -> None:
    """Receives until SIGTERM."""
    settings = load()
    log.configure(settings)
    services = Services.start(settings)
    event_jobs.connect_signals(services.queues)
    try:
        server.serve(settings, Room(services, Directory(services.db, settings)))
    finally:
        services.stop()


if __name__ == "__main__":
    main()

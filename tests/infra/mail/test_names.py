"""Mails name the business as it calls itself now."""

from sqlalchemy.orm import Session

from infra.mail import purposes, sender
from infra.mail.purposes import MailPurposes, OutgoingMail
from tenants.directory import Directory, bump
from tenants.models import Tenant
from tests.infra.mail.conftest import PURPOSES, Desk
from tests.infra.mail.sink import Sink
from tests.support.waiting import until


def test_a_mail_is_made_with_the_name_that_the_business_has_now(desk: Desk, sink: Sink) -> None:
    directory, named = Directory(desk.services.db, desk.services.settings), []

    def noting(session: Session, mail: OutgoingMail) -> None:
        named.append(mail.workspace)

    def send() -> None:
        desk.ask("ann@example.org")
        sender.send_batch(desk.services, desk.tenant, MailPurposes({"test.hello": noting}))

    purposes.configure(MailPurposes())
    send()
    purposes.configure(PURPOSES, directory.name_of)
    try:
        send()
        with desk.services.db.control_session() as session:
            session.get_one(Tenant, desk.tenant.id).name = "Own & Daughters"
            bump(session)
        until(lambda: directory.name_of(desk.tenant.id) == "Own & Daughters")
        send()
    finally:
        purposes.configure(MailPurposes())
    assert named == [desk.tenant.slug, "Own", "Own & Daughters"]

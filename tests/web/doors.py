"""Going through the doors of the console as a browser does."""

from sqlalchemy import select

from infra import i18n
from infra.ids import new_id
from infra.mail.models import Outbox
from infra.mail.purposes import OutgoingMail
from tenants import mails, sign_in


def sign_in_as(person, email, password, expect=303, **more):
    return person.submit(
        person.get("console.sign_in"), "/sign-in", expect=expect, email=email, password=password, **more
    )


def session_cookie(who):
    return who.client.get_cookie("rapport", domain=who.host.partition(":")[0]).value


def set_session_cookie(who, value):
    who.client.set_cookie("rapport", value, domain=who.host.partition(":")[0])


def reset_mail(session, services, acme):
    row = session.scalars(select(Outbox).where(Outbox.purpose == sign_in.RESET_MAIL)).one()
    mail = OutgoingMail(row.id, row.purpose, row.ref_id, str(new_id()), row.locale, acme, services.settings)
    with i18n.use("en"):
        return mails.PURPOSES[row.purpose](session, mail)

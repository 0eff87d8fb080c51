"""Mail that came in and mail that came back, with everything on the pages that they can show."""

from typing import Any

from sqlalchemy.orm import Session

from customers import bounces, inbound, inbound_desk, people
from customers.bounces import Told
from customers.models import InboundMail
from infra.ids import new_id
from tenants.permissions import SYSTEM
from tests.e2e.stops import LONG, Stop

PAGES = "/console/customers"


def mails(session: Session) -> list[Stop]:
    """The list, a mail with everything, one with nothing, one that is somebody's; reports of all kinds."""
    person = people.add(session, by=SYSTEM, name="Rosa Returned", email="rosa@returned.example")
    session.flush()
    for kind, source in (("hard", "mail"), ("soft", "smtp"), ("complaint", "ses"), ("reply", "mail")):
        said = "550 5.1.1 " + "verylongwordofaserver" * 8
        told = Told(new_id().hex, source, kind, "5.1.1", said, ("rosa@returned.example",), evidence="none")  # type: ignore[arg-type]
        bounces.record(session, told)
    files = [{"name": "f" * 150 + ".zip", "type": "application/zip", "bytes": 30_000_000, "file": "none"}]
    files += [{"name": "f" * 150 + ".exe", "type": "image/png", "bytes": 9, "file": "none", "risk": "program"}]
    full = _mail(session, subject=LONG, body="A line\n" + "word" * 60, attachments=files, automatic="reply")
    full.reason = "This mail has too many parts; the first are shown, and the whole of it is kept."
    bare = _mail(session, sender=None, sender_name=None)
    given = _mail(session, subject="Given")
    aside = _mail(session, subject=LONG, state="quarantined", authentication="failed", reason=inbound.DISOWNED)
    aside.checks, aside.person_id = {"dkim": "fail", "spf": "other", "dmarc": "reject"}, person.id
    for state in ("ignored", "failed", "set_aside"):
        _mail(session, subject=LONG, state=state, reason="A reason" * 9, automatic="loop")
    given.sender = "other@unknown.example"
    session.flush()
    inbound_desk.assign(session, given, person, by=SYSTEM)
    return [
        Stop("mails", f"{PAGES}/mails"),
        Stop("mails-aside", f"{PAGES}/mails?show=quarantined"),
        Stop("mails-failed", f"{PAGES}/mails?show=failed"),
        Stop("mail-aside", f"{PAGES}/mails/{aside.id}"),
        Stop("mail", f"{PAGES}/mails/{full.id}"),
        Stop("mail-file", f"{PAGES}/mails/{full.id}/files/2"),
        Stop("mail-found", f"{PAGES}/mails/{full.id}?q=a"),
        Stop("mail-nobody", f"{PAGES}/mails/{bare.id}?q=xylophon"),
        Stop("mail-given", f"{PAGES}/mails/{given.id}"),
        Stop("returned-mail", f"{PAGES}/{person.id}/returned-mail"),
    ]


def _mail(session: Session, **given: Any) -> InboundMail:
    plain = {"sender": f"{'u' * 50}@unknown.example", "sender_name": "Somebody " + "Unknown" * 8, "size": 1}
    made = InboundMail(
        id=new_id(),
        message_hash=new_id().bytes,
        variant=b"",
        local_part="hello",
        file="none",
        **{"attachments": [], "state": "unassigned", **plain, **given},
    )
    session.add(made)
    session.flush()
    return made

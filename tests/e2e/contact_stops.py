"""Contacts, timelines and tasks with something on each, long words and a stranger's file among them."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from customers import companies, interactions, people, tasks, writing
from customers.interactions import FollowUp
from customers.models import Person
from infra import clock
from infra.ids import new_id
from tenants.permissions import Actor, of_role
from tests.e2e.stops import LONG, Stop
from web import registries
from web.demo.people import COLLEAGUES

OWNER = Actor("staff", COLLEAGUES[0].id, of_role("owner"))


def contacts(session: Session) -> list[Stop]:
    """A customer with much to tell, their tasks, and what is empty."""
    registries.compose()
    moment, owner = clock.now(), COLLEAGUES[0].id
    firm = companies.add(session, by=OWNER, name="Kanzlei " + LONG[:60])
    who = people.add(session, by=OWNER, name="Magdalena Ziegler", email="m@example.org", company_id=firm.id)
    said = {"channel": "call", "direction": "in", "summary": LONG + "\nTwo lines of it.", "by": OWNER}
    follow_up = FollowUp("Call back about the beans: " + LONG, moment - timedelta(days=2), owner)
    call = interactions.log(session, who, at=moment - timedelta(days=3), follow_up=follow_up, **said)
    lines = [{"who": "Magdalena", "text": "Where is it? " * 20, "at": moment}, {"who": LONG, "text": "word" * 80}]
    files = [{"name": LONG + ".pdf", "bytes": 48_000, "file": "x"}, {"name": None, "bytes": None}]
    chat = interactions.log(
        session, who, channel="chat", direction="in", summary="A chat", source="api", by=OWNER,
        transcript=lines, attachments=files, subject=LONG, automatic=True,
    )  # fmt: skip
    wrote = interactions.log(
        session, who, channel="email", direction="in", summary="Where is it?", subject=LONG, source="mail", by=OWNER
    )
    interactions.log(session, None, company=firm, **{**said, "channel": "letter", "direction": "out"})
    over = tasks.add(session, what="Send beans", due_at=moment, owner_id=owner, person_id=who.id, by=OWNER)
    tasks.finish(session, over, by=OWNER, outcome="solved", note=LONG)
    waiting = tasks.add(session, what="Visit", due_at=moment, owner_id=owner, company_id=firm.id, by=OWNER)
    words = {"subject": LONG, "text": f"{LONG}\n\nSee https://acme.example/{'long/' * 30}", "by": OWNER}
    letter = writing.write(session, who, key=new_id().hex, **words).interaction  # type: ignore[arg-type]
    unreached = people.add(session, by=OWNER, name=LONG[:80])
    assert letter is not None
    someone = session.scalars(select(Person).where(Person.last_contact_at.is_not(None)).limit(1)).one()
    session.flush()
    at, form = f"/console/customers/{who.id}", "/console/customers/interactions"
    return [
        Stop("timeline", at),
        Stop("timeline-narrowed", f"{at}?channel=call&direction=in"),
        Stop("timeline-nothing-fits", f"{at}?channel=social"),
        Stop("timeline-company", f"/console/customers/companies/{firm.id}"),
        Stop("timeline-demo", f"/console/customers/{someone.id}"),
        Stop("contact-new", f"{form}/new?q=ma"),
        Stop("contact-new-chosen", f"{form}/new?person={who.id}"),
        Stop("contact-new-nobody", f"{form}/new?q=xylophon"),
        Stop("contact", f"{form}/{call.id}"),
        Stop("contact-chat", f"{form}/{chat.id}"),
        Stop("contact-edit", f"{form}/{call.id}/edit"),
        Stop("contact-removal", f"{form}/{call.id}/removal"),
        Stop("message", f"{at}/message"),
        Stop("message-answer", f"{at}/message?answers={wrote.id}"),
        Stop("survey-link", f"{at}/survey-link"),
        Stop("message-no-address", f"/console/customers/{unreached.id}/message"),
        Stop("message-written", f"{form}/{letter.id}"),
        Stop("tasks", "/console/tasks"),
        Stop("tasks-all", "/console/tasks?whose=all"),
        Stop("tasks-done", "/console/tasks?whose=all&state=done"),
        Stop("tasks-nothing-fits", "/console/tasks?state=cancelled"),
        Stop("tasks-of-customer", f"/console/tasks/of/{who.id}"),
        Stop("task-new", f"/console/tasks/new?person={who.id}"),
        Stop("task", f"/console/tasks/{waiting.id}"),
        Stop("task-done", f"/console/tasks/{over.id}"),
    ]

"""The letter that the mail measures send: to an address that is encrypted under its person's key."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import jinja2
from sqlalchemy import select
from sqlalchemy.orm import Session

from customers.models import Identity
from infra.crypto import current_keys
from infra.crypto.columns import reveal
from infra.i18n import gettext
from infra.mail import letters
from infra.mail.purposes import ForMany, MailPurposes, Message, OutgoingMail
from infra.render import environment

PURPOSE = "bench.letter"
TEMPLATES = {
    "bench/letter.html": """{% extends "infra/mail/layout.html" %}{% block content %}<h1>Hello {{ name }}</h1>
<p>Thank you for your visit on Tuesday. We would like to know how it was for you, and what we should do better.</p>
<p>It takes two minutes. Your answer goes to the people who were there for you, and to nobody else.</p>
{{ button("Tell us", link) }}<p>If the button does not work: {{ link }}</p>{% endblock %}""",
    "bench/letter.txt": """{% extends "infra/mail/layout.txt" %}{% block content %}Hello {{ name }}

Thank you for your visit on Tuesday. We would like to know how it was for you, and what we should do better.

It takes two minutes. Your answer goes to the people who were there for you, and to nobody else.

{{ link }}{% endblock %}""",
}


def make(session: Session, mails: Sequence[OutgoingMail]) -> Mapping[UUID, Message]:
    """Two questions for a batch: the identities, and the keys of those whose are not at hand."""
    tenant = mails[0].tenant
    assert tenant is not None
    rows = session.execute(
        select(Identity.id, Identity.name, Identity.email).where(Identity.id.in_({mail.ref for mail in mails}))
    ).all()
    cipher = current_keys().for_tenant(tenant)
    names, addresses = reveal(cipher, [row[1] for row in rows]), reveal(cipher, [row[2] for row in rows])
    people = {row[0]: (name or "", to) for row, name, to in zip(rows, names, addresses, strict=True)}
    subject = gettext("How was it, %(name)s?")
    made: dict[UUID, Message] = {}
    for mail in mails:
        name, to = people.get(mail.ref, ("", None))
        if to is not None:
            fields = {"name": name, "link": f"https://bench.example/s/{mail.id}"}
            made[mail.id] = letters.write(mail, "bench/letter", to=to, to_name=name, subject=subject, fields=fields)
    return made


PURPOSES = MailPurposes({PURPOSE: ForMany(make)})


def install() -> None:
    """Makes the templates known to this process."""
    env = environment()
    assert env.loader is not None
    env.loader = jinja2.ChoiceLoader([env.loader, jinja2.DictLoader(TEMPLATES)])

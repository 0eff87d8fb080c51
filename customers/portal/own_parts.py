"""What the register, consents and messages hold about somebody, as they read it themselves.

Who of the staff did something is not theirs to read: it is told as "staff" where it matters. What staff wrote down
about somebody is (`docs/portal.md`).
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from customers import suppressions
from customers.attributes import list_attributes
from customers.contact_facts import REASONS
from customers.links import UNTOLD
from customers.models import (
    Bounce,
    Company,
    Consent,
    ConsentText,
    Contact,
    Identity,
    InboundMail,
    Interaction,
    Merge,
    Person,
    PersonalLink,
    Preferences,
    Segment,
    SegmentMember,
    Suppression,
    Task,
)
from customers.portal.parts import About, Part
from customers.portal.parts_words import (
    CONSENT_STATES,
    DIRECTIONS,
    INTERACTIONS,
    MESSAGE_STATES,
    OUTCOMES,
    PROOFS,
    PURPOSE_WORDS,
    SOURCES,
    TASK_STATES,
)
from customers.purposes import CHANNELS
from customers.suppressions import NAMES as KINDS
from customers.suppressions import SOURCES as TOLD_BY
from infra.i18n import N_


def _identity(about: About) -> Select[*tuple[Any, ...]]:
    columns = (Person.id, Identity.name, Identity.email, Identity.phone, Person.external_id)
    more = (Person.language, Person.zone, Person.nps, Person.csat, Person.ces, Person.scored_at)
    last = (Person.last_contact_at, Person.source, Person.created_at)
    query = select(*columns, Company.name.label("company"), *more, *last)
    joined = query.outerjoin(Identity, Identity.id == Person.id).outerjoin(Company, Company.id == Person.company_id)
    return joined.where(about.of(Person.id))


def _attributes(about: About) -> Select[*tuple[Any, ...]]:
    return select(Person.attributes).where(about.of(Person.id))


def _named(session: Session, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row for each value, under the label that the tenant gave it; archived ones are stored too."""
    values = row["attributes"]
    declared = [*list_attributes(session, "person"), *list_attributes(session, "person", archived=True)]
    made = []
    for each in declared:
        if each.code in values:
            value = values[each.code]
            if each.type == "choice":
                value = next((option["label"] for option in each.options if option["code"] == value), value)
            made.append({"what": each.label, "value": value})
    return made


def _consents(about: About) -> Select[*tuple[Any, ...]]:
    columns = (Consent.at, Consent.purpose, Consent.channel, Consent.topic, Consent.state, Consent.source)
    proof = (Consent.text_version, ConsentText.words, Consent.how, Consent.network, Consent.guardian_email)
    joined = select(*columns, *proof).outerjoin(ConsentText, ConsentText.id == Consent.text_id)
    return joined.where(about.of(Consent.person_id))


def _preferences(about: About) -> Select[*tuple[Any, ...]]:
    columns = (Preferences.paused_until, Preferences.every_days, Preferences.birth_year, Preferences.changed_at)
    return select(*columns).where(about.of(Preferences.person_id))


def _messages(about: About) -> Select[*tuple[Any, ...]]:
    columns = (Contact.due_at, Contact.purpose, Contact.topic, Contact.reminder, Contact.state, Contact.reason)
    return select(*columns).where(about.of(Contact.person_id))


def _returned(about: About) -> Select[*tuple[Any, ...]]:
    return select(Bounce.at, Bounce.kind, Bounce.status, Bounce.diagnostic).where(about.of(Bounce.person_id))


def _suppressed(about: About) -> Select[*tuple[Any, ...]]:
    """By address: of whoever has one of the person's addresses."""
    theirs = exists().where(about.of(Identity.id), Identity.email_index == Suppression.email_index)
    columns = (Suppression.at, Suppression.kind, Suppression.source, Suppression.reason, Suppression.lifted_at)
    return select(*columns).where(theirs)


def _said(session: Session, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Our own reasons in the person's language."""
    return [{**row, "reason": suppressions.say(row["reason"])}]


def _links(about: About) -> Select[*tuple[Any, ...]]:
    """When a link was used is told where that is stored: of an anonymous survey nobody is told that it was."""
    used = func.nullif(PersonalLink.spent_at, UNTOLD).label("spent_at")
    columns = (PersonalLink.created_at, PersonalLink.purpose, PersonalLink.expires_at, used)
    return select(*columns).where(about.of(PersonalLink.person_id))


def _interactions(about: About) -> Select[*tuple[Any, ...]]:
    row = Interaction
    columns = (row.at, row.channel, row.direction, row.subject, row.summary, row.body, row.transcript)
    return select(*columns, row.attachments, row.source).where(about.of(row.person_id))


def _files(session: Session, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Files by their names: where they lie is ours to know."""
    named = [{"name": file.get("name"), "bytes": file.get("bytes")} for file in row["attachments"] or ()]
    return [{**row, "attachments": named}]


def _mails(about: About) -> Select[*tuple[Any, ...]]:
    """Those from one of the person's addresses; what became an interaction stands there."""
    row = InboundMail
    columns = (row.received_at, row.sender, row.sender_name, row.subject, row.body, row.attachments)
    theirs = exists().where(about.of(Identity.id), Identity.email_index == row.sender_index)
    return select(*columns).where(theirs, row.state != "logged")


def _tasks(about: About) -> Select[*tuple[Any, ...]]:
    columns = (Task.created_at, Task.what, Task.due_at, Task.state, Task.outcome, Task.note)
    return select(*columns).where(about.of(Task.person_id))


def _segments(about: About) -> Select[*tuple[Any, ...]]:
    """Each once, also where somebody merged into the person is in it too: pages go on behind a segment."""
    theirs = exists().where(SegmentMember.segment_id == Segment.id, about.of(SegmentMember.person_id))
    return select(Segment.name, Segment.frozen_at).where(theirs)


def _merges(about: About) -> Select[*tuple[Any, ...]]:
    """Those that stand: one that was taken back told of somebody else."""
    return select(Merge.at, Merge.merged_id).where(about.of(Merge.kept_id), Merge.undone_at.is_(None))


AT, SOURCE, STATE = N_("When"), N_("Source"), N_("State")

PARTS = (
    Part(
        "identity",
        N_("Who you are"),
        Person.id,
        _identity,
        {
            **{"id": N_("Number"), "name": N_("Name"), "email": N_("E-mail address"), "phone": N_("Phone")},
            **{"external_id": N_("Customer number"), "company": N_("Company"), "language": N_("Language")},
            **{"zone": N_("Time zone"), "nps": "NPS", "csat": "CSAT", "ces": "CES", "scored_at": N_("Scored")},
            **{"last_contact_at": N_("Last contact"), "source": SOURCE, "created_at": N_("Known since")},
        },
        {"source": SOURCES},
        ("people", "identities"),
    ),
    Part(
        "attributes",
        N_("What else we know about you"),
        Person.id,
        _attributes,
        {"what": N_("What"), "value": N_("Value")},
        also=_named,
    ),
    Part(
        "consents",
        N_("What you agreed to"),
        Consent.id,
        _consents,
        {
            **{"at": AT, "purpose": N_("Purpose"), "channel": N_("Channel"), "topic": N_("Topic")},
            **{"state": STATE, "source": SOURCE, "text_version": N_("Version"), "words": N_("Wording")},
            **{"how": N_("How"), "network": N_("Network address"), "guardian_email": N_("Parent or guardian")},
        },
        {"purpose": PURPOSE_WORDS, "channel": CHANNELS, "state": CONSENT_STATES, "source": PROOFS},
        ("consents",),
    ),
    Part(
        "preferences",
        N_("How you want to be written to"),
        Preferences.person_id,
        _preferences,
        {
            **{"paused_until": N_("Paused until"), "every_days": N_("At most once in days")},
            **{"birth_year": N_("Year of birth"), "changed_at": N_("Changed")},
        },
        tables=("preferences",),
    ),
    Part(
        "messages",
        N_("Messages to you"),
        Contact.id,
        _messages,
        {
            **{"due_at": AT, "purpose": N_("Purpose"), "topic": N_("Topic"), "reminder": N_("Reminder")},
            **{"state": STATE, "reason": N_("Reason")},
        },
        {"purpose": PURPOSE_WORDS, "state": MESSAGE_STATES, "reason": REASONS},
        ("contacts",),
    ),
    Part(
        "interactions",
        N_("What we talked about"),
        Interaction.id,
        _interactions,
        {
            **{"at": AT, "channel": N_("Channel"), "direction": N_("Direction"), "subject": N_("Subject")},
            **{"summary": N_("Summary"), "body": N_("Text"), "transcript": N_("Conversation")},
            **{"attachments": N_("Files"), "source": SOURCE},
        },
        {"channel": INTERACTIONS, "direction": DIRECTIONS, "source": SOURCES},
        ("interactions",),
        _files,
    ),
    Part(
        "mails",
        N_("Mails from you"),
        InboundMail.id,
        _mails,
        {
            **{"received_at": AT, "sender": N_("From"), "sender_name": N_("Name"), "subject": N_("Subject")},
            **{"body": N_("Text"), "attachments": N_("Files")},
        },
        tables=("inbound_mails",),
        also=_files,
    ),
    Part(
        "tasks",
        N_("What we do for you"),
        Task.id,
        _tasks,
        {
            **{"created_at": AT, "what": N_("What"), "due_at": N_("Due"), "state": STATE},
            **{"outcome": N_("Outcome"), "note": N_("Note")},
        },
        {"state": TASK_STATES, "outcome": OUTCOMES},
        ("tasks",),
    ),
    Part(
        "returned",
        N_("Mails that came back"),
        Bounce.id,
        _returned,
        {"at": AT, "kind": N_("Kind"), "status": N_("Code"), "diagnostic": N_("Reason")},
        tables=("bounces",),
    ),
    Part(
        "suppressed",
        N_("Addresses we do not write to"),
        Suppression.id,
        _suppressed,
        {"at": AT, "kind": N_("Kind"), "source": SOURCE, "reason": N_("Reason"), "lifted_at": N_("Lifted")},
        {"kind": KINDS, "source": TOLD_BY},
        ("suppressions",),
        _said,
    ),
    Part(
        "links",
        N_("Links that are yours alone"),
        PersonalLink.id,
        _links,
        {"created_at": AT, "purpose": N_("Purpose"), "expires_at": N_("Valid until"), "spent_at": N_("Used")},
        tables=("personal_links",),
    ),
    Part(
        "segments",
        N_("Groups you are in"),
        Segment.id,
        _segments,
        {"name": N_("Name"), "frozen_at": N_("Since")},
        tables=("segment_members",),
    ),
    Part(
        "merges",
        N_("Entries that became one"),
        Merge.id,
        _merges,
        {"at": AT, "merged_id": N_("Number")},
        tables=("merges",),
    ),
)

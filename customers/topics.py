"""Topics: what a tenant lets people choose within a purpose, named in each of its languages."""

import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from customers import purposes
from customers.models import Topic
from customers.setting_events import TopicChanged
from infra import clock
from infra.errors import Conflict, Invalid, NotFound
from infra.events import record
from infra.i18n import N_
from tenants import audit
from tenants.permissions import Actor

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
LONGEST_NAME = 80
MOST = 50

BAD_CODE = N_("A code has small letters, digits and underscores, up to 40, and begins with a letter.")
NAME_MISSING = N_("Give the topic a name in at least one language.")
NAME_TOO_LONG = N_("Use at most 80 characters.")


class TopicNotFound(NotFound):
    """No such topic in this tenant."""

    code = "topic_not_found"
    message = N_("There is no such topic.")


class TopicCodeTaken(Conflict):
    """Another topic has this code, perhaps one that is archived."""

    code = "topic_code_taken"
    message = N_("Another topic already has this code, perhaps one that is archived.")


class TooManyTopics(Conflict):
    """The limit of topics is reached."""

    code = "too_many_topics"
    message = N_("There are %(most)s topics already, which is as many as people can choose from.")


def add(session: Session, *, code: str, purpose: str, names: Mapping[str, str], by: Actor) -> Topic:
    """A new topic of a purpose. Raises Invalid, TopicCodeTaken, TooManyTopics."""
    clean, problems = _checked(names)
    if not CODE.fullmatch(code):
        problems["code"] = [BAD_CODE]
    if problems:
        raise Invalid(problems=problems)
    purposes.get_chosen(purpose)
    if (session.scalar(select(func.count()).where(Topic.archived_at.is_(None))) or 0) >= MOST:
        raise TooManyTopics(most=MOST)
    topic = Topic(code=code, purpose=purpose, names=clean)
    try:
        with session.begin_nested():
            session.add(topic)
    except IntegrityError as problem:
        raise TopicCodeTaken() from problem
    audit.record(session, "topic.added", by=by, subject=topic.id, code=code)
    record(session, TopicChanged(subject=topic.id, code=topic.code, change="added"))
    return topic


def rename(session: Session, topic: Topic, *, names: Mapping[str, str], by: Actor) -> Topic:
    """Other names; what people chose stays. Raises Invalid."""
    clean, problems = _checked(names)
    if problems:
        raise Invalid(problems=problems)
    if clean != topic.names:
        topic.names = clean
        audit.record(session, "topic.renamed", by=by, subject=topic.id, code=topic.code)
        record(session, TopicChanged(subject=topic.id, code=topic.code, change="renamed"))
    return topic


def archive(session: Session, topic: Topic, *, by: Actor) -> Topic:
    """Nobody is asked about it or written to for it any more. Doing it again does nothing."""
    if topic.archived_at is None:
        topic.archived_at = clock.now()
        audit.record(session, "topic.archived", by=by, subject=topic.id, code=topic.code)
        record(session, TopicChanged(subject=topic.id, code=topic.code, change="archived"))
    return topic


def restore(session: Session, topic: Topic, *, by: Actor) -> Topic:
    """Takes it back. Doing it again does nothing."""
    if topic.archived_at is not None:
        topic.archived_at = None
        audit.record(session, "topic.restored", by=by, subject=topic.id, code=topic.code)
        record(session, TopicChanged(subject=topic.id, code=topic.code, change="restored"))
    return topic


def get(session: Session, topic_id: UUID) -> Topic:
    """Raises TopicNotFound."""
    topic = session.get(Topic, topic_id)
    if topic is None:
        raise TopicNotFound()
    return topic


def get_by_code(session: Session, code: str) -> Topic:
    """Raises TopicNotFound."""
    topic = session.scalars(select(Topic).where(Topic.code == code)).one_or_none()
    if topic is None:
        raise TopicNotFound()
    return topic


def list_topics(session: Session, *, archived: bool = False) -> Sequence[Topic]:
    """In the order they were made."""
    query = select(Topic).order_by(Topic.id)
    return session.scalars(query if archived else query.where(Topic.archived_at.is_(None))).all()


def name_of(topic: Topic, locale: str) -> str:
    """In the language, else in any it has, else its code."""
    names = topic.names
    return names.get(locale) or names.get("en") or next(iter(names.values()), topic.code)


def _checked(names: Mapping[str, str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    clean = {locale: " ".join(name.split()) for locale, name in names.items() if name.strip()}
    problems: dict[str, list[str]] = {}
    if not clean:
        problems["names"] = [NAME_MISSING]
    if any(len(name) > LONGEST_NAME for name in clean.values()):
        problems["names"] = [NAME_TOO_LONG]
    return clean, problems

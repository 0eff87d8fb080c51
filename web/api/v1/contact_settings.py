"""`/purposes`, `/topics`, `/contact-rules`: what customers are written to for, and your rules."""

from typing import Any
from uuid import UUID

from customers import consent_texts, contact_rules, purposes, topics
from customers.models import ContactRules, Topic
from customers.purposes import Purpose
from infra import i18n
from infra.i18n import gettext
from infra.pages import Page
from web import tenancy
from web.api import cursors, repeatable
from web.api.blueprint import ApiBlueprint
from web.schemas.api import contact_settings as schemas
from web.schemas.api.examples import LOCATION

blueprint = ApiBlueprint("contact_settings", __name__, description="Purposes, topics and contact rules.")

Answer = tuple[Any, int, dict[str, str]]


@blueprint.get("/purposes")
@blueprint.arguments(schemas.PurposeQuery, location="query")
@blueprint.response(200, schemas.PurposePage, example=schemas.PURPOSE_PAGE)
def list_purposes(query: dict[str, Any]) -> dict[str, Any]:
    """List what customers are written to for

    All of them stand on one page.
    """
    return cursors.turn("purposes", query, _purposes)


@blueprint.get("/topics")
@blueprint.arguments(schemas.TopicQuery, location="query")
@blueprint.response(200, schemas.TopicPage, example=schemas.TOPIC_PAGE)
def list_topics(query: dict[str, Any]) -> dict[str, Any]:
    """List topics in the order they were made

    All of them stand on one page.
    """
    return cursors.turn("topics", query, _topics)


@blueprint.post("/topics")
@blueprint.arguments(schemas.NewTopic, example=schemas.NEW_TOPIC)
@blueprint.response(201, schemas.Topic, example=schemas.TOPIC, headers=LOCATION)
def create_topic(body: dict[str, Any]) -> Answer:
    """Add a topic that customers can choose"""

    def perform() -> UUID:
        return topics.add(tenancy.session(), by=tenancy.actor(), **body).id

    return repeatable.made(repeatable.once(perform, _topic), "topics")


@blueprint.get("/topics/<uuid:topic_id>")
@blueprint.response(200, schemas.Topic, example=schemas.TOPIC)
def get_topic(topic_id: UUID) -> Any:
    """Get a topic"""
    return _topic(topic_id)


@blueprint.patch("/topics/<uuid:topic_id>")
@blueprint.arguments(schemas.TopicChange, example=schemas.TOPIC_CHANGE)
@blueprint.response(200, schemas.Topic, example=schemas.TOPIC)
def change_topic(body: dict[str, Any], topic_id: UUID) -> Answer:
    """Rename a topic, put it away or bring it back

    What customers chose stays. Nothing is sent for a topic that is put away.
    """
    return repeatable.once(lambda: _changed(topic_id, **body), _topic, status=200)


@blueprint.get("/contact-rules")
@blueprint.response(200, schemas.ContactRules, example=schemas.RULES)
def get_contact_rules() -> dict[str, Any]:
    """Get what you have decided about writing to customers"""
    return _rules()


@blueprint.put("/contact-rules")
@blueprint.arguments(schemas.ContactRules, example=schemas.RULES)
@blueprint.response(200, schemas.ContactRules, example=schemas.RULES)
def replace_contact_rules(body: dict[str, Any]) -> Answer:
    """Decide about writing to customers

    All rules at once. Messages that wait follow them too.
    """
    return repeatable.once(lambda: _decided(body), lambda _: _rules(), status=200)


def _purposes(*, after: str | None, limit: int, language: str) -> Page[dict[str, Any]]:
    rules = contact_rules.get(tenancy.session())
    with i18n.use(language if language in i18n.SHIPPED else "en"):
        return Page([_purpose(purpose, rules, language) for purpose in purposes.TABLE], None)


def _purpose(purpose: Purpose, rules: ContactRules, language: str) -> dict[str, Any]:
    session, business = tenancy.session(), tenancy.tenancy().name
    chosen = not purpose.transactional
    return {
        "code": purpose.code,
        "kind": purpose.kind,
        "name": gettext(purpose.name),
        "wording": consent_texts.shown(session, purpose.code, language, business) if chosen else "",
        "needs_consent": contact_rules.needs_consent(rules, purpose),
        "confirmed": purpose.code in rules.confirmed,
        "from_age": rules.ages.get(purpose.code),
    }


def _topics(*, after: str | None, limit: int, archived: bool) -> Page[Topic]:
    return Page(topics.list_topics(tenancy.session(), archived=archived), None)


def _topic(topic_id: UUID) -> Topic:
    return topics.get(tenancy.session(), topic_id)


def _changed(topic_id: UUID, names: dict[str, str] | None = None, archived: bool | None = None) -> UUID:
    session, by, found = tenancy.session(), tenancy.actor(), _topic(topic_id)
    if names is not None:
        topics.rename(session, found, names=names, by=by)
    if archived is not None:
        (topics.archive if archived else topics.restore)(session, found, by=by)
    return topic_id


def _rules() -> dict[str, Any]:
    rules = contact_rules.get(tenancy.session())
    shown = {name: getattr(rules, name) for name in schemas.RULES}
    return {**shown, "quiet_from": _said(rules.quiet_from), "quiet_until": _said(rules.quiet_until)}


def _decided(body: dict[str, Any]) -> UUID:
    """Each group of rules that is another one, so that the audit log says what changed; the tenant's id stands for
    all of them."""
    session, by, before = tenancy.session(), tenancy.actor(), _rules()

    def differ(*names: str) -> bool:
        return any(_plain(body[name]) != _plain(before[name]) for name in names)

    if differ("most", "days"):
        contact_rules.set_budget(session, most=body["most"], days=body["days"], by=by)
    if differ("quiet_from", "quiet_until", "quiet_weekdays"):
        begin, until = _minutes(body["quiet_from"]), _minutes(body["quiet_until"])
        contact_rules.set_quiet_hours(session, begin=begin, until=until, days=body["quiet_weekdays"], by=by)
    parts = ("asked_first", "confirmed", "ages", "channels")
    if differ(*parts):
        contact_rules.set_consent(session, by=by, **{part: body[part] for part in parts})
    if differ("soft_bounces", "soft_bounce_days"):
        count, days = body["soft_bounces"], body["soft_bounce_days"]
        contact_rules.set_soft_bounces(session, count=count, days=days, by=by)
    session.flush()
    return tenancy.tenant().id


def _plain(value: Any) -> Any:
    return sorted(set(value)) if isinstance(value, list) else value


def _said(minutes: int | None) -> str | None:
    return None if minutes is None else f"{minutes // 60:02d}:{minutes % 60:02d}"


def _minutes(said: str | None) -> int | None:
    return None if said is None else int(said[:2]) * 60 + int(said[3:])

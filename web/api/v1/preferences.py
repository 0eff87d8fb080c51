"""`/people/{id}/preferences`: what customers wish of messages, as they would choose it on their own page."""

from typing import Any
from uuid import UUID

from customers import consent_people, people, preferences
from customers.consent import Proof
from customers.consent_age import Age
from customers.consent_people import Known
from customers.errors import PersonNotFound
from customers.preferences import Choice, Line
from infra.errors import Invalid
from tenants import audit
from web import tenancy
from web.api import repeatable
from web.api.blueprint import ApiBlueprint
from web.schemas.api import preferences as schemas

blueprint = ApiBlueprint("preferences", __name__, description="What customers wish of messages.")

Answer = tuple[Any, int, dict[str, str]]


@blueprint.get("/people/<uuid:person_id>/preferences")
@blueprint.response(200, schemas.Preferences, example=schemas.PREFERENCES)
def get_preferences(person_id: UUID) -> dict[str, Any]:
    """Get what a customer wishes

    Of those who were merged what counts is shown, under the id that stays.
    """
    return _shown(person_id)


@blueprint.patch("/people/<uuid:person_id>/preferences")
@blueprint.arguments(schemas.PreferencesChange, example=schemas.CHANGE)
@blueprint.response(200, schemas.Preferences, example=schemas.PREFERENCES)
def change_preferences(body: dict[str, Any], person_id: UUID) -> Answer:
    """Note what a customer wishes

    Only what differs becomes an act of consent. Who turned everything off is written to again when they themselves
    say so, on their own page or behind a link in a mail; before that 409 `turned_off`.
    """
    return repeatable.once(lambda: _changed(person_id, body), _shown, status=200)


def _changed(person_id: UUID, body: dict[str, Any]) -> UUID:
    session, who = tenancy.session(), _who(person_id)
    proof = _proof(**body.get("proof", {}))
    if body.get("all_off"):
        preferences.turn_all_off(session, who, proof)
    else:
        preferences.save(session, who, _choice(who, body), proof)
    audit.record(session, "preferences.changed", by=tenancy.actor(), subject=who.id)
    return who.id


def _choice(who: Known, body: dict[str, Any]) -> Choice:
    """Null ends a wish, which the domain says as 0. Raises Invalid for a line or channel that nobody can choose."""
    wanted = {code: frozenset(channels) for code, channels in body.get("wanted", {}).items()}
    shown = preferences.overview(tenancy.session(), who)
    known = {line.code for line in shown.lines}
    if not wanted.keys() <= known or any(not channels <= set(shown.channels) for channels in wanted.values()):
        raise Invalid(problems={"wanted": [preferences.UNKNOWN_CHOICE]})
    numbers: dict[str, Any] = {name: body[name] or 0 for name in ("every_days", "pause_months") if name in body}
    return Choice(wanted, **numbers)


def _proof(birth_year: int | None = None, guardian_email: str = "", language: str = "en", **said: Any) -> Proof:
    age, business = Age(birth_year, guardian_email), tenancy.tenancy().name
    return Proof("api", by=tenancy.actor(), locale=language, business=business, age=age, **said)


def _shown(person_id: UUID) -> dict[str, Any]:
    who = _who(person_id)
    view = preferences.overview(tenancy.session(), who)
    return {
        "id": who.id,
        "lines": [_line(line) for line in view.lines],
        "every_days": view.every_days,
        "paused_until": view.paused_until,
        "all_off": view.all_off,
        "language": view.language,
    }


def _line(line: Line) -> dict[str, Any]:
    channels = [
        {"channel": channel, "state": state.code, "allowed": line.allowed[channel]}
        for channel, state in line.states.items()
    ]
    topic = line.topic.code if line.topic else ""
    return {"code": line.code, "purpose": line.purpose.code, "topic": topic, "channels": channels}


def _who(person_id: UUID) -> Known:
    """Raises PersonNotFound, also for somebody who was erased."""
    found = people.get(tenancy.session(), person_id)
    who = consent_people.find(tenancy.session(), found.id)
    if who is None or who.erased:
        raise PersonNotFound()
    return who

"""Which events are public, what they say, and that everything said of them elsewhere is the same."""

import dataclasses
import json
import re

import pytest
from jsonschema import Draft202012Validator, FormatChecker

import worker
from infra.clock import now
from infra.events import DomainEvent, RecordedEvent
from infra.ids import new_id
from surveys.public_events import EVENTS
from tenants.webhooks.catalogue import TEST, Catalogue, message_id
from web.api import event_docs
from web.registries import PUBLIC_EVENTS

INTERNAL = {
    "tenants.zone_changed": "figures are counted anew; nothing that a program outside would do",
    "tenants.webhook_tested": "stands for the test event, which has a public name of its own",
}
"""Domain events that tenants do not hear of, and why. Every new event is a decision: public, or a line here."""

EVERY = [*PUBLIC_EVENTS.events, TEST]


def all_events(base=DomainEvent):
    for event in base.__subclasses__():
        if "kind" in vars(event) and not event.__module__.startswith("tests"):
            yield event
        yield from all_events(event)


def test_every_domain_event_is_public_or_internal_by_decision():
    public = {event.event.kind for event in PUBLIC_EVENTS.events}
    kinds = {event.kind for event in all_events()}
    assert kinds == public | set(INTERNAL)
    assert not public & set(INTERNAL)


def test_every_public_event_has_the_reaction_in_the_worker():
    for event in PUBLIC_EVENTS.events:
        assert "tenants.webhooks.deliveries.owe" in worker.REACTIONS.names_for(event.event.kind), event.name


@pytest.mark.parametrize("event", EVERY, ids=lambda event: event.name)
def test_a_payload_is_made_of_the_events_own_fields(event):
    known = {field.name for field in dataclasses.fields(event.event)} - {"subject"} | {""}
    assert {field.source for field in event.fields} <= known
    data = {field.source: field.example for field in event.fields if field.source}
    recorded = RecordedEvent(new_id(), event.event.kind, new_id(), data, now())
    body = event.payload(recorded)
    assert body == event.payload(recorded)
    assert set(json.loads(body)["data"]) == {field.name for field in event.fields}
    for text in (body, event.example()):
        Draft202012Validator(event.schema(), format_checker=FormatChecker()).validate(json.loads(text))


@pytest.mark.parametrize("event", EVERY, ids=lambda event: event.name)
def test_names_are_nouns_and_verbs_in_the_past(event):
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", event.name)
    assert event.sentence.endswith(".")
    assert event.version >= 1


def test_two_events_never_share_a_name():
    with pytest.raises(ValueError):
        Catalogue(EVENTS, EVENTS[:1])


def test_the_id_of_a_message_follows_from_its_event():
    event = new_id()
    assert message_id(event) == f"msg_{event.hex}"


def test_the_page_lists_the_events_as_they_are(project):
    text = (project / "docs" / "webhooks.md").read_text("utf-8")
    assert text == event_docs.written(text, PUBLIC_EVENTS), "run `python -m web.api.event_docs`"


def test_the_page_verifies_as_it_says(project):
    """The receiver's function on the page is run on what we sign."""
    from tenants.webhooks import signing

    text = (project / "docs" / "webhooks.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
    names: dict = {}
    exec(code, names)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signing.headers("msg_1", now(), b'{"a":1}', (secret, "whsec_AAAA"))
    assert names["is_ours"](secret, headers, b'{"a":1}')
    assert not names["is_ours"](secret, headers, b'{"a":2}')
    assert not names["is_ours"]("whsec_BBBB", headers, b'{"a":1}')
    assert not names["is_ours"](secret, {**headers, "webhook-timestamp": "1614265330"}, b'{"a":1}')

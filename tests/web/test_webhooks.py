"""Settings › Webhooks, through the page."""

import html
import re
from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from sqlalchemy import select

from infra.clock import now
from infra.ids import new_id
from tenants.models import AuditEntry
from tenants.permissions import SYSTEM
from tenants.webhooks import endpoints
from tenants.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests.web.console_surveys.test_queries import statements
from tests.web.story import PASSWORD, text_of

URL = "http://127.0.0.1:9/hooks"
ALL = {"url": URL, "description": "To our CRM", "kinds": ["*"]}


@pytest.fixture
def owner(as_staff, acme):
    return as_staff("owner").at(acme)


@pytest.fixture
def endpoint(owner, session):
    """One that the owner has made."""
    owner.post("console.settings.add_webhook", data=ALL, expect=200)
    return session.scalars(select(WebhookEndpoint)).one()


def test_where_events_go_is_decided_after_the_password_and_what_was_typed_is_kept(owner, session, endpoint):
    with time_machine.travel(now() + timedelta(minutes=16)):
        moved = {**ALL, "url": "http://127.0.0.1:9/elsewhere"}
        question = owner.post("console.settings.save_webhook", endpoint.id, data=moved, expect=200)
        assert "Is it you?" in text_of(question)
        session.refresh(endpoint)
        assert endpoint.url == URL
        owner.submit(question, f"/webhooks/{endpoint.id}", proof_password=PASSWORD)
        session.refresh(endpoint)
        assert (endpoint.url, endpoint.kinds) == (moved["url"], ["*"])
    with time_machine.travel(now() + timedelta(minutes=40)):
        question = owner.post(
            "console.settings.add_webhook", data={**ALL, "kinds": ["survey.published"]}, expect=200
        )
        assert "Is it you?" in text_of(question)
        owner.submit(question, "/webhooks", expect=200, proof_password=PASSWORD)
    assert [each.kinds for each in session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id))] == [
        ["*"],
        ["survey.published"],
    ]


def add(session, endpoint, **values):
    """A delivery as a worker would have left it."""
    row = WebhookDelivery(
        endpoint_id=endpoint.id,
        event_id=new_id(),
        kind="response.finished",
        payload='{"type":"response.finished"}',
        **{"state": "delivered", "outcome": "delivered", "attempts": 1, "history": [], **values},
    )
    session.add(row)
    session.flush()
    return row


def entry(outcome="status", status=500, words=""):
    return {"at": now().isoformat(), "outcome": outcome, "status": status, "milliseconds": 12, "words": words}


def secret_in(page):
    return html.unescape(re.search(r'value="(whsec_[^"]+)"', page.text)[1])


def deeds(session, subject):
    found = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == subject).order_by(AuditEntry.id))
    return [each.action for each in found]


def test_an_endpoint_is_made_and_its_secret_shown(owner, session):
    assert "No webhooks yet" in text_of(owner.get("console.settings.webhooks"))
    form = owner.get("console.settings.new_webhook")
    assert "Somebody has finished answering a survey." in text_of(form)
    assert "&#34;type&#34;:&#34;response.finished&#34;" in form.text
    page = owner.submit(form, "/webhooks", expect=200, **ALL)
    assert secret_in(page).startswith("whsec_")
    made = session.scalars(select(WebhookEndpoint)).one()
    assert (made.url, made.kinds, made.state, made.created_by) == (URL, ["*"], "active", owner.member_id)
    listed = owner.get("console.settings.webhooks")
    assert "To our CRM" in text_of(listed)
    assert "whsec_" not in listed.text
    assert deeds(session, made.id) == ["webhook.created"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"url": "https://169.254.169.254/"}, "not on the public internet"),
        ({"url": "https://10.0.0.1/"}, "not on the public internet"),
        ({"url": "ftp://example.org"}, "https://"),
        ({"url": "https://user:pw@example.org"}, "Leave out the user"),
        ({"url": "https://example.org:22/"}, "port"),
        ({"url": ""}, "fill this in"),
        ({"kinds": []}, "at least one event"),
        ({"kinds": ["nothing.known"]}, "does not exist"),
        ({"description": "x" * 201}, "200 characters"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_and_kept(owner, session, typed, sentence):
    page = owner.post("console.settings.add_webhook", data={**ALL, **typed}, expect=422)
    assert sentence in text_of(page)
    assert session.scalars(select(WebhookEndpoint)).all() == []


def test_a_workspace_has_so_many_endpoints_and_no_more(owner, session, app):
    from infra.http import Policy

    for _ in range(endpoints.MOST):
        policy = Policy.of(app.services.settings)
        endpoints.create(session, policy, url="https://example.org/", kinds=["*"], by=SYSTEM)
    session.flush()
    page = owner.post("console.settings.add_webhook", data=ALL, expect=422)
    assert "20 webhooks already" in text_of(page)
    assert "New webhook" not in text_of(owner.get("console.settings.webhooks"))


def test_an_endpoint_is_changed(owner, session, endpoint):
    form = owner.get("console.settings.edit_webhook", endpoint)
    assert 'value="http://127.0.0.1:9/hooks"' in form.text
    typed = {"url": "https://Example.org/x", "description": "", "kinds": ["survey.published", "response.finished"]}
    owner.submit(form, f"/webhooks/{endpoint.id}", **typed)
    session.refresh(endpoint)
    assert (endpoint.url, endpoint.description) == ("https://example.org/x", "")
    assert endpoint.kinds == ["response.finished", "survey.published"]
    page = text_of(owner.get("console.settings.webhook", endpoint))
    assert "example.org" in page
    assert "survey.published" in page
    owner.post("console.settings.save_webhook", endpoint, data={**typed, "url": "nonsense"}, expect=422)


def test_paused_resumed_turned_off_and_deleted(owner, session, endpoint):
    add(session, endpoint, state="waiting", outcome=None)
    owner.post("console.settings.hold_webhook", endpoint)
    assert "kept for three days" in text_of(owner.get("console.settings.webhook", endpoint))
    owner.submit(owner.get("console.settings.webhook", endpoint), "/resumption")
    assert "1 delivery that waits is given up" in text_of(owner.get("console.settings.webhook_shutdown", endpoint))
    owner.submit(owner.get("console.settings.webhook_shutdown", endpoint), "/shutdown")
    session.expire_all()
    assert endpoint.state == "disabled"
    assert "The record of 1 delivery" in text_of(owner.get("console.settings.webhook_deletion", endpoint))
    endpoint_id = endpoint.id
    owner.submit(owner.get("console.settings.webhook_deletion", endpoint), "/deletion")
    assert "The webhook is deleted." in text_of(owner.get("console.settings.webhooks"))
    assert deeds(session, endpoint_id) == [
        "webhook.created",
        "webhook.paused",
        "webhook.resumed",
        "webhook.disabled",
        "webhook.deleted",
    ]
    session.expunge_all()
    owner.get("console.settings.webhook", endpoint_id, expect=404)


def test_the_secret_is_shown_again_only_after_the_password(owner, session, endpoint):
    with time_machine.travel(now() + timedelta(minutes=20), tick=True):
        asked = owner.get("console.settings.webhook_secret", endpoint, expect=303)
        assert "/security/proof" in asked.location
        question = owner.get(asked.location)
        field = BeautifulSoup(question.text, "html.parser").find("input", type="password")["name"]
        answer = owner.submit(question, "/proof", **{field: PASSWORD})
        secret = secret_in(owner.get(answer.location))
        page = owner.get("console.settings.webhook_rotation", endpoint)
        rotated = owner.submit(page, "/rotation", expect=200)
    assert secret_in(rotated) != secret
    assert "24 hours" in text_of(rotated)
    assert deeds(session, endpoint.id)[1:] == ["webhook.secret_shown", "webhook.secret_rotated"]


def test_deliveries_are_listed_filtered_and_paged(owner, session, endpoint):
    for number in range(60):
        failed = number % 3 == 0
        add(
            session,
            endpoint,
            state="failed" if failed else "delivered",
            outcome="status" if failed else "delivered",
        )
    first = owner.get("console.settings.webhook", endpoint)
    assert "25 of 60" in text_of(first)
    following = re.search(r'rel="next" href="([^"]+)"', first.text)[1]
    second = owner.get(html.unescape(following))
    shown = re.compile(r"/deliveries/([0-9a-f-]{36})")
    assert not set(shown.findall(first.text)) & set(shown.findall(second.text))
    failed = owner.get("console.settings.webhook", endpoint, query_string={"outcome": "failed"})
    assert "20 of 20" in text_of(failed)
    assert "No delivery fits" in text_of(
        owner.get("console.settings.webhook", endpoint, query_string={"outcome": "waiting"})
    )
    owner.get("console.settings.webhook", endpoint, query_string={"after": "damaged"}, expect=422)


def test_a_strangers_words_are_shown_as_text(owner, session, endpoint):
    words = "<script>alert(1)</script>\n\N{RIGHT-TO-LEFT OVERRIDE}x"
    row = add(session, endpoint, state="failed", outcome="status", history=[entry(words=words)])
    page = owner.get("console.settings.webhook_delivery", endpoint.id, row.event_id)
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "Status 500" in text_of(page)
    assert f"msg_{row.event_id.hex}" in text_of(page)


def test_one_is_sent_again_and_all_that_failed(owner, session, endpoint):
    row = add(session, endpoint, state="failed", outcome="timed_out", history=[entry("timed_out", None)])
    add(session, endpoint, state="failed", outcome="status", history=[entry()])
    page = owner.get("console.settings.webhook_delivery", endpoint.id, row.event_id)
    assert "Too slow" in text_of(page)
    owner.submit(page, "/replay")
    session.refresh(row)
    assert (row.state, row.attempts) == ("waiting", 0)
    refused = owner.post("console.settings.resend_webhook_delivery", endpoint.id, row.event_id, expect=409)
    assert "still on its way" in text_of(refused)
    owner.submit(owner.get("console.settings.webhook", endpoint), "/replays", hours="24")
    assert "Nothing has failed" in text_of(
        owner.post("console.settings.resend_webhook_failures", endpoint, data={"hours": "24"}, expect=422)
    )
    owner.post("console.settings.resend_webhook_failures", endpoint, data={"hours": "1e9"}, expect=422)
    counts = [
        each.data["count"]
        for each in session.scalars(select(AuditEntry).where(AuditEntry.action == "webhook.replayed"))
    ]
    assert counts == [1, 1]


def test_a_test_event_leads_to_its_delivery(owner, session, endpoint):
    answer = owner.submit(owner.get("console.settings.webhook", endpoint), "/tests")
    page = owner.get(answer.location)
    assert "On its way" in text_of(page)
    assert 'hx-trigger="every 1s"' in page.text
    row = session.scalars(select(WebhookDelivery)).one()
    row.state, row.outcome, row.history = "failed", "no_connection", [entry("no_connection", None)]
    session.flush()
    done = owner.get(answer.location)
    assert "No connection" in text_of(done)
    assert "every 1s" not in done.text
    assert "Send another test event" in text_of(done)
    for _ in range(3):
        owner.post("console.settings.try_webhook", endpoint)
    refused = owner.post("console.settings.try_webhook", endpoint, expect=429)
    assert "still on their way" in text_of(refused)


@pytest.mark.parametrize("role", ["editor", "analyst", "viewer"])
def test_who_may_not_is_refused_and_sees_no_link(as_staff, acme, endpoint, role):
    person = as_staff(role).at(acme)
    person.get("console.settings.webhooks", expect=403)
    person.post("console.settings.add_webhook", data=ALL, expect=403)
    person.get("console.settings.webhook", endpoint, expect=403)
    assert "Webhooks" not in text_of(person.get("console.home.index"))


def test_a_page_of_deliveries_costs_the_same_however_many_there_are(owner, session, endpoint):
    with statements() as few:
        owner.get("console.settings.webhook", endpoint)
    for _ in range(25):
        add(session, endpoint)
    with statements() as many:
        owner.get("console.settings.webhook", endpoint)
    assert len(many) == len(few)
    assert not any("history" in each for each in many), "what strangers answered is read on its own page only"

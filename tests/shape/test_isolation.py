"""Every tenant route answers 404 to another tenant's ids. A route with a new kind of id has to be taught here."""

from contextvars import Context
from uuid import UUID, uuid4

import pytest

from infra import long_jobs
from infra.clock import now
from surveys import library, publishing, surveys
from surveys.jobs import answers_csv
from surveys.models import Response
from tenants import api_keys, invitations, staff
from tenants.permissions import SCOPES, SYSTEM
from tests.web.story import Person
from web import create_app
from web.schemas.api import examples
from web.surfaces import policy

BODIES = {
    "api_v1.surveys.change_survey": {"name": "Mine now"},
    "api_v1.surveys.replace_draft": examples.DRAFT_CHANGE,
    "api_v1.responses.create_response": examples.NEW_RESPONSE,
    "api_v1.webhooks.change_webhook": {"kinds": ["*"]},
    "api_v1.webhooks.replay_webhook_failures": {"since": "2026-03-01T00:00:00Z"},
}
FORM = {
    "owner": "00000000-0000-7000-8000-000000000000",
    "at": "start",
    "then": "save",
    "revision": "1",
    "name": "Mine now",
    "address": "mine-now",
}
"""Bodies that are in order, so that it is the address that is refused."""


@pytest.fixture
def theirs(joined, globex):
    """Ids of things that exist at globex, by the name that routes give them."""

    def make() -> dict[str, UUID | str | int]:
        with joined.db.tenant_session(globex) as session:
            survey = surveys.create_from_template(
                session, library.list_templates()[0].key, language="en", zone="UTC"
            )
            version = publishing.publish(session, survey)
            response = Response(
                survey_id=survey.id,
                version_id=version.id,
                submission_key=uuid4(),
                revision=1,
                fingerprint="x",
                state="finished",
                finished_at=now(),
                source="web",
                language="en",
                answers={},
                texts={},
            )
            session.add(response)
            key, _ = api_keys.create(session, name="Theirs", scopes=("surveys.read",), by=SYSTEM)
            member = staff.add(session, name="Theirs", email="t@globex.example", role="editor")
            asked = {"email": "i@globex.example", "role": "viewer", "workspace": "Globex"}
            invited = invitations.invite(session, by=SYSTEM, **asked)
            session.flush()
            return {
                "survey_id": survey.id,
                "version_id": version.id,
                "response_id": response.id,
                "key_id": key.id,
                "member_id": member.id,
                "invitation_id": invited.id,
                **_webhook(session, joined.settings),
                "domain_id": _domain(session, joined.settings),
                "job_id": long_jobs.start(session, answers_csv, by=SYSTEM).id,
                "address": survey.address,
                "number": 1,
            }

    return Context().run(make)


def test_every_tenant_route_answers_404_to_another_tenants_ids(joined, acme, globex, theirs):
    app = create_app(joined)
    owner, program = Person(app, role="owner").at(acme), Person(app, scopes=SCOPES).at(acme)
    native = Person(app, role="owner").at(globex)
    tried = 0
    for rule in app.url_map.iter_rules():
        surface = policy()[rule.endpoint].surface
        if surface.who not in ("staff", "key") or not rule.arguments:
            continue
        unknown = rule.arguments - set(theirs)
        assert not unknown, f"teach this test what {unknown} of {rule.rule} is"
        path = [theirs[name] for name in _in_order(rule)]
        who = owner if surface.who == "staff" else program
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}:
            body = {"json": BODIES.get(rule.endpoint, {})} if surface.who == "key" else {"data": FORM}
            answer = who.client.open(
                who.address(rule.endpoint, *path),
                method=method,
                base_url=f"http://{who.host}",
                headers={**who.headers, "X-CSRFToken": who.csrf()},
                **(body if method != "GET" else {"query_string": {"at": "start"}} if who is owner else {}),
            )
            assert answer.status_code == 404, f"{method} {rule.rule}: {answer.status}"
            tried += 1
    assert tried > 20
    native.get("console.surveys.editor", theirs["survey_id"])


def _webhook(session, settings):
    from infra.http import Policy
    from tenants.webhooks import deliveries, endpoints

    endpoint = endpoints.create(session, Policy.of(settings), url="https://globex.example/", kinds=["*"], by=SYSTEM)
    return {"endpoint_id": endpoint.id, "event_id": deliveries.send_test(session, endpoint, by=SYSTEM).event_id}


def _domain(session, settings):
    from tenants.domains import claims

    return claims.add(session, settings, host="feedback.globex.example", by=SYSTEM).id


def _in_order(rule) -> list[str]:
    return [name for is_variable, name in rule._trace if is_variable]

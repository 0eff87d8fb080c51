"""Programs invite a segment once, look how it stands, and stop it."""

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from infra.events.models import Event
from infra.ids import new_id
from surveys import invitations, publishing
from tests.surveys.test_invitations import furnish, job_of, run
from tests.web.story import Person as Visitor
from web import registries

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from infra.db import TenantRef
    from infra.services import Services
    from web.application import Application


@pytest.fixture
def program(app: "Application", acme: "TenantRef") -> Visitor:
    return Visitor(app, scopes=("customers.read", "contacts.write")).at(acme)


def test_a_program_invites_once_and_stops_it(
    app: "Application",
    joined: "Services",
    session: "Session",
    acme: "TenantRef",
    globex: "TenantRef",
    program: Visitor,
) -> None:
    registries.compose()
    survey, segment, _ = furnish(session, 2)
    path, body = f"/api/v1/surveys/{survey.id}/invitations", {"segment_id": str(segment), "reminder": False}
    key = {"Idempotency-Key": "one"}
    first = program.post(path, json=body, headers=key, expect=201)
    again = program.post(path, json=body, headers=key, expect=201)
    assert (again.json["id"], again.headers["Idempotency-Replayed"]) == (first.json["id"], "true")
    one = first.headers["Location"]
    assert (first.json["state"], first.json["segment_name"]) == ("asking", "Happy")
    run(joined, acme, job_of(session, invitations.list_rounds(session, survey.id).items[0]))
    session.expire_all()
    shown = program.get(one).json
    assert (shown["state"], shown["counts"]["asked"], shown["counts"]["waiting"]) == ("sending", 2, 2)
    assert program.get(path).json["items"] == [shown]
    assert program.post(f"{one}/pause", expect=200).json["state"] == "paused"
    assert program.post(f"{one}/resume", expect=200).json["state"] == "sending"
    over = program.post(f"{one}/cancel", expect=200).json
    assert (over["state"], over["counts"]["waiting"], over["counts"]["cancelled"]) == ("cancelled", 0, 2)
    told = session.scalars(select(Event).where(Event.kind.startswith("surveys.invitations_"))).all()
    deeds = [each.kind.rpartition("_")[2] for each in told if str(each.subject_id) == first.json["id"]]
    assert sorted(deeds) == ["asked", "begun", "cancelled", "paused", "resumed"]
    writer = Visitor(app, scopes=("contacts.write",)).at(acme)
    assert writer.post(f"{one}/pause", expect=200).json == {"id": shown["id"]}
    Visitor(app, scopes=("customers.read",)).at(acme).post(f"{one}/pause", expect=403)
    Visitor(app, scopes=("customers.read",)).at(globex).get(one, expect=404)
    program.get(f"{path}/{new_id()}", expect=404)
    unknown = program.post(path, json={"segment_id": str(new_id())}, expect=422).json
    assert list(unknown["errors"]) == ["segment_id"]
    publishing.withdraw(session, survey)
    assert program.post(path, json=body, expect=409).json["code"] == "survey_not_open"

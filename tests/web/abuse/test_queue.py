"""What operators do about reports, noted on both sides."""

from contextvars import Context

from sqlalchemy import select

from infra.mail.models import ControlOutbox, Outbox
from tenants import staff
from tenants.abuse import mails
from tenants.models import AbuseReport, AuditEntry, Tenant
from tenants.operators import audit, telling
from tests.web.operator_story import as_operator
from tests.web.story import Person, text_of


def test_the_queue_shows_what_waits_and_a_report_in_full(app, reported):
    operator = as_operator(app)
    queue = operator.get("operator.abuse.index")
    assert "passwords, card numbers" in text_of(queue)
    page = operator.get("operator.abuse.detail", reported.id)
    assert "Look at &lt;i&gt;this" in page.text
    assert "eve@visitor.example" not in page.text
    assert "Nothing was decided yet" in text_of(operator.get("/operator/abuse/?show=decided"))


def test_dismissing_ends_the_report_and_tells_the_visitor(app, reported, joined):
    operator = as_operator(app)
    operator.post("operator.abuse.decide", reported.id, data={"decision": "dismiss"})
    with joined.db.control_session() as session:
        assert session.get(AbuseReport, reported.id).state == "dismissed"
        assert session.scalars(select(ControlOutbox.purpose).where(ControlOutbox.ref_id == reported.id)).all()
        (entry,) = audit.list_entries(session, operator=operator.operator_id, action="abuse.decided")
        assert entry.subject_id == reported.id
    operator.post("operator.abuse.decide", reported.id, data={"decision": "withdraw"}, expect=409)


def test_closing_the_survey_is_noted_on_both_sides_and_the_admins_are_told(
    app, reported, survey, session, guest, acme
):
    staff.add(session, name="Ada", email="ada@acme.example", role="admin", password_hash=None, locale="en")
    session.flush()
    operator = as_operator(app)
    operator.post("operator.abuse.decide", reported.id, data={"decision": "withdraw"})
    session.refresh(survey)
    assert survey.live_version_id is None
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "survey.closed_by_platform")).one()
    assert (entry.actor_kind, entry.actor_id, entry.subject_id) == ("operator", operator.operator_id, survey.id)
    assert session.scalars(select(Outbox.purpose).where(Outbox.purpose == mails.CLOSED_MAIL)).all()


def test_suspending_wants_the_address_typed(app, reported, joined, acme, session):
    operator = as_operator(app)
    page = operator.post(
        "operator.abuse.decide", reported.id, data={"decision": "suspend", "typed": "x"}, expect=422
    )
    assert "Type the address of the workspace" in text_of(page)
    with joined.db.control_session() as control:
        assert control.get(AbuseReport, reported.id).state == "open", "a refused decision leaves nothing behind"
    operator.post("operator.abuse.decide", reported.id, data={"decision": "suspend", "typed": acme.slug})
    with joined.db.control_session() as control:
        assert control.get(Tenant, acme.id).state == "suspended"
        assert control.get(AbuseReport, reported.id).state == "acted"
    Context().run(telling.tell_tenants, app.services, None)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == telling.SUSPENDED)).one()
    assert (entry.actor_id, entry.data["cause"]) == (operator.operator_id, "abuse")


def test_a_decision_that_broke_off_is_carried_out_with_the_same_button(app, reported, survey, session, monkeypatch):
    from web.platform.operator import abuse

    operator = as_operator(app)

    def dies(report, by):
        raise RuntimeError("killed here")

    monkeypatch.setattr(abuse, "_carry_out", dies)
    operator.post("operator.abuse.decide", reported.id, data={"decision": "withdraw"}, expect=500)
    monkeypatch.undo()
    assert "broke off half way" in text_of(operator.get("operator.abuse.detail", reported.id))
    operator.post("operator.abuse.decide", reported.id, data={"decision": "dismiss"}, expect=409)
    operator.post("operator.abuse.decide", reported.id, data={"decision": "withdraw"})
    session.refresh(survey)
    assert survey.live_version_id is None


def test_staff_and_visitors_do_not_reach_the_queue(app, acme):
    Person(app).get("/operator/abuse/", expect=303)
    Person(app, role="owner").at(acme).get("/operator/abuse/", expect=404)

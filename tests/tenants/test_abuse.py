"""Who may sign up under which name, and reports from their arrival to their end."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select, update

from infra import i18n
from infra.clock import now
from infra.errors import Invalid, NotFound
from infra.mail.models import ControlOutbox
from infra.mail.purposes import OutgoingMail
from infra.settings import Settings
from tenants.abuse import disposable, mails, reports, sign_ups
from tenants.models import AbuseReport
from tenants.operators import audit
from tenants.permissions import Actor

OPERATOR = Actor("operator", uuid4())


# Sign-up


@pytest.mark.parametrize(
    "address",
    ["a@mailinator.com", "a@MAILINATOR.com", "a@deep.below.mailinator.com", "a@trashmail.de", "a@yopmail.fr",
     "a@10minutemail.co.uk", "a@guerrillamail.info", "a@x.pp.ua.temp-mail.org"],
)  # fmt: skip
def test_addresses_that_are_gone_tomorrow_are_known(address):
    assert disposable.is_disposable(Settings(), address)


@pytest.mark.parametrize(
    "address",
    ["ada@acme.example", "a@gmail.com", "a@gmx.de", "a@web.de", "a@orange.fr", "a@notmailinator.example", "a@com",
     "a@co.uk", "a@bücher.example", "not an address", "a@pp.ua"],
)  # fmt: skip
def test_addresses_that_last_are_not_taken_for_such(address):
    assert not disposable.is_disposable(Settings(), address)


def test_the_operator_can_let_pass_and_add(tmp_path):
    assert not disposable.is_disposable(
        Settings(disposable_allowed="mailinator.com, yopmail.com"), "a@x.mailinator.com"
    )
    own = tmp_path / "own.txt"
    own.write_text("# ours\nthrowaway.example\n")
    settings = Settings(disposable_file=str(own))
    assert disposable.is_disposable(settings, "a@b.throwaway.example")
    assert disposable.is_disposable(settings, "a@mailinator.com")


def test_the_shipped_list_is_whole():
    names = disposable.shipped()
    assert len(names) > 1000
    assert all("." in name and name == name.lower() for name in names)
    assert not names & {"gmail.com", "outlook.com", "gmx.de", "icloud.com", "proton.me"}


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("win at evil.com", sign_ups.HAS_LINK),
        ("https://x.example", sign_ups.HAS_LINK),
        ("PayPal", sign_ups.IS_BRAND),
        ("Pаypаl Support", sign_ups.IS_BRAND),
        ("Micr0soft Office", sign_ups.IS_BRAND),
        ("Deutsche Bank AG", sign_ups.IS_BRAND),
        ("Apple Support", sign_ups.IS_BRAND),
        ("Security Team", sign_ups.IS_AUTHORITY),
        ("Rapport Team", sign_ups.IS_US),
    ],
)
def test_a_name_that_is_borrowed_or_a_link_is_refused(name, refusal):
    assert sign_ups.name_problem(name, "ada@acme.example") == refusal


@pytest.mark.parametrize(
    "name",
    ["Acme Coffee Roasters", "Apple Tree Bakery", "Café Orange & Blau", "Dr. Müller & Co. KG", "Bäckerei Öz",
     "AT&T", "Wise Owl Books", "寿司屋", "مقهى", "St. Mary's Dental Support Clinic"],
)  # fmt: skip
def test_names_of_businesses_pass(name):
    assert sign_ups.name_problem(name, "ada@acme.example") is None


def test_a_brand_may_use_its_own_name():
    assert sign_ups.name_problem("PayPal", "ada@mail.paypal.com") is None
    assert sign_ups.name_problem("PayPal", "ada@paypal.evil.example") == sign_ups.IS_BRAND


def test_every_field_at_fault_gets_its_sentence():
    with pytest.raises(Invalid) as refused:
        sign_ups.require_fit(Settings(), business_name="Netflix", slug="paypal-support", email="a@mailinator.com")
    assert set(refused.value.problems) == {"business_name", "slug", "email"}


# Reports


@pytest.fixture
def control(joined, acme):
    with joined.db.control_session() as session:
        yield session


def made(session, services, tenant, **other):
    values = {
        "key": str(uuid4()),
        "path": "/s/recommend",
        "survey_id": uuid4(),
        "reason": "phishing",
        "words": "It asks for my card number.",
        "email": "eve@visitor.example",
        "locale": "de",
        **other,
    }
    assert reports.report(session, services.keys, tenant.id, **values)
    return session.scalars(select(AbuseReport).where(AbuseReport.key == f"form:{values['key']}")).one()


def test_a_report_keeps_the_visitors_words_and_address_encrypted(control, joined, acme):
    row = made(control, joined, acme)
    assert b"card" not in row.words
    assert b"eve" not in row.email
    shown = reports.show(control, joined.keys, row.id)
    assert shown.words == "It asks for my card number."
    assert shown.wants_answer


def test_the_same_form_twice_is_one_report(services, acme):
    key = str(uuid4())

    def send(_):
        def once():
            with services.db.control_session() as session:
                return reports.report(
                    session,
                    services.keys,
                    acme.id,
                    key=key,
                    path="/",
                    survey_id=None,
                    reason="spam",
                    words="",
                    email="",
                    locale="en",
                )

        return Context().run(once)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == [False, False, False, True]
    with services.db.control_session() as session:
        session.delete(session.scalars(select(AbuseReport).where(AbuseReport.key == f"form:{key}")).one())


def test_a_decision_is_begun_taken_up_and_ended_once(control, joined, acme):
    row = made(control, joined, acme)
    reports.begin(control, row.id, "withdraw", by=OPERATOR)
    assert reports.begin(control, row.id, "withdraw", by=OPERATOR).state == "acting"
    with pytest.raises(reports.Decided):
        reports.begin(control, row.id, "dismiss", by=OPERATOR)
    assert reports.finish(control, row.id).state == "acted"
    reports.finish(control, row.id)
    with pytest.raises(reports.Decided):
        reports.begin(control, row.id, "withdraw", by=OPERATOR)
    entries = audit.list_entries(control, tenant=acme.id, action="abuse.decided")
    assert [entry.data["decision"] for entry in entries if entry.subject_id == row.id] == ["withdraw"]


def test_what_cannot_be_decided_about_a_kind_is_not_there(control, joined, acme):
    row = made(control, joined, acme)
    for decision in ("allow", "trust", "delete", ""):
        with pytest.raises(NotFound):
            reports.begin(control, row.id, decision, by=OPERATOR)


@pytest.mark.parametrize("decision", ["dismiss", "withdraw"])
def test_the_visitor_is_told_in_their_language_and_learns_nothing_else(control, joined, acme, decision):
    row = made(control, joined, acme)
    reports.begin(control, row.id, decision, by=OPERATOR)
    reports.finish(control, row.id)
    outbox = control.scalars(select(ControlOutbox).where(ControlOutbox.ref_id == row.id)).one()
    mail = OutgoingMail(outbox.id, outbox.purpose, row.id, outbox.key, "de", None, joined.settings)
    with i18n.use("de"):
        message = mails.reporter_told(control, mail)
    assert message.to == "eve@visitor.example"
    assert "acme" not in (message.text + message.subject).lower()
    assert "Danke" in message.text


def test_who_left_no_address_gets_no_mail(control, joined, acme):
    row = made(control, joined, acme, email="")
    reports.begin(control, row.id, "dismiss", by=OPERATOR)
    reports.finish(control, row.id)
    assert control.scalars(select(ControlOutbox).where(ControlOutbox.ref_id == row.id)).all() == []


def test_what_visitors_wrote_goes_ninety_days_after_the_decision(control, joined, acme):
    row, waiting = made(control, joined, acme), made(control, joined, acme)
    reports.begin(control, row.id, "dismiss", by=OPERATOR)
    reports.finish(control, row.id)
    with time_machine.travel(now() + timedelta(days=91)):
        reports.forget(control)
    control.expire_all()
    assert (row.words, row.email, row.decision) == (None, None, "dismiss")
    assert waiting.words is not None
    with time_machine.travel(now() + timedelta(days=731)):
        reports.forget(control)
    control.expire_all()
    assert control.get(AbuseReport, row.id) is None


def test_held_links_are_asked_about_once(control, acme):
    survey = uuid4()
    ask = {"survey_id": survey, "path": "/s/x", "locale": "en"}
    assert reports.hold(control, acme.id, hosts=["bit.ly", "x.example"], **ask)
    assert not reports.hold(control, acme.id, hosts=["x.example", "bit.ly"], **ask)
    assert reports.hold(control, acme.id, hosts=["bit.ly"], **ask)


def test_what_waits_comes_oldest_first_and_in_pages(control, joined, acme):
    control.execute(update(AbuseReport).where(AbuseReport.state == "open").values(state="dismissed"))
    rows = [made(control, joined, acme) for _ in range(3)]
    first, more = reports.list_reports(control, waiting=True, limit=2)
    assert [report.id for report, _ in first] == [rows[0].id, rows[1].id]
    rest, end = reports.list_reports(control, waiting=True, before=more, limit=2)
    assert ([report.id for report, _ in rest], end) == ([rows[2].id], None)
    assert reports.count_waiting(control) == 3


def test_settings_that_name_a_file_that_is_not_there_fail_loudly():
    with pytest.raises(OSError):
        disposable.is_disposable(replace(Settings(), disposable_file="/nowhere/list"), "a@acme.example")

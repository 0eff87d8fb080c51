"""Signing in and out, being kept out, and getting back in by mail."""

import pytest
from sqlalchemy import func, select

from infra import i18n
from infra.ids import new_id
from infra.limits import Limit
from infra.mail.models import Outbox
from infra.mail.purposes import OutgoingMail
from tenants import mails, sign_in
from tenants.models import AuditEntry, StaffMember
from tests.web.story import PASSWORD, add_member, text_of


@pytest.fixture
def ada(session, acme):
    member = add_member(session, "owner", email="Ada@acme.example")
    session.flush()
    return member


def sign_in_as(person, email, password, expect=303, **more):
    return person.submit(
        person.get("console.sign_in"), "/sign-in", expect=expect, email=email, password=password, **more
    )


def test_the_right_password_lets_in_whatever_the_spelling_of_the_address(visitor, acme, ada):
    who = visitor().at(acme)
    answer = sign_in_as(who, " ada@ACME.example ", PASSWORD)
    assert answer.location == "/console/"
    assert "First steps" in text_of(who.get("console.home.index"))


@pytest.mark.parametrize(
    ("email", "password"), [("ada@acme.example", "wrong words here"), ("no@acme.example", PASSWORD)]
)
def test_every_failure_reads_the_same(visitor, acme, ada, email, password):
    page = sign_in_as(visitor().at(acme), email, password, expect=422)
    assert "do not fit together" in text_of(page)
    assert password not in page.text


def test_a_sign_in_is_worth_nothing_at_another_tenant(visitor, acme, globex, ada):
    assert "do not fit" in text_of(sign_in_as(visitor().at(globex), "ada@acme.example", PASSWORD, expect=422))


def test_after_ten_attempts_the_account_rests_also_for_the_right_password(visitor, acme, ada):
    for _ in range(sign_in.PER_ACCOUNT):
        sign_in_as(visitor().at(acme), "ada@acme.example", "wrong words here", expect=422)
    page = sign_in_as(visitor().at(acme), "ada@acme.example", PASSWORD, expect=429)
    assert "too many attempts" in text_of(page)
    assert "15 minutes" in text_of(page)


def test_attempts_of_others_at_other_accounts_do_not_lock_mine(visitor, acme, ada):
    for number in range(sign_in.PER_ACCOUNT):
        sign_in_as(visitor().at(acme), f"somebody{number}@acme.example", "wrong words here", expect=422)
    sign_in_as(visitor().at(acme), "ada@acme.example", PASSWORD)


@pytest.mark.parametrize(
    ("wish", "goes_to"),
    [
        ("/console/settings/brand?x=1", "/console/settings/brand?x=1"),
        ("//evil.example/", "/console/"),
        ("https://evil.example/", "/console/"),
        ("/\\evil.example", "/console/"),
        ("javascript:alert(1)", "/console/"),
        ("//[", "/console/"),
        ("http://[", "/console/"),
        ("/console\r\nSet-Cookie: a=b", "/console/"),
    ],
)
def test_after_signing_in_one_goes_on_inside_this_host_only(visitor, acme, ada, wish, goes_to):
    assert sign_in_as(visitor().at(acme), "ada@acme.example", PASSWORD, next=wish).location == goes_to


def test_signing_out_ends_the_session_on_the_server_too(visitor, acme, ada):
    who = visitor().at(acme)
    sign_in_as(who, "ada@acme.example", PASSWORD)
    home = who.get("console.home.index")
    stolen = next(iter(who.client._cookies.values())).value
    who.submit(home, "/sign-out")
    who.get("console.home.index", expect=303)
    who.client.set_cookie("rapport", stolen, domain=who.host.partition(":")[0])
    who.get("console.home.index", expect=303)


def test_a_forgotten_password_is_replaced_by_mail_once(visitor, session, services, acme, ada):
    who = visitor().at(acme)
    answer = who.submit(who.get("console.reset"), "/reset", email="ADA@acme.example")
    assert "mail with a link is on the way" in text_of(who.get(answer.location))
    message = _reset_mail(session, services, acme)
    assert message is not None
    assert message.to == "Ada@acme.example"
    path = "/" + next(word for word in message.text.split() if "/console/reset/" in word).split("/", 3)[3]
    form = who.get(path)
    assert "10 characters" in text_of(who.submit(form, "/reset/", expect=422, password="short"))
    who.submit(form, "/reset/", password="a brand new sentence")
    who.get(path, expect=404)
    sign_in_as(who, "ada@acme.example", "a brand new sentence")
    assert session.scalar(select(func.count()).where(AuditEntry.action == "staff.password_changed")) == 1


def test_an_unknown_address_leaves_the_same_row_and_no_mail(visitor, session, services, acme):
    who = visitor().at(acme)
    who.submit(who.get("console.reset"), "/reset", email="nobody@acme.example")
    assert _reset_mail(session, services, acme) is None


def test_asking_again_and_again_mails_once(visitor, session, services, acme, ada):
    who = visitor().at(acme)
    for _ in range(3):
        who.submit(who.get("console.reset"), "/reset", email="ada@acme.example")
    assert session.scalar(select(func.count()).where(Outbox.purpose == sign_in.RESET_MAIL)) == 1


def test_resets_asked_for_from_one_place_are_counted(visitor, acme, monkeypatch):
    monkeypatch.setattr("web.console.sign_in.RESETS", Limit(2, 60))
    who = visitor().at(acme)
    for number, expect in enumerate((303, 303, 429)):
        who.submit(who.get("console.reset"), "/reset", expect=expect, email=f"nobody{number}@acme.example")


def test_a_code_lets_in_once(visitor, session, services, acme, ada):
    code = sign_in.make_code(session, services.settings, session.get(StaffMember, ada.id))
    visitor().at(acme).get("console.enter", code, expect=303)
    visitor().at(acme).get("console.enter", code, expect=404)


def test_a_code_of_one_tenant_opens_nothing_at_another(visitor, session, services, acme, globex, ada):
    code = sign_in.make_code(session, services.settings, ada)
    visitor().at(globex).get("console.enter", code, expect=404)


@pytest.mark.parametrize("role", ["viewer", "analyst", "editor"])
def test_roles_reach_what_the_table_says(as_staff, acme, role):
    who = as_staff(role).at(acme)
    who.get("console.home.index")
    who.get("console.settings.brand", expect=200 if role == "editor" else 403)
    who.get("console.settings.api_keys", expect=403)
    who.post("console.settings.save_zone", data={"zone": "Europe/Vienna"}, expect=403)


def _reset_mail(session, services, acme):
    row = session.scalars(select(Outbox).where(Outbox.purpose == sign_in.RESET_MAIL)).one()
    mail = OutgoingMail(row.id, row.purpose, row.ref_id, str(new_id()), row.locale, acme, services.settings)
    with i18n.use("en"):
        return mails.PURPOSES[row.purpose](session, mail)

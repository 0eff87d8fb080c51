"""Signing in on the customer pages: one mail with a link and a code, for the right mailbox, once."""

from datetime import timedelta

import time_machine
from sqlalchemy import func, select

from customers import contact_rules, merging, suppressions
from customers.models import Consent, Contact, Person, PortalProof, PortalSession, Preferences
from customers.portal import throttle
from infra.clock import now
from tenants import branding
from tenants.models import AuditEntry
from tenants.permissions import SYSTEM
from tests.web.portal.story import asks, comes_in, types
from tests.web.story import text_of
from tests.web.test_enumeration import compare


def wrong(code):
    return "00000000" if code != "00000000" else "11111111"


def test_the_code_signs_in_the_browser_that_asked_and_no_other(browser, town):
    town.customer()
    eva, thief = browser(), browser()
    assert asks(eva, " EVA@Example.org ").location.endswith("/portal/sign-in/code")
    (mail,) = town.mails()
    assert (mail.to, mail.subject) == ("eva@example.org", "Sign in at Acme")
    thief.get("portal.door.code", expect=303)
    asks(thief, "nobody@example.org")
    types(thief, mail.code, expect=422)
    assert types(eva, f"{mail.code[:4]} {mail.code[4:]}").location.endswith("/portal")
    assert "Hello Eva" in text_of(eva.get("portal.index"))
    kept = town.session.scalars(select(PortalProof).where(PortalProof.spent_at.is_not(None))).one()
    assert mail.code.encode() not in (kept.code_hash or b"")
    assert mail.link.rpartition("/")[2].encode() not in (kept.token_hash or b"")


def test_the_link_signs_in_on_any_device_after_one_press_and_a_scanner_spends_nothing(browser, town):
    town.customer()
    asks(browser(), "eva@example.org")
    (mail,) = town.mails()
    phone = browser()
    for _ in range(3):
        page = phone.get(mail.link)
        phone.send("HEAD", mail.link, expect=200)
    assert "e…@example.org" in text_of(page)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert phone.submit(page, "/sign-in/link/").location.endswith("/portal")
    assert "Hello Eva" in text_of(phone.get("portal.index"))
    late = browser()
    assert "Ask for a new mail" in text_of(late.get(mail.link, expect=410))
    assert late.get("portal.index", expect=303).location.startswith("/portal/sign-in")


def test_five_tries_then_only_a_new_mail_helps_also_where_nobody_has_the_address(browser, town):
    town.customer()
    for email in ("eva@example.org", "eve@example.org"):
        guest = browser()
        asks(guest, email)
        mails = town.mails()
        code = mails[0].code if mails else "12345678"
        page = guest.get("portal.door.code")
        for _ in range(5):
            guest.submit(page, "/sign-in/code", expect=422, code=wrong(code))
        said = guest.submit(page, "/sign-in/code", expect=410, code=code)
        assert "Ask for a new mail" in text_of(said)


def test_asking_again_in_a_browser_voids_what_it_asked_for_before_and_time_runs_out(browser, town):
    town.customer()
    guest = browser()
    asks(guest, "eva@example.org")
    (first,) = town.mails()
    asks(guest, "eva@example.org")
    (second,) = town.mails()
    browser().get(first.link, expect=410)
    types(guest, wrong(second.code) if first.code == second.code else first.code, expect=422)
    page = guest.get("portal.door.code")
    with time_machine.travel(now() + timedelta(minutes=16)):
        guest.submit(page, "/sign-in/code", expect=410, code=second.code)
        browser().get(second.link)
    with time_machine.travel(now() + timedelta(minutes=61)):
        browser().get(second.link, expect=410)


def child(town):
    """Fourteen, where the tenant asks for sixteen; nobody has agreed for them."""
    contact_rules.set_consent(
        town.session, asked_first=[], confirmed=[], ages={"news": 16}, channels=["email"], by=SYSTEM
    )
    made = town.customer("kid@example.org", "Kim Brown")
    town.session.add(Preferences(person_id=made.id, birth_year=str(now().year - 14)))
    town.session.flush()
    return made


def erased(town):
    made = town.customer("gone@example.org", "Gone Brown")
    made.erased_at = now()
    town.session.flush()


def test_nobody_learns_whether_an_address_is_known_and_nobody_unknown_is_written_to(browser, town, monkeypatch):
    for limit in ("NETWORK", "MAILBOX", "LANE"):
        monkeypatch.setattr(throttle, limit, 1000)
    town.customer()
    town.customer("bounced@example.org")
    suppressions.add(town.session, "bounced@example.org", kind="hard_bounce", source="dsn")
    child(town)
    erased(town)

    def typed(email):
        guest = browser()
        asks(guest, email)
        return types(guest, "12345678", expect=422)

    for email in ("eva@example.org", "bounced@example.org", "kid@example.org", "gone@example.org"):
        compare(monkeypatch, lambda asked: asks(browser(), asked), known=email)
        compare(monkeypatch, typed, known=email)
    for email in ("bounced@example.org", "kid@example.org", "gone@example.org", "zzz@example.org"):
        asks(browser(), email)
        assert town.mails() == []
    refused = town.session.scalars(select(Contact.reason).where(Contact.state == "refused")).all()
    assert set(refused) == {"hard_bounce"}


def test_a_child_for_whom_a_guardian_agreed_gets_the_mail(browser, town):
    kim = child(town)
    agreed = Consent(
        person_id=kim.id,
        purpose="news",
        channel="email",
        state="given",
        source="link",
        guardian_confirmed=True,
        at=now(),
    )
    town.session.add(agreed)
    town.session.flush()
    asks(browser(), "kid@example.org")
    assert [mail.to for mail in town.mails()] == ["kid@example.org"]


def test_asking_too_often_is_refused_alike_for_everybody_and_says_when_to_come_back(browser, town, monkeypatch):
    town.customer()

    def ask(email):
        for _ in range(throttle.LANE):
            asks(browser(), email)
        return asks(browser(), email, expect=429)

    monkeypatch.setattr(throttle, "NETWORK", 1000)
    compare(monkeypatch, ask, known="eva@example.org")
    again = asks(browser(), "eva@example.org", expect=429)
    assert 3500 < int(again.headers["Retry-After"]) <= 3601
    assert "in 60 minutes" in text_of(again)
    with time_machine.travel(now() + timedelta(minutes=61)):
        asks(browser(), "eva@example.org")


def from_network(browser, address):
    found = browser()
    found.client.environ_base["REMOTE_ADDR"] = address
    return found


def test_a_stranger_who_asks_for_a_mailbox_keeps_its_owner_neither_out_nor_waiting(browser, town):
    town.customer()
    eva = from_network(browser, "198.51.100.1")
    asks(eva, "eva@example.org")
    (mail,) = town.mails()
    stranger = from_network(browser, "203.0.113.1")
    for _ in range(throttle.LANE):
        asks(stranger, "eva@example.org")
    asks(stranger, "eva@example.org", expect=429)
    other = from_network(browser, "198.51.100.2")
    asks(other, "eva@example.org")
    assert types(eva, mail.code).location.endswith("/portal")
    page = other.get("portal.door.code")
    other.submit(page, "/sign-in/code", expect=410, code="12345678")


def test_a_mailbox_asked_for_from_everywhere_is_opened_by_any_link_that_it_got(browser, town):
    town.customer()
    links = []
    for number in range(throttle.MAILBOX):
        one = from_network(browser, f"203.0.113.{number}")
        asks(one, "eva@example.org")
        (mail,) = town.mails()
        links.append(mail.link)
        asks(one, f"other.{number}@example.org")
    eva = from_network(browser, "198.51.100.1")
    assert "the link in the newest one" in text_of(asks(eva, "eva@example.org", expect=429))
    for link in (links[0], links[-1]):
        eva.get(link)
    assert eva.submit(eva.get(links[-1]), "/sign-in/link/").location.endswith("/portal")
    browser().get(links[0], expect=410)
    asks(from_network(browser, "198.51.100.2"), "eva@example.org")


def test_a_browser_that_proved_a_mailbox_asks_for_it_whatever_its_network_did(browser, town, monkeypatch):
    town.customer()
    eva = browser()
    asks(eva, "eva@example.org")
    types(eva, town.mails()[0].code)
    eva.submit(eva.get("portal.places"), "/sign-out")
    monkeypatch.setattr(throttle, "NETWORK", 2)
    asks(browser(), "eva@example.org")
    asks(browser(), "b@example.org")
    asks(browser(), "c@example.org", expect=429)
    asks(eva, "c@example.org", expect=429)
    asks(eva, "eva@example.org")
    assert types(eva, town.mails()[0].code).location.endswith("/portal")


def test_a_workspace_that_is_asked_very_often_serves_each_network_less_and_none_not_at_all(
    browser, town, monkeypatch
):
    monkeypatch.setattr(throttle, "WORKSPACE", 2)
    monkeypatch.setattr(throttle, "PRESSED", 3)
    for number in range(3):
        asks(from_network(browser, "203.0.113.1"), f"{number}@example.org")
    asks(from_network(browser, "203.0.113.1"), "more@example.org", expect=429)
    asks(from_network(browser, "203.0.113.2"), "more@example.org")


def test_codes_to_new_addresses_take_nothing_from_who_has_them(browser, town):
    town.customer("zoe@example.org", "Zoe Green")
    eva = comes_in(from_network(browser, "203.0.113.1"), town, town.customer())
    for _ in range(throttle.WISHES):
        eva.submit(eva.get("portal.correction"), "/data/email", email="zoe@example.org")
    eva.submit(eva.get("portal.correction"), "/data/email", expect=429, email="zoe@example.org")
    asks(from_network(browser, "203.0.113.1"), "zoe@example.org")


def test_a_family_with_one_mailbox_is_asked_who_it_is_by_first_names_alone(browser, town):
    town.customer(name="Eva Brown")
    adam = town.customer(name="Adam Brown")
    stranger = town.customer("other@example.org", "Zoe Green")
    guest = browser()
    asks(guest, "eva@example.org")
    (mail,) = town.mails()
    assert types(guest, mail.code).location.endswith("/sign-in/who")
    page = guest.get("portal.door.who")
    assert "Eva" in text_of(page)
    assert "Brown" not in text_of(page)
    guest.get("portal.index", expect=303)
    guest.submit(page, "/sign-in/who", expect=410, person=str(stranger.id))
    assert guest.submit(page, "/sign-in/who", person=str(adam.id)).location.endswith("/portal")
    assert "Hello Adam" in text_of(guest.get("portal.index"))
    assert guest.get("portal.door.who", expect=303).location.endswith("/portal/sign-in")
    assert town.session.scalar(select(func.count()).select_from(PortalSession)) == 1


def test_who_was_merged_comes_in_as_who_they_are_now_and_older_sessions_end(browser, town):
    eva, twin = town.customer(), town.customer("twin@example.org", "Evi Brown")
    before = comes_in(browser(), town, twin)
    before.get("portal.index")
    merging.merge(town.session, eva.id, twin.id, by=SYSTEM)
    before.get("portal.index", expect=303)
    guest = browser()
    asks(guest, "twin@example.org")
    (mail,) = town.mails()
    assert mail.to == "twin@example.org"
    types(guest, mail.code)
    assert "Hello Eva" in text_of(guest.get("portal.index"))
    eva.erased_at = now()
    town.session.flush()
    guest.get("portal.index", expect=303)


def test_closing_the_pages_signs_everybody_out_for_good(browser, town, as_staff, acme):
    eva = comes_in(browser(), town, town.customer())
    eva.get("portal.index")
    admin = as_staff("admin").at(acme)
    form = admin.get("console.settings.portal")
    admin.submit(form, "/settings/portal", welcome="Nice to see you.")
    for endpoint in ("portal.index", "portal.door.sign_in", "portal.data"):
        eva.get(endpoint, expect=404)
    admin.submit(admin.get("console.settings.portal"), "/settings/portal", open="yes", welcome="Good to see you.")
    eva.get("portal.index", expect=303)
    assert "Good to see you." in text_of(
        comes_in(browser(), town, town.customer("b@example.org")).get("portal.index")
    )
    admin.submit(form, "/settings/portal", expect=422, open="yes", welcome="x" * 301)
    noted = select(AuditEntry.data).where(AuditEntry.action == "portal.settings_changed").order_by(AuditEntry.id)
    assert [data["open"] for data in town.session.scalars(noted)] == [False, True]
    as_staff("editor").at(acme).get("console.settings.portal", expect=403)


def test_a_session_dies_of_rest_after_a_month_and_of_age_after_half_a_year(browser, town):
    eva = comes_in(browser(), town, town.customer())
    for day in range(25, 176, 25):
        with time_machine.travel(now() + timedelta(days=day)):
            eva.get("portal.index")
    with time_machine.travel(now() + timedelta(days=181)):
        eva.get("portal.index", expect=303)
    zoe = comes_in(browser(), town, town.customer("zoe@example.org"))
    with time_machine.travel(now() + timedelta(days=31)):
        zoe.get("portal.index", expect=303)


def test_signing_in_makes_a_new_session_and_leads_only_to_pages_of_ours(browser, town):
    town.customer()
    for wish, leads in (("/portal/data", "/portal/data"), ("//evil.example", "/portal"), ("/console", "/portal")):
        guest = browser()
        guest.client.set_cookie("rapport-portal", "fixed-by-somebody", domain=guest.host.partition(":")[0])
        page = guest.get(f"/portal/sign-in?next={wish}")
        guest.submit(page, "/portal/sign-in", email="eva@example.org")
        (mail,) = town.mails()
        answer = types(guest, mail.code)
        assert answer.location.endswith(leads)
        cookie = guest.client.get_cookie("rapport-portal", domain=guest.host.partition(":")[0])
        assert cookie.value != "fixed-by-somebody"
        assert cookie.http_only
        assert cookie.same_site == "Lax"


def test_people_see_where_they_are_signed_in_and_end_it_there(browser, town):
    eva = town.customer()
    here, there, elsewhere = (comes_in(browser(), town, eva) for _ in range(3))
    page = here.get("portal.places")
    assert text_of(page).count("Firefox on Windows") >= 3
    here.submit(page, "/end")
    living = town.session.scalars(select(PortalSession).where(PortalSession.ended_at.is_(None))).all()
    assert len(living) == 2
    here.submit(here.get("portal.places"), "/places/end")
    for gone in (there, elsewhere):
        gone.get("portal.index", expect=303)
    here.submit(here.get("portal.places"), "/sign-out")
    here.get("portal.index", expect=303)


def test_the_language_is_switched_before_and_after_signing_in(browser, town):
    branding.set_languages(town.session, languages=["en", "de", "fr"], default="en", by=SYSTEM)
    eva = town.customer()
    guest = browser()
    guest.submit(guest.get("portal.door.sign_in"), "/sign-in/language", language="de", next="/portal/sign-in")
    assert "Code per E-Mail schicken" in text_of(guest.get("portal.door.sign_in"))
    guest = comes_in(browser(), town, eva)
    guest.submit(guest.get("portal.index"), "/portal/language", language="fr", next="/portal/data")
    assert "Bonjour Eva" in text_of(guest.get("portal.index"))
    town.session.expire_all()
    assert town.session.get_one(Person, eva.id).language == "fr"

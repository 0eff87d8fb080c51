"""From the form on the platform's host to the owner's session on the tenant's."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from infra import i18n
from infra.jobs.declared import spec_of
from infra.limits import Limit
from infra.mail.models import ControlOutbox
from infra.mail.purposes import OutgoingMail
from migrations import TENANT
from tenants import mails, provisioning, sign_up
from tenants.jobs import fill_spares
from tenants.models import SignUp, StaffMember, Tenant
from tests.web.story import PASSWORD, Person, text_of
from web import create_app
from web.visitors import counted


@pytest.fixture
def wish():
    slug = "bakery-" + uuid4().hex[:8]
    return {
        "business_name": "Bäckerei Öz",
        "slug": slug,
        "name": "Ada Öz",
        "email": f"ada@{slug}.example",
        "password": PASSWORD,
    }


@pytest.fixture
def real(services):
    """The application with real commits, and a schema to open."""
    provisioning.make_spare(services.db, services.keys, "default", TENANT)
    return create_app(services)


def newest_mail(services, purpose, locale="en"):
    """The newest mail of the platform, as the worker would render it."""
    with services.db.control_session() as session:
        row = session.scalars(
            select(ControlOutbox).where(ControlOutbox.purpose == purpose).order_by(ControlOutbox.id.desc())
        ).first()
        mail = OutgoingMail(row.id, row.purpose, row.ref_id, row.key, locale, None, services.settings)
        with i18n.use(locale):
            return mails.PURPOSES[purpose](session, mail)


def link_in(message):
    return next(word for word in message.text.split() if "/verify/" in word).partition("://")[2].partition("/")


def test_a_business_signs_up_and_its_owner_arrives_in_the_console(real, services, wish):
    ada = Person(real)
    sent = ada.submit(ada.get("platform.sign_up"), "/sign-up", **wish)
    assert "mailbox" in text_of(ada.get(sent.location))

    message = newest_mail(services, sign_up.VERIFY_MAIL)
    assert message.to == wish["email"]
    assert "Bäckerei Öz" in message.subject
    path = "/" + link_in(message)[2]
    page = ada.get(path)
    assert wish["slug"] in text_of(page)
    opened = ada.submit(page, "/verify/")

    host, _, code = opened.location.partition("://")[2].partition("/")
    ada.host = host
    assert host.startswith(wish["slug"] + ".")
    home = ada.get("/" + code, expect=303)
    arrived = text_of(ada.get(home.location))
    assert "First steps" in arrived
    assert "Ada Öz" in arrived
    ada.get("/" + code, expect=404)
    invited = {"email": "kim@bakery.example", "name": "Kim", "role": "editor"}
    said = ada.submit(ada.get("console.settings.invitation"), "/people/invitation", **invited)
    assert "/settings/people" in said.location  # the password was typed to sign up and is not asked for again

    ada.host = "localhost:8000"
    assert "opened with this link already" in text_of(ada.get(path))


def test_the_same_form_sent_twice_is_one_wish_and_one_mail(visitor, joined, wish):
    ada = visitor()
    for _ in range(2):
        ada.submit(ada.get("platform.sign_up"), "/sign-up", **wish)
    with joined.db.control_session() as session:
        wishes = session.scalars(select(SignUp.id).where(SignUp.slug == wish["slug"])).all()
        mailed = session.scalar(select(func.count()).where(ControlOutbox.ref_id.in_(wishes)))
    assert (len(wishes), mailed) == (1, 1)


def test_two_clicks_at_once_open_one_workspace(real, services, wish):
    provisioning.make_spare(services.db, services.keys, "default", TENANT)
    with services.db.control_session() as session:
        asked = sign_up.request(session, services.keys, locale="de", **wish)
    token = sign_up.link_token(services.settings, asked)

    def click(_):
        return sign_up.open_workspace(services.db, services.keys, services.settings, token)

    with ThreadPoolExecutor(4) as clicks:
        opened = [each for each in clicks.map(lambda n: _outcome(click, n), range(4)) if each]
    assert len({each.tenant.id for each in opened}) == 1
    with services.db.control_session() as session:
        assert session.scalar(select(func.count()).where(Tenant.slug == wish["slug"])) == 1
    with services.db.tenant_session(opened[0].tenant) as session:
        assert session.scalar(select(func.count(StaffMember.id))) == 1
        assert session.scalars(select(StaffMember)).one().email == wish["email"]


def test_a_chain_that_broke_is_taken_up_by_clicking_again(real, services, wish, monkeypatch):
    with services.db.control_session() as session:
        asked = sign_up.request(session, services.keys, locale="en", **wish)
    token = sign_up.link_token(services.settings, asked)
    with monkeypatch.context() as broken:
        broken.setattr(sign_up, "_note_done", _dies)
        with pytest.raises(ConnectionError):
            sign_up.open_workspace(services.db, services.keys, services.settings, token)
    opened = sign_up.open_workspace(services.db, services.keys, services.settings, token)
    with services.db.tenant_session(opened.tenant) as session:
        assert session.scalar(select(func.count(StaffMember.id))) == 1


def test_where_no_workspace_is_ready_the_page_says_so_keeps_its_button_and_asks_for_more(
    services, wish, monkeypatch
):
    with services.db.control_session() as session:
        asked = sign_up.request(session, services.keys, locale="en", **wish)
    ada, path = Person(create_app(services)), f"/verify/{sign_up.link_token(services.settings, asked)}"
    queue = services.queues.queue(spec_of(fill_spares).queue)
    with monkeypatch.context() as full:
        full.setattr(provisioning, "_claim", _no_room)
        before = queue.count
        refused = ada.submit(ada.get(path), "/verify/", expect=503)
        assert "Nothing was lost" in text_of(refused)
        assert "Please try again in a few minutes" in text_of(refused)
        assert queue.count == before + 1
    provisioning.make_spare(services.db, services.keys, "default", TENANT)
    assert f"//{wish['slug']}." in ada.submit(refused, "/verify/").location
    assert queue.count == before + 2  # for the next who signs up


def test_whoever_comes_second_to_an_address_may_choose_another(real, services, wish):
    for _ in range(2):
        provisioning.make_spare(services.db, services.keys, "default", TENANT)
    with services.db.control_session() as session:
        first = sign_up.request(session, services.keys, locale="en", **wish)
        second = sign_up.request(session, services.keys, locale="en", **{**wish, "email": "eve@elsewhere.example"})
    sign_up.open_workspace(
        services.db, services.keys, services.settings, sign_up.link_token(services.settings, first)
    )
    eve, path = Person(real), f"/verify/{sign_up.link_token(services.settings, second)}"
    refused = eve.submit(eve.get(path), "/verify/", expect=409)
    assert "taken" in text_of(refused)
    other = wish["slug"] + "-2"
    assert eve.submit(refused, "/verify/", slug=other).location.startswith(f"http://{other}.")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("slug", "admin", "reserved"),
        ("slug", "a_b", "small letters"),
        ("slug", "acme", "taken"),
        ("password", "short", "10 characters"),
        ("password", "password123", "guessed"),
        ("email", "nobody", "ann@example.org"),
        ("email", "ann@[127.0.0.1]", "ann@example.org"),
        ("email", '"<ann>"@example.org', "ann@example.org"),
        ("business_name", "  ", "fill this in"),
    ],
)
def test_what_cannot_be_accepted_is_said_beside_its_field_and_what_was_typed_stays(
    visitor, wish, field, value, sentence
):
    ada = visitor()
    page = ada.submit(ada.get("platform.sign_up"), "/sign-up", expect=422, **{**wish, field: value})
    assert sentence in text_of(page)
    assert PASSWORD not in page.text
    if field != "business_name":
        assert "Bäckerei Öz" in page.text


def test_nobodys_mailbox_is_filled_by_somebody_else(visitor, wish):
    who = visitor()
    for number in range(sign_up.MOST_PER_HOUR):
        who.submit(who.get("platform.sign_up"), "/sign-up", **{**wish, "slug": f"{wish['slug']}-{number}"})
    page = who.submit(who.get("platform.sign_up"), "/sign-up", expect=429, **wish)
    assert "try again in an hour" in text_of(page)


def test_forms_of_one_visitor_are_counted(visitor, wish, monkeypatch):
    monkeypatch.setattr("web.platform.sign_up._COUNTED", counted("forms", Limit(2, 60), Limit(100, 60)))
    who = visitor()
    for expect in (303, 303, 429):
        who.submit(who.get("platform.find_workspace"), "/find-workspace", expect=expect, email="a@b.example")


def test_somebody_elses_password_never_stands_in_for_mine(joined, wish):
    with joined.db.control_session() as session:
        first = sign_up.request(session, joined.keys, locale="en", **wish)
        second = sign_up.request(session, joined.keys, locale="en", **{**wish, "password": "another set of words"})
    assert first.id != second.id


def test_find_my_workspace_answers_alike_and_mails_only_who_has_one(real, services, wish):
    with services.db.control_session() as session:
        asked = sign_up.request(session, services.keys, locale="en", **wish)
    sign_up.open_workspace(
        services.db, services.keys, services.settings, sign_up.link_token(services.settings, asked)
    )
    who = Person(real)
    pages = []
    for email in (wish["email"].upper(), "nobody@nowhere.example"):
        answer = who.submit(who.get("platform.find_workspace"), "/find-workspace", email=email)
        pages.append(text_of(who.get(answer.location)))
        message = newest_mail(services, sign_up.WORKSPACES_MAIL, "de")
        assert (message is not None) == (email != "nobody@nowhere.example")
        if message:
            assert f"http://{wish['slug']}.localhost:8000/console/sign-in" in message.text
    assert pages[0] == pages[1]


def test_links_of_others_and_old_ones_are_refused(visitor, services):
    for token in ("x", "e30.e30", "a.b.c", "%00", "x" * 5000):
        visitor().get(f"/verify/{token}", expect=404)


def _outcome(click, number):
    try:
        return Context().run(click, number)
    except sign_up.LinkExpired:
        return None


def _dies(*_):
    raise ConnectionError("the process was killed here")


def _no_room(*arguments):
    raise provisioning.NoRoom()


def test_nobody_lists_which_addresses_are_taken(real, monkeypatch):
    monkeypatch.setattr(
        "web.platform.sign_up._ASKED", counted(f"addresses-{uuid4().hex}", Limit(3, 3600), Limit(9, 3600))
    )
    person = Person(real)
    for _ in range(3):
        assert "taken" in text_of(person.get("platform.check_address", query_string={"slug": "acme"}))
    person.get("platform.check_address", query_string={"slug": "acme"}, expect=429)

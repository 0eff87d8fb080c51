"""One's own profile: name, language, zone, address, password, and leaving."""

import pytest
import time_machine
from sqlalchemy import select

from infra import i18n
from infra.clock import now
from infra.ids import new_id
from infra.mail.models import Outbox
from infra.mail.purposes import OutgoingMail
from surveys import surveys
from surveys.models import Survey
from tenants import branding, mails, profile, sessions, sign_in, staff
from tenants.models import AuditEntry, StaffMember, StaffSession, StaffToken
from tenants.permissions import SYSTEM
from tests.web.story import PASSWORD, Person, add_member, text_of

NEW_PASSWORD = "nine patient lanterns glow"


@pytest.fixture
def ada(as_staff, acme):
    return as_staff("editor").at(acme)


def member_of(session, person):
    return session.get(StaffMember, person.member_id, populate_existing=True)


def letter(session, services, tenant, purpose):
    """The newest mail of a purpose as the worker would render it."""
    row = session.scalars(select(Outbox).where(Outbox.purpose == purpose).order_by(Outbox.id.desc())).first()
    mail = OutgoingMail(row.id, row.purpose, row.ref_id, str(new_id()), "en", tenant, services.settings)
    with i18n.use("en"):
        return mails.PURPOSES[purpose](session, mail)


def path_in(message):
    return "/" + next(word for word in message.text.split() if "/console/" in word).split("/", 3)[3]


def ask_for(who, email, password=PASSWORD, expect=303):
    typed = {"email": email, "address_password": password}
    return who.post("console.profile.ask_for_address", data=typed, expect=expect)


def test_the_name_in_the_frame_leads_to_the_profile(ada):
    page = ada.get("console.home.index")
    assert "/console/profile" in page.text


def test_name_language_and_zone_are_kept_and_used(ada, session):
    branding.set_zone(session, zone="Europe/Vienna", by=SYSTEM)
    session.flush()
    page = ada.get("console.profile.index")
    answer = ada.submit(page, "/console/profile", name="  Ada   Öz ", locale="de", zone="Asia/Tokyo")
    seen = ada.get(answer.location)
    assert 'lang="de"' in seen.text
    assert "Ada Öz" in text_of(seen)
    member = member_of(session, ada)
    assert (member.name, member.locale, member.zone) == ("Ada Öz", "de", "Asia/Tokyo")
    ada.post("console.profile.save", data={"name": "Ada", "locale": "", "zone": ""})
    member = member_of(session, ada)
    assert (member.locale, member.zone) == (None, None)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "staff.profile_changed")).first()
    assert "Ada" not in str(entry.data)


def test_times_are_shown_in_ones_own_zone_or_else_the_workspaces(as_staff, session, acme):
    branding.set_zone(session, zone="Europe/Vienna", by=SYSTEM)
    session.flush()
    admin = as_staff("admin").at(acme)
    assert "(Europe/Vienna)" in admin.get("console.settings.people_list").text
    admin.post("console.profile.save", data={"name": "Ada", "locale": "en", "zone": "Asia/Tokyo"})
    shown = admin.get("console.settings.people_list").text
    assert "(Asia/Tokyo)" in shown
    assert "(Europe/Vienna)" not in shown


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 81), ("name", "see www.x.example"), ("locale", "xx"), ("zone", "Mars/Base")],
)
def test_a_profile_that_cannot_be_is_refused_beside_its_field(ada, session, field, value):
    typed = {"name": "Ada", "locale": "en", "zone": "UTC", field: value}
    page = ada.post("console.profile.save", data=typed, expect=422)
    assert 'aria-invalid="true"' in page.text
    assert member_of(session, ada).name == "Editor"


def test_a_new_password_wants_the_present_one_and_ends_the_other_sessions(ada, visitor, session, acme):
    member = member_of(session, ada)
    other = sessions.start(session, member)
    session.flush()
    page = ada.get("console.profile.index")
    wrong = ada.submit(page, "/profile/password", expect=422, present="not this one", password=NEW_PASSWORD)
    assert "not your present password" in text_of(wrong)
    same = ada.submit(page, "/profile/password", expect=422, present=PASSWORD, password=PASSWORD)
    assert "Choose another" in text_of(same)
    answer = ada.submit(page, "/profile/password", present=PASSWORD, password=NEW_PASSWORD)
    assert "signed out everywhere else" in text_of(ada.get(answer.location))
    session.expire_all()
    assert sessions.find(session, other) is None
    guest = visitor().at(acme)
    guest.submit(guest.get("console.sign_in"), "/sign-in", email=member.email, password=NEW_PASSWORD)


def test_guesses_at_the_present_password_are_slowed_down(ada):
    with time_machine.travel(now(), tick=False):  # however slow the machine is
        statuses = [
            ada.client.open(
                ada.address("console.profile.change_password"),
                method="POST",
                base_url=f"http://{ada.host}",
                headers={"X-CSRFToken": ada.csrf()},
                data={"present": "not this one", "password": NEW_PASSWORD},
            ).status_code
            for _ in range(8)
        ]
    assert statuses[0] == 422
    assert statuses[-1] == 429


def test_a_new_address_counts_when_its_mailbox_has_answered(ada, visitor, session, services, acme):
    before = member_of(session, ada).email
    answer = ask_for(ada, "Ada@else.example")
    assert "Waiting to be confirmed: Ada@else.example" in text_of(ada.get(answer.location))
    assert member_of(session, ada).email == before
    message = letter(session, services, acme, profile.CONFIRM_MAIL)
    assert message.to == "Ada@else.example"
    guest = visitor().at(acme)
    for _ in range(2):
        page = guest.get(path_in(message))
    guest.submit(page, "/address/")
    assert member_of(session, ada).email == "Ada@else.example"
    told = letter(session, services, acme, profile.CHANGED_MAIL)
    assert told.to == before
    guest.get(path_in(message), expect=404)
    assert staff.find_by_email(session, "ada@ELSE.example").id == ada.member_id
    assert staff.find_by_email(session, before) is None


def test_an_address_is_not_changed_without_the_password_or_to_a_colleagues(ada, session, acme):
    taken = add_member(session, "viewer").email
    assert "not your present password" in text_of(ask_for(ada, "ada@else.example", password="no", expect=422))
    assert "on the team already" in text_of(ask_for(ada, taken.upper(), expect=422))
    assert "your address already" in text_of(ask_for(ada, member_of(session, ada).email.upper(), expect=422))
    assert session.scalars(select(StaffToken)).all() == []


def test_the_newest_link_counts_and_none_after_it_was_dropped(ada, visitor, session, services, acme):
    ask_for(ada, "one@else.example")
    first = path_in(letter(session, services, acme, profile.CONFIRM_MAIL))
    ask_for(ada, "two@else.example")
    second = path_in(letter(session, services, acme, profile.CONFIRM_MAIL))
    guest = visitor().at(acme)
    guest.get(first, expect=404)
    guest.get(second)
    ada.submit(ada.get("console.profile.index"), "/address/withdrawal")
    guest.get(second, expect=404)


def test_an_address_that_a_colleague_took_meanwhile_is_refused_in_words(ada, visitor, session, services, acme):
    ask_for(ada, "ada@else.example")
    path = path_in(letter(session, services, acme, profile.CONFIRM_MAIL))
    guest = visitor().at(acme)
    page = guest.get(path)
    add_member(session, "viewer", email="ADA@else.example")
    session.flush()
    assert "on the team already" in text_of(guest.submit(page, "/address/", expect=409))


def test_a_link_for_an_address_is_worth_nothing_at_another_tenant_or_after_a_day(
    ada, visitor, session, services, acme, globex
):
    ask_for(ada, "ada@else.example")
    path = path_in(letter(session, services, acme, profile.CONFIRM_MAIL))
    visitor().at(globex).get(path, expect=404)
    session.scalars(select(StaffToken)).one().expires_at = now()
    session.flush()
    visitor().at(acme).get(path, expect=404)


def test_an_old_reset_link_dies_with_the_address(ada, session, services, acme, visitor):
    member = member_of(session, ada)
    token = sign_in.reset_link(services.settings, acme.id, member)
    ask_for(ada, "ada@else.example")
    guest = visitor().at(acme)
    guest.submit(guest.get(path_in(letter(session, services, acme, profile.CONFIRM_MAIL))), "/address/")
    guest.get("console.new_password", token, expect=404)


def test_who_leaves_hands_on_what_they_own_and_is_signed_out(ada, as_staff, session, acme):
    owner = as_staff("owner").at(acme)
    mine = surveys.create(session, "Mine", zone="UTC", by=ada.member_id)
    session.flush()
    page = ada.get("console.profile.leaving")
    assert "Surveys (1)" in text_of(page)
    answer = ada.submit(page, "/leaving", heir_surveys=str(owner.member_id))
    assert "You have left the workspace" in text_of(ada.get(answer.location))
    ada.get("console.home.index", expect=303)
    session.expire_all()
    assert session.get(Survey, mine.id).owner_id == owner.member_id
    living = select(StaffSession).where(StaffSession.staff_id == ada.member_id, StaffSession.ended_at.is_(None))
    assert session.scalars(living).all() == []
    assert session.scalars(select(AuditEntry).where(AuditEntry.action == "staff.left")).one()


def test_the_owner_cannot_leave(app, acme):
    owner = Person(app, role="owner").at(acme)
    assert "Hand the workspace over first" in text_of(owner.get("console.profile.leaving"))
    owner.post("console.profile.leave", expect=409)
    owner.get("console.home.index")

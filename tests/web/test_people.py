"""People of a workspace through its pages: list, invitations, roles, removal, ownership."""

import re
from contextvars import Context

import pytest
from sqlalchemy import select

from infra.clock import now
from infra.http import Policy
from surveys import surveys
from surveys.models import Survey
from tenants import api_keys, branding, invitations, people, sessions, staff
from tenants.models import ApiKey, AuditEntry, Invitation, StaffMember, StaffSession
from tenants.permissions import ROLES, SYSTEM, TABLE, Actor, of_role
from tenants.webhooks import endpoints
from tenants.webhooks.models import WebhookEndpoint
from tests.web.console_surveys.test_queries import statements
from tests.web.story import PASSWORD, add_member, text_of

NEW_PASSWORD = "nine patient lanterns glow"


def invite(who, email="kim@else.example", role="editor", expect=303, **more):
    page = who.get("console.settings.invitation")
    return who.submit(page, "/people/invitation", expect=expect, email=email, role=role, **more)


def link_of(services, tenant, invitation):
    return f"/console/invitation/{invitations.link_token(services.settings, tenant.id, invitation)}"


def newest(session):
    return session.scalars(select(Invitation).order_by(Invitation.id.desc())).first()


def actor(member):
    return Actor("staff", member.id, of_role(member.role))


def test_everybody_sees_who_works_here_and_admins_more(as_staff, session, acme):
    add_member(session, "editor", email="eve@acme.example").name = "Eve Örtel"
    session.flush()
    viewer, admin = as_staff("viewer").at(acme), as_staff("admin").at(acme)
    seen = text_of(viewer.get("console.settings.people_list"))
    assert "Eve Örtel eve@acme.example Editor" in seen
    assert "Last seen" not in seen
    assert "Invite colleague" not in seen
    more = text_of(admin.get("console.settings.people_list"))
    assert "Last seen" in more
    assert "Nobody is invited at the moment" in more


def test_a_search_looks_into_names_and_addresses(as_staff, session, acme):
    for name, email in (("Eve Örtel", "eve@acme.example"), ("Bo Lind", "bo@else.example")):
        add_member(session, "editor", email=email).name = name
    session.flush()
    who = as_staff("viewer").at(acme)
    for words, there in (("örtel", "Eve"), ("ELSE", "Bo"), ("eve acme", "Eve")):
        page = text_of(who.get("console.settings.people_list", query_string={"q": words}))
        assert there in page
        assert ("Bo" if there == "Eve" else "Örtel") not in page
    assert "Nobody fits" in text_of(who.get("console.settings.people_list", query_string={"q": "zzz"}))


def test_the_page_about_roles_is_the_table(as_staff, acme):
    page = as_staff("viewer").at(acme).get("console.settings.roles")
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</th>(.*?)</tr>", page.text, re.S)
    assert len(rows) == len(TABLE)
    for line, (words, cells) in zip(TABLE, rows, strict=True):
        assert words.replace("&#39;", "'") == line.words
        shown = zip(ROLES, re.findall(r"<td data-label.*?</td>", cells, re.S), strict=True)
        assert {role for role, cell in shown if "✓" in cell} == line.roles


def test_an_invited_colleague_joins_and_is_signed_in(as_staff, visitor, session, services, acme):
    invite(as_staff("owner").at(acme), name="Kim")
    path = link_of(services, acme, newest(session))
    kim = visitor().at(acme)
    for _ in range(2):
        page = kim.get(path)
    assert 'value="Kim"' in page.text
    assert "kim@else.example" in text_of(page)
    refused = kim.submit(page, "/invitation/", expect=422, name="Kim", password="short", locale="en")
    assert "10 characters" in text_of(refused)
    answer = kim.submit(page, "/invitation/", name="Kim Lee", password=NEW_PASSWORD, locale="de")
    home = kim.get(answer.location)
    assert "Kim Lee" in text_of(home)
    assert 'lang="de"' in home.text
    used = kim.get(path, expect=410)
    assert "accepted already" in text_of(used) or "bereits" in text_of(used)


def test_a_browser_of_somebody_else_is_told_so_and_changes_hands(as_staff, session, services, acme):
    admin = as_staff("admin").at(acme)
    invite(admin)
    page = admin.get(link_of(services, acme, newest(session)))
    assert "You are signed in as Admin" in text_of(page)
    admin.submit(page, "/invitation/", name="Kim Lee", password=NEW_PASSWORD, locale="en")
    assert "Kim Lee" in text_of(admin.get("console.profile.index"))
    living = select(StaffSession).where(StaffSession.staff_id == admin.member_id, StaffSession.ended_at.is_(None))
    assert session.scalars(living).all() == []


def test_whoever_joins_a_workspace_that_asks_for_a_second_factor_sets_it_up_first(
    as_staff, visitor, session, services, acme
):
    invite(as_staff("admin").at(acme))
    branding.changed(session).second_factor_required_at = now()
    session.flush()
    kim = visitor().at(acme)
    page = kim.get(link_of(services, acme, newest(session)))
    kim.submit(page, "/invitation/", name="Kim Lee", password=NEW_PASSWORD, locale="en")
    for endpoint in ("console.home.index", "console.settings.people_list", "console.profile.index"):
        assert "/console/security/second-factor" in kim.get(endpoint, expect=303).location


def test_a_withdrawn_invitation_and_a_made_up_one_have_pages_of_their_own(
    as_staff, visitor, session, services, acme, globex
):
    admin = as_staff("admin").at(acme)
    invite(admin)
    found = newest(session)
    path = link_of(services, acme, found)
    assert "may have been cut off" in text_of(visitor().at(globex).get(path, expect=410))
    page = admin.get("console.settings.people_list")
    admin.submit(page, "/withdrawal")
    over = text_of(visitor().at(acme).get(path, expect=410))
    assert "was withdrawn" in over
    assert "cut off" in text_of(visitor().at(acme).get("/console/invitation/made-up", expect=410))


def test_inviting_twice_says_so_beside_the_field_and_keeps_what_was_typed(as_staff, acme):
    admin = as_staff("admin").at(acme)
    invite(admin)
    page = invite(admin, email="KIM@else.example", name="Kim", expect=422)
    assert "invited already" in text_of(page)
    assert 'value="KIM@else.example"' in page.text
    assert "moment ago" in text_of(
        admin.get(admin.submit(admin.get("console.settings.people_list"), "/sending").location)
    )


def test_what_a_role_may_not_do_is_not_reachable(as_staff, session, acme):
    other = add_member(session, "viewer")
    for role in ("editor", "analyst", "viewer"):
        who = as_staff(role).at(acme)
        who.get("console.settings.invitation", expect=403)
        who.post("console.settings.invite", data={"email": "x@else.example", "role": "viewer"}, expect=403)
        who.post("console.settings.change_role", other.id, data={"role": "admin"}, expect=403)
        who.get("console.settings.removal", other.id, expect=403)
        who.post("console.settings.remove", other.id, expect=403)
        who.get("console.settings.ownership_page", expect=403)
        assert "Change role" not in text_of(who.get("console.settings.person", other.id))
    admin = as_staff("admin").at(acme)
    admin.get("console.settings.ownership_page", expect=403)
    admin.post("console.settings.transfer", data={"heir": str(other.id), "password": PASSWORD}, expect=403)


def test_a_new_role_signs_the_colleague_out_and_holds_from_then_on(as_staff, session, acme):
    editor = as_staff("editor").at(acme)
    editor.get("console.settings.brand")
    as_staff("admin").at(acme).post("console.settings.change_role", editor.member_id, data={"role": "viewer"})
    editor.get("console.home.index", expect=303)
    assert session.get(StaffMember, editor.member_id, populate_existing=True).role == "viewer"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "staff.role_changed")).one()
    assert (entry.data["before"], entry.data["role"]) == ("editor", "viewer")


def test_an_admin_touches_neither_the_owner_nor_themselves(as_staff, session, acme):
    owner, admin = as_staff("owner").at(acme), as_staff("admin").at(acme)
    admin.post("console.settings.change_role", owner.member_id, data={"role": "viewer"}, expect=403)
    admin.get("console.settings.removal", owner.member_id, expect=403)
    admin.post("console.settings.remove", owner.member_id, expect=409)
    admin.post("console.settings.change_role", admin.member_id, data={"role": "viewer"}, expect=422)
    admin.post("console.settings.remove", admin.member_id, expect=409)
    admin.post("console.settings.change_role", add_member(session, "editor").id, data={"role": "owner"}, expect=422)


def test_a_removed_colleague_is_out_and_what_was_theirs_is_anothers(as_staff, visitor, session, acme):
    editor, admin = as_staff("editor").at(acme), as_staff("admin").at(acme)
    member = session.get(StaffMember, editor.member_id)
    mine = surveys.create(session, "Mine", zone="UTC", by=member.id)
    key, _ = api_keys.create(session, name="Theirs", scopes=["surveys.read"], by=SYSTEM)
    key.created_by = member.id
    session.flush()
    page = admin.get("console.settings.removal", member.id)
    assert "Surveys (1): who takes over" in text_of(page)
    assert "Theirs" in text_of(page)
    refused = admin.submit(page, "/removal", expect=422, heir_surveys="nobody")
    assert "Choose a colleague" in text_of(refused)
    admin.submit(page, "/removal", heir_surveys=str(admin.member_id))
    editor.get("console.home.index", expect=303)
    session.expire_all()
    assert session.get(Survey, mine.id).owner_id == admin.member_id
    assert session.get(ApiKey, key.id).revoked_at is not None
    assert staff.find_by_email(session, member.email) is None
    assert staff.name_of(session, member.id) == "Editor"
    assert "Editor" in text_of(admin.get("console.settings.people_list", query_string={"show": "former"}))
    admin.get("console.settings.person", member.id, expect=404)
    invite(admin, email=member.email)


def test_webhooks_of_whoever_goes_are_shown_with_a_link_and_go_on(as_staff, session, services, acme):
    gone, admin = as_staff("admin").at(acme), as_staff("admin").at(acme)
    policy, url = Policy.of(services.settings), "https://crm.example.org/hooks"
    theirs = actor(session.get(StaffMember, gone.member_id))
    kept = endpoints.create(session, policy, url=url, kinds=["*"], description="Their CRM", by=theirs)
    off = endpoints.create(session, policy, url=url, kinds=["*"], description="Long off", by=theirs)
    endpoints.disable(session, off, by=SYSTEM)
    session.flush()
    for page in ("console.settings.person", "console.settings.removal"):
        shown = admin.get(page, gone.member_id)
        assert f'href="/console/settings/webhooks/{kept.id}">Their CRM</a>' in shown.text, page
        assert "Long off" not in shown.text
    assert "go on sending" in text_of(shown)
    assert "go on sending" in text_of(gone.get("console.profile.leaving"))
    admin.submit(shown, "/removal")
    assert session.get(WebhookEndpoint, kept.id).state == "active"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "staff.removed")).one()
    assert entry.data["webhooks_kept"] == [str(kept.id)]


def test_an_heir_is_somebody_else_who_works_here(as_staff, session, acme, globex, joined):
    admin, editor = as_staff("admin").at(acme), as_staff("editor").at(acme)
    stranger = as_staff("viewer").at(globex).member_id
    surveys.create(session, "Mine", zone="UTC", by=editor.member_id)
    session.flush()
    for heir in (editor.member_id, stranger, ""):
        admin.post("console.settings.remove", editor.member_id, data={"heir_surveys": str(heir)}, expect=422)
    editor.get("console.home.index")


def test_the_workspace_changes_hands_after_the_password(as_staff, session, acme):
    owner, editor = as_staff("owner").at(acme), as_staff("editor").at(acme)
    page = owner.get("console.settings.ownership_page")
    refused = owner.submit(page, "/ownership", expect=422, heir=str(editor.member_id), password="not this one")
    assert "not your password" in text_of(refused)
    owner.submit(page, "/ownership", heir=str(editor.member_id), password=PASSWORD)
    session.expire_all()
    roles = {member.id: member.role for member in session.scalars(select(StaffMember))}
    assert (roles[owner.member_id], roles[editor.member_id]) == ("admin", "owner")
    owner.get("console.settings.people_list")
    owner.get("console.settings.ownership_page", expect=403)
    editor.get("console.home.index", expect=303)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "workspace.owner_changed")).one()
    assert entry.subject_id == editor.member_id


@pytest.mark.parametrize("heir", ["", "x", "00000000-0000-7000-8000-000000000000"])
def test_a_workspace_is_handed_to_nobody_who_is_not_here(as_staff, acme, heir):
    owner = as_staff("owner").at(acme)
    owner.post(
        "console.settings.transfer", data={"heir": heir, "password": PASSWORD}, expect=404 if "-" in heir else 422
    )


def test_a_survey_is_handed_on_to_who_works_here(as_staff, session, acme, globex):
    editor, viewer, stranger = (
        as_staff("editor").at(acme),
        as_staff("viewer").at(acme),
        as_staff("viewer").at(globex),
    )
    mine = surveys.create(session, "Mine", zone="UTC", by=editor.member_id)
    session.flush()
    page = editor.get("console.surveys.manage", mine.id)
    assert "Editor looks after this survey" in text_of(page)
    editor.submit(page, "/owner", owner=str(viewer.member_id))
    assert "Viewer looks after this survey" in text_of(editor.get("console.surveys.manage", mine.id))
    viewer.get("console.surveys.manage", mine.id, expect=403)
    editor.post("console.surveys.hand_on", mine.id, data={"owner": str(stranger.member_id)}, expect=404)
    editor.post("console.surveys.hand_on", mine.id, data={"owner": "x"}, expect=422)
    viewer.post("console.surveys.hand_on", mine.id, data={"owner": str(viewer.member_id)}, expect=403)


def test_people_are_listed_with_few_questions(session, acme):
    for number in range(20):
        sessions.start(session, add_member(session, "viewer", email=f"v{number}@acme.example"))
    session.flush()
    session.expunge_all()
    with statements() as seen:
        found = people.list_colleagues(session)
    assert len(found) == 20
    assert all(each.last_seen for each in found)
    assert len(seen) <= 4, seen


def test_somebody_erased_stays_in_the_list_of_former_colleagues_without_a_name(as_staff, session, services, acme):
    admin, gone = as_staff("admin").at(acme), add_member(session, "viewer")
    admin.post("console.settings.remove", gone.id)
    Context().run(services.keys.destroy_person, acme, gone.id)
    page = admin.get("console.settings.people_list", query_string={"show": "former"})
    assert "Somebody who was erased" in text_of(page)

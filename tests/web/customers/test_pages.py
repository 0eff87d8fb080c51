"""The register's pages: the list, one customer, companies, attributes, views."""

from bs4 import BeautifulSoup

from customers import attributes, people, views
from customers.models import Person
from customers.revisions import revision_of
from infra.ids import new_id
from tenants.permissions import SYSTEM
from tests.web.story import text_of


def add(session, name, **given):
    made = people.add(session, by=SYSTEM, name=name, **given)
    session.flush()
    return made


def tier(session):
    options = ["Gold", "Silver"]
    return attributes.declare(session, by=SYSTEM, subject="person", label="Tier", type="choice", options=options)


def the_only(session):
    return session.query(Person).one()


def test_an_editor_adds_a_customer_and_changes_what_is_known(session, as_staff, acme):
    attributes.declare(
        session, by=SYSTEM, subject="person", label="Tier", type="choice", options=["Gold", "Silver"]
    )
    editor = as_staff("editor").at(acme)
    page = editor.get("console.customers.new")
    told = {"name": "Ann Lee", "email": "ann@x.org", "company": "Lee GmbH", "attributes.tier": "gold"}
    editor.submit(page, "/console/customers", **told)
    ann = the_only(session)
    shown = text_of(editor.get("console.customers.person", ann))
    assert all(words in shown for words in ("Ann Lee", "ann@x.org", "Lee GmbH", "Gold", "Added by hand"))
    form = editor.get("console.customers.details", ann)
    editor.submit(form, f"/console/customers/{ann.id}", **{**told, "phone": "+49 30 12345", "company": ""})
    session.refresh(ann)
    assert (ann.identity.phone, ann.company_id, ann.attributes) == ("+493012345", None, {"tier": "gold"})


def test_what_was_typed_comes_back_beside_each_problem(session, as_staff, acme):
    editor = as_staff("editor").at(acme)
    typed = {"name": "Ann", "email": "Ann <ann@x.org>", "phone": "no", "company": "New Co"}
    page = editor.submit(editor.get("console.customers.new"), "/console/customers", expect=422, **typed)
    soup = BeautifulSoup(page.text, "html.parser")
    assert soup.find(id="f-email")["value"] == typed["email"]
    assert "ann@x.org" in soup.find(id="f-email-error").text
    assert soup.find(id="f-phone-error")


def test_the_second_of_two_who_change_the_same_customer_sees_both(session, as_staff, acme):
    ann, editor = add(session, "Ann"), as_staff("editor").at(acme)
    page = editor.get("console.customers.details", ann)
    people.change(session, ann, by=SYSTEM, name="Anna", phone="+49301234")
    session.flush()
    back = editor.submit(page, str(ann.id), expect=409, name="Ann Lee")
    assert "Somebody else has changed this customer" in text_of(back)
    assert "Anna" in text_of(back)
    assert BeautifulSoup(back.text, "html.parser").find(id="f-name")["value"] == "Ann Lee"
    editor.submit(back, str(ann.id), name="Ann Lee")
    session.refresh(ann.identity)
    assert ann.identity.name == "Ann Lee"


def test_an_external_id_that_is_taken_is_said_at_its_field(session, as_staff, acme):
    add(session, "Ann", external_id="7")
    editor = as_staff("editor").at(acme)
    page = editor.submit(
        editor.get("console.customers.new"), "/console/customers", expect=409, name="Bob", external_id="7"
    )
    assert "already has" in BeautifulSoup(page.text, "html.parser").find(id="f-external_id-error").text


def test_the_list_is_found_narrowed_and_sorted_by_its_address(session, as_staff, acme):
    attributes.declare(
        session, by=SYSTEM, subject="person", label="Tier", type="choice", options=["Gold", "Silver"]
    )
    add(session, "Ann Lee", email="ann@x.org", language="de", attributes={"tier": "gold"})
    add(session, "Bob Long", phone="+49 30 12345", external_id="K-7")
    analyst = as_staff("analyst").at(acme)

    def listed(**asked):
        page = analyst.get("/console/customers", query_string=asked)
        rows = BeautifulSoup(page.text, "html.parser").select("#list tbody tr th a")
        return [row.text for row in rows]

    assert listed() == ["Bob Long", "Ann Lee"]
    ann, bob = ["Ann Lee"], ["Bob Long"]
    assert [listed(q=words) for words in ("l", "Lo", "lee an", "nobody")] == [[], bob, ann, []]
    assert [listed(q=exact) for exact in ("ANN@x.org", "0049 30 12345", "K-7")] == [ann, bob, bob]
    assert [listed(**{"a.tier": tier}) for tier in ("gold", "silver")] == [ann, []]
    assert [listed(language="de", contact=when) for when in ("never", "within:30")] == [ann, []]
    assert listed(score="none") == listed(order="contact") == listed(source="staff") == bob + ann


def test_a_view_is_kept_shared_and_given_up(session, as_staff, acme):
    add(session, "Ann", language="de")
    editor, analyst = as_staff("editor").at(acme), as_staff("analyst").at(acme)
    page = editor.get("/console/customers", query_string={"language": "de", "q": "an"})
    editor.submit(page, "/views", view_name="Germans", shared="yes")
    view = views.list_views(session, by=SYSTEM)[0]
    assert view.query == {"language": "de"}
    assert "Germans" in text_of(analyst.get("console.customers.index"))
    analyst.post("console.customers.delete_view", view, expect=403)
    editor.post("console.customers.delete_view", view)
    assert not views.list_views(session, by=SYSTEM)


def test_the_old_id_of_a_merged_customer_leads_to_the_one_that_stays(session, as_staff, acme):
    ann, anna = add(session, "Ann"), add(session, "Anna")
    anna.merged_into = ann.id
    session.flush()
    answer = as_staff("analyst").at(acme).get("console.customers.person", anna, expect=302)
    assert answer.location.endswith(str(ann.id))
    as_staff("analyst").at(acme).get("console.customers.person", new_id(), expect=404)


def test_a_company_shows_its_people_and_is_changed(session, as_staff, acme):
    editor = as_staff("editor").at(acme)
    editor.submit(editor.get("console.customers.new_company"), "/companies", name="Lee GmbH", website="lee.example")
    editor.submit(editor.get("console.customers.new"), "/console/customers", name="Ann", company="lee gmbh")
    ann = the_only(session)
    page = editor.get("console.customers.company", ann.company_id)
    assert "Ann" in text_of(page)
    assert 'href="https://lee.example"' in page.text
    form = editor.get("console.customers.edit_company", ann.company_id)
    wrong = editor.submit(form, str(ann.company_id), expect=422, name="", website="javascript:alert(1)")
    assert "begins with https" in text_of(wrong)
    editor.submit(form, str(ann.company_id), name="Lee AG")
    assert "Lee AG" in text_of(editor.get("console.customers.company_list"))


def test_attributes_are_declared_reworded_and_put_away(session, as_staff, acme):
    admin = as_staff("admin").at(acme)
    form = admin.get("console.settings.new_attribute")
    told = {
        "subject": "person",
        "label": "Stufe",
        "type": "choice",
        "more_options": "Gold\nSilber",
        "personal": "yes",
    }
    admin.submit(form, "/attributes", **told)
    stufe = attributes.list_attributes(session, "person")[0]
    assert (stufe.code, [option["code"] for option in stufe.options]) == ("stufe", ["gold", "silber"])
    again = admin.submit(admin.get("console.settings.new_attribute"), "/attributes", expect=409, **told)
    assert "already has this code" in text_of(again)
    page = admin.get("console.settings.attribute", stufe)
    options = {"option_code": ["gold", "silber"], "option": ["Platin", ""]}
    admin.submit(page, str(stufe.id), label="Rang", more_options="Bronze", **options)
    session.refresh(stufe)
    assert stufe.options == [{"code": "gold", "label": "Platin"}, {"code": "bronze", "label": "Bronze"}]
    admin.post("console.settings.archive_attribute", stufe)
    assert "archived (1)" in text_of(admin.get("console.settings.attributes"))
    admin.post("console.settings.restore_attribute", stufe)
    assert attributes.list_attributes(session, "person") == [stufe]
    assert revision_of(add(session, "Ann")) > 0

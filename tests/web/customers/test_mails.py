"""Pages about mail: what nobody can place is given to somebody, and what came back says why."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from customers import bounces, inbound, inbound_desk, interactions, people
from customers.bounces import Told
from customers.models import InboundMail, Interaction
from infra.ids import new_id
from infra.storage import StorageKey, tenant_key
from tenants.permissions import SYSTEM
from tests.web.story import text_of
from web import registries


@pytest.fixture(autouse=True)
def composed():
    registries.compose()


@pytest.fixture
def ann(session):
    made = people.add(session, by=SYSTEM, name="Ann Lee", email="ann@shop.example")
    session.flush()
    return made


@pytest.fixture
def mail(session, services, acme):
    key = tenant_key(acme, "inbound", new_id().hex, "0")
    services.storage.put(key, b"<script>alert(1)</script>", content_type="application/octet-stream")
    files = [{"name": "../bömbe.html", "type": "text/html", "bytes": 25, "file": key, "risk": None}]
    made = InboundMail(
        id=new_id(),
        message_hash=new_id().bytes,
        variant=b"",
        local_part="hello",
        file=key,
        size=25,
        state="unassigned",
        subject="<b>Where</b> is my coffee?",
        body="Line one\nLine <two>",
        sender="ann@home.example",
        sender_name="Ann at home",
        attachments=files,
        automatic="reply",
    )
    session.add(made)
    session.flush()
    return made


def test_an_admin_finds_whose_mail_it_is_and_gives_it_to_them(as_staff, session, acme, ann, mail):
    admin = as_staff("admin").at(acme)
    listed = admin.get("console.customers.mails.unknown")
    assert "<b>Where</b> is my coffee?" in text_of(listed)
    assert "Automatic reply" in text_of(listed)
    page = admin.get("console.customers.mails.mail", mail, query_string={"q": "Ann Lee"})
    assert "Line <two>" in text_of(page)
    answer = admin.submit(page, "/person", person=str(ann.id))
    assert answer.location.endswith(f"/console/customers/{ann.id}")
    assert session.scalar(select(func.count(Interaction.id))) == 1
    assert "No mail waits" in text_of(admin.get("console.customers.mails.unknown"))
    assert "stands on a customer's timeline" in text_of(admin.get("console.customers.mails.mail", mail))
    admin.post("console.customers.mails.set_aside", mail, expect=409)


def test_nobody_chosen_is_said_and_a_stranger_becomes_a_customer(as_staff, session, acme, mail):
    admin = as_staff("admin").at(acme)
    assert "choose one" in text_of(admin.post("console.customers.mails.assign", mail, expect=422))
    admin.post("console.customers.mails.add_customer", mail)
    (person,) = people.find_by_email(session, "ann@home.example")
    assert person.identity.name == "Ann at home"


def test_a_name_that_is_another_address_is_shown_with_the_senders_own_and_becomes_nobodys(
    as_staff, session, acme, mail
):
    mail.sender_name, mail.authentication = "boss@bank.example", "unverified"
    mail.checks = {"dkim": "pass", "spf": "", "dmarc": "reject", "author": "unclear"}
    session.flush()
    admin = as_staff("admin").at(acme)
    assert "boss@bank.example ann@home.example" in text_of(admin.get("console.customers.mails.unknown"))
    said = text_of(admin.get("console.customers.mails.mail", mail))
    assert "The sender could not be verified" in said
    assert "Can be read in more than one way" in said
    admin.post("console.customers.mails.add_customer", mail)
    (person,) = people.find_by_email(session, "ann@home.example")
    assert not person.identity.name


def test_a_mail_set_aside_can_still_be_given(as_staff, acme, ann, mail):
    admin = as_staff("admin").at(acme)
    admin.post("console.customers.mails.set_aside", mail)
    admin.post("console.customers.mails.set_aside", mail)
    admin.post("console.customers.mails.assign", mail, data={"person": str(ann.id)})


def test_a_file_is_a_download_whatever_it_says_it_is(as_staff, acme, mail):
    admin = as_staff("admin").at(acme)
    answer = admin.get("console.customers.mails.file", mail, 1)
    assert answer.data == b"<script>alert(1)</script>"
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for number in (0, 2, 99):
        admin.get("console.customers.mails.file", mail, number, expect=404)
    as_staff("editor").at(acme).get("console.customers.mails.file", mail, 1, expect=403)


def test_a_file_that_nobody_ever_judged_is_judged_when_it_is_asked_for(as_staff, session, services, acme, mail):
    services.storage.put(StorageKey(mail.file), b"MZ\x90 program", content_type="application/octet-stream")
    (file,) = mail.attachments
    mail.attachments = [{name: file[name] for name in file if name != "risk"}]
    session.flush()
    admin = as_staff("admin").at(acme)
    asked = admin.get("console.customers.mails.file", mail, 1)
    assert "lets it do what it likes" in text_of(asked)
    given = admin.get("console.customers.mails.file", mail, 1, query_string={"anyway": "1"})
    assert given.data == b"MZ\x90 program"


@pytest.mark.parametrize("where", ["mail", "contact"])
def test_a_file_that_may_do_harm_is_marked_and_asked_for_twice(as_staff, with_key, session, acme, ann, mail, where):
    (file,) = mail.attachments
    mail.attachments = [{**file, "name": "invoice.pdf.exe", "risk": "program"}, file]
    session.flush()
    admin = as_staff("admin").at(acme)
    page, download, owner = "console.customers.mails.mail", "console.customers.mails.file", mail
    if where == "contact":
        inbound_desk.assign(session, mail, ann, by=SYSTEM)
        owner = session.scalars(select(Interaction)).one()
        page, download = "console.customers.interaction", "console.customers.interaction_file"
        read = with_key("customers.read").at(acme).get("api_v1.interactions.get_interaction", owner).get_json()
        assert [each["risk"] for each in read["files"]] == ["program", None]
    assert text_of(admin.get(page, owner)).count("A program") == 1
    asked = admin.get(download, owner, 1)
    assert "invoice.pdf.exe" in text_of(asked)
    assert "lets it do what it likes" in text_of(asked)
    assert "alert(1)" not in asked.text
    given = admin.get(download, owner, 1, query_string={"anyway": "1"})
    assert (given.data, given.mimetype) == (b"<script>alert(1)</script>", "application/octet-stream")
    assert given.headers["Content-Disposition"].startswith("attachment;")
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert admin.get(download, owner, 2).mimetype == "application/octet-stream"


def test_what_was_kept_aside_says_why_is_downloaded_and_is_accepted_by_a_person(as_staff, session, acme, ann, mail):
    mail.state, mail.authentication, mail.person_id = "quarantined", "failed", ann.id
    mail.reason, mail.checks = inbound.DISOWNED, {"dkim": "none", "spf": "fail", "dmarc": "reject"}
    session.flush()
    admin = as_staff("admin").at(acme)
    assert "No mail waits" in text_of(admin.get("console.customers.mails.unknown"))
    listed = text_of(admin.get("console.customers.mails.unknown", query_string={"show": "quarantined"}))
    assert "The domain of this sender says that the mail does not come from it." in listed
    assert "Kept aside (1)" in listed
    assert "deleted 90 days after" in listed
    page = admin.get("console.customers.mails.mail", mail)
    said = text_of(page)
    assert "its sender may be forged" in said
    assert "The server may not send for the domain" in said
    assert "Refuse what is not proved" in said
    assert "Add the sender as a customer" not in said
    evidence = admin.get("console.customers.mails.whole", mail)
    assert (evidence.mimetype, evidence.data) == ("application/octet-stream", b"<script>alert(1)</script>")
    admin.submit(page, "/person", person=str(ann.id))
    assert "The sender's domain disowns this mail" in text_of(admin.get("console.customers.person", ann))
    logged = session.scalars(select(Interaction)).one()
    assert "disowns this mail" in text_of(admin.get("console.customers.interaction", logged))


def test_each_kind_has_its_list_and_a_program_reads_them(as_staff, with_key, session, acme, globex, mail):
    admin = as_staff("admin").at(acme)
    program = with_key("mail.manage").at(acme)
    for kind, state in inbound_desk.KINDS.items():
        mail.state = state
        session.flush()
        listed = admin.get("console.customers.mails.unknown", query_string={"show": kind})
        assert "my coffee" in text_of(listed)
        (found,) = program.get("api_v1.inbound_mails.list_inbound_mails", query_string={"kind": kind}).get_json()[
            "items"
        ]
        assert (found["id"], found["state"], found["sender"]) == (str(mail.id), state, "ann@home.example")
    assert program.get("api_v1.inbound_mails.get_inbound_mail", mail).get_json()["subject"] == mail.subject
    with_key("customers.read").at(acme).get("api_v1.inbound_mails.list_inbound_mails", expect=403)
    with_key("mail.manage").at(globex).get("api_v1.inbound_mails.get_inbound_mail", mail, expect=404)


def test_an_unproved_sender_is_marked_on_the_timeline(as_staff, session, acme, ann):
    told = {"channel": "email", "direction": "in", "source": "mail", "by": SYSTEM}
    for number, result in enumerate(("verified", "unverified")):
        interactions.log(session, ann, summary=result, authentication=result, key=f"mail:{number}", **told)
    page = BeautifulSoup(as_staff("analyst").at(acme).get("console.customers.person", ann).text, "html.parser")
    entries = [each.get_text(" ", strip=True) for each in page.select("ol.history > li")]
    marked = [each for each in entries if "The sender could not be verified" in each]
    assert len(marked) == 1
    assert "unverified" in marked[0]


def test_another_workspace_sees_nothing_of_it(as_staff, globex, mail):
    as_staff("admin").at(globex).get("console.customers.mails.mail", mail, expect=404)


def test_what_came_back_says_why_and_keeps_its_evidence(as_staff, session, acme, ann, mail):
    told = {"recipients": ("ann@shop.example",), "evidence": mail.file}
    kept = bounces.record(session, Told("k", "mail", "hard", "5.1.1", "550 5.1.1 User unknown", **told))
    analyst = as_staff("analyst").at(acme)
    page = analyst.get("console.customers.mails.returned", ann)
    said = text_of(page)
    assert "Address does not take mail" in said
    assert "5.1.1 550 5.1.1 User unknown" in said
    assert "Not proved" in said
    assert BeautifulSoup(page.text, "html.parser").find("a", string="Download") is None
    assert as_staff("admin").at(acme).get("console.customers.mails.evidence", kept).data.startswith(b"<script>")
    analyst.get("console.customers.mails.evidence", kept, expect=403)


def test_a_program_reads_what_came_back(with_key, session, acme, globex, ann):
    for number in range(3):
        bounces.record(session, Told(str(number), "mail", "soft", "4.2.2", recipients=("ann@shop.example",)))
    program = with_key("customers.read").at(acme)
    first = program.get("api_v1.bounces.list_bounces", ann, query_string={"limit": 2}).get_json()
    rest = program.get(
        "api_v1.bounces.list_bounces", ann, query_string={"limit": 2, "cursor": first["next_cursor"]}
    ).get_json()
    assert [len(first["items"]), len(rest["items"]), rest["next_cursor"]] == [2, 1, None]
    assert (first["items"][0]["kind"], first["items"][0]["proved"]) == ("soft", False)
    with_key("customers.read").at(globex).get("api_v1.bounces.list_bounces", ann, expect=404)

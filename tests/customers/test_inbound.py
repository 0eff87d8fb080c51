"""Mail from customers becomes theirs; what nobody can place waits for a person; loops end here."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import make_transient

from customers import contact, inbound, inbound_desk, inbound_files, inbound_jobs, inbound_retention, people
from customers.inbound_errors import MailGone, MailNotOpen
from customers.inbound_room import Room
from customers.models import Bounce, InboundMail, Interaction
from infra import attachments, clock
from infra.ids import first_id_at, new_id
from infra.mail.inbound.parsing import Attachment
from infra.mail.inbound.receiver import Arrived, Box
from infra.storage import ObjectMissing, StorageKey
from tenants.directory import Directory
from tenants.models import AuditEntry
from tenants.permissions import Actor, of_role
from tests.customers.contact_story import in_outbox, letters, somebody
from tests.infra.mail.inbound.receiving import letter
from tests.infra.mail.inbound.test_reports import fixture
from tests.web.story import add_member


@pytest.fixture
def services(services):
    """Nobody's name servers are asked: every domain says nothing, until a test writes a zone."""
    return replace(services, settings=replace(services.settings, nameservers="file:nothing"))


@pytest.fixture
def arrive(services, own_tenant):
    """A mail arrives and is read; answers its row as it stands then."""

    def arrive(content: bytes, mail=None, sender="ann@shop.example", read=True, peer="") -> InboundMail:
        room = Room(services, Directory(services.db, services.settings))
        room.keep(Box(own_tenant, "hello", mail), Arrived(sender, BytesIO(content), len(content), peer))
        if read:
            inbound_jobs.read_mails(services, own_tenant)
        with services.db.tenant_session(own_tenant) as session:
            row = session.scalars(select(InboundMail).order_by(InboundMail.id.desc()).limit(1)).one()
            assert row.sender is None or "@" in row.sender
            return row

    return arrive


@pytest.fixture
def at(services, own_tenant):
    return lambda: services.db.tenant_session(own_tenant)


def add(at, email: str) -> object:
    with at() as session:
        return somebody(session, email).id


def test_a_mail_of_a_customer_is_an_interaction_of_theirs_with_its_files(services, arrive, at):
    ann = add(at, "ann@shop.example")
    content = letter("q1@shop.example").replace(
        b"Content-Type: text/plain",
        b'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: application/zip; name="b.zip"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\nUEsDBA==\r\n--x\r\nContent-Type: text/plain",
    )
    row = arrive(content)
    assert (row.state, row.person_id) == ("logged", ann)
    assert (row.attachments[0]["name"], row.attachments[0]["risk"]) == ("b.zip", "archive")
    assert services.storage.get(StorageKey(row.attachments[0]["file"])) == b"PK\x03\x04"
    with at() as session:
        logged = session.scalars(select(Interaction)).one()
        assert (logged.person_id, logged.channel, logged.direction) == (ann, "email", "in")
        assert (logged.subject, logged.thread_id, logged.automatic) == ("A question", row.id, False)
        assert people.get(session, ann).last_contact_at is not None


@pytest.mark.parametrize(
    ("name", "content", "risk"),
    [
        ("invoice.pdf", b"%PDF-1.7", None),
        ("empty.txt", b"", None),
        ("invoice.pdf.exe", b"harmless words", "program"),
        ("invoice.pdf", b"MZ\x90", "program"),
        ("exe.\u202egpj.scr", b"words", "program"),
        ("broken.zip", b"PK\x03\x04", "archive"),
        ("sign in.html", b"<form>", "page"),
        ("picture.svg ", b"<svg>", "page"),
        ("winmail.dat", b"\x00\x01\x02", "unknown"),
    ],
)
def test_a_file_of_a_mail_that_an_upload_could_not_be_is_kept_and_marked(name, content, risk):
    assert inbound_files.risk_of(Attachment(name, "application/pdf", content)) == risk


def mail_with(name, content, within=0):
    """A mail with a file, in so many further mails."""
    part = f'Content-Type: application/octet-stream; name="{name}"\r\n\r\n'.encode() + content
    for _ in range(within):
        part = b"Content-Type: message/rfc822\r\n\r\n" + enclosing(part)
    return enclosing(part)


def enclosing(part):
    border = new_id().hex.encode()
    head = b"From: a@x.example\r\nContent-Type: multipart/mixed; boundary=" + border + b"\r\n\r\n"
    return head + b"--" + border + b"\r\n" + part + b"\r\n--" + border + b"--\r\n"


@pytest.mark.parametrize(
    ("content", "risk"),
    [
        (mail_with("offer.pdf", b"%PDF-1.7"), None),
        (mail_with("setup.exe", b"words"), "program"),
        (mail_with("invoice.pdf", b"MZ\x90"), "program"),
        (mail_with("sign in.html", b"<form>"), "page"),
        (mail_with("setup.exe", b"words", within=1), "program"),
        (mail_with("setup.exe", b"words", within=2), "program"),
        (mail_with("offer.pdf", b"%PDF-1.7", within=9), "archive"),
        (b"From: a@x.example\r\n\r\nOnly words", None),
    ],
)
def test_a_mail_that_came_as_a_file_is_as_harmful_as_what_it_holds(content, risk):
    assert inbound_files.risk_of(Attachment("Fwd", "message/rfc822", content)) == risk
    assert inbound_files.risk_of(Attachment("fwd.EML", "application/octet-stream", content)) == risk


def test_a_file_at_which_our_own_looking_fails_is_marked_and_its_mail_is_read(monkeypatch, caplog):
    def break_down(*_, **__):
        raise OverflowError("beyond all bounds")

    monkeypatch.setattr(attachments, "kind_of", break_down)
    for content, risk in ((b"PK\x03\x04", "archive"), (b"%PDF-1.7", "unknown")):
        assert inbound_files.risk_of(Attachment("Anns secret.pdf", "application/pdf", content)) == risk
    assert "could not be judged" in caplog.text
    assert "secret" not in caplog.text


def test_a_reply_joins_its_conversation_and_a_vacation_notice_is_marked(arrive, at):
    add(at, "ann@shop.example")
    first = arrive(letter("q1@shop.example", text="Lovely beans.\nAnn\n\n> Dear Ann,\n> buy more"))
    second = arrive(letter("q2@shop.example", References="<q0@x.example> <q1@shop.example>"))
    third = arrive(letter("q3@shop.example", In_Reply_To="<q2@shop.example>", subject="Automatische Antwort: weg"))
    assert first.id == second.thread_id == third.thread_id
    assert third.automatic == "reply"
    with at() as session:
        said = session.scalars(select(Interaction).order_by(Interaction.id)).all()
        assert [each.automatic for each in said] == [False, False, True]
        assert [each.summary for each in said] == ["Lovely beans.\nAnn", "Hello", "Hello"]


def test_a_stranger_waits_until_somebody_says_who_it_is(arrive, at):
    row, other = arrive(letter("s1@x.example")), arrive(letter("s2@x.example"))
    assert (row.state, other.state) == ("unassigned", "unassigned")
    ann = add(at, "ann@home.example")
    with at() as session:
        by = Actor("staff", add_member(session, "editor").id, of_role("editor"))
        assert inbound_desk.counts(session)["waiting"] == 2
        mail = inbound_desk.get(session, row.id)
        assert inbound_desk.assign(session, mail, people.get(session, ann), by=by) == 2
        assert inbound_desk.assign(session, mail, people.get(session, ann), by=by) == 0
        with pytest.raises(MailNotOpen):
            inbound_desk.assign(session, mail, somebody(session), by=by)
        assert session.scalar(select(func.count(Interaction.id))) == 2
        kinds = session.scalars(select(AuditEntry.action)).all()
        assert kinds.count("inbound_mail.assigned") == 2


def test_a_stranger_can_become_a_customer_or_be_set_aside(arrive, at):
    row = arrive(letter("s1@x.example", sender='"Ann Example" <ann@shop.example>'))
    junk = arrive(letter("s2@x.example", sender="spam@x.example"))
    with at() as session:
        by = Actor("staff", add_member(session, "editor").id, of_role("editor"))
        person = inbound_desk.add_sender(session, inbound_desk.get(session, row.id), by=by)
        assert (person.identity.name, person.identity.email, person.source) == (
            "Ann Example",
            "ann@shop.example",
            "mail",
        )
        inbound_desk.set_aside(session, inbound_desk.get(session, junk.id), by=by)
        assert inbound_desk.list_mails(session).items == []


def test_who_becomes_known_later_has_their_mail(arrive, at):
    row = arrive(letter("s1@x.example"))
    ann = add(at, "ann@shop.example")
    with at() as session:
        event = type("Event", (), {"subject": ann})()
        inbound.on_person_added(session, [event])
        inbound.on_person_added(session, [event])
        assert session.get_one(InboundMail, row.id).state == "logged"
        assert session.scalar(select(func.count(Interaction.id))) == 1


def test_two_customers_with_one_address_are_not_guessed(arrive, at):
    add(at, "ann@shop.example")
    add(at, "ann@shop.example")
    assert arrive(letter("q1@shop.example")).state == "unassigned"


def test_a_reply_from_another_address_suggests_whom_we_wrote_to(arrive, at):
    with at() as session, letters():
        ann = somebody(session, "ann@shop.example")
        sent = in_outbox(session, contact.request(session, ann.id, "service", ref=new_id(), key="k"))
        sent_id, ann_id = sent.id, ann.id
    row = arrive(letter("r1@home.example", sender="ann@home.example", In_Reply_To=f"<{sent_id}@acme.example>"))
    assert (row.state, row.person_id, row.thread_id) == ("unassigned", ann_id, sent_id)


def test_our_own_mail_that_comes_back_to_us_ends_here(arrive, at):
    with at() as session, letters():
        ann = somebody(session, "ann@shop.example")
        sent_id = in_outbox(session, contact.request(session, ann.id, "service", ref=new_id(), key="k")).id
    row = arrive(letter(f"{sent_id}@acme.example"))
    assert (row.state, row.automatic) == ("ignored", "loop")
    assert "mail of ours" in row.reason


def test_who_writes_twenty_mails_an_hour_waits_for_a_person_and_a_machine_that_says_so_ends_here(arrive, at):
    ann = add(at, "ann@shop.example")
    for number in range(20):
        arrive(letter(f"m{number}@shop.example"), read=number == 19)
    row = arrive(letter("m20@shop.example"))
    assert (row.state, row.person_id, row.automatic) == ("unassigned", ann, None)
    assert "twenty" in row.reason
    machine = letter("m21@shop.example").replace(b"Subject:", b"Auto-Submitted: auto-generated\r\nSubject:")
    row = arrive(machine)
    assert (row.state, row.automatic) == ("ignored", "loop")
    with at() as session:
        assert session.scalar(select(func.count(Interaction.id))) == 20
        assert inbound_desk.counts(session)["waiting"] == 1


def test_a_run_that_took_long_leaves_the_rest_to_the_next(arrive, at, services, own_tenant, monkeypatch):
    for number in range(2):
        arrive(letter(f"m{number}@shop.example"), read=False)
    with monkeypatch.context() as short:
        short.setattr(inbound_jobs, "LONGEST", -1.0)
        inbound_jobs.read_mails(services, own_tenant)
    with at() as session:
        assert inbound_jobs.has_unread(session)
    inbound_jobs.read_mails(services, own_tenant)
    with at() as session:
        assert not inbound_jobs.has_unread(session)


def test_mails_without_a_readable_sender_are_given_to_somebody_one_by_one(arrive, at):
    rows = [arrive(letter(f"m{number}@x.example", sender="nobody at all")) for number in range(3)]
    assert [(row.state, row.sender) for row in rows] == [("unassigned", None)] * 3
    with at() as session:
        by = Actor("staff", add_member(session, "editor").id, of_role("editor"))
        first = inbound_desk.get(session, rows[0].id)
        assert inbound_desk.assign(session, first, somebody(session), by=by) == 1
        assert inbound_desk.counts(session)["waiting"] == 2


def test_a_mail_that_came_back_to_its_bounce_address_suppresses_and_is_the_evidence(arrive, at):
    with at() as session, letters():
        ann = somebody(session, "nobody@shop.example")
        sent_id = in_outbox(session, contact.request(session, ann.id, "service", ref=new_id(), key="k")).id
    row = arrive(fixture("qmail"), mail=sent_id, sender="")
    assert row.state == "bounce"
    with at() as session:
        bounce = session.scalars(select(Bounce)).one()
        assert (bounce.kind, bounce.proof, bounce.suppressed) == ("hard", "outbox", True)
        assert bounce.evidence == row.file
        with pytest.raises(MailGone):
            inbound_desk.get(session, row.id)


def test_a_mail_whose_file_is_gone_says_so_and_stops_no_other(services, own_tenant, arrive, at):
    row = arrive(letter("gone@shop.example"), read=False)
    services.storage.delete(StorageKey(row.file))
    assert arrive(letter("next@shop.example")).state == "unassigned"
    with at() as session:
        gone = session.get_one(InboundMail, row.id)
        assert (gone.state, gone.reason) == ("failed", "The file of this mail is not there any more.")


def test_reading_twice_logs_once(services, own_tenant, arrive, at):
    add(at, "ann@shop.example")
    row = arrive(letter("q1@shop.example"))
    with at() as session:
        session.get_one(InboundMail, row.id).state = "received"
    inbound_jobs.read_mails(services, own_tenant)
    with at() as session:
        assert session.scalar(select(func.count(Interaction.id))) == 1


@pytest.fixture
def zone(services, tmp_path):
    """Writes what name servers say, and answers services that ask them."""

    def zone(*lines: str):
        path = tmp_path / "zone"
        path.write_text("\n".join(("$TTL 60", *lines, "")))
        return replace(services, settings=replace(services.settings, nameservers=f"file:{path}"))

    return zone


REJECT = '_dmarc.shop.example. TXT "v=DMARC1; p=reject"'
SPF = 'shop.example. TXT "v=spf1 ip4:192.0.2.9 -all"'


def test_a_mail_says_whether_its_sender_is_proved_and_a_disowned_one_waits(own_tenant, zone, arrive, at):
    ann = add(at, "ann@shop.example")
    unproved = arrive(letter("v1@shop.example"))
    assert (unproved.state, unproved.authentication) == ("logged", "unverified")
    said = zone(REJECT, SPF)
    genuine = arrive(letter("v2@shop.example"), peer="192.0.2.9", read=False)
    forged = arrive(letter("v3@shop.example"), peer="198.51.100.1", read=False)
    inbound_jobs.read_mails(said, own_tenant)
    with at() as session:
        genuine, forged = (session.get_one(InboundMail, each.id) for each in (genuine, forged))
        assert (genuine.state, genuine.authentication) == ("logged", "verified")
        assert (forged.state, forged.authentication, forged.person_id) == ("quarantined", "failed", ann)
        assert forged.checks == {"dkim": "none", "spf": "fail", "dmarc": "reject"}
        logged = session.scalars(select(Interaction.authentication).order_by(Interaction.id)).all()
        assert logged == ["unverified", "verified"]
        by = Actor("staff", add_member(session, "editor").id, of_role("editor"))
        assert inbound_desk.counts(session)["quarantined"] == 1
        with pytest.raises(MailNotOpen):
            inbound_desk.add_sender(session, forged, by=by)
        assert inbound_desk.assign(session, forged, people.get(session, ann), by=by) == 1
        assert session.scalars(select(Interaction.authentication).order_by(Interaction.id)).all()[-1] == "failed"


def test_who_may_send_for_a_domain_is_not_proved_as_a_customer_whom_the_line_names_too(
    own_tenant, zone, arrive, at
):
    ann, thief = add(at, "ann@shop.example"), add(at, "thief@shop.example")
    lines = (b'"<ann@shop.example>" <thief@shop.example>', b"ann@shop.example, thief@shop.example")
    mails = [
        letter(f"t{number}@shop.example").replace(b"From: ann@shop.example", b"From: " + line)
        for number, line in enumerate(lines)
    ]
    rows = [arrive(mail, peer="192.0.2.9", read=False) for mail in mails]
    inbound_jobs.read_mails(zone(REJECT, SPF), own_tenant)
    with at() as session:
        shown, several = (session.get_one(InboundMail, row.id) for row in rows)
        assert (shown.person_id, shown.authentication) == (thief, "unverified")
        assert (several.person_id, several.authentication) == (ann, "unverified")
        assert shown.checks == {"dkim": "none", "spf": "pass", "dmarc": "reject", "author": "unclear"}


def test_a_forger_who_writes_much_silences_nobody(own_tenant, zone, arrive, at):
    add(at, "ann@shop.example")
    said = zone(REJECT, SPF)
    for number in range(20):
        arrive(letter(f"f{number}@shop.example"), peer="198.51.100.1", read=False)
    inbound_jobs.read_mails(said, own_tenant)
    genuine = arrive(letter("g1@shop.example"), peer="192.0.2.9", read=False)
    inbound_jobs.read_mails(said, own_tenant)
    with at() as session:
        assert session.get_one(InboundMail, genuine.id).state == "logged"


def test_what_cannot_be_read_or_circles_is_given_to_somebody_with_its_evidence(services, own_tenant, arrive, at):
    ann = add(at, "ann@shop.example")
    row = arrive(letter("e1@shop.example"), read=False)
    with at() as session:
        broken = session.get_one(InboundMail, row.id)
        broken.state, broken.reason = "failed", inbound_jobs.UNREADABLE
        by = Actor("staff", add_member(session, "editor").id, of_role("editor"))
        assert inbound_desk.assign(session, broken, people.get(session, ann), by=by) == 1
        (file,) = session.scalars(select(Interaction)).one().attachments
        assert (file["name"], file["file"]) == ("mail.eml", row.file)


def test_what_became_nobodys_goes_after_ninety_days_with_its_files_and_its_key(services, own_tenant, arrive, at):
    kept, gone = arrive(letter("k1@x.example")), arrive(letter("k2@x.example"))
    old = first_id_at(clock.now() - inbound_retention.KEPT - timedelta(minutes=1))
    with at() as session:
        assert not inbound_retention.has_old(session)
        row = session.get_one(InboundMail, gone.id)
        services.keys.create_person(own_tenant, old)
        make_transient(row)
        row.id, row.message_hash = old, b"old"
        row.attachments = [{"name": "a", "type": "b", "bytes": 1, "file": row.file + ".0"}]
        services.storage.put(StorageKey(row.file + ".0"), b"a", content_type="text/plain")
        session.add(row)
        session.flush()
        assert inbound_retention.has_old(session)
    inbound_retention.forget_mails(services, own_tenant)
    with at() as session:
        assert session.scalars(select(InboundMail.id).order_by(InboundMail.id)).all() == [kept.id, gone.id]
        for file in (gone.file, gone.file + ".0"):
            with pytest.raises(ObjectMissing):
                services.storage.get(StorageKey(file))
        assert not services.keys.holds(own_tenant, old)

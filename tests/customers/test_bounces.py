"""What came back decides whether we write again: where it is proved, and for the address that the mail went to."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from sqlalchemy import func, select

from customers import bounces, contact, contact_rules, people, suppressions
from customers.bounces import Told
from customers.models import Bounce, Suppression
from infra import i18n
from infra.clock import now
from infra.ids import new_id
from infra.mail.models import Outbox
from tenants.permissions import SYSTEM, Actor, of_role
from tests.customers.contact_story import in_outbox, letters, somebody
from tests.web.story import add_member


@pytest.fixture
def ann(session):
    return somebody(session, "ann@shop.example")


def sent(session, person) -> Outbox:
    """A mail to the person, in the outbox."""
    with letters():
        asked = contact.request(session, person.id, "service", ref=new_id(), key=new_id().hex)
    row = in_outbox(session, asked)
    assert row is not None
    return row


def told(session, kind, *, mail=None, proof="outbox", recipients=(), source="mail", **more):
    outbox_id = mail.id if mail is not None else None
    return bounces.record(
        session, Told(new_id().hex, source, kind, recipients=recipients, outbox_id=outbox_id, proof=proof, **more)
    )


def test_a_hard_bounce_that_is_proved_ends_writing_at_once(session, ann):
    bounce = told(session, "hard", mail=sent(session, ann), status="5.1.1", recipients=("Ann@Shop.example",))
    assert bounce.suppressed
    assert bounce.person_id == ann.id
    entry = session.scalars(select(Suppression)).one()
    assert (entry.email, entry.kind, entry.source) == ("ann@shop.example", "hard_bounce", "dsn")
    assert entry.evidence == str(bounce.id)
    assert suppressions.stopped_by(session, "ann@shop.example", transactional=True)


def test_reports_that_only_name_an_address_lock_nobody_out_however_many_come(session, ann):
    for kind in ("hard", "hard", "soft", "hard", "hard", "hard"):
        bounce = told(session, kind, proof="none", recipients=("ann@shop.example",))
        assert (bounce.proof, bounce.person_id, bounce.suppressed) == ("address", ann.id, False)
    assert not told(session, "soft", mail=sent(session, ann)).suppressed
    with letters():
        signing_in = contact.request(session, ann.id, "service", ref=new_id(), key="sign in")
    assert (signing_in.state, signing_in.reason) == ("requested", None)
    assert len(bounces.list_of_person(session, ann).items) == 7


def test_what_comes_back_late_is_held_against_the_address_that_the_mail_went_to(session, ann):
    contact_rules.set_soft_bounces(session, count=2, days=30, by=SYSTEM)
    ben = somebody(session, "ann@shop.example")
    late, soft = sent(session, ann), sent(session, ann)
    people.change(session, ann, by=SYSTEM, email="ann@corrected.example")
    told(session, "soft", mail=soft)
    assert not told(session, "soft", mail=sent(session, ann)).suppressed
    assert told(session, "hard", mail=late, source="smtp").suppressed
    assert not suppressions.stopped_by(session, "ann@corrected.example")
    with letters():
        assert contact.request(session, ben.id, "service", ref=new_id(), key="to ben").reason == "hard_bounce"


def test_why_an_address_was_given_up_is_said_in_the_readers_language(session, ann):
    contact_rules.set_soft_bounces(session, count=1, days=10, by=SYSTEM)
    told(session, "soft", mail=sent(session, ann))
    reason = session.scalars(select(Suppression.reason)).one()
    assert suppressions.say(reason) == "Mails that came back within 10 days: 1"
    with i18n.use("de"):
        assert "10 Tagen" in suppressions.say(reason)
    assert suppressions.say("Ann called") == "Ann called"


def test_a_report_about_another_address_than_the_persons_changes_nothing(session, ann):
    ben = somebody(session, "ben@shop.example")
    bounce = told(session, "hard", mail=sent(session, ann), recipients=("ben@shop.example",))
    assert not bounce.suppressed
    assert not suppressions.stopped_by(session, "ben@shop.example")
    assert ben.id != bounce.person_id == ann.id


def test_soft_bounces_count_by_mail_within_the_days_that_the_tenant_says(session, ann):
    contact_rules.set_soft_bounces(session, count=3, days=10, by=SYSTEM)
    with time_machine.travel(now() - timedelta(days=11), tick=False):
        told(session, "soft", mail=sent(session, ann))
    first = sent(session, ann)
    assert not told(session, "soft", mail=first).suppressed
    assert not told(session, "soft", mail=first).suppressed  # the same mail, delayed and then given up
    assert not told(session, "soft", mail=sent(session, ann)).suppressed
    assert told(session, "soft", mail=sent(session, ann)).suppressed
    assert session.scalars(select(Suppression.reason)).one() == suppressions.came_back(3, 10)


def test_who_was_let_in_again_starts_from_nothing(session, ann):
    contact_rules.set_soft_bounces(session, count=2, days=30, by=SYSTEM)
    with time_machine.travel(now() - timedelta(days=2), tick=False):
        told(session, "soft", mail=sent(session, ann))
        told(session, "soft", mail=sent(session, ann))
    entry = session.scalars(select(Suppression)).one()
    by = Actor("staff", add_member(session, "admin").id, of_role("admin"))
    suppressions.lift(session, entry, reason="Ann called", by=by)
    assert not told(session, "soft", mail=sent(session, ann)).suppressed
    assert told(session, "soft", mail=sent(session, ann)).suppressed


def test_a_complaint_is_a_word_from_the_person(session, ann):
    told(session, "complaint", mail=sent(session, ann), source="ses")
    assert session.scalars(select(Suppression.kind)).all() == ["complaint"]
    assert not told(session, "complaint", proof="none", recipients=("ann@shop.example",)).suppressed


def test_what_is_told_twice_is_one_row(session, ann):
    same = Told("mail:1:0", "mail", "soft", outbox_id=sent(session, ann).id, proof="outbox")
    assert bounces.record(session, same) is not None
    assert bounces.record(session, same) is None
    assert session.scalar(select(func.count(Bounce.id))) == 1


@pytest.mark.parametrize("kind", ["reply", "delivered", "unknown"])
def test_what_is_no_failure_changes_nothing(session, ann, kind):
    for _ in range(6):
        assert not told(session, kind, mail=sent(session, ann)).suppressed


def test_what_a_server_refuses_while_we_send_is_judged_by_the_same_table(session, ann):
    ben = somebody(session, "ben@shop.example")
    for person, reply in ((ann, "550 5.1.1 (recipient) User unknown"), (ben, "552 5.2.2 Mailbox full")):
        mail = sent(session, person)
        mail.state, mail.smtp_reply, mail.finished_at = "refused", reply, now()
    session.flush()
    assert bounces.has_refusals(session)
    assert bounces.note_refusals(session) == 2
    assert not bounces.has_refusals(session)
    assert suppressions.stopped_by(session, "ann@shop.example")
    assert not suppressions.stopped_by(session, "ben@shop.example")
    assert [each.status for each in bounces.list_of_person(session, ann).items] == ["5.1.1"]


def test_what_came_back_stays_with_who_somebody_turned_out_to_be(session, ann):
    told(session, "soft", mail=sent(session, ann))
    into = people.add(session, by=SYSTEM, name="Ann", email="ann@home.example")
    ann.merged_into = into.id
    session.flush()
    assert len(bounces.list_of_person(session, into).items) == 1


def test_bounces_that_come_at_the_same_moment_are_all_counted(services, own_tenant):
    """Ten reports about ten mails by ten workers, one of them told twice: the limit is met once and not missed."""
    with services.db.tenant_session(own_tenant) as session:
        person = somebody(session, "ann@shop.example")
        mails = [sent(session, person).id for _ in range(10)]
    reports = [Told(f"mail:{mail}:0", "mail", "soft", "4.2.2", outbox_id=mail, proof="outbox") for mail in mails]
    together = Barrier(11)

    def tell(report: Told) -> bool | None:
        together.wait(10)
        with services.db.tenant_session(own_tenant) as session:
            made = bounces.record(session, report)
            return made.suppressed if made is not None else None

    with ThreadPoolExecutor(11) as pool:
        said = list(pool.map(tell, [*reports, reports[0]]))
    assert said.count(None) == 1
    assert said.count(False) == 4
    assert said.count(True) == 6
    with services.db.tenant_session(own_tenant) as session:
        assert session.scalar(select(func.count(Suppression.id))) == 1

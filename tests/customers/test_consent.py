"""Consent: who agreed to what, in which words; the latest act counts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from customers import (
    consent,
    consent_address,
    consent_texts,
    contact,
    contact_rules,
    merging,
    people,
    suppressions,
    topics,
)
from customers.consent import Proof
from customers.consent_age import Age
from customers.consent_errors import AskedTooOften, ConsentInvalid, NothingToConfirm
from customers.models import ConsentText, Contact, Preferences
from infra.clock import now
from infra.db import TenantRef
from infra.ids import new_id
from infra.services import Services
from tenants.models import AuditEntry
from tests.customers.contact_story import FORM, LINK, STAFF, letters, merge, rendered, somebody

BY_PHONE = Proof("staff", by=STAFF, how="By phone on 3 March; read the sentence to her", business="Acme")


def rules(session: Session, **given: object) -> None:
    """The tenant's wishes about consent, the rest as it is without any."""
    wishes = {"asked_first": [], "confirmed": [], "ages": {}, "channels": ["email", "phone"], **given}
    contact_rules.set_consent(session, by=STAFF, **wishes)  # type: ignore[arg-type]


def test_a_consent_keeps_the_words_the_source_and_the_address_it_came_from(session: Session) -> None:
    person = somebody(session)
    given = consent.give(session, person.id, "news", replace(FORM, locale="de"))
    words = session.get_one(ConsentText, given.text_id).words
    assert words == consent_texts.default("news", "de", "Acme") != consent_texts.default("news", "en", "Acme")
    assert given.text_digest == consent_texts.digest_of(words)
    assert (given.state, given.source, given.locale, given.network) == ("given", "form", "de", "203.0.113.9")
    stored = session.execute(text("SELECT network FROM consents WHERE id = :id"), {"id": given.id}).scalar_one()
    assert b"203.0.113.9" not in bytes(stored)


def test_a_new_wording_leaves_the_old_proof_as_it_was(session: Session) -> None:
    first, second = somebody(session), somebody(session)
    before = consent.give(session, first.id, "news", FORM)
    consent_texts.write(session, "news", "en", "Acme may send me its letter every month.", by=STAFF)
    after = consent.give(session, second.id, "news", FORM)
    assert before.text_id != after.text_id
    assert (before.text_version, after.text_version) == ("1", "2")
    assert "every month" in session.get_one(ConsentText, after.text_id).words


def test_what_somebody_agreed_to_is_never_changed_nor_deleted(session: Session) -> None:
    given = consent.give(session, somebody(session).id, "news", FORM)
    for statement in ("UPDATE consents SET state = 'withdrawn'", "DELETE FROM consents"):
        with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
            session.execute(text(f"{statement} WHERE id = :id"), {"id": given.id})


def test_the_latest_act_counts_and_doing_it_twice_is_one_act(session: Session) -> None:
    person = somebody(session)
    first = consent.give(session, person.id, "news", FORM)
    assert consent.give(session, person.id, "news", FORM).id == first.id
    gone = consent.withdraw(session, person.id, "news", LINK)
    assert consent.withdraw(session, person.id, "news", LINK).id == gone.id
    assert consent.state_of(session, person.id, "news").code == "withdrawn"
    consent.give(session, person.id, "news", LINK)
    assert consent.state_of(session, person.id, "news").code == "given"
    assert [act.state for act in consent.history(session, person.id)] == ["given", "withdrawn", "given"]


def test_another_channel_is_another_consent(session: Session) -> None:
    person = somebody(session)
    consent.give(session, person.id, "news", FORM, channel="phone")
    assert consent.state_of(session, person.id, "news").code == "none"
    assert consent.state_of(session, person.id, "news", channel="phone").code == "given"


def test_a_topic_goes_by_its_own_acts_and_ends_with_its_purpose(session: Session) -> None:
    person = somebody(session)
    topics.add(session, code="tastings", purpose="news", names={"en": "Tastings"}, by=STAFF)

    def state() -> str:
        return consent.state_of(session, person.id, "news", topic="tastings").code

    consent.give(session, person.id, "news", LINK)
    assert state() == "given"
    consent.withdraw(session, person.id, "news", LINK, topic="tastings")
    assert (state(), consent.state_of(session, person.id, "news").code) == ("withdrawn", "given")
    consent.give(session, person.id, "news", LINK, topic="tastings")
    consent.withdraw(session, person.id, "news", LINK)
    assert state() == "withdrawn"
    with pytest.raises(topics.TopicNotFound):
        consent.give(session, person.id, "survey", LINK, topic="tastings")


def test_a_withdrawal_of_somebody_merged_wins_until_consent_is_given_after_the_merge(session: Session) -> None:
    kept, old = somebody(session), somebody(session)
    consent.withdraw(session, old.id, "news", LINK)
    consent.give(session, kept.id, "news", LINK)
    merge(session, old, kept, now())
    assert consent.state_of(session, kept.id, "news").code == "withdrawn"
    assert consent.state_of(session, old.id, "news").code == "withdrawn"
    again = consent.give(session, old.id, "news", LINK)
    assert again.person_id == kept.id
    assert consent.state_of(session, kept.id, "news").code == "given"
    old.merged_into = None
    session.flush()
    assert consent.state_of(session, old.id, "news").code == "withdrawn"


def test_staff_say_how_a_consent_was_given(session: Session) -> None:
    person = somebody(session)
    with pytest.raises(ConsentInvalid) as refused:
        consent.give(session, person.id, "news", Proof("staff", by=STAFF, business="Acme"))
    assert "how" in refused.value.problems
    given = consent.give(session, person.id, "news", BY_PHONE)
    assert given.how == BY_PHONE.how
    assert given.by_id == STAFF.id


def test_a_program_and_an_import_name_the_wording_and_may_not_speak_of_the_future(session: Session) -> None:
    person = somebody(session)
    with pytest.raises(ConsentInvalid) as refused:
        consent.give(session, person.id, "news", Proof("api", at=now() + timedelta(days=1)))
    assert set(refused.value.problems) == {"text_version", "at"}
    told = Proof("import", text="I want the letter", text_version="shop 2024-3", at=now() - timedelta(days=400))
    given = consent.give(session, person.id, "news", told)
    assert (given.text_version, given.text_digest) == ("shop 2024-3", consent_texts.digest_of("I want the letter"))


def test_an_imported_consent_of_long_ago_does_not_undo_a_later_withdrawal(session: Session) -> None:
    person = somebody(session)
    consent.withdraw(session, person.id, "news", LINK)
    consent.give(session, person.id, "news", Proof("import", text_version="1", at=now() - timedelta(days=400)))
    assert consent.state_of(session, person.id, "news").code == "withdrawn"


def test_where_it_is_to_be_confirmed_nothing_counts_before_the_button(
    joined: Services, session: Session, acme: TenantRef
) -> None:
    rules(session, confirmed=["news"])
    person = somebody(session)
    asked = consent.give(session, person.id, "news", FORM)
    assert (asked.state, consent.state_of(session, person.id, "news").code) == ("pending", "pending")
    contact = session.scalars(select(Contact).where(Contact.ref_id == asked.id)).one()
    with letters():
        mail = rendered(joined, session, acme, contact)
    assert mail is not None
    assert "/u/confirm/" in mail.text
    assert "List-Unsubscribe" not in dict(mail.headers)
    given = consent.confirm(session, asked.id, network="198.51.100.7")
    assert (given.state, given.evidence, given.text_id) == ("given", asked.id, asked.text_id)
    assert consent.confirm(session, asked.id).id == given.id
    consent.withdraw(session, person.id, "news", LINK)
    with pytest.raises(NothingToConfirm):
        consent.confirm(session, asked.id)


def test_who_comes_by_a_mailed_link_has_nothing_left_to_confirm(session: Session) -> None:
    rules(session, confirmed=["news"])
    assert consent.give(session, somebody(session).id, "news", LINK).state == "given"


def test_an_unconfirmed_consent_expires(session: Session, time_machine: object) -> None:
    rules(session, confirmed=["news"])
    person = somebody(session)
    asked = consent.give(session, person.id, "news", FORM)
    time_machine.move_to(now() + consent.CONFIRM_WITHIN + timedelta(minutes=1))  # type: ignore[attr-defined]
    assert consent.state_of(session, person.id, "news").code == "none"
    with pytest.raises(NothingToConfirm):
        consent.confirm(session, asked.id)


def test_nobody_is_mailed_a_question_over_and_over(session: Session) -> None:
    rules(session, confirmed=["news"])
    person = somebody(session)
    for _ in range(consent.MOST_ASKED):
        consent.give(session, person.id, "news", FORM)
    with pytest.raises(AskedTooOften):
        consent.give(session, person.id, "news", FORM)


def test_for_a_child_the_guardian_confirms(joined: Services, session: Session, acme: TenantRef) -> None:
    rules(session, ages={"news": 16})
    child = somebody(session, "child@example.org")
    year = now().year - 15
    for age, field in (
        (Age(), "birth_year"),
        (Age(year), "guardian_email"),
        (Age(year, "child@example.org"), "guardian_email"),
        (Age(now().year - 40), "guardian_email"),  # nobody becomes older by answering again
    ):
        with pytest.raises(ConsentInvalid) as refused:
            consent.give(session, child.id, "news", replace(LINK, age=age))
        assert field in refused.value.problems
    asked = consent.give(session, child.id, "news", replace(LINK, age=Age(year, "parent@example.org")))
    assert (asked.state, asked.guardian_email) == ("pending", "parent@example.org")
    contact = session.scalars(select(Contact).where(Contact.ref_id == asked.id)).one()
    with letters():
        mail = rendered(joined, session, acme, contact)
    assert mail is not None
    assert mail.to == "parent@example.org"
    given = consent.confirm(session, asked.id)
    assert given.guardian_confirmed
    assert consent.state_of(session, child.id, "news").code == "given"
    assert session.get_one(Preferences, child.id).birth_year == str(year)


@pytest.mark.parametrize("kind", ["hard_bounce", "manual"])
def test_why_a_guardians_mailbox_is_not_written_to_is_said_as_it_is(
    joined: Services, session: Session, acme: TenantRef, kind: str
) -> None:
    rules(session, ages={"news": 16})
    parent = f"{new_id().hex}@example.org"
    age = Age(now().year - 10, parent)
    asked = consent.give(session, somebody(session).id, "news", replace(LINK, age=age))
    made = session.scalars(select(Contact).where(Contact.ref_id == asked.id)).one()
    suppressions.add(session, parent, kind=kind, source="staff")
    with letters():
        assert rendered(joined, session, acme, made) is None
    assert (made.state, made.reason) == ("cancelled", kind)


def test_somebody_old_enough_needs_no_guardian_and_withdrawing_never_asks_for_an_age(session: Session) -> None:
    rules(session, ages={"news": 16})
    person = somebody(session)
    assert consent.give(session, person.id, "news", replace(LINK, age=Age(now().year - 17))).state == "given"
    assert consent.withdraw(session, somebody(session).id, "news", LINK).state == "withdrawn"


def test_only_staff_correct_a_year_of_birth_and_that_is_recorded(session: Session) -> None:
    rules(session, ages={"news": 16})
    child = somebody(session)
    young, grown = Age(now().year - 10, "parent@example.org"), Age(now().year - 40)
    consent.give(session, child.id, "news", replace(LINK, age=young))
    with pytest.raises(ConsentInvalid):
        consent.give(session, child.id, "news", replace(LINK, age=grown))
    assert consent.state_of(session, child.id, "news").code == "pending"
    assert consent.give(session, child.id, "news", replace(BY_PHONE, age=grown)).state == "given"
    corrected = select(AuditEntry.subject_id).where(AuditEntry.action == "person.birth_year_corrected")
    assert session.scalars(corrected).all() == [child.id]


def test_a_guardian_is_asked_where_the_child_has_no_address(session: Session) -> None:
    rules(session, ages={"news": 16})
    child = somebody(session, "", external_id=new_id().hex)
    by_staff = replace(BY_PHONE, age=Age(now().year - 10, "parent@example.org"))
    asked = consent.give(session, child.id, "news", by_staff)
    made = session.scalars(select(Contact).where(Contact.ref_id == asked.id)).one()
    assert (made.state, made.reason) == ("requested", None)


def test_what_nobody_could_confirm_is_refused_with_a_sentence(session: Session) -> None:
    rules(session, confirmed=["news"], ages={"loyalty": 16})
    unreached, gone = somebody(session, "", external_id=new_id().hex), somebody(session, "gone@example.org")
    suppressions.add(session, "gone@example.org", kind="hard_bounce", source="dsn")
    for person in (unreached, gone):
        with pytest.raises(ConsentInvalid) as refused:
            consent.give(session, person.id, "news", BY_PHONE, channel="phone")
        assert "purpose" in refused.value.problems
    child = replace(BY_PHONE, age=Age(now().year - 10, "gone@example.org"))
    with pytest.raises(ConsentInvalid) as refused:
        consent.give(session, unreached.id, "loyalty", child)
    assert "guardian_email" in refused.value.problems
    assert consent.history(session, unreached.id) == []


def test_a_confirmed_consent_counts_for_the_mailbox_that_confirmed_it(session: Session) -> None:
    rules(session, confirmed=["news"])
    contact_rules.set_quiet_hours(session, begin=None, until=None, days=[], by=STAFF)
    person, other = somebody(session, "ann@old.example"), somebody(session, "ann@other.example")
    asked = consent.give(session, person.id, "news", FORM)
    consent.confirm(session, asked.id)

    def refused_for() -> str | None:
        return contact.request(session, person.id, "news", ref=new_id(), key=new_id().hex).reason

    assert refused_for() is None
    people.change(session, person, by=STAFF, email="ann@new.example")
    assert refused_for() == "not_confirmed"
    again = consent.give(session, person.id, "news", FORM)
    assert again.state == "pending"
    consent.confirm(session, again.id)
    assert refused_for() is None
    consent.give(session, other.id, "news", LINK)  # proved in the other mailbox, which the merge leaves behind
    people.change(session, person, by=STAFF, email="ann@third.example")
    merging.merge(session, person.id, other.id, by=STAFF)
    assert refused_for() == "not_confirmed"


def test_who_proves_a_new_mailbox_takes_along_what_the_former_one_had_proved(session: Session) -> None:
    rules(session, confirmed=["news", "loyalty", "board"])
    person = somebody(session, "ann@old.example")
    for purpose in ("news", "loyalty"):
        consent.give(session, person.id, purpose, LINK)
    consent.withdraw(session, person.id, "loyalty", LINK)
    people.change(session, person, by=STAFF, email="ann@new.example")
    assert consent.state_of(session, person.id, "news").code == "pending"
    consent_address.carry(session, person.id, "Ann@old.example")
    codes = [consent.state_of(session, person.id, each).code for each in ("news", "loyalty", "board")]
    assert codes == ["given", "withdrawn", "none"]


def test_a_late_press_of_the_link_proves_the_mailbox_that_it_was_sent_to(session: Session) -> None:
    rules(session, confirmed=["news"])
    person = somebody(session, "ann@old.example")
    asked = consent.give(session, person.id, "news", FORM)
    people.change(session, person, by=STAFF, email="ann@new.example")
    consent.confirm(session, asked.id)
    assert consent.state_of(session, person.id, "news").code == "pending"

"""Children come in when a parent or guardian has agreed to something for them, where the tenant asks for ages."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from customers import consent_age, consent_people, contact_rules
from customers.models import Consent, Person


def may_come_in(session: Session, person: Person) -> bool:
    """Whether the person is no child by the tenant's lowest age, or one for whom a guardian has confirmed."""
    ages = contact_rules.get(session).ages
    who = consent_people.find(session, person.id) if ages else None
    year = consent_age.birth_year_of(session, who) if who else None
    if who is None or year is None or not consent_age.is_child(year, min(ages.values())):
        return True
    agreed = exists().where(
        Consent.person_id.in_(who.ids), Consent.guardian_confirmed.is_(True), Consent.state == "given"
    )
    return bool(session.scalar(select(agreed)))

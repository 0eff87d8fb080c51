"""The age gate: below a purpose's age a guardian consents.

Only the year of birth is asked, and only where the tenant has set an age. Somebody born sixteen years ago may still
be fifteen, so the year in which they reach the age counts as below it.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from customers import preferences_state
from customers.consent_errors import BAD_GUARDIAN, BIRTH_YEAR, GUARDIAN, SAME_ADDRESS, ConsentInvalid
from customers.consent_people import Known
from customers.models import Identity
from infra import clock
from infra.crypto import normal
from infra.crypto.columns import or_none
from infra.mail import mime
from tenants import audit
from tenants.permissions import Actor

OLDEST = 130


@dataclass(frozen=True, slots=True)
class Age:
    """What somebody said about it."""

    birth_year: int | None = None
    guardian_email: str = ""


def is_child(birth_year: int, age: int) -> bool:
    """Whether somebody born in that year may still be below the age."""
    return clock.now().year - birth_year <= age


def birth_year_of(session: Session, who: Known) -> int | None:
    """The year of birth that they told us."""
    return preferences_state.birth_year(session, who)


def check_age(session: Session, who: Known, gate: int | None, said: Age, *, staff: Actor | None = None) -> str:
    """The guardian's address for a child, "" for anybody else. Nobody becomes older by answering again: the year
    that is stored counts, unless `staff` correct it. Raises ConsentInvalid."""
    if gate is None:
        return ""
    year = _year(session, who, said.birth_year, staff)
    if not is_child(year, gate):
        return ""
    return _guardian(session, who, said.guardian_email.strip())


def _year(session: Session, who: Known, said: int | None, staff: Actor | None) -> int:
    stored = birth_year_of(session, who)
    year = stored if said is None else said
    if year is None or not clock.now().year - OLDEST <= year <= clock.now().year:
        raise ConsentInvalid(problems={"birth_year": [BIRTH_YEAR]})
    if stored is not None and staff is None:
        year = max(year, stored)
    if year != stored:
        preferences_state.write(session, who, born=year)
        if stored is not None and staff is not None:
            audit.record(session, "person.birth_year_corrected", by=staff, subject=who.id)
    return year


def _guardian(session: Session, who: Known, given: str) -> str:
    if not given:
        raise ConsentInvalid(problems={"guardian_email": [GUARDIAN]})
    try:
        mime.address(given)
    except mime.BadMail:
        raise ConsentInvalid(problems={"guardian_email": [BAD_GUARDIAN]}) from None
    identity = session.get(Identity, who.id)
    own = or_none(lambda: identity.email) if identity else None
    if own and normal.email(own) == normal.email(given):
        raise ConsentInvalid(problems={"guardian_email": [SAME_ADDRESS]})
    return given

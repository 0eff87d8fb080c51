"""The words that somebody agrees to. Each wording is stored once and for ever, so that a proof can show it."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from customers import purposes
from customers.models import ConsentText
from infra import clock, i18n
from infra.errors import Invalid
from infra.i18n import N_, gettext
from infra.ids import new_id
from tenants import audit
from tenants.permissions import Actor

LONGEST = 2_000

NO_WORDS = N_("Write the sentence that people agree to.")
TOO_LONG = N_("Use at most %(most)s characters.")


def current(session: Session, purpose: str, locale: str, business: str) -> ConsentText:
    """The wording that is asked now: the tenant's own, else the product's, which is stored with its first use."""
    return find(session, purpose, locale) or _store(session, purpose, locale, default(purpose, locale, business))


def find(session: Session, purpose: str, locale: str) -> ConsentText | None:
    """The newest wording that is stored."""
    query = select(ConsentText).where(ConsentText.purpose == purpose, ConsentText.locale == locale)
    return session.scalars(query.order_by(ConsentText.number.desc()).limit(1)).one_or_none()


def shown(session: Session, purpose: str, locale: str, business: str) -> str:
    """What a page asks; stores nothing."""
    found = find(session, purpose, locale)
    return found.words if found else default(purpose, locale, business)


def default(purpose: str, locale: str, business: str) -> str:
    """The product's wording."""
    with i18n.use(locale if locale in i18n.SHIPPED else "en"):
        return gettext(purposes.get_chosen(purpose).question, business=business)


def write(session: Session, purpose: str, locale: str, words: str, *, by: Actor) -> ConsentText:
    """A new wording of the tenant's; those who agreed to another one keep theirs. Raises Invalid."""
    purposes.get_chosen(purpose)
    clean = " ".join(words.split())
    if not clean:
        raise Invalid(problems={"words": [NO_WORDS]})
    if len(clean) > LONGEST:
        raise Invalid(problems={"words": [gettext(TOO_LONG, most=LONGEST)]})
    newest = find(session, purpose, locale)
    if newest is not None and newest.words == clean:
        return newest
    text = _store(session, purpose, locale, clean)
    audit.record(session, "consent_text.written", by=by, subject=text.id, purpose=purpose, locale=locale)
    return text


def history(session: Session, purpose: str) -> Sequence[ConsentText]:
    """Every wording of a purpose, newest first."""
    query = select(ConsentText).where(ConsentText.purpose == purpose)
    return session.scalars(query.order_by(ConsentText.id.desc())).all()


def digest_of(words: str) -> str:
    """SHA-256 of the words in hexadecimal."""
    return hashlib.sha256(words.encode()).hexdigest()


def _store(session: Session, purpose: str, locale: str, words: str) -> ConsentText:
    """Two at once with the same words are one row. Words that come back after others get a number of their own."""
    last = session.scalar(
        select(func.max(ConsentText.number)).where(ConsentText.purpose == purpose, ConsentText.locale == locale)
    )
    number, digest = (last or 0) + 1, digest_of(words)
    taken = select(ConsentText.id).where(
        ConsentText.purpose == purpose, ConsentText.locale == locale, ConsentText.digest == digest
    )
    if session.scalar(taken) is not None:
        digest = f"{digest}-{number}"
    row = {
        "id": new_id(),
        "purpose": purpose,
        "locale": locale,
        "number": number,
        "words": words,
        "digest": digest,
        "created_at": clock.now(),
    }
    session.execute(insert(ConsentText).values(row).on_conflict_do_nothing())
    return session.scalars(
        select(ConsentText).where(
            ConsentText.purpose == purpose, ConsentText.locale == locale, ConsentText.digest == digest
        )
    ).one()
